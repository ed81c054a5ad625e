package rest

import "context"

// InTurn calls f when nobody else of this client is in a call with the same key. Neutron lets requests that change one
// router meet in its database and tries the losers again after growing pauses, so that many at once take longer than
// one after the other.
func (c *Client) InTurn(ctx context.Context, key string, f func() error) error {
	c.mu.Lock()
	turn, ok := c.turns[key]
	if !ok {
		turn = make(chan struct{}, 1)
		c.turns[key] = turn
	}
	c.mu.Unlock()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
	}
	// Of one that has ended the request says so in its own words.
	return f()
}
