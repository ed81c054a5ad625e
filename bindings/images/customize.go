package images

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/internal/rest"
)

// customizer is the program that changes the system inside an image.
const customizer = "virt-customize"

type customizing struct {
	File         string   `lua:"file,required" json:"-" doc:"File of the image."`
	Output       string   `lua:"output" json:"-" doc:"Change a copy with this name in place of the file itself; it must not be there yet."`
	RootPassword string   `lua:"root_password" json:"-" doc:"Password root shall have. It is on no command line and in no trace."`
	Packages     []string `lua:"packages" json:"-" doc:"Packages to install; the image's system needs a network for that."`
	Commands     []string `lua:"run_command" alias:"run_commands,runcmd" json:"-" doc:"Shell commands to run inside, in order."`
	Hostname     string   `lua:"hostname" json:"-" doc:"Host name to set."`
	Timezone     string   `lua:"timezone" json:"-" doc:"Time zone to set: \"Asia/Seoul\"."`
	SELinux      bool     `lua:"selinux_relabel" json:"-" default:"false" doc:"Label the files anew, for systems with SELinux."`
}

func (m module) customize(ctx context.Context, in customizing) (string, error) {
	const op = "images.customize"
	if err := m.filesAllowed(op); err != nil {
		return "", err
	}
	in.File, in.Output = rest.Home(in.File), rest.Home(in.Output)
	is, _, err := inspectFile(ctx, op, in.File)
	if err != nil {
		return "", err
	}
	if is.format == "" {
		return "", refuse(op, "file", "%s is no disk image, but %s", in.File, is.what)
	}
	if strings.ContainsAny(in.RootPassword, "\r\n") {
		return "", refuse(op, "root_password", "a password is one line")
	}
	program, err := exec.LookPath(customizer)
	if err != nil {
		e := errs.New(errs.Unavailable, "%s is not installed on this machine", customizer).WithHint("install it (Debian and Ubuntu: apt install libguestfs-tools), or leave the image as it is and let " +
			"the server set the password when it starts: servers.create{ ..., cloud_init = { chpasswd = { users = { root = \"PASSWORD\" } }, ssh_pwauth = true, disable_root = false } }")
		e.Op = op
		return "", e
	}
	if err := files.Of(ctx).MayRun(op); err != nil {
		return "", err
	}
	target := in.File
	if in.Output != "" {
		target = in.Output
		if err := copyFile(ctx, op, in.File, target); err != nil {
			return "", err
		}
	}
	args, clean, err := in.arguments(target, is.format)
	if err != nil {
		return "", fileError(op, target, err)
	}
	defer clean()
	if err := runCustomizer(ctx, op, program, args); err != nil {
		if in.Output != "" {
			os.Remove(target) //nolint:errcheck // a half changed copy; the error at hand says more
		}
		return "", err
	}
	return target, nil
}

// arguments are those of the program. The password goes by a file that only we can read.
func (in customizing) arguments(target, format string) (args []string, clean func(), err error) {
	clean = func() {}
	args = []string{"--format", format, "-a", target}
	if in.RootPassword != "" {
		dir, err := os.MkdirTemp("", "oslua-")
		if err != nil {
			return nil, clean, err
		}
		clean = func() { os.RemoveAll(dir) } //nolint:errcheck // nobody else can read it
		secret := filepath.Join(dir, "password")
		if err := os.WriteFile(secret, []byte(in.RootPassword+"\n"), 0o600); err != nil {
			clean()
			return nil, func() {}, err
		}
		args = append(args, "--root-password", "file:"+secret)
	}
	if in.Hostname != "" {
		args = append(args, "--hostname", in.Hostname)
	}
	if in.Timezone != "" {
		args = append(args, "--timezone", in.Timezone)
	}
	if len(in.Packages) > 0 {
		args = append(args, "--install", strings.Join(in.Packages, ","))
	}
	for _, c := range in.Commands {
		args = append(args, "--run-command", c)
	}
	if in.SELinux {
		args = append(args, "--selinux-relabel")
	}
	return args, clean, nil
}

func runCustomizer(ctx context.Context, op, program string, args []string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	said := &tail{}
	cmd.Stdout, cmd.Stderr = said, said
	err := cmd.Run()
	if err == nil {
		return nil
	}
	e := errs.New(errs.Runtime, "%s failed: %s", customizer, lastLine(said.b.String(), err)).
		WithHint("libguestfs-test-tool tells whether it works on this machine at all")
	if ctx.Err() != nil {
		e = errs.New(errs.Cancelled, "cancelled")
	}
	e.Op, e.Cause = op, errors.Join(ctx.Err(), err)
	return e
}

// tail keeps the end of what a program says.
type tail struct{ b bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.b.Write(p)
	if extra := t.b.Len() - 8<<10; extra > 0 {
		t.b.Next(extra)
	}
	return len(p), nil
}

// lastLine is the last line of what a program said that says anything.
func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if l := strings.TrimSpace(lines[i]); strings.Contains(l, "error:") {
			return l
		}
	}
	if l := strings.TrimSpace(lines[len(lines)-1]); l != "" {
		return l
	}
	return err.Error()
}

// copyFile copies a file to one that is not there yet.
func copyFile(ctx context.Context, op, from, to string) error {
	src, _, err := openFile(ctx, op, from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(filepath.Clean(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return refuse(op, "output", "%s is there already", to).WithHint("take another name, or remove it first")
	}
	if err != nil {
		return refuse(op, "output", "%s cannot be written: %s", to, reason(err))
	}
	_, err = io.Copy(dst, readerContext{ctx, src})
	err = errors.Join(err, dst.Close())
	if err == nil {
		return nil
	}
	os.Remove(to) //nolint:errcheck // half a copy; the error at hand says more
	if ctx.Err() != nil {
		e := errs.New(errs.Cancelled, "cancelled")
		e.Op, e.Cause = op, ctx.Err()
		return e
	}
	return refuse(op, "output", "%s cannot be written: %s", to, reason(err)).WithHint("is the disk full?")
}
