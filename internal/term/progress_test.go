package term

import (
	"strings"
	"testing"
	"time"
)

func progressOn(b *strings.Builder, live bool, width int, at *time.Time) *Progress {
	p := NewProgress(b, false, func() time.Time { return *at })
	p.live, p.width = live, func() int { return width }
	return p
}

func TestProgressOnATerminal(t *testing.T) {
	var b strings.Builder
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	p := progressOn(&b, true, 120, &at)
	moved, done := p.Start("uploading 우분투", 100<<20)
	at = at.Add(time.Second)
	moved(25 << 20)
	moved(1) // too soon for another
	at = at.Add(3 * time.Second)
	moved(75<<20 - 1)
	done()
	done()
	got := strings.Split(b.String(), "\r")
	want := []string{
		"",
		"uploading 우분투: [=====               ]  25 %  25.0 MiB of 100.0 MiB  25.0 MiB/s  0:03 left",
		"uploading 우분투: [====================] 100 %  100.0 MiB of 100.0 MiB  25.0 MiB/s         ",
		"uploading 우분투: 100.0 MiB in 0:04 (25.0 MiB/s)",
	}
	for i := range want {
		if i >= len(got) || strings.TrimSpace(got[i]) != strings.TrimSpace(want[i]) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if !strings.HasSuffix(b.String(), "\n") || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("got %q, want one line in the end", b.String())
	}
	if len(got) != len(want) {
		t.Errorf("painted %d times, want %d", len(got), len(want))
	}
}

func TestProgressIsNoWiderThanTheTerminal(t *testing.T) {
	var b strings.Builder
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	moved, _ := progressOn(&b, true, 30, &at).Start("uploading 우분투", 100<<20)
	at = at.Add(time.Second)
	moved(1 << 20)
	if w := StringWidth(strings.TrimPrefix(b.String(), "\r")); w > 29 || w < 28 {
		t.Errorf("%q is %d columns wide", b.String(), w)
	}
}

func TestProgressElsewhere(t *testing.T) {
	var b strings.Builder
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	p := progressOn(&b, false, 0, &at)
	moved, done := p.Start("downloading x", 1<<30)
	for range 25 {
		at = at.Add(time.Second)
		moved(10 << 20)
	}
	done()
	want := `downloading x:  10 %  100.0 MiB of 1.0 GiB  10.0 MiB/s  1:32 left
downloading x:  20 %  200.0 MiB of 1.0 GiB  10.0 MiB/s  1:22 left
downloading x: 250.0 MiB of 1.0 GiB, stopped
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	moved, done = p.Start("passing on y", -1)
	moved(5)
	done()
	if b.String() != "passing on y: 5 B\n" {
		t.Errorf("got %q", b.String())
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB", 3 << 30: "3.0 GiB", 5 << 50: "5.0 PiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}
