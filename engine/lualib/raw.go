package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

// Every raw access of the library to a script's tables goes through this file, so that a table whose content is made on
// demand has one place to be made ordinary.

// ordinary is called before the first raw access to a table of a script.
func ordinary(t *lua.LTable) *lua.LTable { return t }

func rawGet(t *lua.LTable, k lua.LValue) lua.LValue { return ordinary(t).RawGet(k) }

func rawGetInt(t *lua.LTable, i int) lua.LValue {
	if i > 0 && i < lua.MaxArrayIndex {
		return ordinary(t).RawGetInt(i)
	}
	return ordinary(t).RawGet(lua.LNumber(i))
}

func rawSet(t *lua.LTable, k, v lua.LValue) { ordinary(t).RawSet(k, v) }

func rawSetInt(t *lua.LTable, i int, v lua.LValue) { ordinary(t).RawSetInt(i, v) }

func rawLen(t *lua.LTable) int { return ordinary(t).Len() }

func rawNext(t *lua.LTable, k lua.LValue) (lua.LValue, lua.LValue) { return ordinary(t).Next(k) }

// rawAppend sets t[#t+1].
func rawAppend(t *lua.LTable, v lua.LValue) { ordinary(t).Append(v) }

// rawInsert moves the elements from i up by one and sets t[i]; i lies within 1 and #t.
func rawInsert(t *lua.LTable, i int, v lua.LValue) { ordinary(t).Insert(i, v) }

// rawRemove takes t[i] out and moves the elements behind it down by one; i lies within 1 and #t.
func rawRemove(t *lua.LTable, i int) lua.LValue { return ordinary(t).Remove(i) }

// rawForEach calls f for each pair, in no order.
func rawForEach(t *lua.LTable, f func(k, v lua.LValue)) { ordinary(t).ForEach(f) }

// getField and setField are for tables with names as keys.
func getField(t *lua.LTable, name string) lua.LValue { return ordinary(t).RawGetString(name) }

func setField(t *lua.LTable, name string, v lua.LValue) { ordinary(t).RawSetString(name, v) }
