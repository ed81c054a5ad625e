package destroy

import (
	"cmp"
	"slices"
)

// ranks order types that do not depend on each other, for a list that reads well.
var ranks = []string{
	FloatingIPAssociation, "floating_ip", ServerInterface, "server", RouterInterface, RouterGateway, RouterRoute, "port", "router",
	"network", "subnet", "security_group", "security_group_rule",
}

func rank(typ string) int {
	if n := slices.Index(ranks, typ); n >= 0 {
		return n
	}
	return len(ranks)
}

// ordered gives the items in an order of removal: what uses a thing before it, what goes along with a thing after it.
func ordered(items []*Item) []*Item {
	before := map[*Item][]*Item{}
	at := map[*Item]int{}
	for n, i := range items {
		at[i] = n
		if i.with != nil {
			before[i] = append(before[i], i.with)
		}
		for used := range i.uses {
			if used.with != i {
				before[used] = append(before[used], i)
			}
		}
	}
	// What was made last goes first.
	byRank := func(a, b *Item) int {
		return cmp.Or(cmp.Compare(rank(a.Type), rank(b.Type)), cmp.Compare(at[b], at[a]))
	}
	var out []*Item
	seen := map[*Item]bool{}
	var visit func(i *Item)
	visit = func(i *Item) {
		if seen[i] {
			return
		}
		seen[i] = true
		first := before[i]
		slices.SortFunc(first, byRank)
		for _, b := range first {
			visit(b)
		}
		out = append(out, i)
	}
	for _, i := range slices.SortedFunc(slices.Values(items), byRank) {
		visit(i)
	}
	return out
}
