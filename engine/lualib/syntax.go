package lualib

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// syntaxMessage says what is wrong with a chunk in the form Lua says it: "file:3: message near 'token'".
func syntaxMessage(name string, src []byte, err error) string {
	var pe *parse.Error
	var ce *lua.CompileError
	switch {
	case errors.As(err, &pe):
		line, token := pe.Pos.Line, strings.TrimSpace(pe.Token)
		if line == parse.EOF {
			line = 1 + bytes.Count(src, []byte("\n"))
			if !strings.HasPrefix(pe.Message, "unterminated") {
				token = "<eof>"
			}
		}
		msg := fmt.Sprintf("%s:%d: %s", name, line, pe.Message)
		if token != "" {
			msg += fmt.Sprintf(" near '%s'", token)
		}
		return msg
	case errors.As(err, &ce):
		return fmt.Sprintf("%s:%d: %s", name, ce.Line, ce.Message)
	}
	return err.Error()
}

// maxDepth is how deep expressions and blocks may nest: the compiler is recursive, and a stack of Go that is full ends the
// process.
const maxDepth = 5000

// prepare makes a chunk fit for the compiler: it reports the line where the chunk nests deeper than the compiler can be
// trusted with, and mends what the compiler gets wrong.
func prepare(chunk []ast.Stmt) (int, bool) {
	d := depth{}
	d.block(chunk, 1)
	return d.line, d.line != 0
}

type depth struct{ line int }

func (d *depth) over(line, n int) bool {
	if n > maxDepth && d.line == 0 {
		d.line = max(line, 1)
	}
	return d.line != 0
}

func (d *depth) block(stmts []ast.Stmt, n int) {
	for i, s := range stmts {
		if d.over(s.Line(), n) {
			return
		}
		switch s := s.(type) {
		case *ast.AssignStmt:
			d.exprs(s.Lhs, n+1)
			d.exprs(s.Rhs, n+1)
		case *ast.LocalAssignStmt:
			d.exprs(s.Exprs, n+1)
		case *ast.FuncCallStmt:
			d.expr(s.Expr, n+1)
		case *ast.DoBlockStmt:
			d.block(s.Stmts, n+1)
		case *ast.WhileStmt:
			d.expr(s.Condition, n+1)
			d.block(s.Stmts, n+1)
		case *ast.RepeatStmt:
			d.expr(s.Condition, n+1)
			d.block(s.Stmts, n+1)
		case *ast.IfStmt:
			d.expr(s.Condition, n+1)
			d.block(s.Then, n+1)
			d.block(s.Else, n+1)
		case *ast.NumberForStmt:
			d.expr(s.Init, n+1)
			d.expr(s.Limit, n+1)
			d.expr(s.Step, n+1)
			d.block(s.Stmts, n+1)
		case *ast.GenericForStmt:
			d.exprs(s.Exprs, n+1)
			d.block(s.Stmts, n+1)
			if !slices.ContainsFunc(s.Exprs, involved) {
				break
			}
			stmts[i] = outOfFor(s)
		case *ast.FuncDefStmt:
			if s.Name != nil {
				d.expr(s.Name.Func, n+1)
				d.expr(s.Name.Receiver, n+1)
			}
			d.block(s.Func.Stmts, n+1)
		case *ast.ReturnStmt:
			d.exprs(s.Exprs, n+1)
		}
	}
}

func (d *depth) exprs(list []ast.Expr, n int) {
	for _, e := range list {
		d.expr(e, n)
	}
}

func (d *depth) expr(e ast.Expr, n int) {
	if e == nil || d.over(e.Line(), n) {
		return
	}
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		d.expr(e.Object, n+1)
		d.expr(e.Key, n+1)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			d.expr(f.Key, n+1)
			d.expr(f.Value, n+1)
		}
	case *ast.FuncCallExpr:
		d.expr(e.Func, n+1)
		d.expr(e.Receiver, n+1)
		d.exprs(e.Args, n+1)
	case *ast.LogicalOpExpr:
		d.expr(e.Lhs, n+1)
		d.expr(e.Rhs, n+1)
	case *ast.RelationalOpExpr:
		d.expr(e.Lhs, n+1)
		d.expr(e.Rhs, n+1)
	case *ast.StringConcatOpExpr:
		d.expr(e.Lhs, n+1)
		d.expr(e.Rhs, n+1)
	case *ast.ArithmeticOpExpr:
		d.expr(e.Lhs, n+1)
		d.expr(e.Rhs, n+1)
	case *ast.UnaryMinusOpExpr:
		d.expr(e.Expr, n+1)
	case *ast.UnaryNotOpExpr:
		d.expr(e.Expr, n+1)
	case *ast.UnaryLenOpExpr:
		d.expr(e.Expr, n+1)
	case *ast.FunctionExpr:
		d.block(e.Stmts, n+1)
	}
}

// outOfFor takes the expressions of a generic for out of it, into locals before it. The compiler has given the loop its
// registers when it comes to them, and then takes a call inside a call for one that needs none:
// "for x in f().each() do" calls nil.
func outOfFor(s *ast.GenericForStmt) ast.Stmt {
	names := []string{"(generator)", "(state)", "(control)"} // the loop has "(for …)" locals of its own
	values := &ast.LocalAssignStmt{Names: names, Exprs: s.Exprs}
	at(values, s.Line(), s.Line())
	loop := &ast.GenericForStmt{Names: s.Names, Stmts: s.Stmts}
	for _, name := range names {
		e := &ast.IdentExpr{Value: name}
		e.SetLine(s.Line())
		e.SetLastLine(s.Line())
		loop.Exprs = append(loop.Exprs, e)
	}
	at(loop, s.Line(), s.LastLine())
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{values, loop}}
	at(block, s.Line(), s.LastLine())
	return block
}

func at(p ast.PositionHolder, first, last int) {
	p.SetLine(first)
	p.SetLastLine(last)
}

// involved tells an expression with a call below its top, or with anything else that the compiler may misplace.
func involved(e ast.Expr) bool {
	call, ok := e.(*ast.FuncCallExpr)
	if !ok {
		return !plain(e)
	}
	return !plain(call.Func) || !plain(call.Receiver) || slices.ContainsFunc(call.Args, func(a ast.Expr) bool { return !plain(a) })
}

// plain tells names, constants and fields of names.
func plain(e ast.Expr) bool {
	switch e := e.(type) {
	case nil, *ast.IdentExpr, *ast.NumberExpr, *ast.StringExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr:
		return true
	case *ast.AttrGetExpr:
		return plain(e.Object) && plain(e.Key)
	}
	return false
}
