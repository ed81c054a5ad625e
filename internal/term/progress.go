package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Progress shows on a terminal how far transfers are, and writes a line now and then elsewhere. It is safe on many
// goroutines; of several transfers at once each has its turn on the one line.
type Progress struct {
	w     io.Writer
	live  bool // a line that is painted over
	width func() int
	now   func() time.Time

	mu      sync.Mutex
	painted int       // columns of the line on the screen
	last    time.Time // when something was shown last
}

const (
	repaint  = 100 * time.Millisecond // on a terminal
	lineEach = 10 * time.Second       // elsewhere
	barWidth = 20
)

// NewProgress shows progress on w: as a line painted over when w is a terminal that can, as plain lines otherwise. now
// tells the time.
func NewProgress(w io.Writer, dumb bool, now func() time.Time) *Progress {
	return &Progress{w: w, live: IsTerminal(w) && !dumb, width: func() int { return Width(w) }, now: now}
}

// Start begins a transfer of total bytes, -1 when nobody knows how many. moved is to be called for each part that has
// passed, done at the end.
func (p *Progress) Start(what string, total int64) (moved func(n int64), done func()) {
	t := &transfer{what: what, total: total, began: p.now()}
	var once sync.Once
	return func(n int64) { p.moved(t, n) }, func() { once.Do(func() { p.done(t) }) }
}

// transfer is one of them.
type transfer struct {
	what  string
	total int64
	sum   int64
	began time.Time
}

func (p *Progress) moved(t *transfer, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.sum += n
	now := p.now()
	each := lineEach
	if p.live {
		each = repaint
	} else if p.last.Before(t.began) {
		p.last = t.began // a transfer of a few seconds needs no line before its last
	}
	if now.Sub(p.last) < each {
		return
	}
	p.last = now
	p.show(t.line(now, p.live))
}

func (p *Progress) done(t *transfer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show(t.outcome(p.now()))
	if p.live {
		io.WriteString(p.w, "\n") //nolint:errcheck // nobody can be told that telling failed
		p.painted = 0
	}
}

// outcome says how it ended.
func (t *transfer) outcome(now time.Time) string {
	text := t.what + ": " + Bytes(t.sum)
	if t.total >= 0 && t.sum < t.total {
		text += " of " + Bytes(t.total) + ", stopped"
	} else if spent := now.Sub(t.began); spent > 0 {
		text += fmt.Sprintf(" in %s (%s/s)", clockTime(spent), Bytes(rate(t.sum, spent)))
	}
	return text
}

// show writes a line, over the one before it on a terminal.
func (p *Progress) show(text string) {
	if !p.live {
		io.WriteString(p.w, text+"\n") //nolint:errcheck // nobody can be told that telling failed
		return
	}
	if w := p.width(); w > 1 {
		text = cut(text, w-1)
	}
	n := StringWidth(text)
	io.WriteString(p.w, "\r"+text+strings.Repeat(" ", max(p.painted-n, 0))) //nolint:errcheck // likewise
	p.painted = n
}

// line says how far a transfer is.
func (t *transfer) line(now time.Time, live bool) string {
	spent := now.Sub(t.began)
	speed := rate(t.sum, spent)
	if t.total <= 0 {
		return fmt.Sprintf("%s: %s, %s/s", t.what, Bytes(t.sum), Bytes(speed))
	}
	done := min(float64(t.sum)/float64(t.total), 1)
	bar := ""
	if live {
		full := int(done * barWidth)
		bar = "[" + strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full) + "] "
	}
	text := fmt.Sprintf("%s: %s%3.0f %%  %s of %s  %s/s", t.what, bar, 100*done, Bytes(t.sum), Bytes(t.total), Bytes(speed))
	if speed > 0 && t.sum < t.total {
		text += "  " + clockTime(time.Duration(float64(t.total-t.sum)/float64(speed)*float64(time.Second))) + " left"
	}
	return text
}

func rate(n int64, spent time.Duration) int64 {
	if spent < time.Millisecond {
		return 0
	}
	return int64(float64(n) / spent.Seconds())
}

// clockTime writes a length of time as people read it: 0:07, 12:30, 1:02:03.
func clockTime(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Bytes writes a number of bytes with a unit: 12.4 MiB.
func Bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n)/1024, "KMGTP"
	for v >= 1023.95 && len(units) > 1 {
		v, units = v/1024, units[1:]
	}
	return fmt.Sprintf("%.1f %ciB", v, units[0])
}

// cut shortens text to a number of columns.
func cut(text string, columns int) string {
	if StringWidth(text) <= columns {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		w := StringWidth(string(r))
		if n+w > columns-1 {
			break
		}
		b.WriteRune(r)
		n += w
	}
	return b.String() + "…"
}
