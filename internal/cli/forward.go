package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/simulator"
	"github.com/spf13/cobra"
)

// forwardWait is how long a connection to a guest is tried: what a security group blocks hangs, and ends here.
const forwardWait = 2 * time.Minute

func (a *app) forwardCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:   "forward SERVER:PORT [LOCAL-PORT]",
		Short: "Let an ssh client of this machine reach a server of the cloud",
		Long: `forward listens on a port of this machine and leads each connection to a port of a server, by the rules of the
cloud's network: the server needs a floating IP, a router with a gateway, and a security group that allows the port.
Without them a connection hangs or is refused, as it would be in life. SERVER is a name, an ID or an address.`,
		Example: `  oslua simulator forward ubuntu20:22 2222 &
  ssh -p 2222 root@127.0.0.1`,
		Args: atMost("SERVER:PORT", "LOCAL-PORT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("say which server and port, as in ubuntu20:22")
			}
			server, port, err := net.SplitHostPort(args[0])
			if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || server == "" {
				return usage("%s: want a server and a port, as in ubuntu20:22", args[0])
			}
			local := "0"
			if len(args) > 1 {
				local = args[1]
			}
			if _, err := strconv.ParseUint(local, 10, 16); err != nil {
				return usage("%s: want the number of a port of this machine", local)
			}
			o, err := p.options(a)
			if err != nil {
				return err
			}
			return a.forward(cmd.Context(), o, server, port, local)
		},
	}
	p.flags(cmd)
	return cmd
}

func (a *app) forward(ctx context.Context, o simulator.Options, server, port, local string) (err error) {
	sim, err := simulator.Start(ctx, o)
	if err != nil {
		return oslua.SimulatorError(err)
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	host, err := sim.GuestAddress(ctx, server)
	if err != nil {
		return errs.New(errs.NotFound, "%s", err).WithHint("openstack server list, or servers.list() in a script, shows what there is")
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", local))
	if err != nil {
		return errs.New(errs.Unavailable, "port %s of this machine cannot be used: %s", local, strings.TrimPrefix(err.Error(), "listen tcp "))
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	to := net.JoinHostPort(host, port)
	fmt.Fprintf(a.out, "%s leads to %s at %s (Ctrl-C ends it)\n", l.Addr(), server, to)
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return errServed
			}
			return err
		}
		running.Go(func() { a.carry(ctx, sim, conn, to) })
	}
}

// carry leads one connection to a guest.
func (a *app) carry(ctx context.Context, sim *simulator.Simulator, near net.Conn, to string) {
	defer near.Close()
	dialing, cancel := context.WithTimeout(ctx, forwardWait)
	defer cancel()
	far, err := sim.DialGuest(dialing, "tcp", to)
	if err != nil {
		fmt.Fprintf(a.err, "oslua: %s\n", err)
		return
	}
	defer far.Close()
	stop := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(far, near)
		if half, ok := far.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	_, _ = io.Copy(near, far)
	near.Close()
	<-done
}
