package plan

import (
	"testing"
	"time"
)

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		3 * time.Second: "3s", 3 * time.Minute: "3m", time.Hour: "1h", time.Hour + 30*time.Second: "1h0m30s", 90 * time.Second: "1m30s",
		10 * time.Minute: "10m", 10 * time.Hour: "10h", 1500 * time.Millisecond: "2s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
