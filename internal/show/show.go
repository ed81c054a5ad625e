// Package show writes what a script holds as people and programs read it: as the tables of the openstack command, and as
// JSON, YAML, CSV or bare values.
package show

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
	"go.yaml.in/yaml/v3"
)

// Formats are the names of the formats there are, the usual one first.
func Formats() []string { return []string{"table", "json", "yaml", "csv", "value"} }

// Options say how a value is written.
type Options struct {
	Format  string   // one of Formats; "" for a table
	Columns []string // members, paths of them, or headings; none for those the openstack command shows
	Width   int      // of the terminal; 0 for no limit

	// Fields are the members that an object of the kind has, the best first. With them a list shows, under the members'
	// own names, as many as the width has room for, and how many objects there are: for who looks on. Without them it has
	// the columns that the openstack command shows.
	Fields []string

	Style term.Style
}

// Write writes a value. An object becomes a table of its fields, a list one of its objects. JSON and YAML hold all
// there is, unless columns were chosen.
func Write(w io.Writer, v schema.Value, o Options) error {
	if o.Format != "" && !slices.Contains(Formats(), o.Format) {
		e := errs.New(errs.BadArgument, "there is no format %q", o.Format)
		if near := schema.Nearest(o.Format, Formats()); near != "" {
			return e.WithHint("did you mean %s?", near)
		}
		return e.WithHint("there are %s", strings.Join(Formats(), ", "))
	}
	var b bytes.Buffer
	err := write(&b, v, o)
	if err == nil {
		_, err = w.Write(b.Bytes())
	}
	return err
}

func write(b *bytes.Buffer, v schema.Value, o Options) error {
	rows, isTable := rowsOf(v.Data)
	_, isObject := v.Data.(map[string]any)
	var cols []column
	if isTable || isObject {
		var err error
		if cols, err = choose(v.Kind, rows, o.Columns, isObject); err != nil {
			return err
		}
	}
	switch o.Format {
	case "json", "yaml":
		data := v.Data
		if len(o.Columns) > 0 && (isTable || isObject) {
			data = project(rows, cols, isObject)
		}
		if o.Format == "json" {
			return writeJSON(b, data)
		}
		enc := yaml.NewEncoder(b)
		enc.SetIndent(2)
		if err := enc.Encode(numbers(data)); err != nil {
			return err
		}
		return enc.Close()
	}
	if !isTable && !isObject {
		if list, ok := v.Data.([]any); ok {
			for _, item := range list {
				b.WriteString(text(item) + "\n")
			}
		} else if v.Data != nil {
			b.WriteString(text(v.Data) + "\n")
		}
		return nil
	}
	header := make([]string, len(cols))
	for i, c := range cols {
		header[i] = c.label
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = make([]string, len(cols))
		for k, c := range cols {
			cells[i][k] = text(c.of(r))
		}
	}
	if isObject {
		return writeObject(b, cols, cells[0], o)
	}
	switch o.Format {
	case "csv":
		return writeCSV(b, append([][]string{header}, cells...))
	case "value":
		for _, r := range cells {
			b.WriteString(strings.Join(oneLine(r), " ") + "\n")
		}
		return nil
	}
	if len(rows) > 0 && len(o.Fields) > 0 {
		header, cells = fitting(v.Kind, rows, o.Fields, o.Width)
		err := writeTable(b, header, cells, o)
		fmt.Fprintf(b, "%d %s\n", len(rows), plural(v.Kind, len(rows)))
		return err
	}
	if len(rows) == 0 {
		if len(cols) == 0 {
			return nil
		}
		what := strings.ReplaceAll(v.Kind, "_", " ")
		if what == "" {
			what = "rows"
		}
		b.WriteString("no " + what + "\n")
		return nil
	}
	return writeTable(b, header, cells, o)
}

func writeObject(b *bytes.Buffer, cols []column, cells []string, o Options) error {
	switch o.Format {
	case "value":
		for _, c := range oneLine(cells) {
			b.WriteString(c + "\n")
		}
		return nil
	case "csv":
		header := make([]string, len(cols))
		for i, c := range cols {
			header[i] = c.label
		}
		return writeCSV(b, [][]string{header, cells})
	}
	rows := make([][]string, len(cols))
	for i, c := range cols {
		rows[i] = []string{c.label, cells[i]}
	}
	return writeTable(b, []string{"Field", "Value"}, rows, o)
}

func writeTable(b *bytes.Buffer, header []string, rows [][]string, o Options) error {
	clean := make([][]string, len(rows))
	for i, r := range rows {
		clean[i] = make([]string, len(r))
		for k, c := range r {
			clean[i][k] = printable(c)
		}
	}
	var plain bytes.Buffer
	if err := term.Table(&plain, o.Width, header, clean); err != nil {
		return err
	}
	for i, line := range strings.SplitAfter(plain.String(), "\n") {
		if i == 1 {
			line = strings.TrimSuffix(line, "\n")
			parts := strings.Split(line, "|")
			for k, p := range parts {
				parts[k] = o.Style.Bold(p)
			}
			line = strings.Join(parts, "|") + "\n"
		}
		b.WriteString(line)
	}
	return nil
}

func writeJSON(b *bytes.Buffer, data any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(data)
}

// A cell that a spreadsheet would take for a formula stays text there when it is quoted with an apostrophe; programs
// would read that apostrophe, so cells are left as they are.
func writeCSV(b *bytes.Buffer, rows [][]string) error {
	w := csv.NewWriter(b)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// numbers gives whole numbers as such: YAML would write 1e+06.
func numbers(v any) any {
	switch v := v.(type) {
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = numbers(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = numbers(v[k])
		}
		return out
	}
	return v
}

// rowsOf gives the objects of a list, or an object as one row. A list of anything else is no table.
func rowsOf(data any) ([]map[string]any, bool) {
	switch data := data.(type) {
	case map[string]any:
		return []map[string]any{data}, true
	case []any:
		rows := make([]map[string]any, len(data))
		for i, item := range data {
			row, ok := item.(map[string]any)
			if !ok {
				return nil, false
			}
			rows[i] = row
		}
		return rows, true
	}
	return nil, false
}

// choose gives the columns asked for, or the usual ones: all of an object's, those of the kind for a list.
func choose(kind string, rows []map[string]any, asked []string, isObject bool) ([]column, error) {
	usual := columnsOf(kind)
	if len(asked) == 0 {
		if isObject {
			var cols []column
			for _, name := range slices.Sorted(maps.Keys(rows[0])) {
				c := column{label: name, field: name, named: true}
				if i := slices.IndexFunc(usual, func(u column) bool { return u.field == name }); i >= 0 {
					c.value = usual[i].value
				}
				cols = append(cols, c)
			}
			return cols, nil
		}
		if usual == nil {
			usual = guessed(rows)
		}
		return usual, nil
	}
	known := slices.Clone(usual)
	names := map[string]bool{}
	for _, r := range rows {
		for name := range r {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		known = append(known, column{label: heading(name), field: name})
	}
	var cols []column
	for _, want := range asked {
		c, ok := find(known, rows, want, isObject)
		if !ok && len(rows) > 0 {
			var all []string
			for _, k := range known {
				all = append(all, k.field)
			}
			e := errs.New(errs.BadArgument, "there is no column %q", want)
			if near := schema.Nearest(want, all); near != "" {
				return nil, e.WithHint("did you mean %s?", near)
			}
			slices.Sort(all)
			return nil, e.WithHint("there are %s", strings.Join(slices.Compact(all), ", "))
		}
		cols = append(cols, c)
	}
	return cols, nil
}

// find takes a heading for what the table shows under it, and a member's name for the member.
func find(known []column, rows []map[string]any, want string, isObject bool) (column, bool) {
	for _, c := range known {
		if c.field == want {
			if isObject {
				c.label = c.field
			}
			c.named = true
			return c, true
		}
	}
	for _, c := range known {
		if strings.EqualFold(c.label, strings.ReplaceAll(want, "_", " ")) {
			return c, true
		}
	}
	c := column{label: want, field: want}
	if head, _, nested := strings.Cut(want, "."); nested {
		for _, r := range rows {
			if r[head] != nil {
				return c, true
			}
		}
	}
	return c, false
}

// of gives a column's value of a row.
func (c column) of(row map[string]any) any {
	if c.value != nil && !(c.named && plain(row[c.field])) {
		return c.value(row)
	}
	if v, ok := row[c.field]; ok {
		return v
	}
	var v any = row
	for step := range strings.SplitSeq(c.field, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 1 || i > len(inner) {
				return nil
			}
			v = inner[i-1]
		default:
			return nil
		}
	}
	return v
}

// project keeps the chosen columns, under the members' own names.
func project(rows []map[string]any, cols []column, isObject bool) any {
	out := make([]any, len(rows))
	for i, r := range rows {
		row := map[string]any{}
		for _, c := range cols {
			if c.named {
				c.value = nil
			}
			row[c.field] = c.of(r)
		}
		out[i] = row
	}
	if isObject {
		return out[0]
	}
	return out
}

// text is a value in a cell. Lists and tables inside are written compactly, as the openstack command does.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "true"
		}
		return "false"
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = text(item)
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			inner := text(v[k])
			if s, ok := v[k].(string); ok {
				inner = "'" + s + "'"
			}
			if _, ok := v[k].(map[string]any); ok {
				inner = "{" + inner + "}"
			}
			parts = append(parts, k+"="+inner)
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// printable keeps control characters off a terminal; a line's end may stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, s)
}

func oneLine(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.ReplaceAll(c, "\n", " ")
	}
	return out
}
