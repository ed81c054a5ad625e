package cli

import (
	"github.com/oslua/oslua"
	"github.com/spf13/cobra"
)

// authCommand tells how the cloud is reached.
func (a *app) authCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "auth",
		Short: "How the cloud is reached",
	}, &cobra.Command{
		Use:   "explain",
		Short: "Say which file and variable gave each value, secrets masked",
		Args:  atMost(),
		RunE: func(*cobra.Command, []string) error {
			o, err := a.options()
			if err != nil {
				return err
			}
			rt, err := oslua.New(o)
			if err != nil {
				return err
			}
			defer rt.Close()
			return rt.Explain(a.out)
		},
	})
}

// completeClouds completes the names of clouds.yaml.
func (a *app) completeClouds(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	o, err := a.options()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := oslua.Clouds(o)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
