package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/scripts"
	"github.com/spf13/cobra"
)

// labAction is one thing to do with a lab.
type labAction struct {
	name, short, example string
	words                []string // what may stand after the lab's name
	unnamed              bool     // whether the lab may be left out: the first that is not done
	step, json, level    bool     // the options it takes
	output               bool
	own                  bool // whether it takes the options of a lab's own
}

func labActions() []labAction {
	return []labAction{
		{name: "run", short: "Do the steps that are not done yet", example: "  oslua lab run 1-4\n  oslua lab run 1-4 --step\n  oslua lab run           the first lab that is not done", unnamed: true, step: true, own: true},
		{name: "check", short: "Look which steps hold, and change nothing: exit code 3 when one does not", example: "  oslua lab check 1-4 --json", json: true, own: true},
		{name: "hint", short: "Hint at the next step", example: "  oslua lab hint 1-4\n  oslua lab hint 1-4 gateway --level 3", words: []string{"STEP"}, level: true},
		{name: "solve", short: "Show the commands of the next step: Lua, openstack and curl", example: "  oslua lab solve 1-4", words: []string{"STEP"}},
		{name: "reset", short: "Undo the lab, from its last step to its first", example: "  oslua lab reset 1-4", own: true},
		{name: "report", short: "Write a report to hand in, as Markdown: what holds now, the topology, the requests", example: "  oslua lab report 1-4 -o lab1-4.md", output: true, own: true},
	}
}

// labCommand is the course that is built into the command.
func (a *app) labCommand() *cobra.Command {
	var lang string
	checkLang := func() error {
		if lang != "" && !slices.Contains(term.Languages(), lang) {
			return usage("--lang %s: want %s", lang, strings.Join(term.Languages(), " or "))
		}
		return nil
	}
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Learn OpenStack in labs: run, check, get hints, reset",
		Long: `lab works on the course that is built in. Each lab is a list of steps, and each step looks at the cloud to see whether
it is done: do them with oslua, with the openstack command, in a browser; check tells how far you are.`,
		Example: `  oslua lab list
  oslua lab hint 1-4
  oslua lab check 1-4`,
	}
	cmd.PersistentFlags().StringVar(&lang, "lang", "", "language: en or ko (OSLUA_LANG and LANG say otherwise)")
	subs := []*cobra.Command{{
		Use:   "list",
		Short: "List the labs",
		Args:  atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLang(); err != nil {
				return err
			}
			return a.listLabs(cmd.Context(), lang)
		},
	}}
	for _, action := range labActions() {
		var step, json bool
		var level int
		var output, learner string
		own := map[string]*string{}
		words := append([]string{"NAME"}, action.words...)
		use, least := action.name+" NAME", 1
		if action.unnamed {
			use, least = action.name+" [NAME]", 0
		}
		for _, w := range action.words {
			use += " [" + w + "]"
		}
		sub := &cobra.Command{
			Use: use, Short: action.short, Example: action.example,
			Args: plainly(between(least, words...)),
			ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				if len(args) > 0 {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				return scripts.Labs(), cobra.ShellCompDirectiveNoFileComp
			},
			RunE: func(cmd *cobra.Command, args []string) error {
				if err := checkLang(); err != nil {
					return err
				}
				line := []string{action.name}
				if lang != "" {
					line = append(line, "--lang", lang)
				}
				if step {
					line = append(line, "--step")
				}
				if json {
					line = append(line, "--json")
				}
				if cmd.Flags().Changed("level") {
					line = append(line, "--level", strconv.Itoa(level))
				}
				if cmd.Flags().Changed("output") {
					line = append(line, "--output", output)
				}
				if cmd.Flags().Changed("learner") {
					line = append(line, "--learner", learner)
				}
				for name, value := range own {
					if cmd.Flags().Changed(name) {
						line = append(line, "--"+name, *value)
					}
				}
				if len(args) == 0 {
					return a.runNextLab(cmd.Context(), lang, line)
				}
				return a.runLab(cmd.Context(), args[0], append(line, args[1:]...))
			},
		}
		a.planFlag(sub, action.name)
		if action.step {
			sub.Flags().BoolVar(&step, "step", false, "stop after the first step that was done")
		}
		if action.json {
			sub.Flags().BoolVar(&json, "json", false, "print the result as JSON")
		}
		if action.level {
			sub.Flags().IntVar(&level, "level", 1, "how plain the hint is: 1, 2 or 3")
		}
		if action.output {
			sub.Flags().StringVar(&learner, "learner", "", "the name of who hands it in")
			sub.Flags().StringVarP(&output, "output", "o", "", "the file to write; standard output when left out")
		}
		if action.own {
			own["image-url"] = sub.Flags().String("image-url", "", "lab 1-2: where to download the Ubuntu image")
			own["answers"] = sub.Flags().String("answers", "", "lab 2-1: the answers, a letter for each question")
			own["image-file"] = sub.Flags().String("image-file", "", "lab 1-2: the Ubuntu image, when it is here already")
			own["list"] = sub.Flags().String("list", "", "lab 2-1: your file with a column added")
			own["outside"] = sub.Flags().String("outside", "", "lab 1-4: the address outside that the server tries")
		}
		subs = append(subs, sub)
	}
	return group(cmd, subs...)
}

// plainly names a dash that a web page made of "--" before it is taken for a word.
func plainly(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		for _, a := range args {
			if r, size := utf8.DecodeRuneInString(a); isTypographicDash(r) {
				return usage("%s begins with a typographic dash (%c, U+%04X), not with \"--\"", a, r, r).
					withHint("type it again: --%s", strings.TrimLeft(a[size:], "-"))
			}
		}
		return check(cmd, args)
	}
}

// runLab runs a lab of the course with the arguments of its script.
func (a *app) runLab(ctx context.Context, name string, args []string) error {
	file, code, ok := scripts.Lab(name)
	if !ok {
		e := usage("there is no lab %q", name)
		if near := schema.Nearest(strings.TrimSuffix(strings.TrimPrefix(name, "lab"), ".lua"), scripts.Labs()); near != "" {
			return e.withHint("did you mean %s?", near)
		}
		return e.withHint("oslua lab list shows them: %s", strings.Join(scripts.Labs(), ", "))
	}
	return a.runSource(ctx, "lab "+args[0]+" "+strings.TrimSuffix(strings.TrimPrefix(file, "lab"), ".lua"), file, code, args)
}

// listLabs prints what labs there are. They are asked themselves, for their titles.
func (a *app) listLabs(ctx context.Context, lang string) error {
	return a.runSource(ctx, "lab list", "labs", course+`require("lab").list(labs, { lang = words[1] })`, append([]string{lang, "0"}, sources()...))
}

// runNextLab runs the first lab that is not done, as far as is remembered.
func (a *app) runNextLab(ctx context.Context, lang string, line []string) error {
	const run = `local lab = require "lab"
local this = lab.next(labs, { lang = words[1] })
if this then lab.main(this, unpack(words, 3, 2 + words[2])) end`
	return a.runSource(ctx, "lab run", "labs", course+run, append(append([]string{lang, strconv.Itoa(len(line))}, line...), sources()...))
}

// course makes the labs of a script's arguments: the language, how many more are not sources, these, and the sources.
const course = `local words, labs = { ... }, {}
for i = 3 + words[2], #words, 2 do labs[#labs + 1] = assert(loadstring(words[i + 1], "=" .. words[i]))() end
`

// sources are the labs, each its file's name and its code.
func sources() (all []string) {
	for _, name := range scripts.Labs() {
		file, code, _ := scripts.Lab(name)
		all = append(all, file, code)
	}
	return all
}

// runSource runs a script that is built in; run is what the journal calls it.
func (a *app) runSource(ctx context.Context, run, name, code string, args []string) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	if a.onlyPlan {
		return a.planned(ctx, o, planning{}, func(ctx context.Context, rt *oslua.Runtime) error {
			return rt.RunString(ctx, name, code, args...)
		})
	}
	if err := a.checkOnError(); err != nil {
		return err
	}
	o.RunName = run
	rt, err := oslua.New(o)
	if err != nil {
		return err
	}
	err = rt.RunString(ctx, name, code, args...)
	if errs.CodeOf(err) == checkFailed && a.onError == "" {
		// What a lab made is to stay until the learner has found what is wrong: to say how it goes would mislead.
		return errors.Join(err, rt.Close())
	}
	return a.close(ctx, rt, err)
}
