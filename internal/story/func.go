package story

import (
	"context"
	"io"

	"github.com/oslua/oslua/engine/schema"
)

type args struct {
	Fn       schema.Callback `lua:"fn,arg,required" doc:"What to call."`
	Language string          `lua:"lang" doc:"Language of the story." enum:"en|ko" default:"OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG"`
}

// Func describes the global function explain, which tells its story to w. options are asked for the language wanted.
func Func(w io.Writer, options func(language string) Options) schema.Func {
	return schema.Fn("explain", "Call a function, then tell what it did as a story: who authenticated where, which endpoint was used and why, each "+
		"request with what came back, and the openstack and curl commands that would do the same. Secrets are masked.",
		func(ctx context.Context, in args) (schema.Values, error) {
			ctx, r := Record(ctx)
			values, err := in.Fn.Call(ctx)
			if e := r.Tell(w, options(in.Language)); err == nil {
				err = e
			}
			return values, err
		},
		schema.Returns("...", "any", "What the function returned."),
		schema.Example(`explain(function() return require("networks").list() end)`))
}
