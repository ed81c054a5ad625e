package cloud

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// order is how a reader wants the settings; others follow by name.
var order = []string{
	"cloud", "profile", "auth_type", "auth_url", "username", "user_id", "user_domain_name", "user_domain_id", "password",
	"identity_provider", "protocol", "client_id", "client_secret", "openid_scope", "discovery_endpoint", "access_token_endpoint",
	"access_token_type", "access_token", "passcode", "token", "application_credential_id", "application_credential_name", "application_credential_secret",
	"project_name", "project_id", "project_domain_name", "project_domain_id", "domain_name", "domain_id",
	"default_domain", "default_domain_name", "default_domain_id", "system_scope", "trust_id", "region_name", "interface",
	"verify", "insecure", "cacert", "cert", "key", "identity_api_version",
	"rate_limit", "concurrency",
}

// Explain lists the settings in the order a reader wants them. Variables that are set and do not count come last, under
// the name "unused".
func (c *Config) Explain() []Setting {
	names := slices.Sorted(maps.Keys(c.settings))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	out := make([]Setting, 0, len(names)+1)
	for _, n := range names {
		s := *c.settings[n]
		s.Overrides = slices.Clone(s.Overrides)
		out = append(out, s)
	}
	if len(c.unused) > 0 {
		out = append(out, Setting{Name: "unused", Value: strings.Join(c.unused, ", "), Source: "environment, beside the chosen cloud"})
	}
	return out
}

func rank(name string) int {
	name, _, _ = strings.Cut(name, ".") // rate_limit.compute stands beside rate_limit
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}

// WriteExplanation prints Explain for people, one setting a line.
func (c *Config) WriteExplanation(w io.Writer) error {
	var b bytes.Buffer
	if c.Source == SourceNone {
		fmt.Fprintln(&b, "No cloud is configured.")
	}
	if c.Notice != "" {
		fmt.Fprintln(&b, c.Notice)
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range c.Explain() {
		if s.Name == "unused" {
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Name, s.Value, s.Source)
		for _, o := range s.Overrides {
			fmt.Fprintf(t, "\t\toverrides %s from %s\n", o.Value, o.Source)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(c.unused) > 0 {
		fmt.Fprintf(&b, "Set, but of no effect beside the chosen cloud: %s\n", strings.Join(c.unused, ", "))
	}
	_, err := w.Write(b.Bytes())
	return err
}
