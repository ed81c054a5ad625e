package cloud

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/oslua/oslua/engine/errs"
)

// The ways to authenticate, as Config.AuthType shows them.
const (
	kindPassword = "password"
	kindToken    = "token"
	kindAppCred  = "application_credential"
	kindTOTP     = "totp"
	kindMulti    = "multifactor" // password and passcode
	// OpenID Connect, by the names of OpenStack's other clients.
	kindOIDCPassword = "v3oidcpassword"
	kindOIDCClient   = "v3oidcclientcredentials"
	kindOIDCToken    = "v3oidcaccesstoken"
)

// authTypes are the words OpenStack's other clients use for them.
var authTypes = map[string]string{
	"password": kindPassword, "v3password": kindPassword,
	"token": kindToken, "v3token": kindToken,
	"v3applicationcredential": kindAppCred, "application_credential": kindAppCred, "applicationcredential": kindAppCred,
	"v3totp": kindTOTP, "totp": kindTOTP,
	"v3multifactor": kindMulti, "multifactor": kindMulti,
	"v3oidcpassword": kindOIDCPassword, "v3oidcclientcredentials": kindOIDCClient,
	"v3oidcaccesstoken": kindOIDCToken, "v3oidctoken": kindOIDCToken,
}

// authKind tells the way to authenticate, from auth_type or else from the values there are.
func authKind(v map[string]string) (string, error) {
	if t := v["auth_type"]; t != "" {
		kind, ok := authTypes[strings.ToLower(t)]
		if !ok {
			e := configError("auth_type %q is not supported", t)
			if strings.HasPrefix(t, "v2") {
				return "", e.WithHint("The Identity API v2 is gone: use password, and auth_url with /v3.")
			}
			return "", e.WithHint("Supported: password, token, v3applicationcredential, v3totp, v3multifactor, v3oidcpassword, v3oidcclientcredentials, v3oidcaccesstoken.")
		}
		if kind == kindMulti && v["auth_methods"] != "" {
			pw, code := strings.Contains(v["auth_methods"], "password"), strings.Contains(v["auth_methods"], "totp")
			switch {
			case pw && !code:
				kind = kindPassword
			case code && !pw:
				kind = kindTOTP
			case !code && !pw:
				return "", configError("auth_methods %q: none of them is supported", v["auth_methods"]).
					WithHint("Supported: v3password, v3totp, or both.")
			}
		}
		return kind, nil
	}
	switch {
	case v["application_credential_id"] != "" || v["application_credential_name"] != "":
		return kindAppCred, nil
	case v["passcode"] != "" && v["password"] != "":
		return kindMulti, nil
	case v["passcode"] != "":
		return kindTOTP, nil
	case v["token"] != "":
		return kindToken, nil
	}
	return kindPassword, nil
}

// resolve checks the values and makes of them what a Connection works with.
func (l *loader) resolve() error {
	c := l.cfg
	kind, err := authKind(c.plain)
	if err != nil {
		return l.at(err, "auth_type")
	}
	c.AuthType = kind
	l.fill("auth_type", kind, "default")
	if err := l.resolveAddress(); err != nil {
		return err
	}
	if err := l.resolveInterface(); err != nil {
		return err
	}
	if err := l.resolveAuth(); err != nil {
		return err
	}
	if err := l.resolveTLS(); err != nil {
		return err
	}
	if err := l.resolveLimits(); err != nil {
		return err
	}
	p := c.plain
	c.AuthURL, c.Region = p["auth_url"], p["region_name"]
	c.UserName, c.UserID = p["username"], p["user_id"]
	c.Project = p["project_name"]
	if c.Project == "" {
		c.Project = p["project_id"]
	}
	return nil
}

// at adds to an error where the setting came from.
func (l *loader) at(err error, key string) error {
	e, ok := err.(*errs.Error)
	if src := l.cfg.source(key); ok && src != "" {
		c := *e
		c.Message = src + ": " + c.Message
		return &c
	}
	return err
}

// missing is the error for a value that has to be there.
func (l *loader) missing(what, key, variable string) error {
	switch l.cfg.Source {
	case SourceEnvironment:
		return configError("OS_* variables are set, but %s is not among them", variable).
			WithHint("Set %s, or unset them all, or choose a cloud of clouds.yaml with --cloud.", variable)
	case SourceFile:
		e := configError("cloud %q has no %s", l.cfg.Cloud, what)
		if isSecret(key) {
			return e.WithHint("Set auth.%s in secure.yaml or clouds.yaml, or %s.", key, variable)
		}
		return e.WithHint("Set auth.%s in clouds.yaml.", key)
	}
	return configError("no %s is given", what).WithHint("Set %s.", key)
}

func (l *loader) resolveAddress() error {
	raw := l.cfg.plain["auth_url"]
	if raw == "" {
		return l.missing("auth_url", "auth_url", "OS_AUTH_URL")
	}
	hint := "It looks like https://cloud.example.com:5000/v3."
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		// The text is not repeated: a line of a broken file may be anything, a password too.
		return l.at(configError("auth_url is not an http or https address").WithHint("%s", hint), "auth_url")
	}
	if u.User != nil {
		return l.at(configError("auth_url must not hold a user name or password").WithHint("%s", hint), "auth_url")
	}
	if v := l.cfg.plain["identity_api_version"]; v != "" && v != "3" && !strings.HasPrefix(v, "3.") {
		return l.at(configError("identity_api_version %q is not supported", v).
			WithHint("The Identity API v2 is gone: set it to 3."), "identity_api_version")
	}
	for key, v := range l.cfg.plain {
		if !strings.HasSuffix(key, "_endpoint_override") {
			continue
		}
		if u, err := url.Parse(v); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
			return l.at(configError("%s is not a plain http or https address", key), key)
		}
	}
	return nil
}

func (l *loader) resolveInterface() error {
	word, _, _ := strings.Cut(l.cfg.plain["interface"], ",")
	switch word := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(word)), "url"); word {
	case "":
		l.cfg.Interface = "public"
		l.fill("interface", "public", "default")
	case "public", "internal", "admin":
		l.cfg.Interface = word
	default:
		return l.at(configError("interface %q is not one of public, internal, admin", l.cfg.plain["interface"]), "interface")
	}
	return nil
}

func (l *loader) resolveAuth() error {
	p := l.cfg.plain
	ao := &l.cfg.auth
	user := func(required bool) error {
		if p["user_id"] != "" {
			ao.UserID = p["user_id"]
			return nil
		}
		if p["username"] == "" {
			if required {
				return l.missing("user name", "username", "OS_USERNAME")
			}
			return nil
		}
		ao.Username = p["username"]
		ao.DomainID, ao.DomainName = l.domain("user_domain")
		return nil
	}
	switch l.cfg.AuthType {
	case kindToken:
		if p["token"] == "" {
			return l.missing("token", "token", "OS_TOKEN")
		}
		ao.TokenID = p["token"]
	case kindAppCred:
		ao.ApplicationCredentialID, ao.ApplicationCredentialName = p["application_credential_id"], p["application_credential_name"]
		if ao.ApplicationCredentialID == "" && ao.ApplicationCredentialName == "" {
			return l.missing("application credential", "application_credential_id", "OS_APPLICATION_CREDENTIAL_ID")
		}
		if p["application_credential_secret"] == "" {
			return l.missing("application_credential_secret", "application_credential_secret", "OS_APPLICATION_CREDENTIAL_SECRET")
		}
		ao.ApplicationCredentialSecret = p["application_credential_secret"]
		// A name is unique for its user only.
		if ao.ApplicationCredentialID == "" {
			return user(true)
		}
		return nil
	case kindOIDCPassword, kindOIDCClient, kindOIDCToken:
		// The user is the provider's: the cloud is told of it by a token alone.
		if err := l.resolveOpenID(); err != nil {
			return err
		}
	default:
		if err := user(true); err != nil {
			return err
		}
		if l.cfg.AuthType != kindTOTP {
			if ao.Password = p["password"]; ao.Password == "" {
				return l.missing("password", "password", "OS_PASSWORD")
			}
		}
		if l.cfg.AuthType != kindPassword {
			if ao.Passcode = p["passcode"]; ao.Passcode == "" {
				return l.missing("passcode", "passcode", "OS_PASSCODE")
			}
		}
	}
	scope, err := l.scope()
	ao.Scope = scope
	return err
}

// scope is what the token is wanted for: the system, a trust, a project, a domain or, without any, nothing in
// particular.
func (l *loader) scope() (*gophercloud.AuthScope, error) {
	p := l.cfg.plain
	s := &gophercloud.AuthScope{}
	switch {
	case p["system_scope"] != "":
		if p["system_scope"] != "all" && p["system_scope"] != "true" {
			return nil, l.at(configError("system_scope %q is not supported", p["system_scope"]).
				WithHint(`It is "all" or not set.`), "system_scope")
		}
		s.System = true
	case p["trust_id"] != "":
		s.TrustID = p["trust_id"]
	case p["project_id"] != "":
		s.ProjectID = p["project_id"]
	case p["project_name"] != "":
		s.ProjectName = p["project_name"]
		s.DomainID, s.DomainName = l.domain("project_domain")
	case p["domain_id"] != "":
		s.DomainID = p["domain_id"]
	case p["domain_name"] != "":
		s.DomainName = p["domain_name"]
	}
	return s, nil
}

// domain is the domain of a user's or a project's name: its own, else the one for everything, else the default domain,
// as the openstack command does it.
func (l *loader) domain(prefix string) (id, name string) {
	p := l.cfg.plain
	for _, k := range []string{prefix, "domain", "default_domain"} {
		if v := p[k+"_id"]; v != "" {
			return v, ""
		}
		if v := p[k+"_name"]; v != "" {
			return "", v
		}
	}
	if v := p["default_domain"]; v != "" {
		return v, ""
	}
	l.fill(prefix+"_id", "default", "default")
	return "default", ""
}

// resolveTLS reads the certificates, so that a wrong one is found before anything is sent.
func (l *loader) resolveTLS() error {
	p := l.cfg.plain
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	for _, key := range []string{"insecure", "verify"} {
		word := strings.ToLower(p[key])
		yes := slices.Contains([]string{"true", "1", "yes", "on"}, word)
		no := slices.Contains([]string{"false", "0", "no", "off"}, word)
		if word != "" && !yes && !no {
			return l.at(configError("%s %q is neither true nor false", key, p[key]), key)
		}
		if (key == "insecure" && yes) || (key == "verify" && no) {
			cfg.InsecureSkipVerify = true
		}
	}
	if path := p["cacert"]; path != "" {
		pem, err := l.readBeside("cacert")
		if err != nil {
			return err
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return l.at(configError("cacert: %s holds no PEM certificate", path), "cacert")
		}
	}
	if p["cert"] == "" {
		if p["key"] != "" {
			return l.at(configError("key is set, but cert is not").WithHint("A client certificate needs both."), "key")
		}
		l.cfg.tls = cfg
		return nil
	}
	cert, err := l.readBeside("cert")
	if err != nil {
		return err
	}
	key := cert // one file may hold both
	if p["key"] != "" {
		if key, err = l.readBeside("key"); err != nil {
			return err
		}
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return l.at(configError("cert and key are not a PEM certificate and its key: %s", strings.TrimPrefix(err.Error(), "tls: ")).
			WithHint("An encrypted key has to be decrypted first."), "cert")
	}
	cfg.Certificates = []tls.Certificate{pair}
	l.cfg.tls = cfg
	return nil
}

// readBeside reads the file a setting names. As for the openstack command it is relative to the current directory.
func (l *loader) readBeside(key string) ([]byte, error) {
	path := l.cfg.plain[key]
	if rest, ok := strings.CutPrefix(path, "~/"); ok && l.o.Home != "" {
		path = filepath.Join(l.o.Home, rest)
	} else if !filepath.IsAbs(path) && l.o.WorkDir != "" {
		path = filepath.Join(l.o.WorkDir, path)
	}
	data, err := l.o.ReadFile(path)
	if err != nil {
		return nil, l.at(configError("%s: %s cannot be read: %s", key, path, fileTrouble(err)), key)
	}
	return data, nil
}
