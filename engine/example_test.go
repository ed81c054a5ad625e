package engine_test

import (
	"context"
	"fmt"
	"os"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
)

type shelf struct{ books []string }

type addBook struct {
	Title string   `lua:"title,required" doc:"The title."`
	Tags  []string `lua:"tags" doc:"Words to find it by."`
}

func (s *shelf) add(_ context.Context, in addBook) (int, error) {
	if len(s.books) == 2 {
		return 0, errs.New(errs.Quota, "the shelf is full").WithHint("take a book away")
	}
	s.books = append(s.books, in.Title)
	return len(s.books), nil
}

// Another program gives its scripts a module of its own: a struct for the options, a function, and a descriptor.
func Example() {
	s := &shelf{}
	m, err := engine.New(engine.Options{Stdout: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	m.Register(schema.Module{
		Name: "shelf", Doc: "A shelf for two books.",
		Funcs: []schema.Func{schema.Fn("add", "Add a book.", s.add, schema.Returns("count", "integer", "how many books there are"))},
	})
	err = m.RunString(context.Background(), "shelf.lua", `
local shelf = require "shelf"
print(shelf.add{ title = "Programming in Lua", tags = { "lua" } })
print(try(shelf.add, { titel = "Faust" }))
shelf.add{ title = "Faust" }
shelf.add{ title = "Effi Briest" }
`)
	fmt.Println(errs.CodeOf(err), err)
	// Output:
	// 1
	// nil	shelf.lua:4: shelf.add: unknown option "titel"; did you mean "title"?
	// quota shelf.add: the shelf is full
}
