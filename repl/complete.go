package repl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/schema"
)

// Scope is what the running machine knows beyond the descriptors. It is asked by raw access only: completing must not
// run anything.
type Scope interface {
	// Names gives the names below a dotted path of globals, those of the globals themselves for none. Where the path
	// leads to an object, kind is what it is.
	Names(path []string) (names []string, kind string)
}

// Completer completes from the descriptors and from what the machine holds.
type Completer struct {
	data  schema.Completions
	scope Scope
}

// NewCompleter completes the names of modules and of what scope holds.
func NewCompleter(mods []schema.Module, scope Scope) *Completer {
	return &Completer{data: schema.Complete(mods), scope: scope}
}

var (
	pathAtEnd  = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*[.:])*[A-Za-z_]?[A-Za-z0-9_]*$`)
	calledName = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*[.:])*[A-Za-z_][A-Za-z0-9_]*\s*$`)
	keyBefore  = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)\s*=\s*$`)
)

// keywords of Lua.
var keywords = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or",
	"repeat", "return", "then", "true", "until", "while",
}

// Complete gives the word before the cursor, a byte offset, and all that it may become.
func (c *Completer) Complete(line string, cursor int) (word string, all []string) {
	before := line[:cursor]
	open, inString := openers(before)
	if inString {
		return "", nil
	}
	path := pathAtEnd.FindString(before)
	cut := strings.LastIndexAny(path, ".:") + 1
	word = path[cut:]
	if cut == 0 {
		if options := c.optionsAt(before, open); options != nil {
			for _, o := range options {
				name := o.Name
				if !isName(name) {
					name = `["` + name + `"]`
				}
				all = append(all, name+" = ")
			}
			return word, matching(all, word)
		}
		if word == "" {
			return "", nil
		}
		globals, _ := c.scope.Names(nil)
		all = slices.Concat(keywords, globals, names(c.data.Modules))
		return word, matching(all, word)
	}
	owner := strings.FieldsFunc(path[:cut], func(r rune) bool { return r == '.' || r == ':' })
	if len(owner) == 1 {
		all = names(c.data.Funcs[owner[0]])
	}
	below, kind := c.scope.Names(owner)
	all = append(all, below...)
	if kind != "" {
		all = append(all, names(c.data.Members[kind])...)
	}
	return word, matching(all, word)
}

// optionsAt gives the options of the table the cursor is in: networks.create { |, networks.update(net, { |.
func (c *Completer) optionsAt(before string, open []int) []schema.Candidate {
	if len(open) == 0 || before[open[len(open)-1]] != '{' {
		return nil
	}
	// After "=" comes a value, not an option.
	last := strings.TrimRight(before, " \t\n")
	last = strings.TrimRight(strings.TrimSuffix(last, calledName.FindString(last)), " \t\n")
	if !strings.HasSuffix(last, "{") && !strings.HasSuffix(last, ",") && !strings.HasSuffix(last, ";") {
		return nil
	}
	return c.data.Options[ownerOf(before, open)]
}

// ownerOf gives the key of Completions.Options for the innermost open brace.
func ownerOf(before string, open []int) string {
	at := open[len(open)-1]
	head := before[:at]
	if len(open) > 1 {
		outer := open[len(open)-2]
		if before[outer] == '{' {
			key := ownerOf(before, open[:len(open)-1])
			if m := keyBefore.FindStringSubmatch(head); m != nil {
				return key + "." + m[1]
			}
			return key // an element of a list
		}
		return dotted(before[:outer]) // an argument in parentheses
	}
	return dotted(head)
}

func dotted(head string) string {
	return strings.ReplaceAll(strings.TrimSpace(calledName.FindString(head)), ":", ".")
}

// openers gives the offsets of the braces and parentheses that are open at the end, and whether it is inside a string or
// a comment.
func openers(s string) (open []int, inString bool) {
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; ch {
		case '"', '\'':
			j := i + 1
			for j < len(s) && s[j] != ch {
				if s[j] == '\\' {
					j++
				}
				j++
			}
			if j >= len(s) {
				return open, true
			}
			i = j
		case '-':
			if strings.HasPrefix(s[i:], "--") {
				end := strings.IndexByte(s[i:], '\n')
				if end < 0 {
					return open, true
				}
				i += end
			}
		case '{', '(':
			open = append(open, i)
		case '}', ')':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	return open, false
}

// names gives the candidates that can stand after a dot.
func names(cs []schema.Candidate) []string {
	var list []string
	for _, c := range cs {
		if isName(c.Name) {
			list = append(list, c.Name)
		}
	}
	return list
}

func matching(all []string, word string) []string {
	var list []string
	for _, n := range all {
		if strings.HasPrefix(n, word) {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
