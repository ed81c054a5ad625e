package oslua_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/simulator"
)

func hello(ctx context.Context) error {
	rt, err := oslua.New(oslua.Options{Stdout: os.Stdout}) // a fresh simulator in memory
	if err != nil {
		return err
	}
	defer rt.Close()
	return rt.RunString(ctx, "hello", `print(require("networks").get("public").name)`)
}

// A script in a program, as the README shows it.
func Example_script() {
	if err := hello(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// public
}

// versions asks a simulator in this process, over HTTP and without a port.
func versions(ctx context.Context) (int, error) {
	sim, err := simulator.Start(ctx, simulator.Options{Memory: true})
	if err != nil {
		return 0, err
	}
	defer sim.Close()
	client := sim.Client() // an http.Client that reaches it, at http://simulator/identity/v3
	defer client.CloseIdleConnections()
	resp, err := client.Get(sim.URL() + "/identity/v3")
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// The simulator without Lua, as docs/simulator.md shows it.
func Example_simulator() {
	fmt.Println(versions(context.Background()))
	// Output:
	// 200 <nil>
}

// A script on a fresh cloud in memory: nothing is configured, nothing is left behind.
func Example() {
	rt, err := oslua.New(oslua.Options{Stdout: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	err = rt.RunString(context.Background(), "example", `
		local networks = require "networks"
		local net = networks.create { name = "blue" }
		print(net.name, net.status)
		networks.delete(net)
		networks.get(net.id)
	`)
	var e *oslua.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Where)
	}
	// Output:
	// blue	ACTIVE
	// not_found example:6
}

// A module of the program's own: a descriptor and a Go function.
func ExampleRuntime_Register() {
	rt, err := oslua.New(oslua.Options{Stdout: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	type greetArgs struct {
		Name string `lua:"name,required" doc:"Whom to greet."`
	}
	rt.Register(schema.Module{
		Name: "greeter",
		Doc:  "Greetings.",
		Funcs: []schema.Func{
			schema.Fn("greet", "Says hello.", func(_ context.Context, in greetArgs) (string, error) {
				return "hello, " + in.Name, nil
			}),
		},
	})
	err = rt.RunString(context.Background(), "example", `print(require("greeter").greet { name = "world" })`)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// hello, world
}
