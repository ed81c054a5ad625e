package term

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Clock is where a Display gets its time.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

const (
	displayAfter = 500 * time.Millisecond // what is over sooner is not worth a line
	displayEvery = 100 * time.Millisecond
	displayLines = 12               // at most, whatever the terminal could hold
	transferEach = 10 * time.Second // a line for a transfer, where nothing can be drawn over
)

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// Display shows what a run waits for. On a terminal it is a block of lines below what was written, drawn anew as it
// changes; whatever else is written to the terminal goes through Wrap, so that the two do not mix. Elsewhere a line is
// written when a state changes. It is safe on many goroutines.
type Display struct {
	ctx context.Context
	o   DisplayOptions

	mu      sync.Mutex
	items   []*Item
	busy    *Item  // shown while there are no others; nil for none
	hint    string // at the end of the block
	running bool   // a goroutine draws
	drawn   []int  // the columns of each line on the screen
	midLine bool   // something was written that does not end its line
	paused  int    // so many have the terminal for themselves
	frame   int
}

// DisplayOptions say where a Display shows what.
type DisplayOptions struct {
	Out    io.Writer
	Live   bool // Out is a terminal on which lines can be drawn over
	Quiet  bool // show nothing
	Clock  Clock
	Width  func() int // of the terminal; needed where Live
	Height func() int // likewise; nil or 0 when nobody knows
}

// NewDisplay makes a display that draws until ctx ends.
func NewDisplay(ctx context.Context, o DisplayOptions) *Display {
	if o.Height == nil {
		o.Height = func() int { return 0 }
	}
	return &Display{ctx: ctx, o: o}
}

// Item is one line of a Display: something that is under way.
type Item struct {
	d     *Display
	began time.Time
	text  string
	state string
	said  string    // the state written last, where nothing can be drawn over
	bytes *transfer // what is transferred, nil for anything else
}

// Add shows something that begins. It has no line before it has lasted half a second.
func (d *Display) Add(text string) *Item {
	return d.add(&Item{d: d, text: text, began: d.o.Clock.Now()})
}

func (d *Display) add(it *Item) *Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.o.Quiet {
		d.items = append(d.items, it)
		d.start()
	}
	return it
}

// Busy shows text while nothing else is under way, and a hint at the end of whatever is shown, until the function it
// gives is called.
func (d *Display) Busy(text, hint string) (over func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.o.Quiet {
		d.busy, d.hint = &Item{d: d, text: text, began: d.o.Clock.Now()}, " "+hint
		d.start()
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.put(d.erased())
		d.busy, d.hint = nil, ""
	}
}

// start has a goroutine draw, where that is possible.
func (d *Display) start() {
	if d.o.Live && !d.running {
		d.running = true
		go d.run()
	}
}

// run draws as long as there is something to show.
func (d *Display) run() {
	for d.o.Clock.Sleep(d.ctx, displayEvery) == nil {
		d.mu.Lock()
		if len(d.items) == 0 && d.busy == nil {
			d.running = false
			d.mu.Unlock()
			return
		}
		d.draw()
		d.mu.Unlock()
	}
}

// Set says what it is about now and in which state that is.
func (it *Item) Set(text, state string) {
	d := it.d
	d.mu.Lock()
	defer d.mu.Unlock()
	it.text, it.state = text, state
	if d.o.Quiet || d.o.Live || state == it.said || state == "" {
		return
	}
	if took := d.o.Clock.Now().Sub(it.began); took >= displayAfter {
		it.said = state
		d.say(fmt.Sprintf("%s is %s (%s)", text, state, clockTime(took)))
	}
}

// Done takes it off.
func (it *Item) Done() {
	d := it.d
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(it)
}

func (d *Display) remove(it *Item) {
	d.items = slices.DeleteFunc(d.items, func(o *Item) bool { return o == it })
	if len(d.items) == 0 {
		d.put(d.erased())
	}
}

// Say writes a line of its own.
func (d *Display) Say(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.say(line)
}

// say writes a line with the lock held.
func (d *Display) say(line string) {
	if d.o.Quiet {
		return
	}
	text := d.erased()
	if d.midLine {
		text += "\n"
		d.midLine = false
	}
	d.put(text + line + "\n")
}

// Start shows a transfer of total bytes, -1 when nobody knows how many. moved is to be called for each part that has
// passed, done at the end, which leaves a line.
func (d *Display) Start(what string, total int64) (moved func(n int64), done func()) {
	now := d.o.Clock.Now()
	it := d.add(&Item{d: d, began: now, bytes: &transfer{what: what, total: total, began: now, told: now}})
	moved = func(n int64) {
		d.mu.Lock()
		defer d.mu.Unlock()
		it.bytes.sum += n
		if now := d.o.Clock.Now(); !d.o.Live && now.Sub(it.bytes.told) >= transferEach {
			it.bytes.told = now
			d.say(it.bytes.line(now, false))
		}
	}
	return moved, sync.OnceFunc(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.remove(it)
		d.say(it.bytes.outcome(d.o.Clock.Now()))
	})
}

// draw puts the block on the screen, over the one that is there.
func (d *Display) draw() {
	if d.midLine || d.paused > 0 {
		return
	}
	width := d.o.Width()
	if width <= 1 {
		width = DefaultWidth
	}
	now := d.o.Clock.Now()
	d.frame++
	var rows []*Item
	for _, it := range d.items {
		if now.Sub(it.began) >= displayAfter {
			rows = append(rows, it)
		}
	}
	if b := d.busy; len(rows) == 0 && b != nil && now.Sub(b.began) >= displayAfter {
		rows = append(rows, b)
	}
	if len(rows) == 0 {
		d.put(d.erased())
		return
	}
	room := displayLines
	if h := d.o.Height(); h > 0 {
		room = max(1, min(room, h-2))
	}
	more := 0
	if len(rows) > room {
		// One line says how many there are beside: it takes the place of one.
		keep := max(1, room-1)
		rows, more = rows[:keep], len(rows)-keep
	}
	names, states := 0, 0
	for _, it := range rows {
		names, states = max(names, StringWidth(it.text)), max(states, StringWidth(it.state))
	}
	var lines []string
	for i, it := range rows {
		lines = append(lines, fmt.Sprintf("%c %s", spinner[(d.frame+i)%len(spinner)], it.line(now, min(names, width/2), states)))
	}
	tail := d.hint
	if more > 0 && room > 1 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	} else if more > 0 {
		tail = fmt.Sprintf(" (+%d)", more) + tail
	}
	was := d.rows(width)
	text := up(was)
	d.drawn = d.drawn[:0]
	for i, line := range lines {
		if i > 0 {
			text += "\r\n"
		}
		// The ^C of a key that is pressed has its place at the end.
		columns := width - 3
		if keep := columns - StringWidth(tail); i == len(lines)-1 && keep >= width/3 {
			line = Cut(line, keep) + tail
		}
		line = Cut(line, columns)
		d.drawn = append(d.drawn, StringWidth(line))
		text += line + "\x1b[K"
	}
	if below := was - len(d.drawn); below > 0 {
		text += strings.Repeat("\r\n\x1b[K", below) + fmt.Sprintf("\x1b[%dA", below)
	}
	d.put(text)
}

// line says what is under way, in columns.
func (it *Item) line(now time.Time, names, states int) string {
	if it.bytes != nil {
		return it.bytes.line(now, true)
	}
	took := fmt.Sprintf("%4d s", int(now.Sub(it.began).Seconds()))
	return Pad(Cut(it.text, names), names) + "  " + Pad(it.state, states) + took
}

// rows is how many lines of the screen the block takes: a terminal that has become narrower has laid out anew what is
// on it.
func (d *Display) rows(width int) int {
	rows := 0
	for _, w := range d.drawn {
		rows += max(1, (w+width-1)/width)
	}
	return rows
}

// up goes from the last of so many lines to the first.
func up(rows int) string {
	if rows < 2 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", rows-1)
}

// erased takes the block off the screen.
func (d *Display) erased() string {
	if len(d.drawn) == 0 {
		return ""
	}
	width := d.o.Width()
	if width <= 1 {
		width = DefaultWidth
	}
	rows := d.rows(width)
	d.drawn = nil
	// Line by line, not "to the end of the screen": that begins at a line's first cell, and tmux would then keep what the
	// screen held, at each turn.
	text := up(rows) + "\x1b[K"
	if rows > 1 {
		text += strings.Repeat("\r\n\x1b[K", rows-1) + fmt.Sprintf("\x1b[%dA", rows-1)
	}
	return text
}

func (d *Display) put(text string) {
	if text != "" {
		io.WriteString(d.o.Out, text) //nolint:errcheck // nobody can be told that telling failed
	}
}

// MidLine reports whether what was written last does not end its line.
func (d *Display) MidLine() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.midLine
}

// Wrap gives a writer to the same terminal.
func (d *Display) Wrap(w io.Writer) io.Writer { return &wrapped{d, w} }

type wrapped struct {
	d *Display
	w io.Writer
}

// Fd lets others look at the terminal behind.
func (w *wrapped) Fd() uintptr {
	if f, ok := w.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

func (w *wrapped) Write(p []byte) (int, error) {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	w.d.put(w.d.erased())
	n, err := w.w.Write(p)
	if n > 0 {
		w.d.midLine = p[n-1] != '\n'
	}
	return n, err
}

// Silence has the display show nothing from now on.
func (d *Display) Silence() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(d.erased())
	d.items, d.busy, d.o.Quiet = nil, nil, true
}

// Pause draws nothing until the function it gives is called: somebody has the terminal for himself.
func (d *Display) Pause() (resume func()) {
	add := func(n int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.put(d.erased())
		d.paused += n
	}
	add(1)
	return func() { add(-1) }
}
