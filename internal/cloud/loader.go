package cloud

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// masked stands for any secret, however long.
const masked = "********"

// overrideSource is what Explain shows for LoadOptions.Overrides.
const overrideSource = "command line"

// isSecret tells the settings that are never shown, those of plugins we do not know included.
func isSecret(key string) bool {
	if strings.HasSuffix(key, "_endpoint") || strings.HasSuffix(key, "_type") {
		return false // access_token_endpoint is an address
	}
	for _, word := range []string{"password", "passcode", "secret", "token", "private"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// userInfo is the part of an address that may hold a password.
var userInfo = regexp.MustCompile(`//[^/]*@`)

// variables are the OS_* that set something, each after the ones it wins over.
var variables = []struct {
	env, key string
	weak     bool // does not say by itself that OS_* is meant to be a cloud
}{
	{"OS_AUTH_TYPE", "auth_type", true},
	{"OS_AUTH_URL", "auth_url", false},
	{"OS_USERNAME", "username", false},
	{"OS_USER_ID", "user_id", false},
	{"OS_USER_DOMAIN_NAME", "user_domain_name", false},
	{"OS_USER_DOMAIN_ID", "user_domain_id", false},
	{"OS_PASSWORD", "password", false},
	{"OS_PASSCODE", "passcode", false},
	{"OS_TOKEN", "token", false},
	{"OS_APPLICATION_CREDENTIAL_ID", "application_credential_id", false},
	{"OS_APPLICATION_CREDENTIAL_NAME", "application_credential_name", false},
	{"OS_APPLICATION_CREDENTIAL_SECRET", "application_credential_secret", false},
	{"OS_IDENTITY_PROVIDER", "identity_provider", true},
	{"OS_PROTOCOL", "protocol", true},
	{"OS_CLIENT_ID", "client_id", true},
	{"OS_CLIENT_SECRET", "client_secret", true},
	{"OS_OPENID_SCOPE", "openid_scope", true},
	{"OS_DISCOVERY_ENDPOINT", "discovery_endpoint", true},
	{"OS_ACCESS_TOKEN_ENDPOINT", "access_token_endpoint", true},
	{"OS_ACCESS_TOKEN_TYPE", "access_token_type", true},
	{"OS_ACCESS_TOKEN", "access_token", true},
	{"OS_TENANT_NAME", "project_name", false},
	{"OS_PROJECT_NAME", "project_name", false},
	{"OS_TENANT_ID", "project_id", false},
	{"OS_PROJECT_ID", "project_id", false},
	{"OS_PROJECT_DOMAIN_NAME", "project_domain_name", false},
	{"OS_PROJECT_DOMAIN_ID", "project_domain_id", false},
	{"OS_DOMAIN_NAME", "domain_name", false},
	{"OS_DOMAIN_ID", "domain_id", false},
	{"OS_DEFAULT_DOMAIN", "default_domain", true},
	{"OS_DEFAULT_DOMAIN_NAME", "default_domain_name", true},
	{"OS_DEFAULT_DOMAIN_ID", "default_domain_id", true},
	{"OS_SYSTEM_SCOPE", "system_scope", true},
	{"OS_TRUST_ID", "trust_id", true},
	{"OS_REGION_NAME", "region_name", true},
	{"OS_ENDPOINT_TYPE", "interface", true},
	{"OS_INTERFACE", "interface", true},
	{"OS_CACERT", "cacert", true},
	{"OS_CERT", "cert", true},
	{"OS_KEY", "key", true},
	{"OS_INSECURE", "insecure", true},
	{"OS_VERIFY", "verify", true},
	{"OS_IDENTITY_API_VERSION", "identity_api_version", true},
	{"OS_RATE_LIMIT", "rate_limit", true},
	{"OS_CONCURRENCY", "concurrency", true},
}

// services are the prefixes of *_endpoint_override and *_default_microversion.
var services = []string{
	"identity", "compute", "image", "network", "block_storage", "volume", "volumev3", "placement", "object_store",
	"load_balancer", "dns", "key_manager", "orchestration", "shared_file_system", "baremetal",
}

// loader collects the values of one configuration.
type loader struct {
	o   LoadOptions
	cfg *Config
}

func newLoader(o LoadOptions) *loader {
	if o.LookupEnv == nil {
		o.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	return &loader{o: o, cfg: &Config{settings: map[string]*Setting{}, plain: map[string]string{}}}
}

// env is a variable's value. One that is set and empty counts as not set: openrc files export many of those.
func (l *loader) env(name string) string {
	v, _ := l.o.LookupEnv(name)
	return v
}

// hasCredentials tells whether there are OS_* that mean a cloud.
func (l *loader) hasCredentials() bool {
	for _, v := range variables {
		if !v.weak && l.env(v.env) != "" {
			return true
		}
	}
	return false
}

func (l *loader) setServiceVariables() {
	for _, s := range services {
		for _, what := range []string{"_endpoint_override", "_default_microversion"} {
			name := "OS_" + strings.ToUpper(s+what)
			if v := l.env(name); v != "" {
				l.set(s+what, v, name)
			}
		}
	}
}

// set gives a setting its value; the value it had is what it overrides. An empty value sets nothing.
func (l *loader) set(key, value, source string) {
	if value == "" {
		return
	}
	s := &Setting{Name: key, Value: value, Source: source}
	if isSecret(key) {
		s.Value = masked
	} else {
		s.Value = userInfo.ReplaceAllString(value, "//"+masked+"@")
	}
	if old := l.cfg.settings[key]; old != nil {
		hidden := *old
		hidden.Overrides = nil
		s.Overrides = append([]Setting{hidden}, old.Overrides...)
	}
	l.cfg.settings[key] = s
	l.cfg.plain[key] = value
}

// override sets what the caller wants in place of what was found. A name takes the place of an ID that was found, for an
// ID would win over it otherwise, and a project that of another scope.
func (l *loader) override() error {
	o := l.o.Overrides
	drop := func(key string) {
		if o[key] == "" {
			delete(l.cfg.plain, key)
			delete(l.cfg.settings, key)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if o[k] == "" {
			continue
		}
		l.set(k, o[k], overrideSource)
		switch k {
		case "username":
			drop("user_id")
		case "user_domain_name", "project_domain_name", "domain_name":
			drop(strings.TrimSuffix(k, "name") + "id")
		case "project_name", "project_id":
			if k == "project_name" {
				drop("project_id")
			}
			drop("system_scope")
			drop("trust_id")
			if kind, _ := authKind(l.cfg.plain); kind == kindAppCred {
				return configError("an application credential belongs to one project: %s cannot be changed", k).
					WithHint("Use a cloud that authenticates with a password.")
			}
		}
	}
	return nil
}

// fill sets what is not set yet.
func (l *loader) fill(key, value, source string) {
	if l.cfg.plain[key] == "" {
		l.set(key, value, source)
	}
}

// fromEnvironmentBeside takes from OS_* what counts beside a chosen cloud.
func (l *loader) fromEnvironmentBeside() {
	used := map[string]bool{}
	for _, v := range variables {
		val := l.env(v.env)
		switch {
		case val == "":
			continue
		case v.key == "region_name" || v.key == "interface":
			l.set(v.key, val, v.env)
			used[v.env] = true
		}
	}
	// A secret is often kept out of the file; it counts only where the cloud's own way to authenticate lacks it.
	p := l.cfg.plain
	lacks := func(key, env string) {
		if p[key] == "" && l.env(env) != "" {
			l.set(key, l.env(env), env)
			used[env] = true
		}
	}
	switch kind, _ := authKind(p); kind {
	case kindPassword:
		lacks("password", "OS_PASSWORD")
	case kindTOTP:
		lacks("passcode", "OS_PASSCODE")
	case kindMulti:
		lacks("password", "OS_PASSWORD")
		lacks("passcode", "OS_PASSCODE")
	case kindAppCred:
		lacks("application_credential_secret", "OS_APPLICATION_CREDENTIAL_SECRET")
	case kindToken:
		lacks("token", "OS_TOKEN")
	case kindOIDCPassword:
		lacks("password", "OS_PASSWORD")
		lacks("client_secret", "OS_CLIENT_SECRET")
	case kindOIDCClient:
		lacks("client_secret", "OS_CLIENT_SECRET")
	case kindOIDCToken:
		lacks("access_token", "OS_ACCESS_TOKEN")
	}
	for _, v := range variables {
		if l.env(v.env) != "" && !used[v.env] {
			l.cfg.unused = append(l.cfg.unused, v.env)
		}
	}
}

// alternatives lists names for a sentence: "a", "a or b", "a, b or c".
func alternatives(names []string) string {
	const most = 8
	if len(names) > most {
		return fmt.Sprintf("%s or one of %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// nearest is the name most like the one wanted, "" when none is.
func nearest(want string, names []string) string {
	best, dist := "", max(2, len(want)/3)+1
	for _, n := range names {
		if d := distance(strings.ToLower(want), strings.ToLower(n)); d < dist {
			best, dist = n, d
		}
	}
	return best
}

// distance counts the edits between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
