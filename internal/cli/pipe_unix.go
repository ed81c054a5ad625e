//go:build !windows

package cli

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// keepPipeErrors makes a write to a closed pipe an error. Left alone, Go ends the process by SIGPIPE, and no clean-up
// would run.
func keepPipeErrors() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
