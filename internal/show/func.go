package show

import (
	"context"
	"io"

	"github.com/oslua/oslua/engine/schema"
)

type args struct {
	Value   schema.Value `lua:"value,arg,required" doc:"An object, a list, or anything else."`
	Columns []string     `lua:"columns,arg" doc:"The columns of a list, or the fields of an object: the API's names, or headings." default:"those the openstack command shows"`
	Format  string       `lua:"format" doc:"How it is written." enum:"table|json|yaml|csv|value" default:"what --format says, else table"`
}

// Func describes the global function show, which writes to w with the options given where a call has none.
func Func(w io.Writer, o func() Options) schema.Func {
	return schema.Fn("show", "Print an object or a list as the table the openstack command would. JSON and YAML hold everything the "+
		"service sent, unless columns are chosen.", func(_ context.Context, in args) (schema.None, error) {
		o := o()
		if len(in.Columns) > 0 {
			o.Columns = in.Columns
		}
		if in.Format != "" {
			o.Format = in.Format
		}
		return schema.None{}, Write(w, in.Value, o)
	}, schema.Example(`show(require("networks").list(), { "name", "status" })`))
}
