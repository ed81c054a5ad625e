package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// watch runs a script in a terminal of its own.
func watch(t *testing.T, width, height int, script string, args ...string) *person {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux, which these tests look through, is not here")
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "s.lua"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, socket: fmt.Sprintf("oslua-%d-%d", os.Getpid(), time.Now().UnixNano())}
	command := fmt.Sprintf("cd %q && exec env -i PATH=%q HOME=%q XDG_STATE_HOME=%q TERM=tmux-256color LANG=C.UTF-8 %q %s s.lua",
		home, os.Getenv("PATH"), home, home, bin, strings.Join(args, " "))
	p.tmux("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), command, ";",
		"set-option", "-g", "remain-on-exit", "on")
	t.Cleanup(func() { p.run("kill-server") }) //nolint:errcheck // it may be gone
	return p
}

const waitingScript = `
local networks, task = require "networks", require "task"
local function waits(name)
  return function()
    pcall(networks.wait, name, { status = "DOWN", timeout = "3s" })
  end
end
networks.ensure { name = "우분투" }
print("before")
task.all { waits "private", waits "우분투", function() sleep(1.5) print("in between") end }
print("after")
`

// TestDisplayInATerminal: one line for each wait, redrawn below what the script prints, and gone at the end.
func TestDisplayInATerminal(t *testing.T) {
	p := watch(t, 60, 12, waitingScript)
	block := regexp.MustCompile(`(?m)^. network "private"  ACTIVE +1 s\n. network "우분투"   ACTIVE +1 s$`)
	screen := p.until("no block of lines", block.MatchString)
	if !strings.Contains(screen, "before\n") || strings.Contains(screen, "in between") {
		t.Errorf("the screen:\n%s", screen)
	}
	p.until("the block is not below what was printed", regexp.MustCompile(`(?m)^in between\n. network "private"  ACTIVE +\d s\n. network`).MatchString)
	p.leaves()
	if screen := p.screen(); !regexp.MustCompile(`(?m)^before\nin between\nafter$`).MatchString(screen) || strings.Contains(screen, "ACTIVE") {
		t.Errorf("the screen at the end:\n%s", screen)
	}
}

func TestDisplayIsQuietInATerminal(t *testing.T) {
	p := watch(t, 60, 12, waitingScript, "--quiet")
	screen := p.wants("in between")
	p.leaves()
	if strings.Contains(screen+p.screen(), "ACTIVE") {
		t.Errorf("the screen:\n%s", screen)
	}
}
