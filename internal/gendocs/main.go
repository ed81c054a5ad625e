// Command gendocs writes what is generated: from the modules' descriptors the editor stubs in types/ and
// docs/reference.md, from the simulator's routes docs/simulator-coverage.md. Run it from the module's root, or by
// go generate.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := generate("."); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}
