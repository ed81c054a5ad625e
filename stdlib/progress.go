package stdlib

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
)

// Place is where a script works: what it does in one it has not done in another.
type Place struct {
	Cloud   string // its name, or its address
	Project string
}

// Options say what the modules written in Go work on.
type Options struct {
	Getenv   func(string) string
	StateDir string            // where progress is kept; "" keeps none
	Place    func() Place      // where the script works now; nil is nowhere in particular
	Notice   func(line string) // told when progress cannot be kept; nil for nobody
	Clock    clock.Clock       // nil is the real time
	Width    func() int        // of the terminal that scripts print on, 0 for none; nil is none
}

// record is what is remembered of a lab, in a file of its own.
type record struct {
	Cloud   string               `json:"cloud"`
	Project string               `json:"project"`
	Lab     string               `json:"lab"`
	Steps   int                  `json:"steps"`
	Holds   []string             `json:"holds"` // when last looked at
	Looked  *time.Time           `json:"looked,omitempty"`
	First   map[string]time.Time `json:"first"` // when each step was first done; a reset leaves it
	Hints   map[string]int       `json:"hints"` // the plainest hint that was asked for, by step
}

func progressModule(o Options) schema.Module {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	p := progress{o}
	returns := schema.Returns("progress", "table", "holds (the steps that held when last looked at), steps (how many there are), looked, first (by step, when it was "+
		"first done) and hints (by step, the plainest hint asked for); times as 2026-11-22T19:30:00Z.")
	return schema.Module{
		Name: "progress",
		Doc: "How far the labs of the course have been done, by cloud, project and lab: a small file each in the state directory. It is a memory for people: " +
			"whether a step holds only the cloud knows, and lab.check asks it.",
		Funcs: []schema.Func{
			schema.Fn("get", "What is remembered of a lab.", p.get, returns,
				schema.Example(`print(#require("progress").get("1-4").holds)`)),
			schema.Fn("looked", "Remember which steps of a lab hold now.", p.looked, returns,
				schema.Example(`require("progress").looked("1-4", { holds = { "network" }, steps = 8 })`)),
			schema.Fn("hinted", "Remember that a hint was asked for.", p.hinted, returns,
				schema.Example(`require("progress").hinted("1-4", { step = "gateway", level = 2 })`)),
		},
	}
}

type progress struct{ Options }

type aLab struct {
	Lab string `lua:"lab,arg,required" doc:"The lab's id."`
}

type lookedAt struct {
	aLab
	Holds []string `lua:"holds,required" doc:"The steps that hold."`
	Steps int      `lua:"steps,required" doc:"How many steps the lab has."`
}

type hintedAt struct {
	aLab
	Step  string `lua:"step,required" doc:"The step's id."`
	Level int    `lua:"level,required" doc:"How plain the hint was, 1 to 3."`
}

func (p progress) get(_ context.Context, in aLab) (schema.Raw, error) {
	_, r, err := p.read(in.Lab)
	if err != nil {
		return schema.Raw{}, err
	}
	return raw(r)
}

func (p progress) looked(_ context.Context, in lookedAt) (schema.Raw, error) {
	return p.change(in.Lab, func(r *record, now time.Time) {
		r.Holds, r.Steps, r.Looked = in.Holds, in.Steps, &now
		for _, step := range in.Holds {
			if _, done := r.First[step]; !done {
				r.First[step] = now
			}
		}
	})
}

func (p progress) hinted(_ context.Context, in hintedAt) (schema.Raw, error) {
	return p.change(in.Lab, func(r *record, _ time.Time) { r.Hints[in.Step] = max(r.Hints[in.Step], in.Level) })
}

// change remembers something. That it cannot is told and no more: the lab goes on without.
func (p progress) change(lab string, what func(r *record, now time.Time)) (schema.Raw, error) {
	file, r, err := p.read(lab)
	if err != nil {
		return schema.Raw{}, err
	}
	what(&r, p.Clock.Now().UTC().Truncate(time.Second))
	if file != "" {
		if err := save(file, r); err != nil {
			p.notify("the progress of lab " + lab + " cannot be kept: " + err.Error())
		}
	}
	return raw(r)
}

func raw(r record) (schema.Raw, error) {
	text, err := json.Marshal(r)
	return schema.Raw{JSON: text}, err
}

func (p progress) notify(line string) {
	if p.Notice != nil {
		p.Notice(line)
	}
}

// labName is what a lab may be called to be remembered: its name is part of a file's.
var labName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// read gives what is known of a lab here, and the file that has it: none where nothing is kept.
func (p progress) read(lab string) (file string, r record, err error) {
	if !labName.MatchString(lab) {
		return "", r, errs.New(errs.BadArgument, "%q is no name of a lab", lab)
	}
	var place Place
	if p.Place != nil {
		place = p.Place()
	}
	fresh := record{Cloud: place.Cloud, Project: place.Project, Lab: lab, Holds: []string{}, First: map[string]time.Time{}, Hints: map[string]int{}}
	if p.StateDir == "" {
		return "", fresh, nil
	}
	key := sha256.Sum256([]byte(place.Cloud + "\x00" + place.Project))
	file = filepath.Join(p.StateDir, "labs", "lab"+lab+"-"+hex.EncodeToString(key[:6])+".json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return file, fresh, nil
	}
	r = fresh
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		p.notify("what was remembered of lab " + lab + " cannot be read, and begins anew: " + strings.ReplaceAll(err.Error(), "\n", " "))
		return file, fresh, nil
	}
	// A file somebody edited may lack anything.
	r.Cloud, r.Project, r.Lab = fresh.Cloud, fresh.Project, lab
	if r.Holds == nil {
		r.Holds = fresh.Holds
	}
	if r.First == nil {
		r.First = fresh.First
	}
	if r.Hints == nil {
		r.Hints = fresh.Hints
	}
	slices.Sort(r.Holds)
	return file, r, nil
}

// save writes a whole new file in the old one's place, so that nobody ever sees half of one.
func save(file string, r record) (err error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".progress-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
