package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestArrange(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "--"},
		{"x.lua", "-- x.lua"},
		{"x.lua a b", "-- x.lua a b"},
		{"x.lua --cloud devstack", "--cloud devstack -- x.lua"},
		{"--cloud devstack x.lua", "--cloud devstack -- x.lua"},
		{"x.lua a --cloud=devstack b --quiet", "--cloud=devstack --quiet -- x.lua a b"},
		{"x.lua --trace a", "--trace -- x.lua a"},
		{"x.lua --trace=curl a", "--trace=curl -- x.lua a"},
		{"x.lua --lang ko -v -e", "-- x.lua --lang ko -v -e"},
		{"x.lua -- --cloud devstack", "-- x.lua --cloud devstack"},
		{"-- x.lua --cloud devstack", "-- x.lua --cloud devstack"},
		{"x.lua -- a -- b", "-- x.lua a -- b"},
		{"-e code a --quiet b", "-e code --quiet -- a b"},
		{"-ecode a", "-e code -- a"},
		{"-e --cloud", "-e --cloud --"},
		{"-i x.lua", "-i -- x.lua"},
		{"- a", "-- - a"},
		{"x.lua - a", "-- x.lua - a"},
		{"x.lua --help", "-- x.lua --help"},
		{"--help", "--help --"},
		{"auth explain --cloud x", "auth explain --cloud x"},
		{"--cloud x auth explain", "--cloud x auth explain"},
		{"x.lua auth", "-- x.lua auth"},
		{"x.lua —lang ko", "-- x.lua —lang ko"},
		{"__complete au", "__complete au"},
		{"-e code -c name -c id a", "-e code -c name -c id -- a"},
		{"-c name -e code", "-c name -e code --"},
		{"x.lua -c name", "-- x.lua -c name"},
		{"--execute code a", "--execute code -- a"},
		{"explain x.lua a --cloud b --lang ko", "explain --cloud b -- x.lua a --lang ko"},
		{"--cloud b explain --lang ko x.lua a", "explain --cloud b --lang ko -- x.lua a"},
		{"explain -e code a", "explain -e code -- a"},
		{"x.lua explain", "-- x.lua explain"},
		{"plan x.lua a --check --quiet --lang ko", "plan --check --quiet -- x.lua a --lang ko"},
		{"plan --json x.lua -- --check", "plan --json -- x.lua --check"},
		{"x.lua --check", "-- x.lua --check"},
		{"explain x.lua --check", "explain -- x.lua --check"},
	} {
		got, err := arrangeWords(tt.in)
		if err != nil || !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("arrange(%s) = %q, %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func TestArrangeErrors(t *testing.T) {
	for _, tt := range []struct{ in, message, hint string }{
		{"--clod devstack x.lua", "unknown option --clod", "did you mean --cloud?"},
		{"-cloud devstack x.lua", "unknown option -cloud", "did you mean --cloud?"},
		{"--trase x.lua", "unknown option --trase", "did you mean --trace?"},
		{"-z x.lua", "unknown option -z", "oslua --help"},
		{"--cloud", "option --cloud needs a value", ""},
		{"x.lua --cloud", "option --cloud needs a value", ""},
		{"-e", "option -e needs the code", ""},
		{"—cloud devstack x.lua", "typographic dash", "--cloud"},
		{"x.lua —cloud devstack", "typographic dash", "--cloud"},
		{"x.lua –—cloud=devstack", "typographic dash", "--cloud=devstack"},
		{"–e code", "typographic dash", "-e"},
		{"auth explain —cloud x", "typographic dash", "--cloud"},
	} {
		_, err := arrangeWords(tt.in)
		var bad *usageError
		if !errors.As(err, &bad) || !strings.Contains(bad.message, tt.message) || !strings.Contains(bad.hint, tt.hint) {
			t.Errorf("arrange(%s): %+v, want %q with hint %q", tt.in, err, tt.message, tt.hint)
		}
	}
}

func arrangeWords(line string) ([]string, error) {
	root := (&app{}).command()
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	scripted := map[string]*pflag.FlagSet{"explain": (&app{}).explainCommand().Flags(), "plan": (&app{}).planCommand().Flags()}
	return arrange(strings.Fields(line), root.PersistentFlags(), root.Flags(), func(word string) bool {
		return word == "auth" || word == "__complete"
	}, scripted)
}
