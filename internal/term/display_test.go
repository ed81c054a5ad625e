package term

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is a terminal as far as a Display knows one: it wraps what is too long, scrolls, and obeys the sequences that
// go up and clear.
type screen struct {
	t             *testing.T
	width, height int
	mu            sync.Mutex
	rows          [][]rune // with a 0 after each wide rune
	top           int      // first row to be seen
	row, col      int
}

func newScreen(t *testing.T, width, height int) *screen {
	return &screen{t: t, width: width, height: height, rows: [][]rune{nil}}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(p)
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			end := strings.IndexAny(rest, "AK")
			n, _ := strconv.Atoi(rest[:end])
			switch rest[end] {
			case 'A':
				s.row = max(s.top, s.row-max(n, 1))
			case 'K':
				s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
			}
			text = rest[end+1:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			s.col = 0
		case '\n':
			s.col = 0 // as a terminal in its usual mode makes of it
			s.down()
		default:
			w := RuneWidth(r)
			if s.col+w > s.width {
				s.col = 0
				s.down()
			}
			row := s.rows[s.row]
			for len(row) < s.col+w {
				row = append(row, ' ')
			}
			row[s.col] = r
			if w == 2 {
				row[s.col+1] = 0
			}
			s.rows[s.row] = row
			s.col += w
		}
	}
	return len(p), nil
}

func (s *screen) down() {
	if s.row++; s.row == len(s.rows) {
		s.rows = append(s.rows, nil)
	}
	s.top = max(s.top, s.row-s.height+1)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, row := range s.rows {
		for _, r := range row {
			if r != 0 {
				b.WriteRune(r)
			}
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n ")
}

// byHand is a clock whose pauses end when the test says so.
type byHand struct {
	mu    sync.Mutex
	now   time.Time
	ticks chan struct{}
}

func (c *byHand) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *byHand) Sleep(ctx context.Context, _ time.Duration) error {
	select {
	case <-c.ticks:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *byHand) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type displayed struct {
	*Display
	*screen
	clock *byHand
	out   io.Writer
}

func display(t *testing.T, width, height int, live bool) *displayed {
	s := newScreen(t, width, height)
	c := &byHand{now: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC), ticks: make(chan struct{})}
	d := NewDisplay(t.Context(), DisplayOptions{Out: s, Live: live, Clock: c,
		Width: func() int { s.mu.Lock(); defer s.mu.Unlock(); return s.width }, Height: func() int { return s.height }})
	return &displayed{d, s, c, d.Wrap(s)}
}

// after lets time pass and the display draw.
func (d *displayed) after(took time.Duration) {
	d.clock.pass(took)
	d.clock.ticks <- struct{}{}
	d.clock.ticks <- struct{}{} // taken when it has drawn
}

func (d *displayed) shows(want string) {
	d.t.Helper()
	got := d.String()
	for _, r := range spinner {
		got = strings.ReplaceAll(got, string(r), "*")
	}
	want = strings.TrimPrefix(want, "\n")
	if strings.TrimRight(got, "\n ") != strings.TrimRight(want, "\n ") {
		d.t.Errorf("the screen:\n%s\n\nwant:\n%s", got, want)
	}
}

func TestDisplayDrawsABlock(t *testing.T) {
	d := display(t, 60, 10, true)
	io.WriteString(d.out, "started\n")
	a, b := d.Add(`server "web"`), d.Add(`servers.create "우분투"`)
	a.Set(`server "web"`, "BUILD")
	d.after(300 * time.Millisecond)
	d.shows("started")
	d.after(2 * time.Second)
	d.shows(`
started
* server "web"             BUILD   2 s
* servers.create "우분투"          2 s`)
	io.WriteString(d.out, "a line of the script\n")
	d.shows("started\na line of the script")
	d.after(time.Second)
	d.shows(`
started
a line of the script
* server "web"             BUILD   3 s
* servers.create "우분투"          3 s`)
	// Half a line is not drawn over, and what follows is the script's.
	io.WriteString(d.out, "half ")
	d.after(time.Second)
	d.shows("started\na line of the script\nhalf")
	io.WriteString(d.out, "whole\n")
	a.Done()
	d.after(time.Second)
	d.shows(`
started
a line of the script
half whole
* servers.create "우분투"     5 s`)
	b.Done()
	d.shows("started\na line of the script\nhalf whole")
}

func TestDisplayShowsTransfersAmongTheRest(t *testing.T) {
	d := display(t, 100, 10, true)
	moved, done := d.Start("uploading a.img", 100<<20)
	a := d.Add(`server "web"`)
	moved(25 << 20)
	d.after(time.Second)
	d.shows(`
* uploading a.img: [=====               ]  25 %  25.0 MiB of 100.0 MiB  25.0 MiB/s  0:03 left
* server "web"     1 s`)
	moved(75 << 20)
	d.clock.pass(time.Second)
	done()
	d.after(0)
	d.shows(`
uploading a.img: 100.0 MiB in 0:02 (50.0 MiB/s)
* server "web"     2 s`)
	a.Done()
}

func TestDisplayFitsTheTerminal(t *testing.T) {
	for _, tt := range []struct {
		width, height int
		want          string
	}{
		{80, 24, "\n" + strings.Join([]string{
			`* server "s0"      2 s`, `* server "s1"      2 s`, `* server "s2"      2 s`, `* server "s3"      2 s`, `* server "s4"      2 s`, `* server "s5"      2 s`,
			`* server "s6"      2 s`, `* server "s7"      2 s`, `* server "s8"      2 s`, `* server "s9"      2 s`, `* server "s10"     2 s`, `  and 9 more`}, "\n")},
		{80, 6, "\n* server \"s0\"     2 s\n* server \"s1\"     2 s\n* server \"s2\"     2 s\n  and 17 more"},
		{80, 2, `* server "s0"     2 s (+19)`},
		{16, 3, "* server…   …(+19)"},
		{4, 2, ""},
	} {
		t.Run(fmt.Sprintf("%dx%d", tt.width, tt.height), func(t *testing.T) {
			d := display(t, tt.width, tt.height, true)
			var items []*Item
			for i := range 20 {
				items = append(items, d.Add(fmt.Sprintf("server %q", fmt.Sprint("s", i))))
			}
			d.after(2 * time.Second)
			for line := range strings.Lines(d.String()) {
				if w := StringWidth(strings.TrimSuffix(line, "\n")); w >= tt.width {
					t.Errorf("%q is %d columns", line, w)
				}
			}
			if n := strings.Count(d.String(), "\n") + 1; n > tt.height {
				t.Errorf("%d lines on a terminal of %d", n, tt.height)
			}
			if tt.width >= 80 {
				d.shows(tt.want)
			}
			for _, it := range items {
				it.Done()
			}
			d.shows("")
		})
	}
}

// TestDisplayWhenTheTerminalShrinks: what has been laid out anew is taken off all the same, and nothing above it.
func TestDisplayWhenTheTerminalShrinks(t *testing.T) {
	d := display(t, 60, 10, true)
	io.WriteString(d.out, "keep\n")
	a := d.Add(`server "with a rather long name for a server"`)
	a.Set(`server "with a rather long name for a server"`, "BUILD")
	d.after(2 * time.Second)
	// As terminals do: a line of 46 columns becomes two of at most 30.
	d.Display.mu.Lock() // it may be drawing
	d.screen.mu.Lock()
	line := d.screen.rows[1]
	d.screen.rows = append(d.screen.rows[:1], line[:30], line[30:])
	d.row, d.width = 2, 30
	d.screen.mu.Unlock()
	d.Display.mu.Unlock()
	d.after(time.Second)
	if got := d.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "keep\n") {
		t.Errorf("the screen:\n%s", got)
	}
	a.Done()
	d.shows("keep")
}

func TestDisplayElsewhere(t *testing.T) {
	d := display(t, 80, 24, false)
	a := d.Add(`server "web"`)
	a.Set(`server "web"`, "BUILD")
	d.clock.pass(time.Second)
	a.Set(`server "web"`, "BUILD")
	d.clock.pass(time.Second)
	a.Set(`server "web"`, "BUILD")
	io.WriteString(d.out, "half")
	a.Set(`server "web"`, "ACTIVE")
	a.Done()
	short := d.Add("network \"n\"")
	short.Set("network \"n\"", "ACTIVE")
	short.Done()
	d.shows("server \"web\" is BUILD (0:01)\nhalf\nserver \"web\" is ACTIVE (0:02)")
}

func TestDisplayTellsOfTransfersElsewhere(t *testing.T) {
	d := display(t, 80, 24, false)
	moved, done := d.Start("downloading x", 1<<30)
	for range 25 {
		d.clock.pass(time.Second)
		moved(10 << 20)
	}
	done()
	done()
	moved, done = d.Start("passing on y", -1)
	moved(5)
	done()
	d.shows(`
downloading x:  10 %  100.0 MiB of 1.0 GiB  10.0 MiB/s  1:32 left
downloading x:  20 %  200.0 MiB of 1.0 GiB  10.0 MiB/s  1:22 left
downloading x: 250.0 MiB of 1.0 GiB, stopped
passing on y: 5 B`)
}

func TestDisplayOfWhatIsBusy(t *testing.T) {
	d := display(t, 60, 10, true)
	over := d.Busy("running", "(stop)")
	d.after(400 * time.Millisecond)
	d.shows("")
	d.after(2 * time.Second)
	d.shows("* running     2 s (stop)")
	a := d.Add(`server "web"`)
	d.after(time.Second)
	d.shows(`* server "web"     1 s (stop)`)
	b := d.Add(`server "of a name that is cut so that the hint is seen"`)
	d.after(time.Second)
	d.shows(`
* server "web"                       2 s
* server "of a name that is cut…     1 s (stop)`)
	b.Set("b", "BUILDING, and more words than there is room for")
	d.after(time.Second)
	d.shows(`
* server "web"                                          …
* b             BUILDING, and more words than the… (stop)`)
	a.Done()
	b.Done()
	d.after(time.Second)
	d.shows("* running     6 s (stop)")
	over()
	d.shows("")
	// What begins later has a line, without the hint.
	c := d.Add("c")
	d.after(time.Second)
	d.shows("* c     1 s")
	c.Done()
}

// TestDisplayBetweenTwo: what is over leaves no line behind when what goes on is too young for one.
func TestDisplayBetweenTwo(t *testing.T) {
	d := display(t, 60, 10, true)
	io.WriteString(d.out, "keep\n")
	a := d.Add("a")
	d.after(time.Second)
	b := d.Add("b")
	a.Done()
	d.after(100 * time.Millisecond)
	d.shows("keep")
	b.Done()
	d.shows("keep")
}

func TestDisplayHintOnASmallTerminal(t *testing.T) {
	for _, tt := range []struct {
		width, height int
		want          string
	}{
		{60, 5, "* a     1 s\n* b     1 s\n  and 2 more (Ctrl-C stops)"},
		{60, 2, "* a     1 s (+3) (Ctrl-C stops)"},
		{14, 2, "* a     1 s"},
	} {
		d := display(t, tt.width, tt.height, true)
		over := d.Busy("running", "(Ctrl-C stops)")
		for _, name := range []string{"a", "b", "c", "d"} {
			defer d.Add(name).Done()
		}
		d.after(time.Second)
		d.shows(tt.want)
		over()
	}
}

func TestDisplayPauses(t *testing.T) {
	d := display(t, 60, 10, true)
	a := d.Add("a")
	d.after(time.Second)
	resume := d.Pause()
	d.shows("")
	d.after(time.Second)
	d.shows("")
	resume()
	d.after(time.Second)
	d.shows("* a     3 s")
	a.Done()
}

func TestDisplayIsQuiet(t *testing.T) {
	for _, live := range []bool{true, false} {
		d := display(t, 80, 24, live)
		d.Silence()
		over := d.Busy("running", "(stop)")
		a := d.Add("x")
		d.clock.pass(time.Hour)
		a.Set("x", "BUILD")
		moved, done := d.Start("uploading", 10)
		moved(10)
		done()
		a.Done()
		over()
		d.Say("a word")
		d.shows("")
	}
}
