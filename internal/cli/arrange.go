package cli

import (
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/engine/schema"
	"github.com/spf13/pflag"
)

// arrange brings a command line into the one order cobra can read: oslua's own long options first, wherever they stood,
// then what follows "--": the script and its arguments. A line whose first word is a command is left as it is, since
// cobra takes options anywhere on those.
//
//	oslua scripts/lab1-4.lua eu --cloud devstack   →   --cloud devstack -- scripts/lab1-4.lua eu
//	oslua -e 'print(...)' --trace x                →   -e 'print(...)' --trace -- x
//	oslua x.lua -- --cloud                         →   -- x.lua --cloud
//
// The commands in scripted, whose options are given, take a script as the line without a command does.
func arrange(args []string, global, local *pflag.FlagSet, isCommand func(string) bool, scripted map[string]*pflag.FlagSet) ([]string, error) {
	var options, rest []string
	started, isCode := false, false // the script or -e was seen: what is not ours belongs to it
	command := ""
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if err := checkDash(a, started, global, local); err != nil {
			return nil, err
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		flag := global.Lookup(name)
		switch {
		case strings.HasPrefix(a, "--") && flag != nil:
			options = append(options, a)
			if !hasValue && flag.NoOptDefVal == "" {
				i++
				if i == len(args) {
					return nil, usage("option --%s needs a value: --%s %s", name, name, strings.ToUpper(name))
				}
				options = append(options, args[i])
			}
		case a == "-c" && (!started || isCode):
			// The columns of show are ours as long as no script's own -c can be meant.
			i++
			if i == len(args) {
				return nil, usage("option -c needs a column: -c name")
			}
			options = append(options, a, args[i])
		case started && command != "" && strings.HasPrefix(a, "--") && isAnywhere(local.Lookup(name)):
			options = append(options, a)
		case started:
			rest = append(rest, a)
		case a == "-":
			rest, started = append(rest, a), true
		case strings.HasPrefix(a, "-e"):
			code := strings.TrimPrefix(a, "-e")
			if code == "" {
				i++
				if i == len(args) {
					return nil, usage("option -e needs the code to run: oslua -e 'print(1)'")
				}
				code = args[i]
			}
			options, started, isCode = append(options, "-e", code), true, true
		case strings.HasPrefix(a, "-"):
			if !known(a, local) {
				return nil, unknownOption(a, global, local)
			}
			options = append(options, a)
			if own := local.Lookup(name); own != nil && !hasValue && own.NoOptDefVal == "" && strings.HasPrefix(a, "--") {
				i++
				if i == len(args) {
					return nil, usage("option --%s needs a value: --%s %s", name, name, strings.ToUpper(name))
				}
				options = append(options, args[i])
			}
		case command == "" && scripted[a] != nil:
			command, local = a, scripted[a]
		case command == "" && isCommand(a):
			for _, b := range args[i:] {
				if err := checkDash(b, false, global, local); err != nil {
					return nil, err
				}
			}
			return args, nil
		default:
			rest, started = append(rest, a), true
		}
	}
	if command != "" {
		options = append([]string{command}, options...)
	}
	return append(append(options, "--"), rest...), nil
}

// anywhere marks options without a value that a command takes after its script too: to miss one there would be worse than
// to take it from the script.
const anywhere = "anywhere"

func isAnywhere(f *pflag.Flag) bool { return f != nil && f.Annotations[anywhere] != nil }

// checkDash points out a dash that a web page or a word processor made longer than "-". In a script's own arguments
// only what would be an option of ours is suspicious.
func checkDash(a string, started bool, sets ...*pflag.FlagSet) error {
	r, size := utf8.DecodeRuneInString(a)
	if !isTypographicDash(r) {
		return nil
	}
	word := strings.TrimLeftFunc(a[size:], func(r rune) bool { return r == '-' || isTypographicDash(r) })
	name, _, _ := strings.Cut(word, "=")
	plain := "--" + word
	if utf8.RuneCountInString(name) == 1 {
		plain = "-" + word
	}
	if !known(plain, sets...) && started {
		return nil
	}
	return usage("%s begins with a typographic dash (%c, U+%04X), not with \"-\"", a, r, r).
		withHint("type it again as %s; text copied from a web page often carries such dashes", plain)
}

func isTypographicDash(r rune) bool {
	return r >= '\u2010' && r <= '\u2015' || r == '\u2212' || r == '\ufe58' || r == '\ufe63' || r == '\uff0d'
}

// known reports whether one of the sets has the option, long or short.
func known(a string, sets ...*pflag.FlagSet) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
	for _, s := range sets {
		if strings.HasPrefix(a, "--") {
			if len(name) > 1 && s.Lookup(name) != nil {
				return true
			}
		} else if len(name) == 1 && s.ShorthandLookup(name) != nil {
			return true
		}
	}
	return false
}

func unknownOption(a string, sets ...*pflag.FlagSet) *usageError {
	name, _, _ := strings.Cut(a, "=")
	var all []string
	for _, s := range sets {
		s.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			if len(f.Name) > 1 {
				all = append(all, "--"+f.Name)
			}
		})
	}
	e := usage("unknown option %s", name)
	// A single dash before a word is as likely as a wrong letter.
	word := name
	if !strings.HasPrefix(word, "--") && len(word) > 2 {
		word = "-" + word
	}
	if near := schema.Nearest(word, all); near != "" {
		return e.withHint("did you mean %s?", near)
	}
	return e.withHint("oslua --help lists the options")
}
