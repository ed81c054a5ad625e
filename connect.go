package oslua

import (
	"context"

	"github.com/oslua/oslua/internal/cloud"
)

// Connection is the connection that scripts work on, for what works beside them.
func (r *Runtime) Connection() *cloud.Connection { return r.conn }

// Connect makes another connection, as auth.connect does: to a cloud of clouds.yaml, or to this one where name is "", with
// the values given in place of its own. It is closed with the Runtime.
func (r *Runtime) Connect(ctx context.Context, name string, values map[string]string) (*cloud.Connection, error) {
	return r.connect(ctx, name, values)
}
