package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_WRITER"); path != "" {
		writeUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func all(t *testing.T, s *Store) string {
	t.Helper()
	var got []thing
	err := s.View(t.Context(), func(tx *Tx) (err error) {
		got, err = List[thing](tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids(got)
}

func TestRollback(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		put(t, s, thing{ID: "a"})
		no := errors.New("no")
		err := s.Update(t.Context(), func(tx *Tx) error {
			if err := errors.Join(Put(tx, thing{ID: "b"}), Delete[thing](tx, "a"), tx.SetVar("x", "1")); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Update(t.Context(), func(tx *Tx) error {
				_ = Put(tx, thing{ID: "c"})
				panic("x")
			})
		}()
		if got := all(t, s); got != "a" {
			t.Errorf("got %q after a rollback", got)
		}
		put(t, s, thing{ID: "d"}) // it can still be written
	})
}

func TestUnique(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		put(t, s, thing{ID: "a", Addr: []string{"10.0.0.1", "10.0.0.2"}})
		err := s.Update(t.Context(), func(tx *Tx) error { return Put(tx, thing{ID: "b", Addr: []string{"10.0.0.2"}}) })
		var c *Conflict
		if !errors.As(err, &c) || c.Owner != "a" || c.Value != "10.0.0.2" {
			t.Fatalf("got %v", err)
		}
		put(t, s, thing{ID: "a", Addr: []string{"10.0.0.1"}}) // lets one go
		put(t, s, thing{ID: "b", Addr: []string{"10.0.0.2"}})
		err = s.Update(t.Context(), func(tx *Tx) error {
			owner, err := Owner[thing](tx, "addr", "10.0.0.2")
			if owner != "b" {
				t.Errorf("owner %q", owner)
			}
			return errors.Join(err, Delete[thing](tx, "b"))
		})
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, thing{ID: "c", Addr: []string{"10.0.0.2"}})
	})
}

func TestSeededIDs(t *testing.T) {
	take := func(seed int64) (ids []string) {
		s, err := Open(t.Context(), Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		err = s.Update(t.Context(), func(tx *Tx) error {
			ids = append(ids, tx.NewID(), tx.NewHexID())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	a, b, c, d := take(7), take(7), take(8), take(0)
	if a[0] != b[0] || a[1] != b[1] || a[0] == a[1] || a[0] == c[0] || len(a[0]) != 36 || len(a[1]) != 32 || d[0] == take(0)[0] {
		t.Errorf("%v %v %v %v", a, b, c, d)
	}
}

// Many goroutines on two handles of one file, as two processes have it: nothing is lost, nothing is given twice.
func TestTwoHandles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	one, two := open(t, path), open(t, path)
	var wg sync.WaitGroup
	const each = 40
	for g := range 4 {
		s := one
		if g%2 == 1 {
			s = two
		}
		wg.Go(func() {
			for i := range each {
				err := s.Update(context.WithoutCancel(t.Context()), func(tx *Tx) error {
					n, err := tx.Counter("address")
					if err != nil {
						return err
					}
					return Put(tx, thing{ID: fmt.Sprintf("%d-%d", g, i), Addr: []string{fmt.Sprint(n)}})
				})
				if err != nil {
					t.Error(err)
				}
				err = s.View(t.Context(), func(tx *Tx) error {
					a, err := Count[thing](tx)
					b, err2 := Count[thing](tx)
					if a != b {
						t.Errorf("a snapshot changed: %d, %d", a, b)
					}
					return errors.Join(err, err2)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	err := one.View(t.Context(), func(tx *Tx) error {
		n, err := Count[thing](tx)
		if n != 4*each {
			t.Errorf("%d documents, want %d", n, 4*each)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSnapshotRestore(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		file := filepath.Join(t.TempDir(), "snap shot?.db")
		put(t, s, thing{ID: "a", Addr: []string{"x"}})
		if err := s.Snapshot(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		if err := s.Snapshot(t.Context(), file); err == nil {
			t.Error("a snapshot wrote over another file")
		}
		put(t, s, thing{ID: "b"})
		if err := s.Restore(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		if got := all(t, s); got != "a" {
			t.Errorf("restored %q", got)
		}
		err := s.Update(t.Context(), func(tx *Tx) error { return s.Clear(tx) })
		if err != nil {
			t.Fatal(err)
		}
		if got := all(t, s); got != "" {
			t.Errorf("cleared, there is %q", got)
		}
		put(t, s, thing{ID: "b", Addr: []string{"x"}})
	})
}

func TestUnusableFiles(t *testing.T) {
	dir := t.TempDir()
	exec := func(path, statement string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		make func(path string)
		want string
	}{
		{"not a database", func(p string) { _ = os.WriteFile(p, []byte(strings.Repeat("text, not a database\n", 300)), 0o600) }, "not a simulator state"},
		{"another's", func(p string) { exec(p, "CREATE TABLE x (y)") }, "another program's"},
		{"newer", func(p string) {
			s := open(t, p)
			_ = s.Close()
			exec(p, "PRAGMA user_version=99")
		}, "newer oslua (format 99, this one knows 1); update oslua"},
		{"a directory", func(p string) { _ = os.Mkdir(p, 0o700) }, "is a directory"},
		{"damaged", func(p string) {
			s := open(t, p)
			put(t, s, thing{ID: "a"})
			_ = s.Close()
			b, _ := os.ReadFile(p)
			for i := 4096; i < len(b); i++ {
				b[i] = 0xff
			}
			_ = os.WriteFile(p, b, 0o600)
		}, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.name)
			c.make(path)
			s, err := Open(t.Context(), Options{Path: path})
			if err == nil {
				err = s.View(t.Context(), func(tx *Tx) error { _, err := List[thing](tx); return err })
				_ = s.Close()
			}
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || e.Hint == "" {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("no directory", func(t *testing.T) {
		_, err := Open(t.Context(), Options{Path: filepath.Join(dir, "no", "such")})
		if err == nil || !strings.Contains(err.Error(), "directory does not exist") {
			t.Error(err)
		}
	})
	t.Run("read-only directory", func(t *testing.T) {
		if os.Getuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("permissions do not bind this user")
		}
		ro := filepath.Join(dir, "ro")
		_ = os.Mkdir(ro, 0o500)
		_, err := Open(t.Context(), Options{Path: filepath.Join(ro, "x")})
		if err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Error(err)
		}
	})
}

func TestFullDisk(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	put(t, s, thing{ID: "a"})
	if _, err := s.writer.sql.ExecContext(t.Context(), "PRAGMA max_page_count=20"); err != nil {
		t.Fatal(err)
	}
	err := s.Update(t.Context(), func(tx *Tx) error { return Put(tx, thing{ID: "b", Name: strings.Repeat("x", 1<<20)}) })
	if err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("got %v", err)
	}
	put(t, s, thing{ID: "c"})
	if got := all(t, s); got != "ac" {
		t.Errorf("there is %q", got)
	}
}

// writeUntilKilled is the other process of TestKill: it says each number once it is stored.
func writeUntilKilled(path string) {
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: path})
	for i := 0; err == nil; i++ {
		err = s.Update(ctx, func(tx *Tx) error { return Put(tx, thing{ID: fmt.Sprint(i)}) })
		if err == nil {
			fmt.Println(i)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	path := filepath.Join(t.TempDir(), "state.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_WRITER="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	last := ""
	for range 200 {
		if !lines.Scan() {
			t.Fatal("the writer ended: ", last)
		}
		last = lines.Text()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it said before it died
		last = lines.Text()
	}
	_ = cmd.Wait()
	s := open(t, path)
	err = s.View(t.Context(), func(tx *Tx) error {
		n, err := Count[thing](tx)
		if fmt.Sprint(n-1) < last && len(fmt.Sprint(n-1)) <= len(last) {
			t.Errorf("%d documents, but %s was answered", n, last)
		}
		_, err2 := Get[thing](tx, last)
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for name, path := range map[string]string{"memory": "", "file": filepath.Join(b.TempDir(), "s.db")} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(b.Context(), Options{Path: path})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			for i := 0; b.Loop(); i++ {
				err := s.Update(b.Context(), func(tx *Tx) error {
					return Put(tx, thing{ID: fmt.Sprint(i), Name: "x", Addr: []string{fmt.Sprint(i)}})
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
