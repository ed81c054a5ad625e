package simulator_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// reached is a server on the network private with a floating IP, as a learner makes it.
type reached struct {
	t                        *testing.T
	sim                      *simulator.Simulator
	client                   *http.Client
	token                    string
	server, port, fip, group string
	address                  string
}

const userData = "#cloud-config\npassword: pass\nssh_pwauth: true\nhostname: inside\nchpasswd:\n  list: |\n    root:secret\nruncmd:\n  - echo made > /made\n  - [echo, two words]\n"

func newReached(t *testing.T) *reached {
	sim := simulatortest.Start(t, simulator.Options{})
	l := &reached{t: t, sim: sim, client: sim.Client()}
	t.Cleanup(l.client.CloseIdleConnections)
	l.authenticate()
	image := l.get("/image/v2/images?name=cirros-0.5.2-x86_64-disk", "images.0.id")
	network := l.get("/network/v2.0/networks?name=private", "networks.0.id")
	public := l.get("/network/v2.0/networks?name=public", "networks.0.id")
	l.server = l.send("POST", "/compute/v2.1/servers", fmt.Sprintf(`{"server": {"name": "one", "flavorRef": "42", "imageRef": %q,
		"networks": [{"uuid": %q}], "user_data": %q}}`, image, network, base64.StdEncoding.EncodeToString([]byte(userData))), "server.id")
	// The first look sees it running, and only then does it boot.
	l.get("/compute/v2.1/servers/"+l.server, "server.id")
	if err := sim.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	l.port = l.get("/network/v2.0/ports?device_id="+l.server, "ports.0.id")
	l.group = l.get("/network/v2.0/ports?device_id="+l.server, "ports.0.security_groups.0")
	l.fip = l.send("POST", "/network/v2.0/floatingips", fmt.Sprintf(`{"floatingip": {"floating_network_id": %q}}`, public), "floatingip.id")
	l.address = l.get("/network/v2.0/floatingips/"+l.fip, "floatingip.floating_ip_address")
	return l
}

func (l *reached) authenticate() {
	resp, err := l.client.Post(l.sim.URL()+"/identity/v3/auth/tokens", "application/json", strings.NewReader(
		`{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "demo", "domain": {"id": "default"}, "password": "secret"}}},
		"scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}}`))
	if err != nil {
		l.t.Fatal(err)
	}
	resp.Body.Close()
	l.token = resp.Header.Get("X-Subject-Token")
}

// send gives a value of the answer by its path.
func (l *reached) send(method, path, body, want string) string {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.sim.URL()+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", l.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.client.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		l.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, raw, err)
	}
	if want == "" {
		return ""
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		l.t.Fatal(err)
	}
	for _, key := range strings.Split(want, ".") {
		switch e := v.(type) {
		case map[string]any:
			v = e[key]
		case []any:
			if len(e) == 0 {
				l.t.Fatalf("%s %s: no %s in %s", method, path, want, raw)
			}
			v = e[0]
		}
	}
	text, ok := v.(string)
	if !ok {
		l.t.Fatalf("%s %s: no %s in %s", method, path, want, raw)
	}
	return text
}

func (l *reached) get(path, want string) string { l.t.Helper(); return l.send("GET", path, "", want) }

func (l *reached) associate() {
	l.t.Helper()
	l.send("PUT", "/network/v2.0/floatingips/"+l.fip, fmt.Sprintf(`{"floatingip": {"port_id": %q}}`, l.port), "")
}

func (l *reached) allow(rule string) {
	l.t.Helper()
	l.send("POST", "/network/v2.0/security-group-rules", fmt.Sprintf(`{"security_group_rule": {"security_group_id": %q, "direction": "ingress", %s}}`, l.group, rule), "")
}

// dial says in a word what became of a connection.
func (l *reached) dial(address string) string {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Millisecond)
	defer cancel()
	conn, err := l.sim.DialGuest(ctx, "tcp", address)
	switch {
	case err == nil:
		conn.Close()
		return "connected"
	case errors.Is(err, context.DeadlineExceeded):
		return "hangs"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "unreachable"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	}
	return err.Error()
}

func TestGuestIsReachedWhenTheNetworkSaysSo(t *testing.T) {
	l := newReached(t)
	ssh, web := l.address+":22", l.address+":8080"
	check := func(when, address, want string) {
		t.Helper()
		if got := l.dial(address); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	check("an address nobody has", "172.24.4.250:22", "unreachable")
	check("a floating IP on no port", ssh, "unreachable")
	l.associate()
	check("no rule for the port", ssh, "hangs")
	l.allow(`"protocol": "tcp", "port_range_min": 80, "port_range_max": 80`)
	check("a rule for another port", ssh, "hangs")
	l.allow(`"protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "192.0.2.0/24"`)
	check("a rule for another peer", ssh, "hangs")
	l.allow(`"protocol": "tcp", "port_range_min": 22, "port_range_max": 22`)
	check("a rule for it", ssh, "connected")
	l.allow(`"protocol": "tcp", "port_range_min": 8000, "port_range_max": 9000`)
	check("nobody listens", web, "refused")

	router := l.get("/network/v2.0/routers?name=router1", "routers.0.id")
	l.send("PUT", "/network/v2.0/routers/"+router, `{"router": {"admin_state_up": false}}`, "")
	check("the router is down", ssh, "unreachable")
	l.send("PUT", "/network/v2.0/routers/"+router, `{"router": {"admin_state_up": true}}`, "")
	l.send("PUT", "/network/v2.0/ports/"+l.port, `{"port": {"admin_state_up": false}}`, "")
	check("the port is down", ssh, "hangs")
	l.send("PUT", "/network/v2.0/ports/"+l.port, `{"port": {"admin_state_up": true, "security_groups": [], "port_security_enabled": false}}`, "")
	check("no port security", l.address+":81", "refused")

	l.send("POST", "/compute/v2.1/servers/"+l.server+"/action", `{"os-stop": null}`, "")
	if err := l.sim.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	check("the server is stopped", ssh, "unreachable")
}

// login opens a session, or gives the error.
func (l *reached) login(user, password string) (*ssh.Client, error) {
	conn, err := l.sim.DialGuest(l.t.Context(), "tcp", l.address+":22")
	if err != nil {
		return nil, err
	}
	c, channels, requests, err := ssh.NewClientConn(conn, l.address, &ssh.ClientConfig{User: user, Auth: []ssh.AuthMethod{ssh.Password(password)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

func TestGuestShell(t *testing.T) {
	l := newReached(t)
	l.associate()
	l.allow(`"protocol": "tcp", "port_range_min": 22, "port_range_max": 22`)
	for _, c := range []struct {
		user, password string
		in             bool
	}{
		{"cirros", "pass", true}, {"root", "secret", true}, {"cirros", "gocubsgo", false}, {"root", "", false}, {"nobody", "pass", false},
	} {
		client, err := l.login(c.user, c.password)
		if (err == nil) != c.in {
			t.Errorf("login of %s with %q: %v", c.user, c.password, err)
		}
		if err == nil {
			client.Close()
		}
	}
	client, err := l.login("root", "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, c := range []struct {
		command, stdin, want string
		code                 int
	}{
		{command: "hostname", want: "inside\n"},
		{command: "whoami; pwd", want: "root\n/root\n"},
		{command: "cat /etc/hostname", want: "inside\n"},
		{command: "cat /made", want: "made\n"},
		{command: "false && echo no || echo yes", want: "yes\n"},
		{command: "echo 'two words' \"and two\"", want: "two words and two\n"},
		{command: "umask 077 && cat > '/tmp/f.part' && chmod 600 '/tmp/f.part' && mv '/tmp/f.part' '/tmp/f'", stdin: "hello"},
		{command: "cat /tmp/f", want: "hello"},
		{command: "echo root:new | chpasswd"},
		{command: "cat /none", code: 1},
		{command: "frobnicate", code: 127},
		{command: "exit 7", code: 7},
		{command: "echo 'open", code: 2},
		{command: "curl http://169.254.169.254/latest/meta-data/hostname", want: "one.novalocal"},
		{command: "ping -c 1 8.8.8.8", want: "1 packets received", code: 0},
		{command: "ping -c 1 10.0.0.1", want: "0% packet loss"},
		{command: "ping -c 1 172.24.4.99", want: "0% packet loss"},
		{command: "ping -c 1 10.0.0.62", want: "100% packet loss", code: 1},
		{command: "ip route", want: "default via 10.0.0.1 dev eth0"},
		{command: "ip -4 addr show", want: "/26 scope global eth0"},
		{command: "cat /etc/os-release", want: "ID=cirros"},
	} {
		s, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		s.Stdin = strings.NewReader(c.stdin)
		var out strings.Builder
		s.Stdout = &out
		err = s.Run(c.command)
		code := 0
		var exit *ssh.ExitError
		if errors.As(err, &exit) {
			code = exit.ExitStatus()
		} else if err != nil {
			t.Errorf("%s: %v", c.command, err)
		}
		if got := out.String(); code != c.code || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q and code %d, want %q and %d", c.command, got, code, c.want, c.code)
		}
	}
	if _, err := l.login("root", "new"); err != nil {
		t.Errorf("the new password does not open: %v", err)
	}
	if address, err := l.sim.GuestAddress(t.Context(), "one"); err != nil || address != l.address {
		t.Errorf("address of the server: %s %v, want %s", address, err, l.address)
	}
}

// The console shows what the user data found out when it ran, and goes on to show it.
func TestConsoleShowsWhatUserDataPrints(t *testing.T) {
	l := newReached(t)
	image := l.get("/image/v2/images?name=cirros-0.5.2-x86_64-disk", "images.0.id")
	public := l.get("/network/v2.0/networks?name=public", "networks.0.id")
	network := l.send("POST", "/network/v2.0/networks", `{"network": {"name": "inner"}}`, "network.id")
	subnet := l.send("POST", "/network/v2.0/subnets", fmt.Sprintf(`{"subnet": {"network_id": %q, "cidr": "10.8.0.0/24", "ip_version": 4}}`, network), "subnet.id")
	router := l.send("POST", "/network/v2.0/routers", `{"router": {"name": "out"}}`, "router.id")
	l.send("PUT", "/network/v2.0/routers/"+router+"/add_router_interface", fmt.Sprintf(`{"subnet_id": %q}`, subnet), "")

	l.associate()
	l.allow(`"protocol": "tcp", "port_range_min": 22, "port_range_max": 22`)
	client, err := l.login("root", "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Run("echo root was here > /dev/console"); err != nil {
		t.Fatal(err)
	}
	if got := l.send("POST", "/compute/v2.1/servers/"+l.server+"/action", `{"os-getConsoleOutput": {}}`, "output"); !strings.HasSuffix(got, "root was here\n") {
		t.Errorf("what root wrote is not at the end of\n%s", got)
	}

	script := "#!/bin/sh\nping -c 1 172.24.4.1 || echo nobody there\n"
	server := l.send("POST", "/compute/v2.1/servers", fmt.Sprintf(`{"server": {"name": "two", "flavorRef": "42", "imageRef": %q,
		"networks": [{"uuid": %q}], "user_data": %q}}`, image, network, base64.StdEncoding.EncodeToString([]byte(script))), "server.id")
	console := func(want, not string) {
		t.Helper()
		got := l.send("POST", "/compute/v2.1/servers/"+server+"/action", `{"os-getConsoleOutput": {}}`, "output")
		if !strings.Contains(got, want) || strings.Contains(got, not) {
			t.Errorf("want %q and not %q in\n%s", want, not, got)
		}
	}
	l.get("/compute/v2.1/servers/"+server, "server.id")
	console("Linux version", "nobody")
	if err := l.sim.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	console("nobody there", "64 bytes from")

	// A way out that comes later changes nothing before the next boot.
	l.send("PUT", "/network/v2.0/routers/"+router, fmt.Sprintf(`{"router": {"external_gateway_info": {"network_id": %q}}}`, public), "")
	console("nobody there", "64 bytes from")
	l.send("POST", "/compute/v2.1/servers/"+server+"/action", `{"reboot": {"type": "HARD"}}`, "")
	if err := l.sim.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	console("64 bytes from 172.24.4.1", "nobody")
	console("two login:", "nobody")
}
