package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/errs"
)

// files is a file system, vars an environment.
type (
	files map[string]string
	vars  map[string]string
)

func (f files) read(path string) ([]byte, error) {
	if s, ok := f[filepath.ToSlash(path)]; ok {
		return []byte(s), nil
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

func (v vars) lookup(name string) (string, bool) { s, ok := v[name]; return s, ok }

func load(f files, v vars, cloud string) (*Config, error) {
	return Load(LoadOptions{Cloud: cloud, LookupEnv: v.lookup, WorkDir: "/project", Home: "/home/me", GOOS: "linux", ReadFile: f.read})
}

// openrc is what a sourced openrc sets.
func openrc(more vars) vars {
	v := vars{
		"OS_AUTH_URL": "http://c:5000/v3", "OS_USERNAME": "demo", "OS_PASSWORD": "pw-of-env", "OS_PROJECT_NAME": "demo",
		"OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default",
	}
	maps.Copy(v, more)
	return v
}

const labYAML = `
clouds:
  lab:
    auth:
      auth_url: http://lab:5000
      username: ann
      password: pw-of-file
      project_name: p1
    region_name: North
  nopw:
    auth: {auth_url: http://lab:5000, username: ann, project_id: "0042"}
`

func TestLoadPicksTheSource(t *testing.T) {
	inCwd := files{"/project/clouds.yaml": labYAML}
	tests := []struct {
		name  string
		files files
		env   vars
		cloud string
		want  Source
		user  string
	}{
		{"nothing", nil, nil, "", SourceNone, ""},
		{"variables of no cloud", nil, vars{"OS_REGION_NAME": "x", "OS_CACERT": "/x"}, "", SourceNone, ""},
		{"empty variables", nil, vars{"OS_USERNAME": "", "OS_CLOUD": ""}, "", SourceNone, ""},
		{"clouds.yaml alone", inCwd, nil, "", SourceNone, ""},
		{"openrc", nil, openrc(nil), "", SourceEnvironment, "demo"},
		{"openrc beside clouds.yaml", inCwd, openrc(nil), "", SourceEnvironment, "demo"},
		{"--cloud", inCwd, nil, "lab", SourceFile, "ann"},
		{"OS_CLOUD", inCwd, vars{"OS_CLOUD": "lab"}, "", SourceFile, "ann"},
		{"OS_CLOUD over openrc", inCwd, openrc(vars{"OS_CLOUD": "lab"}), "", SourceFile, "ann"},
		{"--cloud over OS_CLOUD", inCwd, vars{"OS_CLOUD": "other"}, "lab", SourceFile, "ann"},
		{"envvars by name", inCwd, openrc(vars{"OS_CLOUD": "envvars"}), "", SourceEnvironment, "demo"},
		{"in the user's folder", files{"/home/me/.config/openstack/clouds.yaml": labYAML}, nil, "lab", SourceFile, "ann"},
		{"in XDG_CONFIG_HOME", files{"/xdg/openstack/clouds.yaml": labYAML}, vars{"XDG_CONFIG_HOME": "/xdg"}, "lab", SourceFile, "ann"},
		{"in /etc", files{"/etc/openstack/clouds.yml": labYAML}, nil, "lab", SourceFile, "ann"},
		{"named", files{"/x/my.yaml": labYAML}, vars{"OS_CLIENT_CONFIG_FILE": "/x/my.yaml"}, "lab", SourceFile, "ann"},
		{"JSON", files{"/project/clouds.json": `{"clouds": {"lab": {"auth": {"auth_url": "http://x", "username": "ann", "password": "p"}}}}`}, nil, "lab", SourceFile, "ann"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(tt.files, tt.env, tt.cloud)
			if err != nil {
				t.Fatal(err)
			}
			if c.Source != tt.want || c.UserName != tt.user {
				t.Errorf("source %q, user %q; want %q, %q", c.Source, c.UserName, tt.want, tt.user)
			}
		})
	}
}

func TestLoadTellsOfUnchosenClouds(t *testing.T) {
	c, err := load(files{"/project/clouds.yaml": labYAML}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := "clouds.yaml found; choose with --cloud NAME (lab or nopw)"; c.Notice != want {
		t.Errorf("Notice = %q, want %q", c.Notice, want)
	}
	if !slices.Equal(c.CloudNames, []string{"lab", "nopw"}) {
		t.Errorf("CloudNames = %q", c.CloudNames)
	}
	if c, err = load(files{"/project/clouds.yaml": labYAML}, openrc(nil), ""); err != nil || len(c.CloudNames) != 2 || c.Notice != "" {
		t.Errorf("%+v, %v", c, err)
	}
	// A broken file nobody asked for is told and not raised.
	c, err = load(files{"/project/clouds.yaml": "clouds: [\n"}, nil, "")
	if err != nil || !strings.Contains(c.Notice, "not valid YAML") {
		t.Errorf("Notice = %q, err = %v", c.Notice, err)
	}
}

func TestPlaces(t *testing.T) {
	env := vars{"LOCALAPPDATA": "/local", "PROGRAMDATA": "/pd"}
	tests := []struct{ goos, want string }{
		{"linux", "/project /home/me/.config/openstack /etc/openstack"},
		{"darwin", "/project /home/me/Library/Application Support/openstack /home/me/.config/openstack /Library/Application Support/openstack /etc/openstack"},
		{"windows", "/project /local/OpenStack/openstack /home/me/.config/openstack /pd/OpenStack/openstack"},
	}
	for _, tt := range tests {
		l := newLoader(LoadOptions{LookupEnv: env.lookup, WorkDir: "/project", Home: "/home/me", GOOS: tt.goos})
		if got := filepath.ToSlash(strings.Join(l.places(), " ")); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.goos, got, tt.want)
		}
	}
}

// bomb is a small file that merge keys would make very large.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 {x: 1}\n")
	for i := range 15 {
		alias := fmt.Sprintf("*a%d, ", i)
		fmt.Fprintf(&b, "a%d: &a%[1]d {<<: [%s]}\n", i+1, strings.TrimSuffix(strings.Repeat(alias, 9), ", "))
	}
	b.WriteString("clouds:\n  <<: *a15\n  c: {<<: *a15}\n")
	return b.String()
}

func TestLoadErrors(t *testing.T) {
	lab := files{"/project/clouds.yaml": labYAML}
	one := func(entry string) files { return files{"/project/clouds.yaml": "clouds:\n  c:\n" + entry} }
	tests := []struct {
		name    string
		files   files
		env     vars
		cloud   string
		message string // a part of it
		hint    string
	}{
		{"unknown cloud", lab, nil, "lap", `there is no cloud "lap" in /project/clouds.yaml`, `Did you mean "lab"?`},
		{"no file", nil, vars{"OS_CLOUD": "lab"}, "", `OS_CLOUD says "lab", but there is no clouds.yaml`, "/etc/openstack"},
		{"named file missing", lab, vars{"OS_CLIENT_CONFIG_FILE": "/no"}, "lab", "OS_CLIENT_CONFIG_FILE names /no, which does not exist", "unset"},
		{"named secure file missing", lab, vars{"OS_CLIENT_SECURE_FILE": "/no"}, "lab", "OS_CLIENT_SECURE_FILE names /no", "unset"},
		{"no address", nil, vars{"OS_USERNAME": "x"}, "", "OS_AUTH_URL is not among them", "OS_AUTH_URL"},
		{"envvars without variables", nil, vars{"OS_CLOUD": "envvars"}, "", "OS_AUTH_URL is not among them", ""},
		{"no user", nil, openrc(vars{"OS_USERNAME": ""}), "", "OS_USERNAME is not among them", ""},
		{"no password", nil, openrc(vars{"OS_PASSWORD": ""}), "", "OS_PASSWORD is not among them", ""},
		{"no password in the file", lab, nil, "nopw", `cloud "nopw" has no password`, "secure.yaml"},
		{"not an address", nil, openrc(vars{"OS_AUTH_URL": "cloud.example.com"}), "", "OS_AUTH_URL: auth_url is not an http or https address", "https://"},
		{"address with credentials", nil, openrc(vars{"OS_AUTH_URL": "http://u:topsecret1@c/v3"}), "", "must not hold", ""},
		{"wrong auth type", nil, openrc(vars{"OS_AUTH_TYPE": "v3kerberos"}), "", `"v3kerberos" is not supported`, "v3applicationcredential"},
		{"identity v2", nil, openrc(vars{"OS_IDENTITY_API_VERSION": "2.0"}), "", `identity_api_version "2.0"`, "set it to 3"},
		{"wrong interface", nil, openrc(vars{"OS_INTERFACE": "extern"}), "", `"extern" is not one of public, internal, admin`, ""},
		{"wrong system scope", nil, openrc(vars{"OS_SYSTEM_SCOPE": "some"}), "", `system_scope "some"`, ""},
		{"verify", nil, openrc(vars{"OS_INSECURE": "perhaps"}), "", "neither true nor false", ""},
		{"no cacert", nil, openrc(vars{"OS_CACERT": "ca.pem"}), "", "OS_CACERT: cacert: /project/ca.pem cannot be read", ""},
		{"empty cacert", files{"/ca.pem": "x"}, openrc(vars{"OS_CACERT": "/ca.pem"}), "", "no PEM certificate", ""},
		{"key alone", nil, openrc(vars{"OS_KEY": "/k"}), "", "cert is not", "needs both"},
		{"application credential without secret", nil, vars{"OS_AUTH_URL": "http://c", "OS_APPLICATION_CREDENTIAL_ID": "x"}, "", "OS_APPLICATION_CREDENTIAL_SECRET is not", ""},
		{"application credential by name without user", nil, vars{"OS_AUTH_URL": "http://c", "OS_APPLICATION_CREDENTIAL_NAME": "x", "OS_APPLICATION_CREDENTIAL_SECRET": "y"}, "", "OS_USERNAME is not", ""},
		{"profile unknown", one("    profile: vexxhost\n"), nil, "c", `/project/clouds.yaml:3 clouds.c.profile: profile "vexxhost"`, "auth.auth_url"},
		{"region unknown", one("    auth: {auth_url: http://x, username: u, password: p}\n    regions: [A, B]\n"), vars{"OS_REGION_NAME": "C"}, "c", `OS_REGION_NAME says region "C", but cloud "c" has A or B`, "case-sensitive"},
		{"bad YAML", one("\tauth: x\n"), nil, "c", "/project/clouds.yaml:3: not valid YAML", "spaces"},
		{"no clouds", files{"/project/clouds.yaml": "- a\n"}, nil, "c", `want a mapping with "clouds" at the top`, ""},
		{"clouds a list", files{"/project/clouds.yaml": "clouds:\n- a\n"}, nil, "c", "/project/clouds.yaml:2: clouds must be a mapping", ""},
		{"entry a word", one("    x\n"), nil, "c", "clouds.c must be a mapping", ""},
		{"key twice", one("    auth: {}\n    auth: {}\n"), nil, "c", "/project/clouds.yaml:4: auth is there twice", ""},
		{"password a list", one("    auth: {auth_url: http://x, password: [a]}\n"), nil, "c", "clouds.c.auth.password must be text", ""},
		{"password with a star", one("    auth: {auth_url: http://x, password: *topsecret1}\n"), nil, "c", "needs quotes", ""},
		{"password with a bang", one("    auth: {auth_url: http://x, password: !topsecret1 x}\n"), nil, "c", `no user name`, ""},
		{"empty file", files{"/project/clouds.yaml": ""}, nil, "c", `no cloud "c"`, "no cloud at all"},
		{"a bomb", files{"/project/clouds.yaml": bomb()}, nil, "c", "too many values", ""},
		{"itself", one("    a: &a\n      <<: *a\n"), nil, "c", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := load(tt.files, tt.env, tt.cloud)
			var e *errs.Error
			if !errors.As(err, &e) || e.Code != errs.Config {
				t.Fatalf("err = %v, want a config error", err)
			}
			if !strings.Contains(e.Message, tt.message) {
				t.Errorf("message %q\nwants %q", e.Message, tt.message)
			}
			if !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint %q\nwants %q", e.Hint, tt.hint)
			}
			shown := bytes.NewBufferString(e.Message + e.Hint)
			if cfg != nil {
				if err := cfg.WriteExplanation(shown); err != nil {
					t.Error(err)
				}
			}
			if strings.Contains(shown.String(), "topsecret1") || strings.Contains(shown.String(), "pw-of") {
				t.Errorf("a secret is shown: %s", shown)
			}
		})
	}
}

func TestFilesMerge(t *testing.T) {
	f := files{
		"/project/clouds.yaml": `
base: &base
  interface: internal
  auth: &auth
    user-domain-name: Corp
clouds:
  c:
    <<: *base
    profile: vendor
    auth:
      <<: *auth
      username: 0042
      tenant_name: p1
    project_domain_id: dom1
    network_endpoint_override: http://net:9696/networking
    regions:
    - name: A
      values: {compute_default_microversion: "2.1"}
    - name: B
      values:
        compute_default_microversion: "2.79"
        auth: {project_name: p-of-b}
    verify: false
`,
		"/etc/openstack/secure.yaml": `
clouds:
  c: {auth: {password: 1e5}}
`,
		"/home/me/.config/openstack/clouds-public.yaml": `
public-clouds:
  vendor:
    auth: {auth_url: https://vendor:5000/v3, username: nobody}
    region_name: Z
`,
	}
	c, err := load(f, vars{"OS_REGION_NAME": "B"}, "c")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"auth_url": "https://vendor:5000/v3", "username": "0042", "password": "1e5", "project_name": "p-of-b",
		"user_domain_name": "Corp", "project_domain_id": "dom1", "region_name": "B", "interface": "internal",
		"compute_default_microversion": "2.79", "network_endpoint_override": "http://net:9696/networking",
	}
	for k, v := range want {
		if got := c.Value(k); got != v {
			t.Errorf("%s = %q, want %q", k, got, v)
		}
	}
	if !c.tls.InsecureSkipVerify {
		t.Error("verify: false does not count")
	}
	// The profile's own region is not among the cloud's: the first of them counts.
	if c, err = load(f, nil, "c"); err != nil || c.Region != "A" || c.Value("compute_default_microversion") != "2.1" {
		t.Errorf("region %q, err %v", c.Region, err)
	}
}

func TestEnvironmentBesideAChosenCloud(t *testing.T) {
	f := files{"/project/clouds.yaml": labYAML}
	c, err := load(f, openrc(vars{"OS_REGION_NAME": "South", "OS_INTERFACE": "internalURL"}), "lab")
	if err != nil {
		t.Fatal(err)
	}
	if c.UserName != "ann" || c.Value("password") != "pw-of-file" || c.Region != "South" || c.Interface != "internal" {
		t.Errorf("user %q, region %q, interface %q", c.UserName, c.Region, c.Interface)
	}
	last := c.Explain()[len(c.Explain())-1]
	if last.Name != "unused" || !strings.Contains(last.Value, "OS_PASSWORD") || strings.Contains(last.Value, "REGION") {
		t.Errorf("last = %+v", last)
	}
	// A secret the file lacks may come from a variable.
	if c, err = load(f, vars{"OS_PASSWORD": "pw-of-env"}, "nopw"); err != nil || c.auth.Password != "pw-of-env" || c.auth.Scope.ProjectID != "0042" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestOverrides(t *testing.T) {
	f := files{"/project/clouds.yaml": `
clouds:
  ids: {auth: {auth_url: http://x, user_id: U, password: p, project_id: P, project_domain_id: D}, system_scope: all}
  cred: {auth: {auth_url: http://x, application_credential_id: i, application_credential_secret: s}}
`}
	tests := []struct {
		name, cloud string
		over        vars
		want        string // project, user, source; "" for an error
	}{
		{"project by name", "ids", vars{"project_name": "other"}, "other U clouds.yaml"},
		{"project by ID", "ids", vars{"project_id": "Q"}, "Q U clouds.yaml"},
		{"user by name", "ids", vars{"username": "ann", "system_scope": ""}, "P ann clouds.yaml"},
		{"an address of its own", "", vars{"auth_url": "http://y", "username": "u", "password": "p"}, " u values"},
		{"project of an application credential", "cred", vars{"project_name": "other"}, ""},
		{"nothing there to override", "", vars{"project_name": "x"}, "  "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load(LoadOptions{Cloud: tt.cloud, WorkDir: "/project", GOOS: "linux", ReadFile: f.read, Overrides: tt.over})
			if tt.want == "" {
				wantError(t, err, errs.Config)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Project + " " + c.UserName + c.UserID + " " + string(c.Source); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if s := c.auth.Scope; s != nil && tt.over["project_name"] != "" && (s.ProjectName != "other" || s.ProjectID != "" || s.System) {
				t.Errorf("scope %+v", s)
			}
		})
	}
}

func TestAuthOptions(t *testing.T) {
	base := func(more vars) vars {
		v := vars{"auth_url": "http://c", "username": "u", "password": "p"}
		for k, s := range more {
			v[k] = s
			if s == "" {
				delete(v, k)
			}
		}
		return v
	}
	tests := []struct {
		name   string
		values vars
		kind   string
		body   string
	}{
		{"unscoped", base(nil), "password", `{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"default"},"name":"u","password":"p"}}}}`},
		{"user by id wins", base(vars{"user_id": "U", "project_id": "P"}), "password", `{"identity":{"methods":["password"],"password":{"user":{"id":"U","password":"p"}}},"scope":{"project":{"id":"P"}}}`},
		{"names and domains", base(vars{"user_domain_name": "A", "project_name": "x", "project_domain_id": "b"}), "password", `{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"A"},"name":"u","password":"p"}}},"scope":{"project":{"domain":{"id":"b"},"name":"x"}}}`},
		{"one domain for both", base(vars{"domain_name": "D", "project_name": "x"}), "password", `{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"D"},"name":"u","password":"p"}}},"scope":{"project":{"domain":{"name":"D"},"name":"x"}}}`},
		{"domain scope", base(vars{"domain_id": "d"}), "password", `{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"d"},"name":"u","password":"p"}}},"scope":{"domain":{"id":"d"}}}`},
		{"system scope", base(vars{"system_scope": "all", "project_name": "x"}), "password", `{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"default"},"name":"u","password":"p"}}},"scope":{"system":{"all":true}}}`},
		{"trust", base(vars{"trust_id": "t"}), "password", `{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"default"},"name":"u","password":"p"}}},"scope":{"OS-TRUST:trust":{"id":"t"}}}`},
		{"token", base(vars{"auth_type": "v3token", "token": "T", "project_id": "P"}), "token", `{"identity":{"methods":["token"],"token":{"id":"T"}},"scope":{"project":{"id":"P"}}}`},
		{"application credential", base(vars{"application_credential_id": "i", "application_credential_secret": "s", "project_id": "P"}), "application_credential", `{"identity":{"application_credential":{"id":"i","secret":"s"},"methods":["application_credential"]}}`},
		{"application credential by name", base(vars{"auth_type": "v3applicationcredential", "application_credential_name": "n", "application_credential_secret": "s"}), "application_credential", `{"identity":{"application_credential":{"name":"n","secret":"s","user":{"domain":{"id":"default"},"name":"u"}},"methods":["application_credential"]}}`},
		{"totp", base(vars{"auth_type": "v3totp", "passcode": "1", "password": ""}), "totp", `{"identity":{"methods":["totp"],"totp":{"user":{"domain":{"id":"default"},"name":"u","passcode":"1"}}}}`},
		{"both factors", base(vars{"passcode": "1", "user_id": "U"}), "multifactor", `{"identity":{"methods":["password","totp"],"password":{"user":{"id":"U","password":"p"}},"totp":{"user":{"id":"U","passcode":"1"}}}}`},
		{"methods", base(vars{"auth_type": "v3multifactor", "auth_methods": "v3password,v3totp", "passcode": "1", "user_id": "U"}), "multifactor", `{"identity":{"methods":["password","totp"],"password":{"user":{"id":"U","password":"p"}},"totp":{"user":{"id":"U","passcode":"1"}}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := FromValues("test", tt.values)
			if err != nil {
				t.Fatal(err)
			}
			if c.AuthType != tt.kind {
				t.Errorf("AuthType = %q", c.AuthType)
			}
			cloud := newFakeCloud(t)
			c.AuthURL = cloud.URL
			conn := New(c, Options{})
			defer conn.Close()
			if _, err := conn.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := cloud.lastAuth(); got != `{"auth":`+tt.body+`}` {
				t.Errorf("sent %s\nwant {\"auth\":%s}", got, tt.body)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	f := files{
		"/project/clouds.yaml":  labYAML,
		"/project/secure.yaml":  "clouds:\n  lab:\n    auth:\n      password: pw-of-secure\n",
		"/project/unwanted.txt": "",
	}
	c, err := Load(LoadOptions{Cloud: "lab", LookupEnv: vars{"OS_REGION_NAME": "South"}.lookup, WorkDir: "/project", GOOS: "linux",
		ReadFile: f.read, Overrides: map[string]string{"interface": "internal"}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.WriteExplanation(&out); err != nil {
		t.Fatal(err)
	}
	want := `cloud                lab              --cloud
auth_type            password         default
auth_url             http://lab:5000  /project/clouds.yaml:5 clouds.lab.auth.auth_url
username             ann              /project/clouds.yaml:6 clouds.lab.auth.username
user_domain_id       default          default
password             ********         /project/secure.yaml:4 clouds.lab.auth.password
                                      overrides ******** from /project/clouds.yaml:7 clouds.lab.auth.password
project_name         p1               /project/clouds.yaml:8 clouds.lab.auth.project_name
project_domain_id    default          default
region_name          South            OS_REGION_NAME
                                      overrides North from /project/clouds.yaml:9 clouds.lab.region_name
interface            internal         command line
`
	got := strings.ReplaceAll(out.String(), `\`, "/")
	if norm(got) != norm(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(got, "pw-of") {
		t.Error("a password is shown")
	}
}

// norm makes runs of blanks one, so that a test does not hang on column widths.
func norm(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}
