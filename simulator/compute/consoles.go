package compute

import (
	"errors"
	"html"
	"net/url"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// consoleLife is how long the URL of a console is good for.
const consoleLife = 10 * time.Minute

// consoleToken lets whoever has it look at a server's console.
type consoleToken struct {
	Token, ServerID string
	Expires         time.Time
}

// Meta is how the store finds it.
func (t consoleToken) Meta() store.Meta {
	return store.Meta{Kind: "compute.console", ID: t.Token, Index: []store.Key{{Name: "server", Value: t.ServerID}}}
}

// consoleURL makes a token for a server's console and gives the address where a browser shows it.
func (c *call) consoleURL(s *server) (string, error) {
	old, err := store.List[consoleToken](c.Tx, store.By("server", s.ID))
	if err != nil {
		return "", err
	}
	for _, t := range old {
		if !c.Now.Before(t.Expires) {
			if err := store.Delete[consoleToken](c.Tx, t.Token); err != nil {
				return "", err
			}
		}
	}
	t := consoleToken{Token: c.Tx.NewID(), ServerID: s.ID, Expires: c.Now.Add(consoleLife)}
	return c.URLFor("/console/vnc_lite.html") + "?path=" + url.QueryEscape("?token="+t.Token), store.Put(c.Tx, t)
}

// watchable says whether a server has a console to look at.
func watchable(s *server) error {
	if s.Host == "" || s.VM == building {
		return conflict("Instance %s is not ready", s.ID)
	}
	return nil
}

func oldConsole(a *act) (*web.Response, error) {
	kind := a.in.text("type")
	if kind != "novnc" {
		return nil, badRequest("Unavailable console type %s.", kind)
	}
	if err := watchable(a.s); err != nil {
		return nil, err
	}
	u, err := a.consoleURL(a.s)
	return web.OK(web.Object{"console": web.Object{"type": kind, "url": u}}), err
}

func remoteConsole(c *call) (*web.Response, error) {
	if !c.at(6) {
		return nil, unversioned()
	}
	protocols, types := []any{"vnc", "spice", "rdp", "serial"}, []any{"novnc", "xvpvnc", "rdp-html5", "spice-html5", "serial"}
	if c.at(8) {
		protocols, types = append(protocols, "mks"), append(types, "webmks")
	}
	body, err := c.bodyIs(one("remote_console", obj([]property{prop("protocol", schema{typ("string"), enum(protocols...)}),
		prop("type", schema{typ("string"), enum(types...)})}, "protocol", "type")))
	if err != nil {
		return nil, err
	}
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	in := body.object("remote_console")
	kind, protocol := in.text("type"), in.text("protocol")
	if err := watchable(s); err != nil {
		return nil, err
	}
	if protocol != "vnc" || kind != "novnc" {
		return nil, badRequest("Unavailable console type %s.", kind)
	}
	u, err := c.consoleURL(s)
	return web.OK(web.Object{"remote_console": web.Object{"protocol": protocol, "type": kind, "url": u}}), err
}

// consolePage shows a server's console log as a page that renews itself.
func consolePage(c *call) (*web.Response, error) {
	token := strings.TrimPrefix(c.Query().Get("path"), "?token=")
	t, err := store.Get[consoleToken](c.Tx, token)
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.Now.Before(t.Expires) {
		return nil, notFound("The token '%s' is invalid or has expired", token)
	}
	if err != nil {
		return nil, err
	}
	g, err := FindGuest(c.Request, t.ServerID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noInstance(t.ServerID)
	}
	if err != nil {
		return nil, err
	}
	log, err := c.console(g)
	if err != nil {
		return nil, err
	}
	page := "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"2\"><title>" + html.EscapeString(g.Name) +
		"</title></head>\n<body style=\"background:#000;color:#ccc\"><pre>" + html.EscapeString(log) + "</pre></body></html>\n"
	return &web.Response{Status: 200, ContentType: "text/html; charset=utf-8", Body: page}, nil
}
