package journal

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// bornAt identifies a process beyond its number, which may be another's by and by: by its start. It is "" when there is
// no such process.
func bornAt(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid {
		return ""
	}
	start := info.Proc.P_starttime
	return fmt.Sprintf("%d.%d", start.Sec, start.Usec)
}
