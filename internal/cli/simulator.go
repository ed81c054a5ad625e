package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/simulator"
	"github.com/spf13/cobra"
)

const defaultListen = "127.0.0.1:5000"

// place says where a simulator keeps its cloud.
type place struct {
	dir    string
	memory bool
}

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.dir, "state", "", "directory of the cloud; the one scripts use when not given")
}

func (p place) options(a *app) (simulator.Options, error) {
	if p.memory {
		if p.dir != "" {
			return simulator.Options{}, usage("--state and --memory exclude each other")
		}
		return simulator.Options{Memory: true}, nil
	}
	if p.dir == "" {
		state, err := stateDir(a.lookupEnv, runtime.GOOS)
		if err != nil {
			return simulator.Options{}, err
		}
		p.dir = oslua.SimulatorDir(state)
	}
	dir, err := filepath.Abs(p.dir)
	return simulator.Options{Dir: dir}, err
}

// simulatorCommand is the built-in cloud for any client.
func (a *app) simulatorCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "simulator",
		Short: "The built-in OpenStack, for any client",
		Example: `  oslua simulator serve
  eval "$(oslua simulator env)"
  openstack network list`,
	}, a.serveCommand(), a.envCommand(), a.cloudsCommand(), a.statusCommand(), a.resetCommand())
}

func (a *app) serveCommand() *cobra.Command {
	var p place
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the cloud on a loopback port until Ctrl-C",
		Args:  atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := p.options(a)
			if err != nil {
				return err
			}
			if err := checkListen(listen); err != nil {
				return err
			}
			return a.serve(cmd.Context(), o, listen)
		},
	}
	p.flags(cmd)
	cmd.Flags().BoolVar(&p.memory, "memory", false, "keep nothing: a fresh cloud that ends with the process")
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address and port; port 0 takes a free one")
	return cmd
}

func (a *app) serve(ctx context.Context, o simulator.Options, listen string) error {
	o.Listen = listen
	sim, err := simulator.Start(ctx, o)
	if errors.Is(err, syscall.EADDRINUSE) {
		return errs.New(errs.Unavailable, "%s is taken: another program listens there", listen).
			WithHint("--listen 127.0.0.1:0 takes a free port")
	}
	if err != nil {
		return oslua.SimulatorError(err)
	}
	fmt.Fprintf(a.out, "# oslua simulator: ready at %s (Ctrl-C stops it)\n", sim.URL())
	writeEnv(a.out, sim.URL(), "demo", "sh")
	<-ctx.Done()
	return errors.Join(errServed, sim.Close())
}

// errServed ends a server that was told to stop: unlike a script, it did all it was asked to.
var errServed = errors.New("stopped")

func checkListen(listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return usage("--listen %s: want an address and a port, as in %s", listen, defaultListen)
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--listen %s: the simulator serves this machine only", listen).
			withHint("its passwords are known to everyone: use 127.0.0.1:%s", port)
	}
	return nil
}

func (a *app) envCommand() *cobra.Command {
	var shell string
	var ep endpoint
	cmd := &cobra.Command{
		Use:     "env",
		Short:   "Print the OS_ variables that lead any client to the cloud",
		Example: `  eval "$(oslua simulator env)"`,
		Args:    atMost(),
		RunE: func(*cobra.Command, []string) error {
			if shell != "sh" && shell != "powershell" && shell != "fish" {
				return usage("--shell %s: want sh, fish or powershell", shell)
			}
			if err := ep.check(); err != nil {
				return err
			}
			return writeEnv(a.out, ep.url(), ep.user, shell)
		},
	}
	ep.flags(cmd)
	cmd.Flags().StringVar(&shell, "shell", "sh", "sh, fish or powershell")
	return cmd
}

func (a *app) cloudsCommand() *cobra.Command {
	var ep endpoint
	cmd := &cobra.Command{
		Use:     "clouds.yaml",
		Short:   "Print a clouds.yaml with the cloud in it, as simulator and simulator-admin",
		Example: `  oslua simulator clouds.yaml > clouds.yaml`,
		Args:    atMost(),
		RunE: func(*cobra.Command, []string) error {
			if err := ep.check(); err != nil {
				return err
			}
			return writeClouds(a.out, ep.url())
		},
	}
	ep.flags(cmd)
	return cmd
}

// endpoint is where a client finds a served cloud, and as whom.
type endpoint struct{ listen, user string }

func (e *endpoint) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.listen, "listen", defaultListen, "where the cloud is served")
	cmd.Flags().StringVar(&e.user, "user", "demo", "demo, alt_demo or admin")
}

func (e *endpoint) url() string { return "http://" + e.listen }

func (e *endpoint) check() error {
	switch e.user {
	case "demo", "alt_demo", "admin":
		return checkListen(e.listen)
	}
	return usage("--user %s: want demo, alt_demo or admin", e.user)
}

// writeEnv prints the environment as openrc files set it.
func writeEnv(w io.Writer, base, user, shell string) error {
	format := "export %s=%s\n"
	switch shell {
	case "powershell":
		format = "$env:%s = \"%s\"\n"
	case "fish":
		format = "set -gx %s %s\n"
	}
	var b strings.Builder
	for _, v := range [][2]string{
		{"OS_AUTH_URL", base + "/identity/v3"},
		{"OS_USERNAME", user},
		{"OS_PASSWORD", "secret"},
		{"OS_PROJECT_NAME", user},
		{"OS_USER_DOMAIN_ID", "default"},
		{"OS_PROJECT_DOMAIN_ID", "default"},
		{"OS_REGION_NAME", "RegionOne"},
		{"OS_IDENTITY_API_VERSION", "3"},
	} {
		fmt.Fprintf(&b, format, v[0], v[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeClouds(w io.Writer, base string) error {
	var b strings.Builder
	b.WriteString("clouds:\n")
	for _, c := range [][2]string{{"simulator", "demo"}, {"simulator-admin", "admin"}} {
		fmt.Fprintf(&b, `  %s:
    auth:
      auth_url: %s/identity/v3
      username: %s
      password: secret
      project_name: %s
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
    identity_api_version: 3
`, c[0], base, c[1], c[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *app) statusCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say where the cloud is kept and what is in it",
		Args:  atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := p.options(a)
			if err != nil {
				return err
			}
			return a.status(cmd.Context(), o)
		},
	}
	p.flags(cmd)
	return cmd
}

func (a *app) resetCommand() *cobra.Command {
	var p place
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Make the cloud as it was at first; what was created in it is lost",
		Args:  atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := p.options(a)
			if err != nil {
				return err
			}
			if !yes {
				if err := a.confirm(fmt.Sprintf("Remove everything that was created in %s?", o.Dir)); err != nil {
					return err
				}
			}
			return a.reset(cmd.Context(), o)
		},
	}
	p.flags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirm asks on a terminal; elsewhere there is nobody to ask, and that is an error.
func (a *app) confirm(question string) error {
	if !term.IsTerminal(a.in) {
		return usage("there is no terminal to ask on").withHint("say --yes if it is meant")
	}
	fmt.Fprintf(a.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was changed")
}

// status says what is there without making it: a cloud that nobody used yet stays unmade.
func (a *app) status(ctx context.Context, o simulator.Options) error {
	if _, err := os.Stat(simulator.StateFile(o.Dir)); errors.Is(err, fs.ErrNotExist) {
		_, err := fmt.Fprintf(a.out, "state  %s\nnobody has used it yet\n", o.Dir)
		return err
	}
	sim, err := simulator.Start(ctx, o)
	if err != nil {
		return oslua.SimulatorError(err)
	}
	defer sim.Close()
	rows := [][]string{{"state", o.Dir}}
	counts, err := count(ctx, sim)
	if err != nil {
		return err
	}
	return term.Columns(a.out, append(rows, counts...))
}

// count asks the cloud itself, as its administrator, how much is in it.
func count(ctx context.Context, sim *simulator.Simulator) ([][]string, error) {
	cfg, err := cloud.FromValues("built-in simulator", map[string]string{
		"auth_url": simulator.InProcessURL + "/identity/v3", "username": "admin", "password": "secret", "project_name": "admin",
		"user_domain_id": "default", "project_domain_id": "default", "region_name": "RegionOne",
	})
	if err != nil {
		return nil, err
	}
	conn := cloud.New(cfg, cloud.Options{Version: oslua.Version(), DialContext: sim.DialContext})
	defer conn.Close()
	var rows [][]string
	for _, what := range []string{"networks", "subnets", "ports", "routers"} {
		answer, err := conn.Do(ctx, cloud.Request{Service: cloud.Network, Path: what, Query: url.Values{"fields": {"id"}}})
		if err != nil {
			return nil, err
		}
		var body map[string][]struct{ ID string }
		if err := json.Unmarshal(answer.Body, &body); err != nil {
			return nil, err
		}
		rows = append(rows, []string{what, strconv.Itoa(len(body[what]))})
	}
	return rows, nil
}

func (a *app) reset(ctx context.Context, o simulator.Options) error {
	sim, err := simulator.Start(ctx, o)
	if err != nil {
		return oslua.SimulatorError(err)
	}
	if err := errors.Join(sim.Reset(ctx), sim.Close()); err != nil {
		return oslua.SimulatorError(err)
	}
	_, err = fmt.Fprintf(a.out, "%s is as it was at first\n", o.Dir)
	return err
}
