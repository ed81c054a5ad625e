package stdlib_test

import (
	"bytes"
	"testing"

	"github.com/oslua/oslua"
)

// TestLua runs the test functions that testdata/*_test.lua return, each in a machine of its own.
func TestLua(t *testing.T) {
	for _, name := range []string{
		"run_does_what_is_missing", "run_again_changes_nothing", "run_mends_what_is_wrong_and_is_told_why",
		"a_failed_step_ends_the_run_with_its_error", "a_check_that_cannot_be_mended_is_a_failed_check",
		"check_changes_nothing_and_says_what_holds", "a_step_is_not_looked_at_before_what_it_needs",
		"reset_undoes_in_reverse_what_is_there", "a_description_is_checked",
		"what_the_cloud_has_not_is_passed_over", "what_needs_a_step_that_was_passed_over_is_passed_over_too", "run_step_stops_after_one",
		"hint_and_solve_are_about_the_next_step_and_change_nothing", "options_of_a_labs_own_reach_its_steps",
	} {
		t.Run(name, func(t *testing.T) { run(t, `require("lab_test").`+name+`()`) })
	}
	run(t, `
		local n = 0
		for _ in pairs(require "lab_test") do n = n + 1 end
		assert(n == 14, n .. " tests are in lab_test.lua, 14 are run")`)
}

func TestText(t *testing.T) {
	got := run(t, `
		local text = require "text"
		print(text.width("서울"), text.pad("서울", 6) .. "|", text.pad("longer", 3))
		print(text.table({ { "서울", "a" }, { "b", "c" } }, { header = { "H", "I" } }))`)
	want := "4\t서울  |\tlonger\n" +
		"+------+---+\n| H    | I |\n+------+---+\n| 서울 | a |\n| b    | c |\n+------+---+\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// run gives what code printed; an error fails the test.
func run(t *testing.T, code string) string {
	t.Helper()
	var out bytes.Buffer
	r, err := oslua.New(oslua.Options{Stdout: &out, Path: []string{"testdata"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := r.RunString(t.Context(), "test", code); err != nil {
		t.Error(err)
	}
	return out.String()
}
