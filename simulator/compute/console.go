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

// said is what the inside of a server wrote to its console since its last boot.
type said struct {
	ServerID string
	BootedAt time.Time
	Ran      bool   // the user data ran: once, when the console was first asked for. What it found out then stays so
	Text     string // what it printed
	Later    string // what was written to the console by those who logged in
}

// Meta is how the store finds it.
func (s said) Meta() store.Meta { return store.Meta{Kind: "compute.said", ID: s.ServerID} }

// saidBy finds what a guest has written since it booted.
func saidBy(tx *store.Tx, g Guest) (said, error) {
	s, err := store.Get[said](tx, g.ServerID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return s, err
	}
	if err != nil || !s.BootedAt.Equal(g.BootedAt) {
		s = said{ServerID: g.ServerID, BootedAt: g.BootedAt}
	}
	return s, nil
}

// Print writes to a guest's console, which keeps the last of it.
func Print(tx *store.Tx, g Guest, text string) error {
	s, err := saidBy(tx, g)
	if err != nil {
		return err
	}
	s.Later += text
	s.Later = s.Later[max(0, len(s.Later)-maxSaid):]
	return store.Put(tx, s)
}

// maxSaid is how much of what a guest writes its console keeps, in bytes.
const maxSaid = 64 << 10

// console is what a guest's console shows now.
func (c *call) console(g Guest) (string, error) {
	s, err := saidBy(c.Tx, g)
	if err != nil {
		return "", err
	}
	run := c.s.options.RunUserData
	if !s.Ran && run != nil && g.UserData != "" && !g.BootedAt.IsZero() && c.Now.Sub(g.BootedAt) >= userDataTime {
		s.Ran, s.Text = true, run(c.Request, g)
		s.Text = s.Text[:min(len(s.Text), maxSaid)]
		if c.Method != http.MethodGet { // the page changes nothing
			if err := store.Put(c.Tx, s); err != nil {
				return "", err
			}
		}
	}
	log := ConsoleLog(g, s.Text, c.Now)
	if g.Ready(c.Now) {
		log += s.Later
	}
	return log, nil
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
