package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/internal/wait"
	"github.com/oslua/oslua/repl"
	"github.com/oslua/oslua/scripts"
)

// shell reads entries from the terminal and runs them. All that is written goes through the display.
func (a *app) shell(ctx context.Context, rt *oslua.Runtime, o oslua.Options) error {
	dir, err := stateDir(a.lookupEnv, runtime.GOOS)
	if err != nil {
		return err
	}
	path := historyFile(dir)
	cloud := &shellCloud{rt: rt, options: o}
	live := repl.NewLive(ctx, cloud.resources)
	lines, err := a.lineReader(rt, path, live, cloud)
	if err != nil {
		return err
	}
	defer lines.Close()
	defer a.signals.shell()()
	return repl.Run(ctx, repl.Options{
		Machine: rt.Machine(),
		Lines:   lines,
		Out:     o.Stdout,
		Err:     a.err,
		Banner: "oslua " + oslua.Version() + " on " + cloud.Describe() + ".\n" +
			"help() and :help explain, Tab completes, Ctrl-D leaves.",
		History: path,
		Style:   a.outStyle(),
		Width:   a.screenWidth,
		Height:  func() int { return term.Height(a.out) },
		Clock:   clock.Real{},
		Status:  a.entries,
		Live:    live,
		Cloud:   cloud,
		Report: func(err error, whole bool) {
			if whole {
				report(a.err, a.style, err)
			} else {
				reportBriefly(a.err, a.style, err)
			}
		},
		Interruptible: a.signals.entryContext,
		Lab:           findLab,
	})
}

func (a *app) outStyle() term.Style { return term.Style{On: term.Color(a.out, a.getenv)} }

func (a *app) screenWidth() int {
	if w := term.Width(a.out); w > 0 {
		return w
	}
	return term.DefaultWidth
}

// halting has the shell know what a call may leave behind when it is stopped.
func (a *app) halting(call oslua.Call) (waits func(wait.Event), over func(error)) {
	if !changes(call.Func) {
		return func(wait.Event) {}, func(error) {}
	}
	progress, end := a.entries.Call(call.Module+"."+call.Func, nameIn(call.In))
	waits = func(e wait.Event) {
		if !e.Over {
			progress(e.Resource, e.Status)
		}
	}
	return waits, func(err error) {
		end(err != nil && (errs.CodeOf(err) == errs.Cancelled || errors.Is(err, context.Canceled)))
	}
}

// afterBanner leaves out what the shell's banner has said.
func afterBanner(notice func(string)) func(string) {
	return func(line string) {
		if notice != nil && !strings.HasPrefix(line, "no cloud is configured") {
			notice(line)
		}
	}
}

// changes reports whether a function of that name leaves something behind when it is stopped.
func changes(name string) bool {
	reading := []string{"list", "each", "get", "find", "wait", "show", "explain", "download", "check", "status", "count"}
	return !slices.Contains(reading, name) && !strings.HasPrefix(name, "get_") && !strings.HasPrefix(name, "list_")
}

// nameIn gives the name among a call's arguments: of what it makes, or of what it works on.
func nameIn(in any) string {
	v := reflect.Indirect(reflect.ValueOf(in))
	if v.Kind() != reflect.Struct {
		return ""
	}
	if f := v.FieldByName("Name"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	for _, field := range reflect.VisibleFields(v.Type()) {
		if f, err := v.FieldByIndexErr(field.Index); err == nil && f.CanInterface() {
			if ref, ok := f.Interface().(schema.Ref); ok && ref.Given() {
				return ref.String()
			}
		}
	}
	return ""
}

// shellCloud is the cloud of a runtime, as the shell sees it.
type shellCloud struct {
	rt      *oslua.Runtime
	options oslua.Options

	mu     sync.Mutex
	before oslua.Trace
	names  []string
}

// Describe names the cloud and says why it is this one.
func (c *shellCloud) Describe() string { return c.rt.Cloud() + " (" + c.rt.Why() + ")" }

// Names gives the clouds of clouds.yaml.
func (c *shellCloud) Names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil {
		names, err := oslua.Clouds(c.options)
		if err != nil || names == nil {
			names = []string{}
		}
		c.names = names
	}
	return c.names
}

// Use goes on on another cloud.
func (c *shellCloud) Use(name string) error { return c.rt.Use(name) }

// Trace shows requests; "back" as before the last time it was asked.
func (c *shellCloud) Trace(mode string) error {
	to := map[string]oslua.Trace{"on": oslua.TraceLines, "curl": oslua.TraceCurl, "off": oslua.TraceOff}[mode]
	if mode == "back" {
		to = c.before
	}
	c.before = c.rt.SetTrace(to)
	return nil
}

// Requests counts those sent so far.
func (c *shellCloud) Requests() int64 { return c.rt.Requests() }

// resources gives the names of the resources of a kind, and the IDs of those that have none: the list function of the
// kind's module knows them.
func (c *shellCloud) resources(ctx context.Context, kind string) ([]string, error) {
	for _, m := range c.rt.Modules() {
		if m.Kind != kind {
			continue
		}
		fn, ok := m.Lookup("list")
		if !ok || !fn.Callable() {
			break
		}
		in, err := fn.Decode(m.Name+".list", nil)
		if err != nil {
			return nil, err
		}
		out, err := fn.Call(ctx, in)
		if err != nil {
			return nil, err
		}
		list, ok := out.(schema.List)
		if !ok {
			break
		}
		return namesIn(list), nil
	}
	return nil, nil
}

func namesIn(list schema.List) (names []string) {
	type item struct {
		Name    string `json:"name"`
		ID      string `json:"id"`
		Address string `json:"floating_ip_address"`
	}
	for _, page := range list.Pages {
		var items []item
		if list.Key == "" {
			if json.Unmarshal(page, &items) != nil {
				continue
			}
		} else {
			var body map[string]json.RawMessage
			if json.Unmarshal(page, &body) != nil || json.Unmarshal(body[list.Key], &items) != nil {
				continue
			}
		}
		for _, i := range items {
			for _, name := range []string{i.Name, i.Address, i.ID} {
				if name != "" {
					names = append(names, name)
					break
				}
			}
		}
	}
	return names
}

// findLab gives a lab of the course by its name, or by that of its file.
func findLab(name string) (file, code string, ok bool) {
	return scripts.Lab(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "lab"), ".lua"))
}

func (a *app) lineReader(rt *oslua.Runtime, history string, live *repl.Live, cloud *shellCloud) (repl.LineReader, error) {
	if !term.IsTerminal(a.in) || !term.IsTerminal(a.out) || term.IsDumb(a.getenv) {
		return repl.NewPlainReader(a.in, a.out), nil
	}
	past, err := repl.LoadHistory(history)
	if err != nil {
		io.WriteString(a.err, "oslua: the history cannot be read: "+err.Error()+"\n") //nolint:errcheck // there is nowhere left to tell
	}
	m := rt.Machine()
	// The modules are described when a key first asks for them: the prompt comes at once.
	completer := sync.OnceValue(func() *repl.Completer {
		return repl.NewCompleter(m.Modules(), repl.ScopeOf(m), live, cloud.Names)
	})
	return repl.NewEditor(repl.EditorOptions{
		In: a.in, Out: a.out, Style: a.outStyle(), Width: a.screenWidth, History: past,
		Complete: func(line string, cursor int) repl.Completion { return completer().Complete(line, cursor) },
		Hint:     func(line string, cursor int) string { return completer().Hint(line, cursor) },
		Goes:     repl.GoesOn,
	})
}
