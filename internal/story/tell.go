package story

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/term"
)

// Options say how a story is told.
type Options struct {
	Language string          // "ko" or "en"
	Style    term.Style      // colour
	Modules  []schema.Module // for the openstack commands
}

// Tell writes the story of what was recorded.
func (r *Recorder) Tell(w io.Writer, o Options) error {
	t := &teller{Options: o, calls: r.take(), w: english()}
	if o.Language == "ko" {
		t.w = korean()
	}
	t.auth()
	t.endpoints()
	t.requests()
	t.summary()
	_, err := io.WriteString(w, t.b.String())
	return err
}

type teller struct {
	Options
	calls []call
	w     words
	b     strings.Builder
}

func (t *teller) line(indent int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for l := range strings.SplitSeq(text, "\n") {
		t.b.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+l, " ") + "\n")
	}
}

func (t *teller) heading(text string) {
	t.b.WriteString("\n" + t.Style.Bold(text) + "\n")
}

// conns are the connections that sent something, in order.
func (t *teller) conns() []*cloud.Connection {
	var out []*cloud.Connection
	for _, c := range t.calls {
		for _, e := range c.events {
			if e.Conn != nil && !slices.Contains(out, e.Conn) {
				out = append(out, e.Conn)
			}
		}
	}
	return out
}

// auth tells who the run was.
func (t *teller) auth() {
	t.heading("1. " + t.w.whoTitle)
	conns := t.conns()
	if len(conns) == 0 {
		t.line(3, "%s", t.w.nobody)
		return
	}
	for _, conn := range conns {
		cfg := conn.Config()
		from := map[string]string{}
		for _, s := range cfg.Explain() {
			from[s.Name] = s.Source
		}
		who := cfg.UserName
		project := cfg.Project
		tok := conn.Authenticated()
		if tok != nil {
			who, project = tok.UserName, tok.ProjectName
			if tok.UserDomain.Name != "" {
				who += "@" + tok.UserDomain.Name
			}
		}
		t.line(3, t.w.who, orDash(who), orDash(project), cfg.AuthType)
		t.line(3, t.w.where, cfg.AuthURL, orDash(from["auth_url"]))
		var sources []string
		for _, s := range from {
			if s != "" && s != "default" && !slices.Contains(sources, s) {
				sources = append(sources, s)
			}
		}
		slices.Sort(sources)
		if len(sources) > 8 {
			sources = append(sources[:8], "…")
		}
		t.line(3, t.w.config, strings.Join(sources, ", "))
		if tok != nil {
			var roles []string
			for _, r := range tok.Roles {
				roles = append(roles, r.Name)
			}
			slices.Sort(roles)
			t.line(3, t.w.token, strings.Join(roles, ", "), tok.ExpiresAt.UTC().Format("2006-01-02 15:04 MST"), len(tok.Catalog))
			continue
		}
		t.line(3, "%s", t.w.noToken)
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// endpoints tells where requests went, and why there.
func (t *teller) endpoints() {
	type place struct {
		conn    *cloud.Connection
		service string
	}
	var seen []place
	for _, c := range t.calls {
		for _, e := range c.events {
			p := place{e.Conn, e.Service}
			if e.Service != "" && e.Conn != nil && e.Label != cloud.Auth && !slices.Contains(seen, p) {
				seen = append(seen, p)
			}
		}
	}
	if len(seen) == 0 {
		return
	}
	t.heading("2. " + t.w.endpointTitle)
	for _, p := range seen {
		ch, ok := p.conn.Choice(p.service)
		switch {
		case !ok:
			t.line(3, "%s", p.service)
		case ch.Override != "":
			t.line(3, "%s → %s", p.service, ch.URL)
			t.line(6, t.w.override, ch.Override)
		default:
			t.line(3, "%s → %s", p.service, ch.URL)
			region := t.w.anyRegion
			if ch.Region != "" {
				region = ch.Region + " (" + orDash(ch.RegionFrom) + ")"
			}
			t.line(6, t.w.entry, orDash(ch.Service.Name), ch.Service.Type, len(ch.Service.Endpoints), ch.Interface, orDash(ch.InterfaceFrom), region)
			if strings.TrimRight(ch.Endpoint.URL, "/") != strings.TrimRight(ch.URL, "/") {
				t.line(6, t.w.version, ch.Endpoint.URL)
			}
		}
	}
}

// requests tells of each call.
func (t *teller) requests() {
	n := 0
	for _, c := range t.calls {
		if len(c.events) == 0 {
			continue
		}
		if n == 0 {
			t.heading("3. " + t.w.callsTitle)
		}
		n++
		if n > 1 {
			t.b.WriteString("\n")
		}
		t.call(n, c)
	}
}

func (t *teller) call(n int, c call) {
	title := t.w.outside
	if c.Func != "" {
		title = c.Op()
		if c.Page > 0 {
			title += fmt.Sprintf(t.w.page, c.Page)
		}
		if given := arguments(c.given); given != "" {
			title += "  " + given
		}
	}
	t.line(3, "%s %s", t.Style.Bold(fmt.Sprintf("%d.", n)), t.Style.Bold(title))
	if c.Where != "" {
		t.line(6, "%s", t.Style.Faint(shortWhere(c.Where)))
	}
	polls := 0
	for i, e := range c.events {
		// Polling is told once, with its number.
		if e.Label == cloud.Wait && i+1 < len(c.events) && c.events[i+1].Label == cloud.Wait && c.events[i+1].Path == e.Path {
			polls++
			continue
		}
		t.event(e, polls)
		polls = 0
	}
	if twin := t.openstack(c); twin != "" {
		t.line(6, "$ %s", twin)
	}
	shown := map[string]bool{}
	for _, e := range c.events {
		if e.Label == cloud.Wait || e.Attempt > 1 || shown[e.Method+e.Path] {
			continue
		}
		shown[e.Method+e.Path] = true
		t.line(6, "$ %s", strings.ReplaceAll(e.Curl(), "\n", "\n  "))
		if header, _ := e.Response(); e.Label == cloud.Auth && header.Get("X-Subject-Token") != "" {
			t.line(6, "$ %s", t.w.takeToken)
		}
	}
	if c.err != nil {
		code := string(errs.CodeOf(c.err))
		t.line(6, t.w.failed, code, c.err.Error())
	}
}

func shortWhere(where string) string {
	i := strings.LastIndexByte(where, ':')
	if i < 0 {
		return where
	}
	return filepath.ToSlash(where)
}

func (t *teller) event(e cloud.Event, more int) {
	label := t.w.labels[e.Label]
	outcome := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Err != nil {
		outcome = e.Err.Error()
	}
	line := fmt.Sprintf("%s  %s %s → %s, %d ms", term.Pad(label, 8), e.Method, pathOf(e.Path), outcome, e.Duration.Round(time.Millisecond).Milliseconds())
	if e.Attempt > 1 {
		line += fmt.Sprintf(t.w.attempt, e.Attempt)
	}
	if more > 0 {
		line += fmt.Sprintf(t.w.polls, more+1)
	}
	t.line(6, "%s", line)
	if back := t.cameBack(e); back != "" {
		t.line(16, "%s", back)
	}
	if e.RequestID != "" {
		t.line(16, "%s", t.Style.Faint(e.RequestID))
	}
}

// pathOf shows queries readably.
func pathOf(p string) string {
	if s, err := url.QueryUnescape(p); err == nil && !strings.ContainsAny(s, "\n\r\x1b") {
		return s
	}
	return p
}

// cameBack says what an answer holds, and what becomes of it in Lua.
func (t *teller) cameBack(e cloud.Event) string {
	_, body := e.Response()
	if e.Status >= 400 || len(body) == 0 {
		return ""
	}
	var doc map[string]json.RawMessage
	if json.Unmarshal(body, &doc) != nil {
		return fmt.Sprintf(t.w.bytes, len(body))
	}
	if e.Label == cloud.Auth {
		return t.w.authBack
	}
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		var rows []map[string]any
		if json.Unmarshal(doc[key], &rows) == nil && len(rows) > 0 && !strings.HasSuffix(key, "_links") && doc["id"] == nil {
			var names []string
			for _, r := range rows[:min(3, len(rows))] {
				names = append(names, nameOf(r))
			}
			if len(rows) > 3 {
				names = append(names, "…")
			}
			return fmt.Sprintf(t.w.listBack, key, len(rows), strings.Join(names, ", "), key, len(rows))
		}
		var list []any
		if json.Unmarshal(doc[key], &list) == nil && len(list) == 0 && len(doc) <= 2 {
			return fmt.Sprintf(t.w.noneBack, key)
		}
	}
	if len(doc) == 1 {
		for key, raw := range doc {
			var one map[string]any
			if json.Unmarshal(raw, &one) == nil {
				return fmt.Sprintf(t.w.oneBack, key, nameOf(one), key, len(one))
			}
		}
	}
	var one map[string]any
	if json.Unmarshal(body, &one) == nil && one["id"] != nil {
		return fmt.Sprintf(t.w.bareBack, nameOf(one), len(one))
	}
	return ""
}

func nameOf(o map[string]any) string {
	name, _ := o["name"].(string)
	if name == "" {
		name, _ = o["floating_ip_address"].(string)
	}
	id, _ := o["id"].(string)
	switch {
	case name == "":
		return id
	case id == "" || id == name:
		return fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("%q (%s)", name, id)
}

func (t *teller) summary() {
	n, total := 0, time.Duration(0)
	by := map[cloud.Label]int{}
	for _, c := range t.calls {
		for _, e := range c.events {
			n++
			by[e.Label]++
			total += e.Duration
		}
	}
	if n == 0 {
		return
	}
	var parts []string
	for _, l := range []cloud.Label{cloud.Auth, cloud.LookUp, cloud.Work, cloud.Wait} {
		if by[l] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", t.w.labels[l], by[l]))
		}
	}
	t.b.WriteString("\n")
	t.line(0, t.w.sum, n, strings.Join(parts, ", "), total.Round(time.Millisecond).Milliseconds())
}
