// Package keypairs is the Lua module keypairs: the SSH keys the compute service puts into servers.
package keypairs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module. In a sandbox, scripts name no files.
func Module(c *rest.Client, sandbox bool) schema.Module {
	m := module{c.Of("keypair"), sandbox}
	return schema.Module{
		Name: "keypairs",
		Kind: "keypair",
		Doc: "Keypairs: SSH keys of yours whose public half the compute service puts into servers. They belong to a user, not to " +
			"a project, and are known by their name, which is their id here. The service can generate one; its private half is " +
			"in the answer to that and never seen again. Requests ask for compute API 2.35, the newest with all of this: from " +
			"2.92 on the service generates no keys.",
		Example: `local key = keypairs.create { name = "blue" }
print(key.fingerprint, #key.private_key > 0)
key:delete()`,
		Fields: fields(),
		Funcs: []schema.Func{
			schema.Fn("list", "List your keypairs.", resource.List[filters](m.Collection),
				schema.Returns("keypairs", "keypair[]", "The keypairs, by name."),
				schema.REST("GET /v2.1/os-keypairs"), schema.CLI("openstack keypair list"),
				schema.Example(`for _, key in ipairs(keypairs.list {}) do print(key.name, key.fingerprint) end`)),
			schema.Fn("each", "Go through your keypairs, fetching a page at a time: for long lists.", resource.Each[filters](m.Collection),
				schema.Returns("iterator", "fun(): keypair", "For the generic for."),
				schema.REST("GET /v2.1/os-keypairs"), schema.CLI("openstack keypair list"),
				schema.Example(`for key in keypairs.each { limit = 100 } do print(key.name) end`)),
			schema.Fn("get", "Fetch a keypair anew.", m.get, schema.Method(),
				schema.Returns("keypair", "keypair", "The keypair as it is now, without its private half."),
				schema.Raises("not_found"),
				schema.REST("GET /v2.1/os-keypairs/{name}"), schema.CLI("openstack keypair show NAME"),
				schema.Example(`local key = keypairs.ensure { name = "blue" }
print(keypairs.get("blue").public_key)
key:delete()`)),
			schema.Fn("find", "Look whether there is a keypair of this name.", m.find,
				schema.Returns("keypair", "keypair?", "The keypair; nil when there is none."),
				schema.REST("GET /v2.1/os-keypairs/{name}"), schema.CLI("openstack keypair list"),
				schema.Example(`local key = keypairs.find("blue")`)),
			schema.Fn("create", "Bring a public key, or have a pair generated. A generated pair's private half is in the object's "+
				"private_key, and in file when that was given; it cannot be had again.", m.create,
				schema.Returns("keypair", "keypair", "The new keypair; with private_key when it was generated."),
				schema.Raises("bad_argument", "conflict", "bad_request", "quota", "forbidden"),
				schema.REST("POST /v2.1/os-keypairs"), schema.CLI("openstack keypair create [--public-key FILE] [--private-key FILE] NAME"),
				schema.Example(`local brought = keypairs.create { name = "mine", public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me" }
brought:delete()`)),
			schema.Fn("ensure", "Make sure that there is a keypair of this name: create it when there is none. One that is there must "+
				"have the public key given, if one is: keys cannot be changed. The private half of one that is there cannot be had.",
				m.ensure,
				schema.Returns("keypair", "keypair", "The keypair; with private_key when it was generated just now."),
				schema.Returns("changed", "boolean", "Whether it was created."),
				schema.Raises("bad_argument", "conflict", "bad_request", "quota", "forbidden"),
				schema.REST("GET /v2.1/os-keypairs/{name}", "POST /v2.1/os-keypairs"),
				schema.CLI("openstack keypair show NAME || openstack keypair create NAME"),
				schema.Example(`local key, created = keypairs.ensure { name = "blue" }
keypairs.delete(key)`)),
			schema.Fn("delete", "Delete a keypair. Servers keep the key they were given.", m.delete, schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found"),
				schema.REST("DELETE /v2.1/os-keypairs/{name}"), schema.CLI("openstack keypair delete NAME"),
				schema.Example(`keypairs.delete("blue", { missing_ok = true })`)),
		},
	}
}

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its name again: keypairs are known by it."},
		{Name: "name", Type: "string", Doc: "Its name, one per user."},
		{Name: "type", Type: "string?", Doc: "ssh or x509; nil on services older than 2.2."},
		{Name: "public_key", Type: "string", Doc: "The public half, as a line of authorized_keys."},
		{Name: "private_key", Type: "string?", Doc: "The private half: only in the object of one that was generated just now."},
		{Name: "fingerprint", Type: "string", Doc: "MD5 fingerprint of the public half."},
		{Name: "user_id", Type: "string?", Doc: "ID of the user it belongs to; lists leave it out."},
		{Name: "created_at", Type: "string?", Doc: "When it was created; lists leave it out."},
	}
}

type module struct {
	*rest.Collection
	sandbox bool
}

type filters struct {
	UserID string `lua:"user_id" json:"user_id" doc:"Those of the user with this ID; for administrators. Your own when left out."`
	Limit  int    `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker string `lua:"marker" json:"marker" doc:"Begin after the one with this name."`
}

type one struct {
	Keypair schema.Ref `lua:"keypair,arg,required" json:"-" ref:"keypair" doc:"The keypair: object or name."`
	UserID  string     `lua:"user_id" json:"user_id" doc:"ID of the user it belongs to, for administrators; you when left out."`
}

type creation struct {
	Name          string `lua:"name,required" json:"name" doc:"Its name: letters, digits, spaces, _ . @ and -."`
	PublicKey     string `lua:"public_key" json:"public_key" doc:"The public key, as a line of authorized_keys; a pair is generated when left out."`
	PublicKeyFile string `lua:"public_key_file" json:"-" doc:"File to read the public key from: \"~/.ssh/id_ed25519.pub\"."`
	Type          string `lua:"type" json:"type" enum:"ssh|x509" default:"ssh" doc:"Kind of key."`
	UserID        string `lua:"user_id" json:"user_id" doc:"ID of the user it is for, for administrators; you when left out."`
	File          string `lua:"file" json:"-" doc:"File to write a generated private key to, readable by you alone; it must not be there yet."`
}

type removal struct {
	one
	rest.Removal
}

func (m module) get(ctx context.Context, in one) (schema.Object, error) {
	return m.GetOf(ctx, "keypairs.get", in.Keypair, rest.OfUser(in.UserID))
}

func (m module) find(ctx context.Context, in one) (schema.Values, error) {
	return m.lookFor(ctx, "keypairs.find", in)
}

func (m module) lookFor(ctx context.Context, op string, in one) (schema.Values, error) {
	obj, err := m.GetOf(rest.LookingUp(ctx), op, in.Keypair, rest.OfUser(in.UserID))
	if errs.CodeOf(err) == errs.NotFound {
		return schema.Values{nil}, nil
	}
	return rest.Found(obj, true, err)
}

func (m module) create(ctx context.Context, in creation) (schema.Object, error) {
	const op = "keypairs.create"
	if err := in.prepare(ctx, op, m.sandbox); err != nil {
		return schema.Object{}, err
	}
	return m.make(ctx, op, in)
}

// make creates the keypair, with its file opened before anything is sent: a private key that cannot be kept is lost.
func (m module) make(ctx context.Context, op string, in creation) (obj schema.Object, err error) {
	body, err := schema.Body(&in)
	if err != nil || in.File == "" {
		if err != nil {
			return obj, err
		}
		return m.Create(ctx, op, body)
	}
	file, err := files.Of(ctx).Write(in.File, true)
	if err != nil {
		return obj, fileError(op+".file", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return obj, fileError(op+".file", err)
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = files.Of(ctx).Remove(in.File)
		}
	}()
	if obj, err = m.Create(ctx, op, body); err != nil {
		return schema.Object{}, err
	}
	if _, err = f.WriteString(rest.Text(obj, "private_key")); err != nil {
		_, _ = m.Delete(context.WithoutCancel(ctx), op, rest.RefOf(obj), true)
		return schema.Object{}, fileError(op+".file", err)
	}
	return obj, nil
}

func (m module) ensure(ctx context.Context, in creation) (schema.Values, error) {
	const op = "keypairs.ensure"
	if err := in.read(ctx, op, m.sandbox); err != nil {
		return nil, err
	}
	found, err := m.lookFor(ctx, op, one{Keypair: schema.Ref{Text: in.Name}, UserID: in.UserID})
	if err != nil {
		return nil, err
	}
	obj, there := found[0].(schema.Object)
	if !there {
		if err := in.prepare(ctx, op, m.sandbox); err != nil {
			return nil, err
		}
		obj, err := m.make(ctx, op, in)
		return rest.Ensured(obj, true, err)
	}
	different := func(what, hint string) error {
		e := errs.New(errs.Conflict, "keypair %q is there, but %s, and that cannot be changed", in.Name, what)
		e.Op, e.Resource, e.Hint = op, m.Describe(schema.Ref{Text: in.Name}), hint
		return e
	}
	if have := rest.Text(obj, "public_key"); in.PublicKey != "" && keyOf(have) != keyOf(in.PublicKey) {
		return nil, different("its public key is another", fmt.Sprintf("take another name, or delete it first: keypairs.delete(%q)", in.Name))
	}
	if have := rest.Text(obj, "type"); in.Type != "" && have != "" && have != in.Type {
		return nil, different("its type is "+have, fmt.Sprintf("take another name, or delete it first: keypairs.delete(%q)", in.Name))
	}
	if in.File != "" {
		if _, err := os.Stat(files.Of(ctx).Read(in.File)); err != nil {
			return nil, different("its private key is not in "+in.File,
				fmt.Sprintf("who made it has the private key: put it there, or delete the keypair and make a new one: keypairs.delete(%q)", in.Name))
		}
	}
	return rest.Ensured(obj, false, nil)
}

func (m module) delete(ctx context.Context, in removal) (bool, error) {
	return m.DeleteOf(ctx, "keypairs.delete", in.Keypair, rest.OfUser(in.UserID), in.MissingOK)
}

// read takes the public key from its file.
func (in *creation) read(ctx context.Context, op string, sandbox bool) error {
	for option, file := range map[string]string{"file": in.File, "public_key_file": in.PublicKeyFile} {
		if sandbox && file != "" {
			return rest.NoFiles(op + "." + option)
		}
	}
	if in.PublicKeyFile != "" {
		if in.PublicKey != "" {
			return argument(op+".public_key_file", "public_key says it too", "give one of the two")
		}
		path := rest.Home(in.PublicKeyFile)
		text, err := os.ReadFile(files.Of(ctx).Read(path))
		if err != nil {
			return fileError(op+".public_key_file", err)
		}
		in.PublicKey = strings.TrimSpace(string(text))
	}
	if strings.Contains(in.PublicKey, "PRIVATE KEY") {
		// The service must not get it, and no message may repeat it.
		in.PublicKey = ""
		return argument(op+".public_key", "this is a private key", "give the public half: the line in the file whose name ends in .pub")
	}
	in.File = rest.Home(in.File)
	return nil
}

// prepare checks what is to be created.
func (in *creation) prepare(ctx context.Context, op string, sandbox bool) error {
	if err := in.read(ctx, op, sandbox); err != nil {
		return err
	}
	in.PublicKeyFile = ""
	if in.File != "" && in.PublicKey != "" {
		return argument(op+".file", "no private key is made when a public key is given", "leave file out")
	}
	return nil
}

func argument(op, message, hint string) error {
	e := errs.New(errs.BadArgument, "%s", message).WithHint("%s", hint)
	e.Op = op
	return e
}

func fileError(op string, err error) error {
	e := errs.New(errs.BadArgument, "%s", err)
	if errors.Is(err, fs.ErrExist) {
		e.Hint = "it is not overwritten: it may hold the only copy of a key. Take another name, or remove it yourself"
	}
	e.Op, e.Cause = op, err
	return e
}

// keyOf is a public key without its comment.
func keyOf(line string) string {
	f := strings.Fields(line)
	return strings.Join(f[:min(2, len(f))], " ")
}
