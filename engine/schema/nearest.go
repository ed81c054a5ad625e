package schema

import "strings"

// Nearest gives the candidate that word was most likely meant to be, "" when none is near. It counts letters missing,
// added, changed or swapped, and sees through case, underscores and a part left out ("network_id" for "network").
func Nearest(word string, candidates []string) string {
	best, bestCost := "", 1<<30
	w := fold(word)
	if w == "" {
		return ""
	}
	for _, c := range candidates {
		f := fold(c)
		if f == "" {
			continue
		}
		long, short := max(len(w), len(f)), min(len(w), len(f))
		if long > 200 {
			continue
		}
		cost := 4 * distance(w, f)
		if cost > 4*max(1, long/3) || short < 2 && cost > 0 {
			// too far as a misspelling; a whole part of it may still be right
			if short < 3 || !affix(word, c) {
				continue
			}
			cost = 4*max(1, long/3) + 1
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// fold drops what people get wrong without meaning it.
func fold(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

// affix reports whether one word begins or ends the other.
func affix(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a) < len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(a, b) || strings.HasSuffix(a, "_"+b)
}

// distance is the Damerau-Levenshtein distance in bytes, each pair of neighbours swapped at most once.
func distance(a, b string) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
