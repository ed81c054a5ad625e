// Package bindings is the list of the OpenStack modules that scripts have. Each module is a package beside it.
package bindings

import (
	"context"
	"net"

	"github.com/oslua/oslua/bindings/auth"
	"github.com/oslua/oslua/bindings/cloudinit"
	"github.com/oslua/oslua/bindings/flavors"
	"github.com/oslua/oslua/bindings/floating_ips"
	"github.com/oslua/oslua/bindings/images"
	"github.com/oslua/oslua/bindings/keypairs"
	"github.com/oslua/oslua/bindings/networks"
	"github.com/oslua/oslua/bindings/ports"
	"github.com/oslua/oslua/bindings/projects"
	"github.com/oslua/oslua/bindings/quotas"
	"github.com/oslua/oslua/bindings/routers"
	"github.com/oslua/oslua/bindings/security_groups"
	"github.com/oslua/oslua/bindings/server_groups"
	"github.com/oslua/oslua/bindings/servers"
	"github.com/oslua/oslua/bindings/ssh"
	"github.com/oslua/oslua/bindings/subnets"
	"github.com/oslua/oslua/bindings/topology"
	"github.com/oslua/oslua/bindings/trace"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/sshclient"
)

// Options are what the modules need besides the connection.
type Options struct {
	Clock  clock.Clock     // for waits; the machine's when nil
	Screen topology.Screen // where topology.show draws

	// Terminal lends the terminal to a login on a server, which ssh.shell is then; nil when there is none.
	Terminal ssh.Lend

	// Connect makes the connection that auth.connect asks for: to the cloud of that name in clouds.yaml ("" when it has
	// none, as one of OS_*), with values that override the file's by the names clouds.yaml uses ("region_name").
	// Without it auth.connect is an error. Who gives it closes the connections in the end.
	Connect func(ctx context.Context, name string, overrides map[string]string) (*cloud.Connection, error)

	// Progress is told of each upload and download that begins, with its size in bytes (-1 when nobody knows), and gives
	// what is to be told of each part that has passed and of the end. nil for nobody.
	Progress func(what string, total int64) (moved func(n int64), done func())

	// Dial reaches servers for SSH, network always "tcp"; net.Dialer's DialContext when nil. With it the guests of a cloud
	// in this process are reached.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	Sandbox bool // scripts reach neither files nor programs of this machine
}

// All describes the modules of a connection. Nothing is sent before one of them is used.
func All(conn *cloud.Connection, o Options) []schema.Module {
	c := rest.New(conn, o.Clock)
	pool := &sshclient.Pool{Dial: o.Dial, Clock: c.Clock}
	conn.OnClose(func() { _ = pool.Close() })
	var connect auth.Connect
	if o.Connect != nil {
		connect = func(ctx context.Context, name string, overrides map[string]string) (schema.Modules, error) {
			other, err := o.Connect(ctx, name, overrides)
			if err != nil {
				return nil, err
			}
			return schema.Modules(All(other, o)), nil
		}
	}
	return []schema.Module{
		auth.Module(c, connect),
		cloudinit.Module(),
		flavors.Module(c),
		floating_ips.Module(c),
		images.Module(c, images.Options{Progress: o.Progress, Sandbox: o.Sandbox}),
		keypairs.Module(c, o.Sandbox),
		networks.Module(c),
		ports.Module(c),
		projects.Module(c),
		quotas.Module(c),
		routers.Module(c),
		security_groups.Module(c),
		server_groups.Module(c),
		servers.Module(c, pool, o.Sandbox),
		ssh.Module(ssh.Options{Pool: pool, Terminal: o.Terminal, Sandbox: o.Sandbox}),
		subnets.Module(c),
		topology.Module(c, o.Screen),
		trace.Module(),
	}
}
