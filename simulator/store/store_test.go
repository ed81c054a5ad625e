package store

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

type thing struct {
	ID, Project, Name, Parent string
	Addr                      []string
}

func (t thing) Meta() Meta {
	m := Meta{Kind: "thing", ID: t.ID, ProjectID: t.Project, Name: t.Name}
	if t.Parent != "" {
		m.Index = []Key{{"parent", t.Parent}}
	}
	for _, a := range t.Addr {
		m.Unique = append(m.Unique, Key{"addr", a})
	}
	return m
}

// both runs a test on a state in memory and on one in a file.
func both(t *testing.T, fn func(t *testing.T, s *Store)) {
	for name, path := range map[string]string{"memory": "", "file": filepath.Join(t.TempDir(), "a ?#%b.db")} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			fn(t, s)
		})
	}
}

func put(t *testing.T, s *Store, docs ...thing) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *Tx) error {
		for _, d := range docs {
			if err := Put(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ids(all []thing) (s string) {
	for _, d := range all {
		s += d.ID
	}
	return s
}

func TestListing(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		put(t, s,
			thing{ID: "c", Project: "p", Name: "one", Parent: "x"},
			thing{ID: "a", Project: "p", Name: "two", Parent: "x"},
			thing{ID: "b", Project: "q", Name: "one", Parent: "y"},
			thing{ID: "d", Project: "q", Name: "세 번째"})
		put(t, s, thing{ID: "c", Project: "p", Name: "one", Parent: "y"}) // keeps its place
		for _, c := range []struct {
			name  string
			where []Where
			want  string
		}{
			{"all", nil, "cabd"},
			{"project", []Where{Project("p")}, "ca"},
			{"projects", []Where{Projects("p", "q")}, "cabd"},
			{"name", []Where{Name("one")}, "cb"},
			{"names", []Where{Name("two", "세 번째")}, "ad"},
			{"no names", []Where{Name()}, ""},
			{"ids", []Where{ID("d", "a", "zzz")}, "ad"},
			{"index", []Where{By("parent", "y")}, "cb"},
			{"index of two", []Where{By("parent", "y", "x"), Project("p")}, "ca"},
			{"limit", []Where{Limit(2)}, "ca"},
			{"limit 0", []Where{Limit(0)}, ""},
			{"after", []Where{After("a"), Limit(1)}, "b"},
			{"after nothing", []Where{After("zzz")}, ""},
			{"newest", []Where{Newest(), Limit(3)}, "dba"},
			{"newest after", []Where{Newest(), After("b")}, "ac"},
			{"by ID", []Where{ByID()}, "abcd"},
			{"by ID, a page", []Where{ByID(), After("a"), Limit(2)}, "bc"},
			{"by ID after one that is not there", []Where{ByID(), After("bb")}, "cd"},
			{"by ID from the end", []Where{ByID(), Newest(), After("c"), Limit(5)}, "ba"},
			{"by ID, narrowed", []Where{ByID(), By("parent", "y", "x"), Project("p")}, "ac"},
			{"any", []Where{ByID(), Any(Project("q"), By("parent", "x")), After("a")}, "bd"},
			{"any of nothing", []Where{Any(ID(), By("parent"))}, ""},
			{"name whatever its case, or not ASCII", []Where{NameFold("ONE")}, "cbd"},
			{"name that is not ASCII", []Where{NameFold("세")}, "cabd"},
			{"project whatever its case", []Where{ProjectFold("Q", "x")}, "bd"},
		} {
			err := s.View(t.Context(), func(tx *Tx) error {
				got, err := List[thing](tx, c.where...)
				if ids(got) != c.want {
					t.Errorf("%s: got %q, want %q", c.name, ids(got), c.want)
				}
				if got, err := IDs[thing](tx, c.where...); strings.Join(got, "") != c.want || err != nil {
					t.Errorf("%s: IDs %q, %v, want %q", c.name, got, err, c.want)
				}
				n, err2 := Count[thing](tx, c.where...)
				if n != len(c.want) {
					t.Errorf("%s: count %d, want %d", c.name, n, len(c.want))
				}
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		err := s.View(t.Context(), func(tx *Tx) error {
			// A read inside a loop over another read.
			for d, err := range Each[thing](tx) {
				if err != nil {
					return err
				}
				if _, err := Get[thing](tx, d.ID); err != nil {
					return err
				}
				if _, err := First[thing](tx, By("parent", "x")); err != nil {
					return err
				}
			}
			return Put(tx, thing{ID: "no"})
		})
		if !errors.Is(err, errReadOnly) {
			t.Errorf("a write in a View: %v", err)
		}
	})
}

// Several processes may open one new state at the same moment: two terminals, a script that starts others.
func TestOpenNewStateAtOnce(t *testing.T) {
	for range 10 {
		path := filepath.Join(t.TempDir(), "state.db")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				s, err := Open(t.Context(), Options{Path: path})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
