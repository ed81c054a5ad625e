// Command oslua runs Lua for OpenStack: scripts, labs and an interactive shell.
package main

import (
	"os"

	"github.com/oslua/oslua/internal/cli"
)

func main() {
	os.Exit(cli.Main())
}
