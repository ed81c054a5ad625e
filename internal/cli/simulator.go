package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
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
	}, a.serveCommand(), a.envCommand(), a.cloudsCommand(), a.statusCommand(), a.resetCommand(), a.snapshotCommand(), a.restoreCommand(), a.forwardCommand())
}

// serving is what serve is told beside the place.
type serving struct {
	listen        string
	model         string
	seed          int64
	latency       time.Duration
	buildTime     time.Duration
	tokenLifetime time.Duration
	faults        []string
	verbose       bool
}

func (a *app) serveCommand() *cobra.Command {
	var p place
	var s serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the cloud on a loopback port until Ctrl-C",
		Long: `serve answers any OpenStack client on a loopback port: identity at /identity/v3, the others by its catalog. The users
admin, demo and alt_demo have the password "secret".

A rule for faults says which requests it hits and what happens to them:

  METHOD PATH [after=N] [count=N] [p=0.3] [latency=2s] [status=503 [body=TEXT] [retry-after=1] | cut=before|after|half]

In METHOD and PATH * stands for anything. docs/simulator.md has the rest.`,
		Example: `  oslua simulator serve --listen 127.0.0.1:5000
  oslua simulator serve --memory --build-time 0s --seed 7
  oslua simulator serve --fault 'POST /network/v2.0/ports count=2 status=503' --fault 'GET * p=0.1 latency=2s'`,
		Args: atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := p.options(a)
			if err != nil {
				return err
			}
			if err := s.into(&o, a.err); err != nil {
				return err
			}
			err = a.serve(cmd.Context(), o)
			if errors.Is(err, simulator.ErrModel) {
				return usage("--model %s: %s", s.model, strings.TrimPrefix(err.Error(), simulator.ErrModel.Error()+": "))
			}
			return err
		},
	}
	p.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&p.memory, "memory", false, "keep nothing: a fresh cloud that ends with the process")
	f.StringVar(&s.listen, "listen", defaultListen, "address and port; port 0 takes a free one")
	f.StringVar(&s.model, "model", "", "JSON file of what a new cloud has beside what DevStack leaves")
	f.Int64Var(&s.seed, "seed", 0, "the same number makes the same IDs and the same chances; 0 for any")
	f.DurationVar(&s.latency, "latency", 0, "added to each request, as in 50ms")
	f.DurationVar(&s.buildTime, "build-time", 3*time.Second, "how long a server is in BUILD")
	f.DurationVar(&s.tokenLifetime, "token-lifetime", simulator.DefaultTokenLifetime, "how long a token is good for")
	f.StringArrayVar(&s.faults, "fault", nil, "rule for faults; may be given more than once")
	f.BoolVar(&s.verbose, "verbose", false, "write a line for each request on standard error")
	return cmd
}

// into puts what was said into the simulator's options, and refuses what cannot be.
func (s serving) into(o *simulator.Options, log io.Writer) error {
	if err := checkListen(s.listen); err != nil {
		return err
	}
	for _, d := range []struct {
		option string
		value  time.Duration
		least  time.Duration
	}{{"latency", s.latency, 0}, {"build-time", s.buildTime, 0}, {"token-lifetime", s.tokenLifetime, time.Second}} {
		if d.value < d.least {
			return usage("--%s %s: want %s or more", d.option, d.value, d.least)
		}
	}
	for _, text := range s.faults {
		rule, err := simulator.ParseFault(text)
		if err != nil {
			return usage("--fault: %s", err).withHint("oslua simulator serve --help shows how a rule is written")
		}
		o.Faults = append(o.Faults, rule)
	}
	if s.model != "" {
		model, err := simulator.ReadModel(s.model)
		if err != nil {
			return usage("--%s", err)
		}
		o.Model = model
	}
	o.Listen, o.Seed, o.Latency, o.BuildTime, o.TokenLifetime = s.listen, s.seed, s.latency, s.buildTime, s.tokenLifetime
	if s.verbose {
		o.Log = log
	}
	return nil
}

func (a *app) serve(ctx context.Context, o simulator.Options) error {
	sim, err := simulator.Start(ctx, o)
	if errors.Is(err, syscall.EADDRINUSE) {
		return errs.New(errs.Unavailable, "%s is taken: another program listens there", o.Listen).
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
	st, err := sim.Status(ctx)
	if err != nil {
		return oslua.SimulatorError(err)
	}
	rows := [][]string{
		{"state", st.Dir},
		{"size", fmt.Sprintf("%.1f MB", float64(st.Size)/1e6)},
		{"services", strings.Join(st.Services, ", ")},
	}
	for _, r := range st.Resources {
		rows = append(rows, []string{r.What, strconv.Itoa(r.Count)})
	}
	return term.Columns(a.out, rows)
}

func (a *app) reset(ctx context.Context, o simulator.Options) error {
	sim, err := simulator.Start(ctx, o)
	if err != nil {
		return oslua.SimulatorError(err)
	}
	if err := errors.Join(sim.Reset(ctx), sim.Close()); err != nil {
		return oslua.SimulatorError(err)
	}
	if err := a.forgetSimulator(ctx, o.Dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s is as it was at first\n", o.Dir)
	return err
}

func (a *app) snapshotCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:     "snapshot FILE",
		Short:   "Write the cloud as it is now to a new file",
		Example: `  oslua simulator snapshot before-lab3.db`,
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Lstat(args[0]); err == nil {
				return usage("%s: the file exists already", args[0]).withHint("give the snapshot a new name")
			}
			return a.onState(cmd.Context(), p, func(sim *simulator.Simulator, _ string) (string, error) {
				return args[0] + " holds the cloud as it is now", sim.Snapshot(cmd.Context(), args[0])
			})
		},
	}
	p.flags(cmd)
	return cmd
}

func (a *app) restoreCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:     "restore FILE",
		Short:   "Make the cloud that of a snapshot; what it holds now is lost",
		Example: `  oslua simulator restore before-lab3.db`,
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err != nil {
				return usage("%s: there is no such file", args[0])
			}
			return a.onState(cmd.Context(), p, func(sim *simulator.Simulator, dir string) (string, error) {
				return dir + " is as " + args[0] + " has it", sim.Restore(cmd.Context(), args[0])
			})
		},
	}
	p.flags(cmd)
	return cmd
}

// onState does something to the cloud of a place and says what was done.
func (a *app) onState(ctx context.Context, p place, do func(sim *simulator.Simulator, dir string) (string, error)) error {
	o, err := p.options(a)
	if err != nil {
		return err
	}
	sim, err := simulator.Start(ctx, o)
	if err != nil {
		return oslua.SimulatorError(err)
	}
	done, err := do(sim, o.Dir)
	if err := errors.Join(err, sim.Close()); err != nil {
		return oslua.SimulatorError(err)
	}
	_, err = fmt.Fprintln(a.out, done)
	return err
}
