// Package ssh is the Lua module ssh: logging in to machines.
package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/sshclient"
)

// Options are what the module works with.
type Options struct {
	Pool     *sshclient.Pool // keeps the sessions
	Terminal Lend            // nil when there is no terminal
	Sandbox  bool            // scripts name no files
}

// Lend lends the terminal to a session; back is called when it ends.
type Lend func(ctx context.Context) (t sshclient.Terminal, back func(), err error)

// Module describes the Lua module.
func Module(o Options) schema.Module {
	m := module{o.Pool, o.Terminal, o.Sandbox}
	return schema.Module{
		Name: "ssh",
		Kind: "ssh_session",
		Doc: "Sessions on machines: servers.ssh logs in to a server, ssh.connect to any address. Files go through the shell's own " +
			"cat, so the smallest machine will do. The host key a machine shows first is taken, and it has to show the same one for " +
			"the rest of the run.",
		Example: `local function where(session)
  return session:run("hostname").stdout
end`,
		Fields: []schema.Field{
			{Name: "id", Type: "string", Doc: "Its number in this run."},
			{Name: "name", Type: "string", Doc: "Who is logged in where: \"cirros@172.24.4.17\"."},
			{Name: "user", Type: "string", Doc: "Who is logged in."},
			{Name: "address", Type: "string", Doc: "Where."},
		},
		Funcs: []schema.Func{
			schema.Fn("connect", "Log in to a machine by its address. It is tried until the timeout; a refused login is not tried again.", m.connect,
				schema.Returns("session", "ssh_session", "The session: run, shell, upload, download, close. It ends with the script at the latest."),
				schema.Raises("timeout", "unauthorized", "forbidden", "bad_argument", "not_found"),
				schema.CLI("ssh USER@ADDRESS"),
				schema.Example(`local session = ssh.connect("172.24.4.17", { user = "cirros", password = "gocubsgo" })
session:close()`)),
			schema.Fn("run", "Run a command in the user's shell, and wait for its end. A code other than 0 is a result, not an error, unless check is true.",
				m.run, schema.Method(),
				schema.Returns("result", "table", "stdout and stderr as text, and code: 0 when all went well."),
				schema.Raises("unavailable", "timeout", "bad_argument"),
				schema.CLI("ssh USER@ADDRESS COMMAND"),
				schema.Example(`local function free(session)
  local result = session:run("df -h /", { timeout = "10s" })
  if result.code ~= 0 then error(result.stderr) end
  return result.stdout
end`)),
			schema.Fn("shell", "Give the terminal to the user's shell on the machine, and wait until it ends: exit or Ctrl-D ends it. "+
				"Every key goes there, Ctrl-C too. When the machine does not answer any more, Enter ~ . ends the session on this side.",
				m.shell, schema.Method(),
				schema.Returns("code", "integer", "The shell's exit code; 255 when ~. ended it."),
				schema.Raises("unavailable", "bad_argument"),
				schema.CLI("ssh USER@ADDRESS"),
				schema.Example(`local function look(session)
  local code = session:shell()
  print("the shell ended with", code)
end`)),
			schema.Fn("upload", "Copy a file to the machine, or a text into a file of it.", m.upload, schema.Method(),
				schema.Raises("unavailable", "not_found", "forbidden", "bad_argument"),
				schema.CLI("scp FILE USER@ADDRESS:PATH"),
				schema.Example(`local function greet(session)
  session:upload("/tmp/hello", { text = "hello\n", mode = "0644" })
end`)),
			schema.Fn("download", "Copy a file of the machine: to a file, or to a text.", m.download, schema.Method(),
				schema.Returns("text", "string?", "What was in it; nil when it went to a file."),
				schema.Raises("unavailable", "not_found", "forbidden", "bad_argument"),
				schema.CLI("scp USER@ADDRESS:PATH FILE"),
				schema.Example(`local function release(session) return session:download("/etc/os-release") end`)),
			schema.Fn("close", "End a session. One that has ended is no error.", m.close, schema.Method(),
				schema.CLI("exit"),
				schema.Example(`local function done(session) session:close() end`)),
		},
	}
}

type module struct {
	pool    *sshclient.Pool
	lend    Lend
	sandbox bool
}

type connecting struct {
	Address  string          `lua:"address,arg,required" doc:"Host name or IP address."`
	User     string          `lua:"user,required" doc:"Whom to log in as."`
	Password string          `lua:"password" doc:"That user's password."`
	Key      string          `lua:"key" alias:"private_key" doc:"Private key, as text."`
	KeyFile  string          `lua:"key_file" doc:"File to read the private key from: \"~/.ssh/id_ed25519\"."`
	Port     int             `lua:"port" default:"22" doc:"Port it listens on."`
	Timeout  schema.Duration `lua:"timeout" default:"30s" doc:"How long to try at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) connect(ctx context.Context, in connecting) (schema.Object, error) {
	const op = "ssh.connect"
	o := sshclient.Options{
		Op: op, Address: in.Address, Port: in.Port, User: in.User, Password: in.Password, Key: []byte(in.Key),
		Timeout: in.Timeout.Or(30 * time.Second), Dial: m.pool.Dial, Clock: m.pool.Clock, Hosts: &m.pool.Hosts,
	}
	if in.KeyFile != "" {
		if m.sandbox {
			return schema.Object{}, rest.NoFiles(op + ".key_file")
		}
		text, err := os.ReadFile(files.Of(ctx).Read(rest.Home(in.KeyFile)))
		if err != nil {
			return schema.Object{}, argument(op+".key_file", err)
		}
		o.Key = text
	}
	s, err := sshclient.Connect(ctx, o)
	if err != nil {
		return schema.Object{}, err
	}
	return m.pool.Describe(s, in.User, in.Address)
}

type one struct {
	Session schema.Ref `lua:"session,arg,required" ref:"ssh_session" doc:"The session, as servers.ssh or ssh.connect gave it."`
}

func (m module) of(op string, in one) (*sshclient.Session, error) {
	id := in.Session.ID
	if id == "" {
		id = in.Session.Text
	}
	return m.pool.Get(op, id)
}

type running struct {
	one
	Command string          `lua:"command,arg,required" doc:"The command, for the user's shell."`
	Stdin   string          `lua:"stdin" doc:"Text it reads from its standard input."`
	Check   bool            `lua:"check" default:"false" doc:"Raise an error when its code is not 0."`
	Timeout schema.Duration `lua:"timeout" doc:"How long it may take; without end when left out."`
}

func (m module) run(ctx context.Context, in running) (map[string]any, error) {
	const op = "ssh.run"
	s, err := m.of(op, in.one)
	if err != nil {
		return nil, err
	}
	if in.Timeout.Set {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, in.Timeout.Value)
		defer stop()
	}
	got, err := s.Run(ctx, op, in.Command, strings.NewReader(in.Stdin))
	if err != nil {
		return nil, err
	}
	if in.Check && got.Code != 0 {
		says := strings.TrimSpace(got.Stderr)
		if says == "" {
			says = strings.TrimSpace(got.Stdout)
		}
		e := errs.New(errs.Runtime, "the command ended with the code %d: %s", got.Code, says)
		e.Op = op
		return nil, e
	}
	return map[string]any{"stdout": got.Stdout, "stderr": got.Stderr, "code": got.Code}, nil
}

func (m module) shell(ctx context.Context, in one) (int, error) {
	const op = "ssh.shell"
	s, err := m.of(op, in)
	if err != nil {
		return 0, err
	}
	if m.lend == nil {
		e := errs.New(errs.Unavailable, "there is no terminal to type at").WithHint("session:run(command) runs a command without one")
		e.Op = op
		return 0, e
	}
	t, back, err := m.lend(ctx)
	if err != nil {
		e := errs.New(errs.Unavailable, "the terminal cannot be used: %s", err)
		e.Op, e.Cause = op, err
		return 0, e
	}
	defer back()
	return s.Shell(ctx, op, t)
}

type uploading struct {
	one
	To   string             `lua:"to,arg,required" doc:"Path on the machine."`
	File string             `lua:"file" doc:"File to copy."`
	Text schema.Opt[string] `lua:"text" doc:"Text to write, in place of a file."`
	Mode string             `lua:"mode" default:"0600" doc:"Mode of the new file, as text: \"0755\"; a file's own when left out."`
}

func (m module) upload(ctx context.Context, in uploading) (schema.None, error) {
	const op = "ssh.upload"
	s, err := m.of(op, in.one)
	if err != nil {
		return schema.None{}, err
	}
	if (in.File != "") == in.Text.Set {
		e := errs.New(errs.BadArgument, "want a file or a text").WithHint("give one of the two")
		e.Op = op
		return schema.None{}, e
	}
	mode := os.FileMode(0o600)
	if in.Mode != "" {
		var bits uint32
		if _, err := fmt.Sscanf(in.Mode, "%o", &bits); err != nil || bits > 0o777 {
			e := errs.New(errs.BadArgument, "%q is no mode", in.Mode).WithHint(`want octal digits as text: "0644"`)
			e.Op = op + ".mode"
			return schema.None{}, e
		}
		mode = os.FileMode(bits)
	}
	if in.Text.Set {
		return schema.None{}, s.Upload(ctx, op, strings.NewReader(in.Text.Value), in.To, mode)
	}
	if m.sandbox {
		return schema.None{}, rest.NoFiles(op + ".file")
	}
	f, err := os.Open(files.Of(ctx).Read(rest.Home(in.File)))
	if err != nil {
		return schema.None{}, argument(op+".file", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && in.Mode == "" {
		mode = info.Mode().Perm()
	}
	return schema.None{}, s.Upload(ctx, op, f, in.To, mode)
}

type downloading struct {
	one
	From string `lua:"from,arg,required" doc:"Path on the machine."`
	File string `lua:"file" doc:"File to write; what is there is overwritten when all came."`
}

func (m module) download(ctx context.Context, in downloading) (schema.Values, error) {
	const op = "ssh.download"
	s, err := m.of(op, in.one)
	if err != nil {
		return nil, err
	}
	if in.File == "" {
		var text strings.Builder
		if err := s.Download(ctx, op, in.From, &text); err != nil {
			return nil, err
		}
		return schema.Values{text.String()}, nil
	}
	if m.sandbox {
		return nil, rest.NoFiles(op + ".file")
	}
	to, err := files.Of(ctx).Write(rest.Home(in.File), false)
	if err != nil {
		return nil, argument(op+".file", err)
	}
	f, err := os.CreateTemp(filepath.Dir(to), ".download-*")
	if err != nil {
		return nil, argument(op+".file", err)
	}
	err = errors.Join(s.Download(ctx, op, in.From, f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		os.Remove(f.Name())
		return nil, err
	}
	return schema.Values{nil}, nil
}

func (m module) close(_ context.Context, in one) (schema.None, error) {
	id := in.Session.ID
	if id == "" {
		id = in.Session.Text
	}
	_ = m.pool.Remove(id) // one that broke off has nothing left to close
	return schema.None{}, nil
}

func argument(op string, err error) error {
	e := errs.New(errs.BadArgument, "%s", err)
	e.Op, e.Cause = op, err
	return e
}
