package cloud

import "io"

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
	Home      string                       // the user's home directory
	GOOS      string                       // runtime.GOOS: decides the standard places
	SystemDir string                       // /etc/openstack when "" and the system has one
	Overrides map[string]string            // by the names Explain shows ("region_name"), as flags set them
	ReadFile  func(string) ([]byte, error) // os.ReadFile when nil
}

// Config is everything a Connection needs to know. Load or FromValues make it; the fields are for reading.
type Config struct {
	Source     Source
	Cloud      string   // the name chosen, "" for OS_*
	CloudNames []string // the clouds of clouds.yaml, sorted, for completion and hints
	Notice     string   // one sentence worth telling, "" for none: a clouds.yaml is there but no cloud is chosen

	AuthType  string // password, token, application_credential, totp
	AuthURL   string // as given
	UserName  string
	UserID    string
	Project   string // name or ID, for showing
	Region    string
	Interface string // public, internal, admin
}

// Load finds the configuration. With nothing configured Source is SourceNone; what is configured but cannot be used is
// an error.
func Load(o LoadOptions) (*Config, error) { panic("not written yet") }

// FromValues makes a configuration of values by the names clouds.yaml uses ("auth_url", "username", "region_name"). The
// source is what Explain shows: "built-in simulator".
func FromValues(source string, values map[string]string) (*Config, error) {
	panic("not written yet")
}

// Setting is one value of the configuration and where it came from.
type Setting struct {
	Name      string
	Value     string    // secrets are masked
	Source    string    // "/home/me/.config/openstack/clouds.yaml:7, clouds.lab.auth.username" or "OS_USERNAME"
	Overrides []Setting // what the value hides
}

// Explain lists the settings in the order a reader wants them.
func (c *Config) Explain() []Setting { panic("not written yet") }

// WriteExplanation prints Explain for people.
func (c *Config) WriteExplanation(w io.Writer) error { panic("not written yet") }
