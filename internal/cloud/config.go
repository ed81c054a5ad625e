package cloud

import (
	"crypto/tls"
	"maps"
	"slices"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/oslua/oslua/engine/errs"
)

// Source says where a configuration came from.
type Source string

// The sources of a configuration.
const (
	SourceNone        Source = ""            // nothing is configured: the caller starts the built-in simulator
	SourceFile        Source = "clouds.yaml" // a cloud of clouds.yaml
	SourceEnvironment Source = "environment" // OS_*
	SourceValues      Source = "values"      // given by the caller
)

// LoadOptions says where Load looks. Nothing is taken from the process itself, so a test decides all of it.
type LoadOptions struct {
	Cloud     string                       // from --cloud; wins over OS_CLOUD
	LookupEnv func(string) (string, bool)  // os.LookupEnv; nothing is set when nil
	WorkDir   string                       // the current directory: first place for clouds.yaml; "" for none
	Home      string                       // the user's home directory; "" for none
	GOOS      string                       // runtime.GOOS: decides the standard places
	SystemDir string                       // in place of /etc/openstack
	Overrides map[string]string            // by the names Explain shows ("region_name"), as flags and auth.connect set them
	ReadFile  func(string) ([]byte, error) // os.ReadFile when nil
}

// envCloud is how openstacksdk calls the cloud that OS_* make.
const envCloud = "envvars"

// Config is everything a Connection needs to know. Load and FromValues make it; the fields are for reading.
type Config struct {
	Source     Source
	Cloud      string   // the name chosen, "" for OS_*
	CloudNames []string // the clouds of clouds.yaml, sorted, for completion and hints
	Notice     string   // one sentence worth telling, "" for none: a clouds.yaml is there but no cloud is chosen

	AuthType  string // password, token, application_credential, totp, multifactor or one of v3oidc…
	AuthURL   string // as given
	UserName  string
	UserID    string
	Project   string // name or ID, for showing
	Region    string // "" for any
	Interface string // public, internal or admin

	settings map[string]*Setting
	plain    map[string]string // the same values, unmasked
	unused   []string          // OS_* that are set and do not count
	auth     gophercloud.AuthOptions
	tls      *tls.Config
}

// Setting is one value of the configuration and where it came from.
type Setting struct {
	Name      string
	Value     string    // secrets are masked
	Source    string    // "OS_USERNAME", or a file, line and key
	Overrides []Setting // the values it hides
}

// Load finds the configuration. With nothing configured Source is SourceNone; what is configured but cannot be used is
// an error.
//
// A cloud is chosen by --cloud, then by OS_CLOUD; the values are that cloud's in clouds.yaml, secure.yaml over it and
// its profile of clouds-public.yaml under it. Beside a chosen cloud only OS_REGION_NAME and OS_INTERFACE override
// something, and a secret the files lack is taken from OS_PASSWORD and its like: the rest of a sourced openrc speaks
// of another cloud. Without a chosen cloud OS_* must be complete. A clouds.yaml alone chooses nothing, not even when
// it has a single cloud.
//
// Beside an error about a value there is a Config still, for Explain alone.
func Load(o LoadOptions) (*Config, error) {
	l := newLoader(o)
	name, chosenBy := o.Cloud, "--cloud"
	if name == "" {
		name, chosenBy = l.env("OS_CLOUD"), "OS_CLOUD"
	}
	switch {
	case name != "" && name != envCloud:
		if err := l.loadCloud(name, chosenBy); err != nil {
			return nil, err
		}
	case name == envCloud || l.hasCredentials():
		l.cfg.Source = SourceEnvironment
		// Only for completion: a clouds.yaml that is broken does not matter beside a complete openrc.
		l.cfg.CloudNames, _, _ = l.cloudNames()
		for _, v := range variables {
			if val := l.env(v.env); val != "" {
				l.set(v.key, val, v.env)
			}
		}
		l.setServiceVariables()
	case o.Overrides["auth_url"] != "":
		l.cfg.Source = SourceValues
	default:
		names, where, err := l.cloudNames()
		l.cfg.CloudNames = names
		// A file nobody asked for is no reason to stop: it is told, not raised.
		switch {
		case err != nil:
			l.cfg.Notice = err.Error()
		case len(names) > 0:
			l.cfg.Notice = where + " found; choose with --cloud NAME (" + alternatives(names) + ")"
		}
		return l.cfg, nil
	}
	if err := l.override(); err != nil {
		return l.cfg, err
	}
	return l.cfg, l.resolve()
}

// FromValues makes a configuration of values by the names clouds.yaml uses ("auth_url", "username", "region_name"). The
// source is what Explain shows: "built-in simulator".
func FromValues(source string, values map[string]string) (*Config, error) {
	l := newLoader(LoadOptions{})
	l.cfg.Source = SourceValues
	for _, k := range slices.Sorted(maps.Keys(values)) {
		l.set(k, values[k], source)
	}
	if err := l.resolve(); err != nil {
		return nil, err
	}
	return l.cfg, nil
}

// Value is a setting's value as it is used, secrets included, "" when it is not set.
func (c *Config) Value(name string) string { return c.plain[name] }

// source is where a setting came from, for messages.
func (c *Config) source(name string) string {
	if s := c.settings[name]; s != nil {
		return s.Source
	}
	return ""
}

// secrets are the values that must never be shown.
func (c *Config) secrets() []string {
	var out []string
	for k, v := range c.plain {
		if isSecret(k) && v != "" {
			out = append(out, v)
		}
	}
	return out
}

func configError(format string, args ...any) *errs.Error {
	return errs.New(errs.Config, format, args...)
}
