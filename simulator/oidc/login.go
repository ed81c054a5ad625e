package oidc

import (
	"bytes"
	"html/template"
	"net"
	"net/url"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// outOfBand is the redirect URI of a program without a browser to come back to: the code is shown instead.
const outOfBand = "urn:ietf:wg:oauth:2.0:oob"

const pageText = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26em; margin: 4em auto; padding: 0 1em; color: #222 }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .4em; margin: .2em 0 1em }
button { font: inherit; padding: .4em 1.2em; margin-right: .5em }
code { background: #eee; padding: .1em .3em; overflow-wrap: anywhere }
.wrong { color: #b00 }
</style>
<h1>{{.Title}}</h1>
{{if .Wrong}}<p class="wrong">{{.Wrong}}</p>{{end}}
{{if .Text}}<p>{{.Text}}</p>{{end}}
{{if .Code}}<p><code>{{.Code}}</code></p>{{end}}
{{if .Form}}<form method="post" autocomplete="off">
{{if .AskCode}}<label>Code on the device <input name="user_code" value="{{.UserCode}}"></label>{{end}}
<label>User name <input name="username" value="{{.UserName}}" autofocus></label>
<label>Password <input name="password" type="password"></label>
<button name="answer" value="yes">Log in</button><button name="answer" value="no">Cancel</button>
</form>
<p>This is the identity provider of the oslua simulator. The users are demo, admin and alt_demo; the password of each is <code>secret</code>.</p>{{end}}
</html>
`

// page is what a page shows.
type page struct {
	Title, Wrong, Text, Code string
	Form, AskCode            bool
	UserCode, UserName       string
}

func (p page) response(status int) (*web.Response, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	resp := &web.Response{Status: status, ContentType: "text/html; charset=utf-8", Body: b.Bytes()}
	return resp.With("Cache-Control", "no-store").With("X-Frame-Options", "DENY"), nil
}

func (p *Provider) welcome(r *web.Request) (*web.Response, error) {
	return page{Title: "The simulator's identity provider",
		Text: "It speaks OpenID Connect. Its addresses are in the discovery document:",
		Code: issuer(r) + "/.well-known/openid-configuration"}.response(200)
}

// redirectable tells whether a code may be sent to an address: to this machine alone.
func redirectable(uri string) bool {
	if uri == outOfBand {
		return true
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// request checks what a browser was sent with. What is wrong with the client or the address is said to the user, the
// rest to the client: then there is an answer already.
func (p *Provider) request(r *web.Request) (url.Values, *web.Response, error) {
	in := r.Query()
	c, err := lookup[client](r.Tx, in.Get("client_id"))
	if err != nil {
		return nil, nil, err
	}
	tell := func(text string) (url.Values, *web.Response, error) {
		resp, err := page{Title: "This login cannot go on", Wrong: text}.response(400)
		return nil, resp, err
	}
	if c == nil {
		return tell("There is no client of this client_id.")
	}
	if !redirectable(in.Get("redirect_uri")) {
		return tell("The redirect_uri must be on this machine (http://localhost, http://127.0.0.1), or " + outOfBand + ".")
	}
	back := func(code, text string) (url.Values, *web.Response, error) {
		return nil, redirect(r, in, url.Values{"error": {code}, "error_description": {text}}), nil
	}
	switch {
	case in.Get("response_type") != "code":
		return back("unsupported_response_type", "The response type is code.")
	case in.Get("code_challenge_method") != "" && in.Get("code_challenge_method") != "plain" && in.Get("code_challenge_method") != "S256":
		return back("invalid_request", "The code_challenge_method is S256 or plain.")
	case in.Get("prompt") == "none":
		return back("login_required", "The user has to log in.")
	}
	return in, nil, nil
}

// redirect sends the browser back to the client.
func redirect(r *web.Request, in, more url.Values) *web.Response {
	to := in.Get("redirect_uri")
	if s := in.Get("state"); s != "" {
		more.Set("state", s)
	}
	more.Set("iss", issuer(r))
	if to == outOfBand {
		shown := page{Title: "The code", Text: "Give this to the program that sent you here:", Code: more.Get("code")}
		if more.Get("code") == "" {
			shown = page{Title: "No login", Wrong: more.Get("error") + ": " + more.Get("error_description")}
		}
		if resp, err := shown.response(200); err == nil {
			return resp
		}
	}
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	return (&web.Response{Status: 302}).With("Location", to+sep+more.Encode()).With("Cache-Control", "no-store")
}

func (p *Provider) askLogin(r *web.Request) (*web.Response, error) {
	in, answer, err := p.request(r)
	if answer != nil || err != nil {
		return answer, err
	}
	return page{Title: "Log in", Text: "The program " + in.Get("client_id") + " wants to know who you are.", Form: true,
		UserName: in.Get("login_hint")}.response(200)
}

func (p *Provider) takeLogin(r *web.Request) (*web.Response, error) {
	in, answer, err := p.request(r)
	if answer != nil || err != nil {
		return answer, err
	}
	given, err := form(r)
	if err != nil {
		return nil, err
	}
	if given.Get("answer") == "no" {
		return redirect(r, in, url.Values{"error": {"access_denied"}, "error_description": {"The user said no."}}), nil
	}
	who, err := p.login(r.Tx, given.Get("username"), given.Get("password"))
	if err != nil {
		return nil, err
	}
	if who == nil {
		return page{Title: "Log in", Wrong: "The user name or the password is wrong.", Form: true, UserName: given.Get("username")}.response(401)
	}
	code := newSecret()
	g := grant{Hash: hashOf(code), Kind: codeGrant, ClientID: in.Get("client_id"), Subject: who.Subject, Scope: scopeOf(in),
		Nonce: in.Get("nonce"), RedirectURI: in.Get("redirect_uri"), Challenge: in.Get("code_challenge"),
		Method: in.Get("code_challenge_method"), AuthTime: r.Now, Expires: r.Now.Add(codeLifetime)}
	if err := keep(r.Tx, g, r.Now); err != nil {
		return nil, err
	}
	return redirect(r, in, url.Values{"code": {code}}), nil
}

func (p *Provider) askDevice(r *web.Request) (*web.Response, error) {
	return page{Title: "Let a device in", Form: true, AskCode: true, UserCode: r.Query().Get("user_code")}.response(200)
}

func (p *Provider) takeDevice(r *web.Request) (*web.Response, error) {
	given, err := form(r)
	if err != nil {
		return nil, err
	}
	again := page{Title: "Let a device in", Form: true, AskCode: true, UserCode: given.Get("user_code"), UserName: given.Get("username")}
	g, err := owned[grant](r.Tx, "user_code", strings.ToUpper(strings.TrimSpace(given.Get("user_code"))))
	if err != nil {
		return nil, err
	}
	if g == nil || g.Subject != "" || g.Denied || !r.Now.Before(g.Expires) {
		again.Wrong = "There is no device that waits with this code."
		return again.response(400)
	}
	// Saying no takes a login too, or anybody could turn a device away.
	who, err := p.login(r.Tx, given.Get("username"), given.Get("password"))
	if err != nil {
		return nil, err
	}
	if who == nil {
		again.Wrong = "The user name or the password is wrong."
		return again.response(401)
	}
	done := page{Title: "Done", Text: "The device is let in. You can close this page."}
	if given.Get("answer") == "no" {
		g.Denied = true
		done.Text = "The device was turned away."
	} else {
		g.Subject, g.AuthTime = who.Subject, r.Now
	}
	if err := store.Put(r.Tx, *g); err != nil {
		return nil, err
	}
	return done.response(200)
}
