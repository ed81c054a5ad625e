package schema

// Nearest gives the candidate that word was most likely meant to be, "" when none is near.
func Nearest(word string, candidates []string) string { return "" }
