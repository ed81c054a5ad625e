// Package lualib is Lua 5.1's standard library for gopher-lua, written to the reference manual. It replaces the library
// that comes with gopher-lua.
package lualib
