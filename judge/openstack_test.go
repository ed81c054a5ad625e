// Package judge holds what judges the simulator from outside and needs programs that are not everywhere: the openstack
// command, gophercloud's acceptance tests, Terraform.
package judge

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// step is one line of openstack.txt.
type step struct {
	line    int
	keep    string // name of what to remember
	args    []string
	exit    int
	pattern string
}

type noun struct {
	name, user string
	steps      []step
}

func nouns(t *testing.T) []noun {
	t.Helper()
	text, err := os.ReadFile("openstack.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []noun
	fresh := true
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		command, want, isStep := strings.Cut(line, " => ")
		switch {
		case line == "":
			fresh = true
		case strings.HasPrefix(line, "#"):
		case !isStep && fresh:
			at := strings.LastIndex(line, " ")
			all = append(all, noun{name: line[:at], user: line[at+1:]})
			fresh = false
		case !isStep || len(all) == 0:
			t.Fatalf("openstack.txt:%d: %s", i+1, line)
		default:
			s := step{line: i + 1}
			if name, rest, ok := strings.Cut(command, " := "); ok {
				s.keep, command = name, rest
			}
			s.args = strings.Fields(command)
			exit, pattern, _ := strings.Cut(want, " ")
			if s.exit, err = strconv.Atoi(exit); err != nil {
				t.Fatalf("openstack.txt:%d: %v", i+1, err)
			}
			s.pattern = pattern
			n := &all[len(all)-1]
			n.steps = append(n.steps, s)
		}
	}
	return all
}

// TestOpenStackCommand runs the openstack command (Debian's python3-openstackclient) on the simulator. It takes some
// minutes, nearly all of it Python starting:
//
//	OSLUA_TEST_OPENSTACK=1 go test ./judge -v
func TestOpenStackCommand(t *testing.T) {
	all := nouns(t) // so that the table is read even where it cannot be run
	if os.Getenv("OSLUA_TEST_OPENSTACK") == "" {
		t.Skip("set OSLUA_TEST_OPENSTACK=1 to run the openstack command; it takes some minutes")
	}
	command, err := exec.LookPath("openstack")
	if err != nil {
		t.Skip("there is no openstack command: install python3-openstackclient")
	}
	for _, n := range all {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			sim := simulatortest.Start(t, simulator.Options{Listen: "127.0.0.1:0"})
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			if err := os.WriteFile(file, make([]byte, 4096), 0o600); err != nil {
				t.Fatal(err)
			}
			kept := map[string]string{"FILE": file, "SAVED": filepath.Join(dir, "saved")}
			for _, s := range n.steps {
				var args []string
				for _, a := range s.args {
					if v, ok := kept[strings.TrimPrefix(a, "$")]; ok {
						a = v
					}
					args = append(args, a)
				}
				cmd := exec.CommandContext(t.Context(), command, args...)
				cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C.UTF-8", "OS_AUTH_URL=" + sim.URL() + "/identity/v3",
					"OS_USERNAME=" + n.user, "OS_PASSWORD=secret", "OS_PROJECT_NAME=" + n.user, "OS_USER_DOMAIN_ID=default",
					"OS_PROJECT_DOMAIN_ID=default", "OS_REGION_NAME=RegionOne", "OS_IDENTITY_API_VERSION=3"}
				out, _ := cmd.CombinedOutput() // the exit code says it
				if exit := cmd.ProcessState.ExitCode(); exit != s.exit {
					t.Errorf("openstack.txt:%d: openstack %s: exit %d, want %d\n%s", s.line, strings.Join(args, " "), exit, s.exit, out)
				}
				if ok, err := regexp.Match(s.pattern, out); err != nil || !ok {
					t.Errorf("openstack.txt:%d: openstack %s: want %q in\n%s%v", s.line, strings.Join(args, " "), s.pattern, out, err)
				}
				if s.keep != "" {
					kept[s.keep] = strings.TrimSpace(string(out))
				}
			}
		})
	}
}
