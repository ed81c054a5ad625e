package compute

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/web"
)

// schema is what a value must be: rules that are asked in their order. The first that does not hold is what the client
// hears of.
type schema []rule

// rule is one keyword of a schema. It may look at the others.
type rule func(s schema, v any) *violation

// violation says what is wrong, where, and with which value.
type violation struct {
	path     []string // from the inside out
	instance any
	message  string
	final    string // the whole sentence, for names
}

func (s schema) check(v any) *violation {
	for _, r := range s {
		if bad := r(s, v); bad != nil {
			if bad.path == nil && bad.instance == nil {
				bad.instance = v
			}
			return bad
		}
	}
	return nil
}

func wrong(v any, format string, args ...any) *violation {
	return &violation{instance: v, message: fmt.Sprintf(format, args...)}
}

// checkBody answers a body that does not fit in Nova's words.
func checkBody(s schema, body any) error {
	bad := s.check(body)
	switch {
	case bad == nil:
		return nil
	case bad.final != "":
		return badRequest("%s", bad.final)
	case len(bad.path) == 0:
		return badRequest("%s", bad.message)
	}
	return badRequest("Invalid input for field/attribute %s. Value: %s. %s", bad.path[0], python.Str(bad.instance), bad.message)
}

// checkQuery does so for a query, whose values are lists of texts.
func checkQuery(s schema, r *web.Request) error {
	o := &object{vals: map[string]any{}}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		k, _, _ := strings.Cut(pair, "=")
		for name := range r.Query() {
			if (name == k || strings.HasPrefix(k, "%") || strings.Contains(k, "%")) && !o.has(name) {
				o.keys = append(o.keys, name)
				list := []any{}
				for _, v := range r.Query()[name] {
					list = append(list, v)
				}
				o.vals[name] = list
			}
		}
	}
	for name, all := range r.Query() {
		for _, v := range append(all, name) {
			if !utf8.ValidString(v) {
				return badRequest("Query string is not UTF-8 encoded")
			}
		}
	}
	bad := s.check(o)
	switch {
	case bad == nil:
		return nil
	case bad.final != "":
		return badRequest("%s", bad.final)
	case len(bad.path) == 0:
		return badRequest("%s", bad.message)
	}
	return badRequest("Invalid input for query parameters %s. Value: %s. %s", bad.path[len(bad.path)-1], python.Str(bad.instance), bad.message)
}

func isType(v any, name string) bool {
	switch name {
	case "object":
		_, ok := v.(*object)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "null":
		return v == nil
	case "number":
		_, ok := v.(json.Number)
		return ok
	case "integer":
		n, ok := v.(json.Number)
		return ok && !strings.ContainsAny(string(n), ".eE")
	}
	return false
}

func typ(names ...string) rule {
	return func(_ schema, v any) *violation {
		if slices.ContainsFunc(names, func(n string) bool { return isType(v, n) }) {
			return nil
		}
		quoted := make([]string, len(names))
		for i, n := range names {
			quoted[i] = python.Quote(n)
		}
		return wrong(v, "%s is not of type %s", python.Repr(v), strings.Join(quoted, ", "))
	}
}

func enum(values ...any) rule {
	return func(_ schema, v any) *violation {
		if slices.ContainsFunc(values, func(e any) bool { return python.Repr(e) == python.Repr(v) }) {
			return nil
		}
		return wrong(v, "%s is not one of %s", python.Repr(v), python.Repr(values))
	}
}

func length(least, most int) rule {
	return func(_ schema, v any) *violation {
		s, ok := v.(string)
		switch n := utf8.RuneCountInString(s); {
		case !ok:
		case n < least:
			return wrong(v, "%s is too short", python.Repr(v))
		case most > 0 && n > most:
			return wrong(v, "%s is too long", python.Repr(v))
		}
		return nil
	}
}

// empty wants a text without characters.
func empty() rule {
	return func(_ schema, v any) *violation {
		if s, ok := v.(string); ok && s != "" {
			return wrong(v, "%s is too long", python.Repr(v))
		}
		return nil
	}
}

// pattern wants a text that fits an expression; shown is how Nova writes it.
func pattern(re *regexp.Regexp, shown string) rule {
	return func(_ schema, v any) *violation {
		if s, ok := v.(string); ok && !re.MatchString(s) {
			return wrong(v, "%s does not match %s", python.Repr(v), python.Repr(shown))
		}
		return nil
	}
}

// fits wants a value that a function takes for the format of that name.
func fits(name string, ok func(v any) bool) rule {
	return func(_ schema, v any) *violation {
		if ok(v) {
			return nil
		}
		return wrong(v, "%s is not a %s", python.Repr(v), python.Repr(name))
	}
}

// named wants a text of the form of a name, and says so in the sentence Nova has for that.
func named(reason string, ok func(s string) bool) rule {
	return func(_ schema, v any) *violation {
		if s, isText := v.(string); isText && ok(s) {
			return nil
		}
		bad := wrong(v, "name")
		bad.final = "An invalid 'name' value was provided. The name must be: " + reason
		return bad
	}
}

// between wants a number, or a text that is one, in a range.
func between(least, most float64) rule {
	show := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return func(_ schema, v any) *violation {
		var f float64
		switch n := v.(type) {
		case json.Number:
			f, _ = n.Float64()
		case string:
			var err error
			if f, err = strconv.ParseFloat(strings.TrimSpace(n), 64); err != nil {
				return nil
			}
		default:
			return nil
		}
		shown := python.Str(v)
		switch {
		case f < least:
			return wrong(v, "%s is less than the minimum of %s", shown, show(least))
		case f > most:
			return wrong(v, "%s is greater than the maximum of %s", shown, show(most))
		}
		return nil
	}
}

// property is a member of an object and what it must be.
type property struct {
	name string
	schema
}

func prop(name string, s schema) property { return property{name, s} }

// props checks the members that are there.
func props(all ...property) rule {
	return func(_ schema, v any) *violation {
		o, ok := v.(*object)
		if !ok {
			return nil
		}
		for _, p := range all {
			if !o.has(p.name) {
				continue
			}
			if bad := p.check(o.get(p.name)); bad != nil {
				bad.path = append(bad.path, p.name)
				return bad
			}
		}
		return nil
	}
}

// closed lets no other member in.
func closed(all ...property) rule {
	return func(_ schema, v any) *violation {
		o, ok := v.(*object)
		if !ok {
			return nil
		}
		var extra []string
		for _, k := range o.keys {
			if !slices.ContainsFunc(all, func(p property) bool { return p.name == k }) {
				extra = append(extra, python.Quote(k))
			}
		}
		if extra == nil {
			return nil
		}
		verb := "was"
		if len(extra) > 1 {
			verb = "were"
		}
		return wrong(v, "Additional properties are not allowed (%s %s unexpected)", strings.Join(extra, ", "), verb)
	}
}

func required(names ...string) rule {
	return func(_ schema, v any) *violation {
		o, ok := v.(*object)
		if !ok {
			return nil
		}
		for _, n := range names {
			if !o.has(n) {
				return wrong(v, "%s is a required property", python.Quote(n))
			}
		}
		return nil
	}
}

// keyed wants members whose names fit an expression and whose values fit a schema.
func keyed(re *regexp.Regexp, shown string, s schema) rule {
	return func(_ schema, v any) *violation {
		o, ok := v.(*object)
		if !ok {
			return nil
		}
		var extra []string
		for _, k := range o.keys {
			if !re.MatchString(k) {
				extra = append(extra, python.Quote(k))
				continue
			}
			if bad := s.check(o.get(k)); bad != nil {
				bad.path = append(bad.path, k)
				return bad
			}
		}
		return unmatched(v, extra, shown)
	}
}

// unmatched says that names of members fit no expression; no names is nothing wrong.
func unmatched(v any, extra []string, shown string) *violation {
	if extra == nil {
		return nil
	}
	slices.Sort(extra)
	verb := "does"
	if len(extra) > 1 {
		verb = "do"
	}
	return wrong(v, "%s %s not match any of the regexes: %s", strings.Join(extra, ", "), verb, python.Quote(shown))
}

// members wants so many members of an object.
func members(least, most int) rule {
	return func(_ schema, v any) *violation {
		o, ok := v.(*object)
		switch {
		case !ok:
		case len(o.keys) < least:
			return wrong(v, "%s does not have enough properties", python.Repr(v))
		case len(o.keys) > most:
			return wrong(v, "%s has too many properties", python.Repr(v))
		}
		return nil
	}
}

func items(s schema) rule {
	return func(_ schema, v any) *violation {
		list, _ := v.([]any)
		for i, e := range list {
			if bad := s.check(e); bad != nil {
				bad.path = append(bad.path, strconv.Itoa(i))
				return bad
			}
		}
		return nil
	}
}

func count(least, most int) rule {
	return func(_ schema, v any) *violation {
		list, ok := v.([]any)
		switch {
		case !ok:
		case len(list) < least:
			return wrong(v, "%s is too short", python.Repr(v))
		case most > 0 && len(list) > most:
			return wrong(v, "%s is too long", python.Repr(v))
		}
		return nil
	}
}

func unique() rule {
	return func(_ schema, v any) *violation {
		list, _ := v.([]any)
		seen := map[string]bool{}
		for _, e := range list {
			if seen[python.Repr(e)] {
				return wrong(v, "%s has non-unique elements", python.Repr(v))
			}
			seen[python.Repr(e)] = true
		}
		return nil
	}
}

func oneOf(all ...schema) rule {
	return func(_ schema, v any) *violation {
		if slices.ContainsFunc(all, func(s schema) bool { return s.check(v) == nil }) {
			return nil
		}
		return wrong(v, "%s is not valid under any of the given schemas", python.Repr(v))
	}
}

// obj is an object with these members and no others, some of them required.
func obj(all []property, must ...string) schema {
	return schema{typ("object"), props(all...), required(must...), closed(all...)}
}

// one is a body of a single object under a name.
func one(name string, s schema) schema { return obj([]property{prop(name, s)}, name) }

// The values that Nova's schemas are made of.

var (
	digitsRE    = regexp.MustCompile(`^[0-9]*$`)
	someDigits  = regexp.MustCompile(`^[0-9]+$`)
	signedRE    = regexp.MustCompile(`^-?[0-9]+$`)
	metaRE      = regexp.MustCompile(`^[a-zA-Z0-9\-_:. ]{1,255}$`)
	tagRE       = regexp.MustCompile(`^[^,/]*$`)
	hostnameRE  = regexp.MustCompile(`^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$`)
	fqdnRE      = regexp.MustCompile(`^[a-zA-Z0-9\-._]*$`)
	bdmIDRE     = regexp.MustCompile(`^[a-zA-Z0-9._-]*$`)
	flavorIDRE  = regexp.MustCompile(`^[a-zA-Z0-9._-]([a-zA-Z0-9. _-]*[a-zA-Z0-9._-])?$`)
	decimalRE   = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	uuidRE      = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
	deviceRE    = regexp.MustCompile(`^[a-zA-Z0-9._/-]*$`)
	metaShown   = "^[a-zA-Z0-9-_:. ]{1,255}$"
	dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"}
)

func isUUID(v any) bool {
	s, ok := v.(string)
	s = strings.NewReplacer("urn:", "", "uuid:", "").Replace(s)
	return ok && uuidRE.MatchString(strings.ReplaceAll(strings.Trim(s, "{}"), "-", ""))
}

func isBase64(v any) bool {
	s, ok := v.(string)
	if !ok {
		return false
	}
	s = strings.Map(func(r rune) rune {
		// Python passes over what is not of the alphabet.
		if r == '+' || r == '/' || r == '=' || r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, s)
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

func isIPv4(v any) bool {
	s, ok := v.(string)
	a, err := netip.ParseAddr(s)
	return ok && err == nil && a.Is4()
}

func isIPv6(v any) bool {
	s, ok := v.(string)
	a, err := netip.ParseAddr(s)
	return ok && err == nil && a.Is6() && a.Zone() == ""
}

func isRegex(v any) bool {
	s, ok := v.(string)
	if !ok {
		return true
	}
	_, err := regexp.Compile(s)
	return err == nil
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func isDateTime(v any) bool {
	s, ok := v.(string)
	if !ok {
		return true
	}
	_, ok = parseTime(s)
	return ok
}

func printable(r rune) bool {
	return !unicode.Is(unicode.C, r) && (!unicode.Is(unicode.Z, r) || unicode.Is(unicode.Zs, r)) && r != utf8.RuneError
}

func validName(s string) bool {
	if s == "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.IndexFunc(s, func(r rune) bool { return !printable(r) }) < 0 && !unicode.IsSpace(first) && !unicode.IsSpace(last)
}

func nameSchema() schema {
	return schema{typ("string"), length(1, 255), named("printable characters. Can not start or end with whitespace.", validName)}
}

func zoneNameSchema() schema {
	return schema{typ("string"), length(1, 255), named("printable characters except :.Can not start or end with whitespace.",
		func(s string) bool { return validName(s) && !strings.Contains(s, ":") })}
}

func booleanSchema() schema {
	return schema{typ("boolean", "string"), enum(true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
		false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")}
}

func positiveSchema() schema {
	return schema{typ("integer", "string"), pattern(digitsRE, "^[0-9]*$"), between(1, 1e300), length(1, 0)}
}

func nonNegativeSchema() schema {
	return schema{typ("integer", "string"), pattern(digitsRE, "^[0-9]*$"), between(0, 1e300), length(1, 0)}
}

func sizeSchema(least float64) schema {
	return schema{typ("integer", "string"), pattern(someDigits, "^[0-9]+$"), between(least, 0x7fffffff)}
}

func text() schema { return schema{typ("string")} }

func uuidSchema() schema { return schema{typ("string"), fits("uuid", isUUID)} }

func tagSchema() schema {
	return schema{typ("string"), length(1, 60), pattern(tagRE, "^[^,/]*$")}
}

func ipSchema() schema {
	return schema{typ("string"), oneOf(schema{fits("ipv4", isIPv4)}, schema{fits("ipv6", isIPv6)})}
}

func metadataSchema(types ...string) schema {
	return schema{typ("object"), keyed(metaRE, metaShown, schema{typ(types...), length(0, 255)})}
}

func descriptionSchema(most int) schema {
	return schema{typ("string", "null"), length(0, most), func(_ schema, v any) *violation {
		if s, ok := v.(string); ok && strings.IndexFunc(s, func(r rune) bool { return !printable(r) }) >= 0 {
			return wrong(v, "%s does not match '^[printable characters]*$'", python.Repr(v))
		}
		return nil
	}}
}

func multi(s schema) schema { return schema{typ("array"), items(s)} }

// queryParams is a query's schema; extra lets parameters in that Nova passes over.
func queryParams(extra bool, all map[string]schema) schema {
	list := make([]property, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, prop(name, multi(all[name])))
	}
	s := schema{typ("object"), props(list...)}
	if !extra {
		s = append(s, closed(list...))
	}
	return s
}
