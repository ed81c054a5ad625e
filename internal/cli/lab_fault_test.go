package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/oslua/oslua/scripts"
)

// mishaps are what happens to one request of a lab's run, or from one on.
var mishaps = []string{
	"count=1 status=500",
	"status=503",
	"count=1 status=403",
	"count=1 cut=before",
	"count=1 cut=after",
}

// TestLabsSurviveFaults runs each lab with a fault at each of its requests in turn. The run goes on, or ends with one
// message that says what to do; and whatever it left, reset finds all of it.
func TestLabsSurviveFaults(t *testing.T) {
	for _, name := range scripts.Labs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for m, mishap := range mishaps {
				synctest.Test(t, func(t *testing.T) {
					c := newClassroom(t)
					step := 1
					if testing.Short() {
						step = 5
					}
					for n := m % 2; strings.Contains(mishap, "=500") || strings.Contains(mishap, "=after"); n += 2 * step {
						if !c.faultyReset(name, fmt.Sprintf("* * after=%d %s", n, mishap)) {
							break
						}
					}
					for n := m % step; c.faulty(name, fmt.Sprintf("* * after=%d %s", n, mishap)); n += step {
					}
				})
			}
		})
	}
}

// TestGradingSaysWhatFailed: a check or a report that the cloud keeps from looking is no grade.
func TestGradingSaysWhatFailed(t *testing.T) {
	for _, name := range scripts.Labs() {
		synctest.Test(t, func(t *testing.T) {
			c := newClassroom(t)
			if _, told, exit := c.lab(name, "run"); exit != 0 && exit != exitCheck {
				t.Fatalf("exit code %d\n%s", exit, told)
			}
			for _, action := range []string{"check", "report"} {
				for n, hit := 0, true; hit; n++ {
					c.must(fmt.Sprintf(`require("simulator").faults.add { after = %d, status = 503 }`, n))
					out, told, exit := c.lab(name, action, "--lang", "en")
					hit = c.must(`local f = require("simulator").faults; print(f.list()[1].hits); f.clear()`) != "0\n"
					if action == "report" && exit == 0 {
						continue // the topology does without the servers' names
					}
					if hit && (exit != exitScript || blamed(name, told, exit) != "" || strings.Contains(out, "steps hold")) {
						t.Errorf("%s of %s with request %d failing: exit code %d\n%s%s", action, name, n, exit, out, told)
					}
				}
			}
		})
	}
}

// faulty runs a lab with a fault and resets it, and says whether the fault came to pass.
func (c *classroom) faulty(name, rule string) bool {
	c.t.Helper()
	rule = strings.Replace(rule, "after=0 ", "", 1)
	c.must(`require("simulator").faults.add("` + rule + `")`)
	out, told, exit := c.lab(name, "run", "--lang", "en")
	hits := c.must(`local f = require("simulator").faults; print(f.list()[1].hits); f.clear()`)
	if hits == "0\n" {
		return false
	}
	if problem := blamed(name, told, exit); problem != "" {
		c.t.Errorf("%s: %s (exit code %d)\n%s%s", rule, problem, exit, out, told)
	}
	if _, told, exit := c.lab(name, "reset"); exit != 0 {
		c.t.Errorf("%s: reset: exit code %d\n%s", rule, exit, told)
	}
	if !c.asAtFirst() {
		c.t.Logf("after %s", rule)
		c.must(`require("simulator").reset()`)
		c.seed = c.state()
	}
	return true
}

// faultyReset resets a lab with a fault, and resets it again: then nothing is left.
func (c *classroom) faultyReset(name, rule string) bool {
	c.t.Helper()
	if _, told, exit := c.lab(name, "run"); exit != 0 && exit != exitCheck {
		c.t.Fatalf("exit code %d\n%s", exit, told)
	}
	c.must(`require("simulator").faults.add("` + strings.Replace(rule, "after=0 ", "", 1) + `")`)
	out, told, exit := c.lab(name, "reset", "--lang", "en")
	hits := c.must(`local f = require("simulator").faults; print(f.list()[1].hits); f.clear()`)
	if problem := blamed(name, told, exit); exit != 0 && problem != "" {
		c.t.Errorf("reset with %s: %s (exit code %d)\n%s%s", rule, problem, exit, out, told)
	}
	if _, told, exit := c.lab(name, "reset"); exit != 0 {
		c.t.Errorf("reset after %s: exit code %d\n%s", rule, exit, told)
	}
	if !c.asAtFirst() {
		c.t.Logf("after a reset with %s", rule)
		c.must(`require("simulator").reset()`)
		c.seed = c.state()
	}
	return hits != "0\n"
}

var stack = regexp.MustCompile(`traceback|goroutine|\.go:\d|\.lua:\d|\[C\]`)

// blamed says what is wrong with how a run ended.
func blamed(name, told string, exit int) string {
	_, broken := mended[name]
	switch {
	case exit == 0 && !broken, exit == exitCheck && broken && strings.Contains(told, "lab "+name+", step 2"):
		return ""
	case exit != exitScript && exit != exitTimeout && exit != exitCheck && exit != exitAuth:
		return "the exit code"
	case strings.Count(told, "oslua: ") != 1 || !strings.HasPrefix(told, "oslua: "):
		return "it is not one message"
	case !strings.Contains(told, "\n  hint: "):
		return "it does not say what to do"
	case stack.MatchString(told):
		return "it shows where in the code it happened"
	}
	return ""
}
