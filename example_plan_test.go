package oslua_test

import (
	"context"
	"fmt"
	"os"

	"github.com/oslua/oslua"
)

// What a script would change on a cloud, here a fresh built-in one.
func ExamplePlan() {
	ctx := context.Background()
	r, err := oslua.Plan(ctx, oslua.Options{}, func(ctx context.Context, rt *oslua.Runtime) error {
		return rt.RunString(ctx, "example", `
			local networks = require "networks"
			for i = 1, 2 do networks.create { name = "blue" .. i } end
			networks.delete("private")
		`)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	for _, c := range r.Changes {
		fmt.Println(c.Effect, c.Action, c.Type, c.Name)
	}
	fmt.Println(r.Error.Code, r.Error.Where)
	// Output:
	// done create network blue1
	// done create network blue2
	// fails delete network private
	// conflict example:4
}
