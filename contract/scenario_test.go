package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// request is one block of a scenario file.
type request struct {
	line    int
	as      string
	method  string
	service string
	path    string
	header  [][2]string
	body    string
	save    [][2]string // name, path
	mask    []string
	ordered bool
	differs string
	until   [2]string // path, value
	cleanup bool
}

// title names a request in a recording and in a failure.
func (r request) title() string {
	return fmt.Sprintf("%s %s %s %s", r.as, r.method, r.service, r.path)
}

type scenario struct {
	name     string
	requests []request
}

func readScenarios(dir string) ([]scenario, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []scenario
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s, err := parseScenario(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func parseScenario(name, text string) (scenario, error) {
	s := scenario{name: name}
	as, cleanup := "demo", false
	var r *request
	end := func() {
		if r != nil {
			s.requests = append(s.requests, *r)
			r = nil
		}
	}
	for n, line := range strings.Split(text, "\n") {
		fail := func(why string) (scenario, error) {
			return s, fmt.Errorf("cases/%s.txt:%d: %s: %q", name, n+1, why, line)
		}
		trimmed := strings.TrimSpace(line)
		word, rest, _ := strings.Cut(trimmed, " ")
		rest = strings.TrimSpace(rest)
		switch {
		case trimmed == "":
			end()
		case strings.HasPrefix(trimmed, "#"):
		case trimmed == "cleanup":
			end()
			cleanup = true
		case word == "as" && !strings.HasPrefix(rest, "\""):
			as = rest
			if r != nil {
				r.as = as
			}
		case r == nil:
			service, path, ok := strings.Cut(rest, " ")
			if !ok {
				return fail("want METHOD service /path")
			}
			r = &request{line: n + 1, as: as, method: word, service: service, path: strings.TrimSpace(path), cleanup: cleanup}
		case word == ">":
			key, value, ok := strings.Cut(rest, ":")
			if !ok {
				return fail("want > Header: value")
			}
			r.header = append(r.header, [2]string{key, strings.TrimSpace(value)})
		case word == "save":
			key, path, ok := strings.Cut(rest, "=")
			if !ok {
				return fail("want save name = path")
			}
			r.save = append(r.save, [2]string{strings.TrimSpace(key), strings.TrimSpace(path)})
		case word == "mask":
			r.mask = append(r.mask, rest)
		case trimmed == "ordered":
			r.ordered = true
		case word == "differs":
			r.differs = rest
		case word == "until":
			path, value, ok := strings.Cut(rest, " ")
			if !ok {
				return fail("want until path value")
			}
			r.until = [2]string{path, strings.TrimSpace(value)}
		default:
			r.body += line + "\n"
		}
	}
	end()
	return s, nil
}
