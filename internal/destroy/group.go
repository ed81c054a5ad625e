package destroy

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// group runs functions at the same time, so many at once. One may add others, which an errgroup with a limit does not
// allow.
type group struct {
	*errgroup.Group
	ctx  context.Context
	room chan struct{}
}

func newGroup(ctx context.Context, limit int) *group {
	g, ctx := errgroup.WithContext(ctx)
	return &group{g, ctx, make(chan struct{}, limit)}
}

// Go runs f when there is room, and not after another has failed.
func (g *group) Go(f func(ctx context.Context) error) {
	g.Group.Go(func() error {
		select {
		case g.room <- struct{}{}:
			defer func() { <-g.room }()
		case <-g.ctx.Done():
			return g.ctx.Err()
		}
		return f(g.ctx)
	})
}
