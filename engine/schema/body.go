package schema

// Body makes a request body of in (a struct or a pointer to one): each field with a json tag that was set. An Opt or
// Ref given as null becomes nil, a Ref its ID, a duration seconds; structs, lists and maps follow recursively.
func Body(in any) (map[string]any, error) { return nil, nil }

// EachRef calls visit for each Ref that was given and is not null, with its path ("networks[1].network") and kind.
// in is a pointer to the struct, so that visit can set the ID. It stops at the first error.
func EachRef(in any, visit func(path, kind string, ref *Ref) error) error { return nil }
