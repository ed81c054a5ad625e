package stdlib

import (
	"context"
	"strings"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
)

func textModule(o Options) schema.Module {
	return schema.Module{
		Name: "text",
		Doc:  "Text as it stands on a terminal, where a Hangul or Han character takes two columns.",
		Funcs: []schema.Func{
			schema.Fn("width", "The number of columns a text takes on a terminal.", textWidth,
				schema.Returns("width", "integer", "columns"),
				schema.Example(`print(require("text").width("서울"))  --> 4`)),
			schema.Fn("language", "The language to speak to people in: what was asked for, else what OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG say.",
				func(_ context.Context, in textLanguageArgs) (string, error) {
					return term.Language(in.Asked, o.Getenv), nil
				},
				schema.Returns("language", `"en"|"ko"`, "English, unless it is Korean"),
				schema.Example(`local words = { en = "Hello", ko = "안녕하세요" }
print(words[require("text").language()])`)),
			schema.Fn("pad", "Fills a text with spaces on its right to a number of columns. A longer text stays as it is.", textPad,
				schema.Returns("text", "string", "the padded text"),
				schema.Example(`print(require("text").pad("서울", 6) .. "|")`)),
			schema.Fn("table", "Lays rows of texts out as a table with a header and lines, columns aligned.", o.textTable,
				schema.Returns("text", "string", "the table, without a newline at its end"),
				schema.Example(`print(require("text").table({ { "public", "ACTIVE" } }, { header = { "Name", "Status" } }))`)),
		},
	}
}

type textWidthArgs struct {
	Text string `lua:"text,arg,required" doc:"The text."`
}

func textWidth(_ context.Context, in textWidthArgs) (int, error) {
	return term.StringWidth(in.Text), nil
}

type textLanguageArgs struct {
	Asked string `lua:"asked,arg" doc:"What was asked for: en or ko; nothing leaves it to the environment."`
}

type textPadArgs struct {
	Text  string `lua:"text,arg,required" doc:"The text."`
	Width int    `lua:"width,arg,required" doc:"Columns to fill."`
}

func textPad(_ context.Context, in textPadArgs) (string, error) {
	return term.Pad(in.Text, in.Width), nil
}

type textTableArgs struct {
	Rows   [][]string      `lua:"rows,arg,required" doc:"A list of rows, each a list of texts."`
	Header []string        `lua:"header,required" doc:"The columns' names."`
	Width  schema.Opt[int] `lua:"width" doc:"Columns the table may take at the most; longer cells are wrapped." default:"those of the terminal; no limit where the output is none"`
}

func (o Options) textTable(_ context.Context, in textTableArgs) (string, error) {
	width := 0
	if in.Width.Set {
		width = in.Width.Value
	} else if o.Width != nil {
		width = o.Width()
	}
	var b strings.Builder
	if err := term.Table(&b, width, in.Header, in.Rows); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
