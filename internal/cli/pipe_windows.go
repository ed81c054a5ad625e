package cli

import (
	"errors"
	"syscall"
)

// What Windows calls a pipe whose reader is gone.
const (
	errorBrokenPipe = syscall.Errno(109)
	errorNoData     = syscall.Errno(232)
)

func isClosedPipe(err error) bool {
	return errors.Is(err, errorBrokenPipe) || errors.Is(err, errorNoData)
}

func keepPipeErrors() {}
