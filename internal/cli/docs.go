package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/schema"
	"github.com/spf13/cobra"
)

// typesCommand writes the stubs with which an editor completes and checks scripts.
func (a *app) typesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "types [DIR]",
		Short: "Write LuaCATS stubs for editors",
		Long: `types writes a stub for each module into DIR (types when not given). Editors with the Lua language server
complete and check scripts by them: add DIR to "workspace.library" in .luarc.json.`,
		Example: `  oslua types .oslua/types`,
		Args:    atMost("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "types"
			if len(args) > 0 {
				dir = args[0]
			}
			mods, err := modules()
			if err != nil {
				return err
			}
			if err := schema.WriteStubs(dir, mods); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%d files in %s\n", len(schema.Stubs(mods)), dir)
			return err
		},
	}
}

// docCommand prints the reference.
func (a *app) docCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doc [NAME]...",
		Short: "Show the reference of a module or a function",
		Example: `  oslua doc
  oslua doc networks.create
  oslua doc floating ip`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			mods, err := modules()
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return topics(mods), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			mods, err := modules()
			if err != nil {
				return err
			}
			topic := strings.Join(args, " ")
			text := strings.TrimRight(schema.Help(mods, topic), "\n")
			if strings.HasPrefix(text, "Nothing is known about") {
				return usage("%s", text)
			}
			_, err = io.WriteString(a.out, text+"\n")
			return err
		},
	}
}

// modules describes what scripts can use; no cloud is needed for that.
func modules() ([]schema.Module, error) {
	rt, err := oslua.New(oslua.Options{})
	if err != nil {
		return nil, err
	}
	mods := rt.Modules()
	return mods, rt.Close()
}

// topics are the modules and functions there is help for.
func topics(mods []schema.Module) []string {
	var names []string
	for _, m := range mods {
		names = append(names, m.Name)
		for _, f := range m.Funcs {
			names = append(names, m.Name+"."+f.Name)
		}
	}
	return names
}

// completionCommand prints the script that teaches a shell to complete oslua's command line.
func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Example: `  source <(oslua completion bash)
  oslua completion fish > ~/.config/fish/completions/oslua.fish`,
		Args:      exactly("SHELL"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			e := usage("no completion for a shell called %q", args[0])
			if near := schema.Nearest(args[0], shells); near != "" {
				return e.withHint("did you mean %s?", near)
			}
			return e.withHint("there is one for %s", strings.Join(shells, ", "))
		},
	}
}

// versionCommand prints the version.
func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  atMost(),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, oslua.Version())
			return err
		},
	}
}
