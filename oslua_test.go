package oslua_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua"
)

func TestNoCloudIsStartedForNothing(t *testing.T) {
	dir := t.TempDir()
	var notices []string
	rt, err := oslua.New(oslua.Options{StateDir: dir, Notice: func(l string) { notices = append(notices, l) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.RunString(t.Context(), "t", `local n = require "networks"`); err != nil {
		t.Fatal(err)
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 || len(notices) != 0 {
		t.Errorf("a script that used no cloud left %v and said %q (%v)", left, notices, err)
	}
}

func TestStateIsKept(t *testing.T) {
	dir := t.TempDir()
	for i, code := range []string{`require("networks").create { name = "kept" }`, `print(require("networks").get("kept").name)`} {
		var out bytes.Buffer
		var notices []string
		rt, err := oslua.New(oslua.Options{StateDir: dir, Stdout: &out, Notice: func(l string) { notices = append(notices, l) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.RunString(t.Context(), "t", code); err != nil {
			t.Fatal(err)
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if len(notices) != 1 || !strings.Contains(notices[0], "built-in simulator") {
			t.Errorf("notices %q, want one that names the simulator", notices)
		}
		if i == 1 && out.String() != "kept\n" {
			t.Errorf("the second run printed %q", out.String())
		}
	}
}

func TestStateThatCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rt, err := oslua.New(oslua.Options{StateDir: file})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	err = rt.RunString(t.Context(), "t", `require("networks").list()`)
	var e *oslua.Error
	if !errors.As(err, &e) || e.Hint == "" || !strings.Contains(e.Message, file) {
		t.Errorf("got %+v, want an error that names %s, with a hint", err, file)
	}
}

func TestConfigurationThatCannotBeUsed(t *testing.T) {
	env := map[string]string{"OS_CLOUD": "nosuch"}
	_, err := oslua.New(oslua.Options{
		Home:      t.TempDir(),
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	var e *oslua.Error
	if !errors.As(err, &e) || e.Code != "config" || !strings.Contains(e.Message, "nosuch") {
		t.Errorf("got %+v, want a config error that names the cloud", err)
	}
}

func TestConnectOnTheBuiltinCloud(t *testing.T) {
	var out bytes.Buffer
	rt, err := oslua.New(oslua.Options{Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	err = rt.RunString(t.Context(), "t", `
		local other = require("auth").connect { project_name = "demo", interface = "internal" }
		local net = other.networks.create { name = "made-there" }
		print(require("networks").get("made-there").id == net.id)
	`)
	if err != nil || out.String() != "true\n" {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}

func TestModulesAreSortedAndDescribed(t *testing.T) {
	rt, err := oslua.New(oslua.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	have := map[string]bool{}
	for _, m := range rt.Modules() {
		have[m.Name] = true
		if m.Doc == "" {
			t.Errorf("module %s has no description", m.Name)
		}
	}
	for _, name := range []string{"auth", "lab", "networks", "ports", "routers", "subnets", "task", "text"} {
		if !have[name] {
			t.Errorf("there is no module %s", name)
		}
	}
}
