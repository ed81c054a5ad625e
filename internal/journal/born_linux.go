package journal

import (
	"fmt"
	"os"
	"strings"
)

// bornAt identifies a process beyond its number, which may be another's by and by: by the machine's start and its own.
// It is "" when there is no such process.
func bornAt(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name, in parentheses, may hold anything. The start is the 22nd field, the 20th after it.
	_, rest, ok := cutLast(string(stat), ")")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil
	}
	id, _, _ := strings.Cut(strings.TrimSpace(string(boot)), "-")
	return id + "-" + fields[19]
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
