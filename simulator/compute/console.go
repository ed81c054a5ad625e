package compute

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
)

// ConsoleLog is what a server's console has shown by a moment: a boot that takes some seconds and ends in a login
// prompt with the server's name. said is what its user data printed. It is a function of these and the time; the same
// always give the same.
func ConsoleLog(g Guest, said string, now time.Time) string {
	if g.BootedAt.IsZero() || now.Before(g.BootedAt) {
		return ""
	}
	var b strings.Builder
	up := now.Sub(g.BootedAt)
	for _, l := range bootLines(g, said) {
		if up < l.after {
			return b.String()
		}
		if l.stamped {
			fmt.Fprintf(&b, "[%12.6f] ", l.after.Seconds())
		}
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	// The prompt waits behind the last line without an end of its own.
	fmt.Fprintf(&b, "%s login: ", g.Hostname)
	return b.String()
}

// BootTime is how long a guest takes from power to its login prompt, and userDataTime how long to its user data.
const (
	BootTime     = 4 * time.Second
	userDataTime = 2600 * time.Millisecond
)

// said is what the user data of a server printed when it last booted. It ran once, when the console was first asked for
// after: what it found out then stays so until the next boot.
type said struct {
	ServerID string
	BootedAt time.Time
	Text     string
}

// Meta is how the store finds it.
func (s said) Meta() store.Meta { return store.Meta{Kind: "compute.said", ID: s.ServerID} }

// console is what a guest's console shows now.
func (c *call) console(g Guest) (string, error) {
	if c.s.options.RunUserData == nil || g.UserData == "" || g.BootedAt.IsZero() || c.Now.Sub(g.BootedAt) < userDataTime {
		return ConsoleLog(g, "", c.Now), nil
	}
	s, err := store.Get[said](c.Tx, g.ServerID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if err != nil || !s.BootedAt.Equal(g.BootedAt) {
		s = said{ServerID: g.ServerID, BootedAt: g.BootedAt, Text: c.s.options.RunUserData(c.Request, g)}
		if c.Method == http.MethodGet {
			return ConsoleLog(g, s.Text, c.Now), nil // the page, which changes nothing
		}
		if err := store.Put(c.Tx, s); err != nil {
			return "", err
		}
	}
	return ConsoleLog(g, s.Text, c.Now), nil
}

type bootLine struct {
	after   time.Duration
	stamped bool // with the kernel's own time
	text    string
}

func bootLines(g Guest, said string) []bootLine {
	var all []bootLine
	kernel := func(ms int, format string, args ...any) {
		all = append(all, bootLine{time.Duration(ms) * time.Millisecond, true, fmt.Sprintf(format, args...)})
	}
	user := func(ms int, format string, args ...any) {
		all = append(all, bootLine{time.Duration(ms) * time.Millisecond, false, fmt.Sprintf(format, args...)})
	}
	kernel(0, "Linux version 6.1.0-simulated (oslua) #1 SMP PREEMPT_DYNAMIC")
	kernel(0, "Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro console=tty1 console=ttyS0")
	kernel(120, "Memory: %dK/%dK available", g.MemoryMB*1024*9/10, g.MemoryMB*1024)
	kernel(180, "smp: Brought up 1 node, %d CPU%s", max(1, g.VCPUs), plural(g.VCPUs))
	kernel(640, "virtio_blk virtio1: [vda] %d GiB", g.DiskGB)
	for i, a := range g.Addresses {
		kernel(700+10*i, "virtio_net virtio%d eth%d: %s", i+2, i, a.MAC)
	}
	kernel(900, "EXT4-fs (vda1): mounted filesystem with ordered data mode")
	user(1100, "%s", "Starting network...")
	for i, a := range g.Addresses {
		for _, ip := range a.IPs {
			user(1400, "eth%d: lease of %s obtained", i, ip)
		}
	}
	if len(g.Addresses) == 0 {
		user(1400, "no network interface found")
	}
	user(1800, "hostname: %s", g.Hostname)
	if g.KeyName != "" {
		user(2200, "cloud-init: authorized key %s for %s", g.KeyName, g.User)
	}
	if g.UserData != "" {
		user(int(userDataTime.Milliseconds()), "cloud-init: user data of %d bytes", len(g.UserData))
		for line := range strings.Lines(said) {
			user(int(userDataTime.Milliseconds()), "%s", strings.TrimRight(line, "\n"))
		}
	}
	user(3000, "Starting sshd: OK")
	user(3600, "=== up at %.2f", 3.6)
	user(4000, "")
	return all
}

func plural(n int) string {
	if n > 1 {
		return "s"
	}
	return ""
}

// lastLines gives the last lines of a text; a number below 1 gives all.
func lastLines(s string, n int) string {
	if n < 1 {
		return s
	}
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
