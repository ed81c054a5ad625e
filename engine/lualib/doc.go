// Package lualib is Lua 5.1's standard library for gopher-lua, written to the reference manual. It replaces the library
// that comes with gopher-lua, which differs from the manual in many places and takes quadratic time in some.
//
// From later versions come utf8 (5.3), bit32 (5.2), table.pack, table.unpack, table.move, rawlen, the metamethod __pairs,
// load of a string with mode and environment, a separator for string.rep, a base for math.log, %a of string.format, and %s
// that takes any value as tostring shows it.
//
// # Where this differs from the manual or from lua5.1
//
// On purpose:
//
//   - Integers below 2^63 print in full: tostring(2^53) is 9007199254740992, where lua5.1 prints 9.007199254741e+15.
//   - error with a level that means a Go function, such as pcall, names the nearest Lua function above it.
//   - A pattern may hold "\0", which ends it in lua5.1; a lone % at the end of a replacement is an error, not "\0".
//   - tonumber takes what the manual describes and no more: no "inf", "nan" or hexadecimal fractions. A negative number in
//     another base is negative; lua5.1 wraps it around.
//   - Case and classes are those of the locale "C", the only one there is.
//   - A string a function makes is at most 1 GiB long.
//   - print raises an error when it cannot write; the functions of io return it.
//   - File handles write through unless setvbuf says otherwise, so a file that is never closed is complete.
//   - os.clock is the time since the library was opened, not of the processor alone. os.exit is left to the host.
//   - io.popen, string.dump and debug.sethook raise an error. Tracebacks list Lua functions only.
//   - The garbage collector is Go's: collectgarbage counts the memory of the whole process and cannot be stopped, tables are
//     never weak and __gc is never called.
//   - load lets an error of its reader through instead of returning it.
//   - next takes a key that is not in the table for the first one.
//
// In the machine, out of this package's reach:
//
//   - "010" + 0 is 8: a string that an operator turns into a number may be octal, binary or hold underscores. tonumber is
//     not touched by it. The literal 0xFFFFFFFFFFFFFFFF is not a number.
//   - The operator .. writes numbers that are no integers with up to 17 digits: 0.1 + 0.2 .. "" is 0.30000000000000004,
//     while tostring, print and string.format give 0.3. Its results have no limit.
//   - a % b with an infinite b gives a, where lua5.1 gives nan.
//   - Messages about calls, indices and arithmetic, and those of the parser, use words of their own.
//   - goto, empty statements and __len on tables work as in Lua 5.2; pairs goes in the order of insertion.
//   - The limits of a for loop must be numbers, not strings that look like them.
package lualib
