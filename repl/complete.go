package repl

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
)

// Scope is what the running machine knows beyond the descriptors. It is asked by raw access only: completing must not
// run anything.
type Scope interface {
	// Names gives the names below a dotted path of variables, those of the variables themselves for none. Where the
	// path leads to an object, kind is what it is.
	Names(path []string) (names []string, kind string)
}

// Candidate is something that the word before the cursor may become.
type Candidate struct {
	Text   string
	Detail string // a few words beside it
	After  string // what follows when there is no other candidate
}

// Completion is what can stand at the cursor.
type Completion struct {
	From       int // where the word begins that is to be replaced
	Candidates []Candidate
	Later      func() Completion // waits for candidates that have to be fetched; nil when there are none
	Note       string            // why there are none

	swallow string // what stands behind the cursor and is taken along
}

// Completer completes from the descriptors, from what the machine holds, and from what the cloud has.
type Completer struct {
	mods   []schema.Module
	data   schema.Completions
	scope  Scope
	live   *Live
	clouds func() []string
}

// NewCompleter completes the names of modules and of what scope holds. live, which may be nil, knows the names of
// resources, clouds, which may be nil too, those of clouds.
func NewCompleter(mods []schema.Module, scope Scope, live *Live, clouds func() []string) *Completer {
	return &Completer{mods: mods, data: schema.Complete(mods), scope: scope, live: live, clouds: clouds}
}

var (
	pathAtEnd  = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*[.:])*[A-Za-z_]?[A-Za-z0-9_]*$`)
	calledName = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*[.:])*[A-Za-z_][A-Za-z0-9_]*\s*$`)
	keyBefore  = regexp.MustCompile(`(?:([A-Za-z_][A-Za-z0-9_]*)|\[\s*["']([^"']*)["']\s*\])\s*=\s*$`)
)

// keywords of Lua.
var keywords = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or",
	"repeat", "return", "then", "true", "until", "while",
}

// Complete gives what can stand at the cursor, a byte offset.
func (c *Completer) Complete(line string, cursor int) Completion {
	before := line[:cursor]
	if strings.HasPrefix(line, ":") {
		if out, ok := c.command(before); ok {
			return out
		}
	}
	at := scan(before)
	switch {
	case at.comment:
		return Completion{From: cursor}
	case at.quote != 0:
		out := c.text(before, at)
		if out.From < cursor || len(out.Candidates) > 0 || out.Later != nil {
			if strings.HasPrefix(line[cursor:], string(at.quote)) {
				out.swallow = string(at.quote)
			}
		}
		return out
	}
	path := pathAtEnd.FindString(before)
	cut := strings.LastIndexAny(path, ".:") + 1
	word := path[cut:]
	from := cursor - len(word)
	if cut == 0 {
		if opts := c.optionsAt(before, at.open); opts != nil {
			var all []Candidate
			inside := before[at.open[len(at.open)-1]:]
			for _, p := range opts {
				name := p.Name
				if regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\W*=`).MatchString(inside) {
					continue // it is given already
				}
				if !isName(name) {
					name = `["` + name + `"]`
				}
				if strings.HasPrefix(p.Name, word) {
					all = append(all, Candidate{Text: name + " = ", Detail: facts(p)})
				}
			}
			return Completion{From: from, Candidates: sorted(all)}
		}
		if p, ok := c.valueAt(before[:from], at.open); ok {
			if all := valuesOf(p); len(all) > 0 {
				return Completion{From: from, Candidates: matching(all, word)}
			}
		}
		if word == "" {
			return Completion{From: cursor}
		}
		globals, _ := c.scope.Names(nil)
		all := words(append(slices.Clone(keywords), globals...))
		all = append(all, named(c.data.Modules)...)
		all = append(all, named(c.data.Globals)...)
		return Completion{From: from, Candidates: matching(all, word)}
	}
	owner := strings.FieldsFunc(path[:cut], func(r rune) bool { return r == '.' || r == ':' })
	method := path[cut-1] == ':'
	var all []Candidate
	if m, ok := c.module(owner[0]); ok {
		below := strings.Join(append(slices.Clone(owner[1:]), ""), ".")
		for _, f := range named(c.data.Funcs[m.Name]) {
			if rest, ok := strings.CutPrefix(f.Text, below); ok {
				rest, _, _ = strings.Cut(rest, ".")
				all = append(all, Candidate{Text: rest, Detail: f.Detail})
			}
		}
	}
	below, kind := c.scope.Names(owner)
	if !method {
		all = append(all, words(below)...)
	}
	if kind != "" {
		for _, m := range named(c.data.Members[kind]) {
			if !method || strings.Contains(m.Detail, "(") || strings.Contains(m.Detail, "{") {
				all = append(all, m)
			}
		}
	}
	return Completion{From: from, Candidates: matching(all, word)}
}

// Hint is a few words about what is being typed: the option at the cursor, or the function that is being called.
func (c *Completer) Hint(line string, cursor int) string {
	if strings.HasPrefix(line, ":") {
		return ""
	}
	before := line[:cursor]
	at := scan(before)
	if at.comment || len(at.open) == 0 {
		return ""
	}
	if at.quote != 0 {
		before = before[:at.start]
	}
	if p, ok := c.valueAt(strings.TrimRight(pathAtEnd.ReplaceAllString(before, ""), " "), at.open); ok && before[at.open[len(at.open)-1]] == '{' {
		text := p.Name + ": " + facts(p)
		if p.Doc != "" {
			text += " - " + p.Doc
		}
		return text
	}
	for i := len(at.open) - 1; i >= 0; i-- {
		name := strings.TrimSpace(calledName.FindString(before[:at.open[i]]))
		if name == "" {
			continue
		}
		if detail := c.signature(name); detail != "" {
			return detail
		}
	}
	return ""
}

// signature is how a function is called.
func (c *Completer) signature(callee string) string {
	m, f, method, ok := c.function(callee)
	if !ok {
		return ""
	}
	list := c.data.Funcs[m.Name]
	switch {
	case m.Name == schema.Globals:
		list = c.data.Globals
	case method:
		list = c.data.Members[m.Kind]
	}
	for _, x := range list {
		if x.Name == f.Name {
			return x.Detail
		}
	}
	return ""
}

func (c *Completer) module(name string) (schema.Module, bool) {
	i := slices.IndexFunc(c.mods, func(m schema.Module) bool { return m.Name == name })
	if i < 0 {
		return schema.Module{}, false
	}
	return c.mods[i], true
}

// function finds what a call in the text calls: by its module, or as a method of an object that is there.
func (c *Completer) function(callee string) (m schema.Module, f schema.Func, method, ok bool) {
	cut := strings.LastIndexAny(callee, ".:")
	if cut < 0 {
		if m, ok = c.module(schema.Globals); ok {
			f, ok = find(m, callee)
		}
		return m, f, false, ok
	}
	first, rest, _ := strings.Cut(strings.ReplaceAll(callee, ":", "."), ".")
	if m, ok = c.module(first); ok {
		if f, ok = find(m, rest); ok {
			return m, f, false, true
		}
	}
	_, kind := c.scope.Names(strings.FieldsFunc(callee[:cut], func(r rune) bool { return r == '.' || r == ':' }))
	if kind == "" {
		return m, f, false, false
	}
	for _, m := range c.mods {
		if m.Kind == kind {
			f, ok = find(m, callee[cut+1:])
			return m, f, true, ok && f.Method
		}
	}
	return m, f, false, false
}

func find(m schema.Module, name string) (schema.Func, bool) {
	i := slices.IndexFunc(m.Funcs, func(f schema.Func) bool { return f.Name == name })
	if i < 0 {
		return schema.Func{}, false
	}
	return m.Funcs[i], true
}

// params gives the positional parameters of a call and its options.
func (c *Completer) params(callee string) (args, opts []schema.Param) {
	_, f, method, ok := c.function(callee)
	if !ok {
		return nil, nil
	}
	for _, p := range f.Params() {
		switch {
		case !p.Positional:
			opts = append(opts, p)
		case p.Ref == "" && len(p.Fields) > 0:
			args, opts = append(args, p), append(opts, p.Fields...)
		default:
			args = append(args, p)
		}
	}
	if method && len(args) > 0 {
		args = args[1:]
	}
	return args, opts
}

// optionsAt gives the options of the table the cursor is in: networks.create { |, networks.update(net, { |.
func (c *Completer) optionsAt(before string, open []int) []schema.Param {
	if len(open) == 0 || before[open[len(open)-1]] != '{' {
		return nil
	}
	// After "=" comes a value, not an option.
	last := strings.TrimRight(before, " \t\n")
	last = strings.TrimRight(strings.TrimSuffix(last, calledName.FindString(last)), " \t\n")
	if !strings.HasSuffix(last, "{") && !strings.HasSuffix(last, ",") && !strings.HasSuffix(last, ";") {
		return nil
	}
	opts, _ := c.table(before, open)
	return opts
}

// table gives what the innermost open table may hold, and the parameter it is the value of.
func (c *Completer) table(before string, open []int) (opts []schema.Param, self schema.Param) {
	at := open[len(open)-1]
	head := before[:at]
	if name := strings.TrimSpace(calledName.FindString(head)); name != "" && !slices.Contains(keywords, name) {
		_, opts = c.params(name)
		return opts, schema.Param{}
	}
	if len(open) == 1 {
		return nil, schema.Param{}
	}
	outer := open[len(open)-2]
	if before[outer] != '{' {
		_, opts = c.params(strings.TrimSpace(calledName.FindString(before[:outer])))
		return opts, schema.Param{}
	}
	opts, self = c.table(before, open[:len(open)-1])
	if m := keyBefore.FindStringSubmatch(head); m != nil {
		p, _ := option(opts, m[1]+m[2])
		return p.Fields, p
	}
	return self.Fields, self // an element of a list
}

func option(opts []schema.Param, name string) (schema.Param, bool) {
	for _, p := range opts {
		if p.Name == name || slices.Contains(p.Aliases, name) {
			return p, true
		}
	}
	return schema.Param{}, false
}

// valueAt is the parameter whose value stands at the end of before.
func (c *Completer) valueAt(before string, open []int) (schema.Param, bool) {
	if name := strings.TrimSpace(calledName.FindString(before)); name != "" && strings.ContainsAny(name, ".:") {
		if args, _ := c.params(name); len(args) > 0 {
			return args[0], true // servers.get "ub
		}
	}
	if len(open) == 0 {
		return schema.Param{}, false
	}
	at := open[len(open)-1]
	if before = strings.TrimRight(before, " \t\n"); len(before) <= at {
		return schema.Param{}, false
	}
	if before[at] == '(' {
		args, _ := c.params(strings.TrimSpace(calledName.FindString(before[:at])))
		if n := commas(before[at+1:]); n < len(args) {
			return args[n], true
		}
		return schema.Param{}, false
	}
	opts, self := c.table(before, open)
	if m := keyBefore.FindStringSubmatch(before); m != nil {
		return option(opts, m[1]+m[2])
	}
	return self, self.Name != ""
}

// commas counts the commas of an argument list that are not inside of something.
func commas(s string) (n int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth--
		case ',':
			if depth == 0 {
				n++
			}
		case '"', '\'':
			for q := s[i]; i+1 < len(s) && s[i+1] != q; i++ {
				if s[i+1] == '\\' {
					i++
				}
			}
			i++
		}
	}
	return n
}

func valuesOf(p schema.Param) (all []Candidate) {
	if p.Type == "boolean" {
		return words([]string{"true", "false"})
	}
	for _, v := range p.Enum {
		all = append(all, Candidate{Text: `"` + v + `"`})
	}
	return all
}

// text completes inside of a string: names of resources, values of options, modules.
func (c *Completer) text(before string, at place) Completion {
	word := before[at.start+1:]
	out := Completion{From: at.start + 1}
	head := before[:at.start]
	quoted := func(all []Candidate) []Candidate {
		for i := range all {
			all[i].After = string(at.quote)
		}
		return matching(all, word)
	}
	switch strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(head), "(")) {
	case "require", "help":
		out.Candidates = quoted(named(c.data.Modules))
		return out
	}
	if name := calledName.FindString(strings.TrimRight(strings.TrimSuffix(strings.TrimRight(head, " "), "("), " ")); strings.TrimSpace(name) == "require" {
		out.Candidates = quoted(named(c.data.Modules))
		return out
	}
	p, ok := c.valueAt(head, at.open)
	if !ok {
		return out
	}
	if len(p.Enum) > 0 {
		out.Candidates = quoted(words(p.Enum))
		return out
	}
	if p.Ref == "" || c.live == nil {
		return out
	}
	names, wait := c.live.names(p.Ref)
	if wait != nil {
		out.Later = func() Completion {
			late := out
			names, err := wait()
			if err != nil {
				late.Note = "no names: " + firstLine(err.Error()) + "\n"
			}
			late.Later, late.Candidates = nil, quoted(words(names))
			return late
		}
		return out
	}
	out.Candidates = quoted(words(names))
	return out
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// command completes a command of the shell. Where a command takes code, that is completed as code is.
func (c *Completer) command(before string) (Completion, bool) {
	name, rest, spaced := strings.Cut(before, " ")
	if !spaced {
		var all []Candidate
		for _, cmd := range commands {
			after := ""
			if cmd.args != "" {
				after = " "
			}
			all = append(all, Candidate{Text: ":" + cmd.name, Detail: cmd.doc, After: after})
		}
		return Completion{From: 0, Candidates: matching(all, before)}, true
	}
	from := len(before) - len(rest)
	switch name {
	case ":trace":
		return Completion{From: from, Candidates: matching(words([]string{"on", "off", "curl"}), rest)}, true
	case ":cloud":
		if c.clouds == nil {
			return Completion{From: from}, true
		}
		return Completion{From: from, Candidates: matching(words(c.clouds()), rest)}, true
	case ":load", ":save", ":lab":
		if cut := strings.LastIndexByte(rest, ' '); cut >= 0 {
			from, rest = from+cut+1, rest[cut+1:]
		}
		return Completion{From: from, Candidates: files(rest)}, true
	}
	return Completion{}, false
}

// files gives the folders and scripts that a path may be the beginning of.
func files(word string) []Candidate {
	dir, base := filepath.Split(word)
	entries, err := os.ReadDir(filepath.Join(".", dir))
	if filepath.IsAbs(dir) {
		entries, err = os.ReadDir(dir)
	}
	if err != nil {
		return nil
	}
	var all []Candidate
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || strings.HasPrefix(name, ".") {
			continue
		}
		if e.IsDir() {
			all = append(all, Candidate{Text: dir + name + "/"})
		} else if filepath.Ext(name) == ".lua" {
			all = append(all, Candidate{Text: dir + name})
		}
	}
	return all
}

// place is where the end of a text is: what is open there.
type place struct {
	open    []int // offsets of braces and parentheses
	quote   byte  // of the string it is in, 0 for none
	start   int   // where that string begins
	comment bool
}

// scan reads the text as Lua does, roughly.
func scan(s string) (at place) {
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; ch {
		case '"', '\'':
			j := i + 1
			for j < len(s) && s[j] != ch && s[j] != '\n' {
				if s[j] == '\\' {
					j++
				}
				j++
			}
			if j >= len(s) {
				at.quote, at.start = ch, i
				return at
			}
			i = j
		case '-':
			if strings.HasPrefix(s[i:], "--") {
				end := strings.IndexByte(s[i:], '\n')
				if end < 0 {
					at.comment = true
					return at
				}
				i += end
			}
		case '{', '(':
			at.open = append(at.open, i)
		case '}', ')':
			if len(at.open) > 0 {
				at.open = at.open[:len(at.open)-1]
			}
		}
	}
	return at
}

// facts are a parameter's type and what else there is to say in few words.
func facts(p schema.Param) string {
	out := p.Type
	if p.Required {
		out += ", required"
	}
	if p.Default != "" {
		out += ", default " + p.Default
	}
	return out
}

// named gives the candidates that can stand after a dot.
func named(cs []schema.Candidate) []Candidate {
	var list []Candidate
	for _, c := range cs {
		if isName(strings.ReplaceAll(c.Name, ".", "_")) {
			list = append(list, Candidate{Text: c.Name, Detail: c.Detail})
		}
	}
	return list
}

func words(list []string) []Candidate {
	out := make([]Candidate, len(list))
	for i, w := range list {
		out[i].Text = w
	}
	return out
}

// matching gives the candidates that begin with word, each once, those with a detail before those without.
func matching(all []Candidate, word string) []Candidate {
	var list []Candidate
	for _, c := range all {
		if strings.HasPrefix(c.Text, word) {
			list = append(list, c)
		}
	}
	return sorted(list)
}

func sorted(list []Candidate) []Candidate {
	slices.SortFunc(list, func(a, b Candidate) int {
		if n := strings.Compare(a.Text, b.Text); n != 0 {
			return n
		}
		return len(b.Detail) - len(a.Detail)
	})
	return slices.CompactFunc(list, func(a, b Candidate) bool { return a.Text == b.Text })
}

// common is what all candidates begin with.
func (c Completion) common() string {
	p := c.Candidates[0].Text
	for _, w := range c.Candidates[1:] {
		n := 0
		for i, r := range p {
			if i >= len(w.Text) || !strings.HasPrefix(w.Text[i:], string(r)) {
				break
			}
			n = i + len(string(r))
		}
		p = p[:n]
	}
	return p
}

// What a menu shows at most, and how many candidates are few enough to stand one on a line with their details.
const (
	menuMost = 120
	menuFew  = 14
)

// menu lays candidates out: few of them with their details, many in columns, down and then right.
func menu(all []Candidate, width int, style term.Style) string {
	more := ""
	if len(all) > menuMost {
		more = "and " + itoa(len(all)-menuMost) + " more\n"
		all = all[:menuMost]
	}
	widest, detailed := 0, false
	for _, c := range all {
		widest = max(widest, term.StringWidth(c.Text)+2)
		detailed = detailed || c.Detail != ""
	}
	var b strings.Builder
	if detailed && len(all) <= menuFew && width-widest >= 20 {
		for _, c := range all {
			b.WriteString(term.Pad(c.Text, widest) + style.Faint(term.Cut(c.Detail, width-widest-1)) + "\n")
		}
		return b.String() + more
	}
	columns := max(1, width/max(1, widest))
	rows := (len(all) + columns - 1) / columns
	for r := range rows {
		for c := range columns {
			i := c*rows + r
			if i >= len(all) {
				break
			}
			text := all[i].Text
			if i+rows < len(all) {
				text = term.Pad(text, widest)
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
	return b.String() + more
}
