package servers

import (
	"context"
	"os"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/sshclient"
)

type login struct {
	one
	User     string          `lua:"user,required" json:"-" doc:"Whom to log in as: images have a user of their own (cirros, ubuntu, debian)."`
	Password string          `lua:"password" json:"-" doc:"That user's password."`
	Key      string          `lua:"key" alias:"private_key" json:"-" doc:"Private key, as text: keypair.private_key of one just generated."`
	KeyFile  string          `lua:"key_file" json:"-" doc:"File to read the private key from: \"~/.ssh/id_ed25519\"."`
	Port     int             `lua:"port" json:"-" default:"22" doc:"Port it listens on."`
	Address  string          `lua:"address" json:"-" doc:"Address to reach it at; its floating IP, or the one inside, when left out."`
	Timeout  schema.Duration `lua:"timeout" json:"-" default:"1m" doc:"How long to try at most: seconds, or text such as \"90s\" or \"10m\"."`
}

type answering struct {
	one
	Port    int             `lua:"port" json:"-" default:"22" doc:"Port it listens on."`
	Address string          `lua:"address" json:"-" doc:"Address to reach it at; its floating IP, or the one inside, when left out."`
	Timeout schema.Duration `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) ssh(ctx context.Context, in login) (schema.Object, error) {
	const op = "servers.ssh"
	o := sshclient.Options{
		Op: op, User: in.User, Password: in.Password, Key: []byte(in.Key), Port: in.Port, Timeout: in.Timeout.Or(time.Minute),
		Dial: m.pool.Dial, Clock: m.pool.Clock, Hosts: &m.pool.Hosts,
	}
	if in.KeyFile != "" {
		if in.Key != "" {
			return schema.Object{}, argument(op+".key_file", "key says it too", "give one of the two")
		}
		if m.sandbox {
			return schema.Object{}, rest.NoFiles(op + ".key_file")
		}
		text, err := os.ReadFile(files.Of(ctx).Read(rest.Home(in.KeyFile)))
		if err != nil {
			e := errs.New(errs.BadArgument, "%s", err)
			e.Op, e.Cause = op+".key_file", err
			return schema.Object{}, e
		}
		o.Key = text
	}
	address, id, err := m.reachedAt(ctx, op, in.Server, in.Address)
	if err != nil {
		return schema.Object{}, err
	}
	o.Address, o.Host = address, id
	s, err := sshclient.Connect(ctx, o)
	if err != nil {
		return schema.Object{}, err
	}
	return m.pool.Describe(s, in.User, address)
}

func (m module) waitSSH(ctx context.Context, in answering) (string, error) {
	const op = "servers.wait_ssh"
	address, id, err := m.reachedAt(ctx, op, in.Server, in.Address)
	if err != nil {
		return "", err
	}
	return address, sshclient.Wait(ctx, sshclient.Options{
		Op: op, Address: address, Host: id, Port: in.Port, Timeout: in.Timeout.Or(5 * time.Minute), Dial: m.pool.Dial, Clock: m.pool.Clock,
	})
}

// reachedAt is the address of a server, and its ID when that is known.
func (m module) reachedAt(ctx context.Context, op string, ref schema.Ref, given string) (address, id string, err error) {
	if given != "" {
		return given, ref.ID, nil
	}
	obj, err := m.Get(ctx, op, ref)
	if err != nil {
		return "", "", err
	}
	if address, err = m.address(ctx, op, addressing{}, obj); err == nil && address == "" {
		e := errs.New(errs.NotFound, "%s has no address", m.Describe(ref)).
			WithHint("put it on a network: servers.attach_interface(server, { network = ... })")
		e.Op, e.Resource = op, m.Describe(ref)
		return "", "", e
	}
	return address, rest.Text(obj, "id"), err
}
