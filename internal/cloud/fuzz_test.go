package cloud

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oslua/oslua/engine/errs"
)

// FuzzClouds feeds Load any clouds.yaml: it gives a configuration or a config error, and never shows the password.
func FuzzClouds(f *testing.F) {
	f.Add(labYAML)
	f.Add("clouds: &c\n  lab: &l {auth: {auth_url: http://x, <<: *l}, regions: [a, {name: b, values: {x: *c}}]}\n")
	f.Add("clouds:\n  lab:\n    <<: [*a, *b]\n    auth: {auth_url: 'http://u:p@x', username: 1, password: ~}\n")
	f.Fuzz(func(t *testing.T, doc string) {
		cfg, err := load(files{"/project/clouds.yaml": doc}, nil, "lab")
		if err != nil && errs.CodeOf(err) != errs.Config {
			t.Fatalf("%T %v", err, err)
		}
		if cfg != nil {
			var out strings.Builder
			if err := cfg.WriteExplanation(&out); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzFault feeds the reader of error bodies anything: it gives one line of valid text.
func FuzzFault(f *testing.F) {
	f.Add([]byte(`{"NeutronError": {"type": "x", "message": "a<br />b"}}`))
	f.Add([]byte("<html><head><title>502</title></head><body><h1>502</h1>x</body></html>"))
	f.Add([]byte(`{"errors": [{"detail": null}], "a": "b"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, _ := readFault(body)
		if s = shorten(s); strings.ContainsAny(s, "\n\r") || !utf8.ValidString(s) {
			t.Errorf("%q", s)
		}
		maskBody(body)
	})
}
