package term

import (
	"fmt"
	"strings"
	"time"
)

const barWidth = 20

// transfer is an upload or a download.
type transfer struct {
	what  string
	total int64
	sum   int64
	began time.Time
	told  time.Time // when a line told of it last
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
