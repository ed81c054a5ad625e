// Package topology is the Lua module topology: pictures of a project's networks.
package topology

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
	draw "github.com/oslua/oslua/internal/topology"
)

// Screen is where pictures are shown.
type Screen struct {
	Out      io.Writer                 // nil discards
	Width    func() int                // columns of the terminal, 0 when it is none; nil is 0
	Color    bool                      // whether escape sequences are welcome
	Language func(asked string) string // "ko" or "en"; nil is what was asked for
	Sandbox  bool                      // no files
}

// Module describes the Lua module.
func Module(c *rest.Client, screen Screen) schema.Module {
	m := module{c, screen}
	picture := schema.Returns("text", "string", "The picture's source.")
	rest := schema.REST("GET /v2.0/networks", "GET /v2.0/subnets", "GET /v2.0/routers", "GET /v2.0/ports", "GET /v2.0/floatingips", "GET /servers/detail")
	return schema.Module{
		Name: "topology",
		Doc: "Pictures of the project's networks: what is joined to what, and which address each end has. In the terminal, as SVG, " +
			"or for Mermaid and Graphviz. A picture takes five requests, and one more where there is a compute service.",
		Example: `local made = topology.capture(function()
  local net = networks.create { name = "blue" }
  local sub = subnets.create { network = net, cidr = "10.8.0.0/24" }
  local rtr = routers.create { name = "blue-router", external_network = "public" }
  rtr:add_subnet(sub)
end)
topology.show { highlight = made }`,
		Funcs: []schema.Func{
			schema.Fn("show", "Draw the picture in the terminal: networks as lines, what hangs on them below, routers in boxes between.", m.show, rest,
				schema.Example(`topology.show { highlight = { networks.get("private") } }`)),
			schema.Fn("text", "Give the picture that show draws, without colours.", m.text, picture, rest,
				schema.Example(`print(topology.text { width = 120 })`)),
			schema.Fn("svg", "Write the picture to a file as SVG, or give it when there is no file.", m.svg,
				schema.Returns("svg", "string?", "The picture, when it was not written to a file."), rest,
				schema.Example(`topology.svg("topology.svg")`)),
			schema.Fn("mermaid", "Give the picture as a flowchart of Mermaid, which many web pages and editors draw.", m.mermaid, picture, rest,
				schema.Example(`print(topology.mermaid())`)),
			schema.Fn("dot", "Give the picture in the language of Graphviz.", m.dot, picture, rest,
				schema.Example(`print(topology.dot())`)),
			schema.Fn("data", "Give what the picture shows as a table: networks with their subnets, routers, servers, ports, floating_ips.", m.data,
				schema.Returns("data", "table", "To be looked at, kept, compared or drawn later."), rest,
				schema.Example(`for _, r in ipairs(topology.data().routers) do print(r.name, r.gateway and "has a gateway" or "has none") end`)),
			schema.Fn("diff", "Tell what one moment has and another has not.", m.diff,
				schema.Returns("diff", "table", "Lists added, removed and changed of {kind, id, name}."),
				schema.Example(`local before = topology.data()
local net = networks.create { name = "blue" }
print(topology.diff(before, topology.data()).added[1].name)`)),
			schema.Fn("capture", "Call a function and tell what it made, for the option highlight of the others. Anything others make in "+
				"the project meanwhile counts too.", m.capture,
				schema.Returns("...", "any", "What the function returned, and after it a list of {kind, id, name}: what was made, or led elsewhere."), rest,
				schema.Example(`local made = topology.capture(function() networks.create { name = "blue" } end)
topology.show { highlight = made }`)),
		},
	}
}

type module struct {
	client *rest.Client
	screen Screen
}

// Which is what is to be drawn.
type Which struct {
	Saved       schema.Value `lua:"data" doc:"What data() gave at some time; then nothing is asked." default:"as it is now"`
	Highlight   []schema.Ref `lua:"highlight" doc:"What stands out: objects, IDs, or what capture and diff gave."`
	AllProjects bool         `lua:"all_projects" doc:"Everything the service shows, not this project's alone: for administrators."`
	Language    string       `lua:"lang" doc:"Language of the few words in it." enum:"en|ko" default:"OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG"`
}

type textArgs struct {
	Which
	Width int `lua:"width" doc:"Columns it may take." default:"the terminal's, else 80"`
}

type svgArgs struct {
	File string `lua:"file,arg" doc:"The file to write."`
	Which
}

// get gives the data and the options for drawing them.
func (m module) get(ctx context.Context, op string, in Which) (draw.Data, draw.Options, error) {
	o := draw.Options{Language: in.Language}
	if m.screen.Language != nil {
		o.Language = m.screen.Language(in.Language)
	}
	for _, r := range in.Highlight {
		o.Highlight = append(o.Highlight, r.String(), r.ID)
	}
	if in.Saved.Data != nil {
		d, err := saved(op+".data", in.Saved)
		return d, o, err
	}
	d, err := m.fetch(ctx, op, in.AllProjects)
	return d, o, err
}

// saved takes data that a script kept.
func saved(op string, v schema.Value) (draw.Data, error) {
	var d draw.Data
	b, err := json.Marshal(v.Data)
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		e := errs.New(errs.BadArgument, "want what topology.data() gave").WithHint("local before = topology.data()")
		e.Op = op
		return d, e
	}
	return d, nil
}

func (m module) show(ctx context.Context, in textArgs) (schema.None, error) {
	d, o, err := m.get(ctx, "topology.show", in.Which)
	if err != nil || m.screen.Out == nil {
		return schema.None{}, err
	}
	o.Width, o.Color = m.width(in.Width), m.screen.Color
	_, err = io.WriteString(m.screen.Out, draw.Text(d, o))
	return schema.None{}, err
}

func (m module) width(asked int) int {
	if asked <= 0 && m.screen.Width != nil {
		asked = m.screen.Width()
	}
	return asked
}

func (m module) text(ctx context.Context, in textArgs) (string, error) {
	d, o, err := m.get(ctx, "topology.text", in.Which)
	o.Width = m.width(in.Width)
	if err != nil {
		return "", err
	}
	return draw.Text(d, o), nil
}

func (m module) mermaid(ctx context.Context, in Which) (string, error) {
	d, o, err := m.get(ctx, "topology.mermaid", in)
	if err != nil {
		return "", err
	}
	return draw.Mermaid(d, o), nil
}

func (m module) dot(ctx context.Context, in Which) (string, error) {
	d, o, err := m.get(ctx, "topology.dot", in)
	if err != nil {
		return "", err
	}
	return draw.DOT(d, o), nil
}

func (m module) svg(ctx context.Context, in svgArgs) (any, error) {
	const op = "topology.svg"
	if in.File != "" && m.screen.Sandbox {
		return nil, (&errs.Error{Code: errs.Forbidden, Op: op, Message: "files are out of reach here"}).
			WithHint("leave the file out: the picture comes back as text")
	}
	d, o, err := m.get(ctx, op, in.Which)
	if err != nil {
		return nil, err
	}
	picture := draw.SVG(d, o)
	if in.File == "" {
		return picture, nil
	}
	file, err := files.Of(ctx).Write(rest.Home(in.File), false)
	if err == nil {
		err = write(file, picture)
	}
	if err != nil {
		cause := err
		if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
			cause = pe.Err
		}
		return nil, (&errs.Error{Code: errs.BadArgument, Op: op, Cause: err, Message: "cannot write " + in.File + ": " + cause.Error()}).
			WithHint("is there such a folder, room on the disk, and may you write there?")
	}
	return nil, nil
}

// write puts a whole file in the place of the one there is.
func write(path, text string) (err error) {
	if info, e := os.Stat(path); e == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, []byte(text), 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

type dataArgs struct {
	AllProjects bool `lua:"all_projects" doc:"Everything the service shows, not this project's alone: for administrators."`
}

func (m module) data(ctx context.Context, in dataArgs) (schema.Raw, error) {
	d, err := m.fetch(ctx, "topology.data", in.AllProjects)
	if err != nil {
		return schema.Raw{}, err
	}
	b, err := json.Marshal(d)
	return schema.Raw{JSON: b}, err
}

type diffArgs struct {
	Before schema.Value `lua:"before,arg,required" doc:"What data() gave first."`
	After  schema.Value `lua:"after,arg,required" doc:"What it gave later."`
}

func (m module) diff(_ context.Context, in diffArgs) (schema.Raw, error) {
	before, err := saved("topology.diff.before", in.Before)
	if err != nil {
		return schema.Raw{}, err
	}
	after, err := saved("topology.diff.after", in.After)
	if err != nil {
		return schema.Raw{}, err
	}
	b, err := json.Marshal(draw.Compare(before, after))
	return schema.Raw{JSON: b}, err
}

type captureArgs struct {
	Fn          schema.Callback `lua:"fn,arg,required" doc:"What to call."`
	AllProjects bool            `lua:"all_projects" doc:"Everything the service shows, not this project's alone: for administrators."`
}

func (m module) capture(ctx context.Context, in captureArgs) (schema.Values, error) {
	const op = "topology.capture"
	before, err := m.fetch(ctx, op, in.AllProjects)
	if err != nil {
		return nil, err
	}
	values, err := in.Fn.Call(ctx)
	if err != nil {
		return nil, err
	}
	after, err := m.fetch(ctx, op, in.AllProjects)
	if err != nil {
		return nil, err
	}
	diff := draw.Compare(before, after)
	b, err := json.Marshal(append(diff.Added, diff.Changed...))
	return append(values, schema.Raw{JSON: b}), err
}
