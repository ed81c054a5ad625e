package schema

// Candidate is one completion: what is typed, and a few words beside it.
type Candidate struct {
	Name   string
	Detail string
}

// Completions is what a shell completes from.
type Completions struct {
	Modules []Candidate
	Globals []Candidate            // global functions
	Funcs   map[string][]Candidate // module → its functions and values
	Options map[string][]Candidate // "networks.create", "ports.create.fixed_ips", "router:update" → the options of that table
	Members map[string][]Candidate // kind → fields and methods of its objects
}

// Complete gathers the completions of modules.
func Complete(mods []Module) Completions {
	c := Completions{Funcs: map[string][]Candidate{}, Options: map[string][]Candidate{}, Members: map[string][]Candidate{}}
	for _, m := range mods {
		if m.Name != Globals {
			c.Modules = append(c.Modules, Candidate{m.Name, summary(m.Doc)})
		}
		for _, f := range m.Fields {
			if m.Kind != "" {
				c.Members[m.Kind] = append(c.Members[m.Kind], Candidate{f.Name, f.Type})
			} else {
				c.Funcs[m.Name] = append(c.Funcs[m.Name], Candidate{f.Name, f.Type})
			}
		}
		for _, f := range m.Funcs {
			s := signatures(m, f)
			if m.Name == Globals {
				c.Globals = append(c.Globals, Candidate{f.Name, s[0]})
			} else {
				c.Funcs[m.Name] = append(c.Funcs[m.Name], Candidate{f.Name, s[0]})
			}
			c.options(qualified(m, f), f.Params())
			if f.Method && len(s) > 1 {
				c.Members[m.Kind] = append(c.Members[m.Kind], Candidate{f.Name, s[1]})
				c.options(m.Kind+":"+f.Name, f.Params())
			}
		}
	}
	return c
}

// options gathers the options of a function, and of the tables in them.
func (c Completions) options(path string, params []Param) {
	for _, p := range params {
		if !p.Positional {
			c.Options[path] = append(c.Options[path], Candidate{p.Name, facts(p)})
		}
		if p.Positional && p.Ref == "" && len(p.Fields) > 0 {
			c.options(path, p.Fields) // a function in Lua that takes a table of options
		} else {
			c.options(path+"."+p.Name, p.Fields)
		}
	}
}
