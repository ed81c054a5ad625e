// Package cloudinit is the Lua module cloud_init: user data for servers.
package cloudinit

import (
	"context"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloudinit"
)

// Module describes the Lua module.
func Module() schema.Module {
	return schema.Module{
		Name: "cloud_init",
		Call: "text",
		Doc: "What a server is told before its first start, for images with cloud-init in them. servers.create takes the same options " +
			"in cloud_init; here they become text, to look at or to keep. cloud_init{ ... } is short for cloud_init.text{ ... }.",
		Example: `local text = cloud_init {
  password = "secret",
  packages = { "curl" },
  write_files = { { path = "/etc/motd", content = "hello\n" } },
  runcmd = { "echo ready > /dev/console" },
}
print(text)`,
		Funcs: []schema.Func{
			schema.Fn("text", "Write a cloud-config: the header and YAML, the same for the same options, checked.", text,
				schema.Returns("text", "string", "The cloud-config, for servers.create{ user_data = ... }."),
				schema.Raises("bad_argument"),
				schema.Example(`print(cloud_init.text { hostname = "web", ssh_pwauth = true, users = { "default", { name = "me", sudo = "ALL=(ALL) NOPASSWD:ALL" } } })`)),
			schema.Fn("check", "Check user data: a cloud-config needs its header and has to be YAML, and none may be too long. Other kinds, "+
				"such as scripts, are taken as they are.", check,
				schema.Returns("text", "string", "The same text."),
				schema.Raises("bad_argument"),
				schema.CLI("cloud-init schema --config-file FILE"),
				schema.Example(`cloud_init.check("#cloud-config\npackages: [curl]\n")`)),
		},
	}
}

func text(_ context.Context, in cloudinit.Config) (string, error) {
	return in.Text("cloud_init.text")
}

type checking struct {
	Text string `lua:"text,arg,required" doc:"The user data."`
}

func check(_ context.Context, in checking) (string, error) {
	return in.Text, cloudinit.Check("cloud_init.check", in.Text)
}
