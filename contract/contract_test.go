package contract

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua/simulator"
)

var record = flag.Bool("record", false, "write the answers of the cloud at OSLUA_CONTRACT_IDENTITY to recorded/")

// TestSimulator plays every scenario on the simulator and compares with what a real OpenStack answered.
func TestSimulator(t *testing.T) {
	if *record {
		t.Skip("recording")
	}
	eachScenario(t, func(t *testing.T, s scenario, want string) {
		t.Parallel()
		sim, err := simulator.Start(t.Context(), simulator.Options{Memory: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := sim.Close(); err != nil {
				t.Error(err)
			}
		})
		client := &http.Client{Transport: &http.Transport{DialContext: sim.DialContext}, CheckRedirect: stay}
		t.Cleanup(client.CloseIdleConnections)
		got := newCloud(t, client, sim.URL()+"/identity").play(t, s)
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("the simulator (+) differs from the recording (-):\n%s", diff)
		}
	})
}

// TestCloud plays every scenario on a real cloud and compares with the recording, or writes it anew.
func TestCloud(t *testing.T) {
	identity := os.Getenv("OSLUA_CONTRACT_IDENTITY")
	if identity == "" {
		t.Skip("set OSLUA_CONTRACT_IDENTITY to the identity root of a real OpenStack, such as http://127.0.0.1:5000")
	}
	eachScenario(t, func(t *testing.T, s scenario, want string) {
		client := &http.Client{Transport: &http.Transport{}, CheckRedirect: stay, Timeout: 2 * time.Minute}
		defer client.CloseIdleConnections()
		got := newCloud(t, client, strings.TrimSuffix(identity, "/")).play(t, s)
		if *record {
			if err := os.WriteFile(recording(s.name), []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("the cloud (+) differs from the recording (-):\n%s", diff)
		}
	})
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func recording(name string) string { return filepath.Join("recorded", name+".txt") }

func eachScenario(t *testing.T, play func(t *testing.T, s scenario, want string)) {
	t.Helper()
	all, err := readScenarios("cases")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no scenarios in cases/")
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			want, err := os.ReadFile(recording(s.name))
			if err != nil && !*record {
				t.Fatalf("%v: record it on a real cloud with -record", err)
			}
			play(t, s, string(want))
		})
	}
}

// cloud is an OpenStack to play scenarios on.
type cloud struct {
	client *http.Client
	roots  map[string]string // service -> root URL, without version
	tokens map[string]string // user -> token
	saved  map[string]string
}

var version = regexp.MustCompile(`/v\d[\d.]*/?$`)

// newCloud gets a token for each user and the services' roots from the catalog.
func newCloud(t *testing.T, client *http.Client, identity string) *cloud {
	t.Helper()
	c := &cloud{
		client: client,
		roots:  map[string]string{"identity": identity},
		tokens: map[string]string{"nobody": ""},
		saved:  map[string]string{},
	}
	password := os.Getenv("OSLUA_CONTRACT_PASSWORD")
	if password == "" {
		password = "secret"
	}
	for _, user := range []string{"demo", "admin", "alt_demo"} {
		body := fmt.Sprintf(`{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": %q,
			"domain": {"id": "default"}, "password": %q}}},
			"scope": {"project": {"name": %q, "domain": {"id": "default"}}}}}`, user, password, user)
		resp, err := client.Post(identity+"/v3/auth/tokens", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Token struct {
				User, Project struct{ ID string }
				Catalog       []struct {
					Type      string
					Endpoints []struct{ Interface, URL string }
				}
			}
		}
		err = json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusCreated {
			t.Fatalf("no token for %s: %s %v", user, resp.Status, err)
		}
		c.tokens[user] = resp.Header.Get("X-Subject-Token")
		c.saved["project_"+user] = answer.Token.Project.ID
		c.saved["user_"+user] = answer.Token.User.ID
		for _, s := range answer.Token.Catalog {
			for _, e := range s.Endpoints {
				if e.Interface == "public" && c.roots[s.Type] == "" {
					c.roots[s.Type] = version.ReplaceAllString(e.URL, "")
				}
			}
		}
	}
	return c
}

// play sends a scenario's requests and gives the masked answers.
func (c *cloud) play(t *testing.T, s scenario) string {
	t.Helper()
	var out strings.Builder
	broken := false
	for _, r := range s.requests {
		if broken && !r.cleanup {
			continue
		}
		status, header, body, err := c.send(r)
		if err != nil {
			t.Errorf("cases/%s.txt:%d: %s: %v", s.name, r.line, r.title(), err)
			broken = true
			continue
		}
		for _, save := range r.save {
			value, err := lookUp(body, save[1])
			if err != nil {
				t.Errorf("cases/%s.txt:%d: %s: save %s: %v in %d %s", s.name, r.line, r.title(), save[0], err, status, body)
				broken = true
				continue
			}
			c.saved[save[0]] = value
		}
		fmt.Fprintf(&out, "=== %s\n", r.title())
		if r.differs != "" {
			fmt.Fprintf(&out, "not compared: %s\n\n", r.differs)
			continue
		}
		m := masker{roots: c.roots, saved: c.saved}
		out.WriteString(m.answer(r, status, header, body) + "\n")
	}
	return out.String()
}

// send fills in what was saved, sends the request, and repeats it as long as its "until" does not hold.
func (c *cloud) send(r request) (status int, header http.Header, body []byte, err error) {
	root, ok := c.roots[r.service]
	if !ok {
		return 0, nil, nil, fmt.Errorf("the catalog has no %s service", r.service)
	}
	for attempt := 0; ; attempt++ {
		req, err := http.NewRequest(r.method, root+c.fill(r.path), strings.NewReader(c.fill(r.body)))
		if err != nil {
			return 0, nil, nil, err
		}
		if r.body != "" {
			req.Header.Set("Content-Type", "application/json")
		} else {
			req.Body = nil
		}
		token, ok := c.tokens[r.as]
		if !ok {
			return 0, nil, nil, fmt.Errorf("no user %q", r.as)
		}
		if token != "" {
			req.Header.Set("X-Auth-Token", token)
		}
		req.Header.Set("Accept", "application/json")
		for _, h := range r.header {
			req.Header.Set(h[0], c.fill(h[1]))
		}
		resp, err := c.client.Do(req)
		if err != nil {
			return 0, nil, nil, err
		}
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return 0, nil, nil, err
		}
		if r.until[0] != "" {
			got, err := lookUp(body, r.until[0])
			if (err != nil || got != r.until[1]) && attempt < 240 {
				time.Sleep(250 * time.Millisecond) // a real cloud needs its time
				continue
			}
		}
		return resp.StatusCode, resp.Header, bytes.TrimSpace(body), nil
	}
}

func (c *cloud) fill(s string) string {
	for name, value := range c.saved {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return strings.ReplaceAll(s, "{token}", c.tokens["demo"])
}
