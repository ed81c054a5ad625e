package cloud

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/engine/errs"
)

// maxSentence caps a service's message: some put a whole schema there.
const maxSentence = 600

// ServiceError is the cause of an error a service answered with.
type ServiceError struct {
	Service string // "network"; "" for a request for a token
	Status  int
	Type    string // the service's own word: Neutron's "SubnetInUse", Nova's "conflictingRequest"; "" for none
}

// Error names the service, its word and the status.
func (e *ServiceError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", e.Service, e.Status, e.Type))
}

// fault makes an error of an answer that is no success.
func (c *Connection) fault(k *call, a *answer) *errs.Error {
	sentence, kind := readFault(a.body)
	if sentence == "" {
		sentence = strings.ToLower(http.StatusText(a.status))
	}
	if sentence == "" {
		sentence = "the service gave no reason"
	}
	e := &errs.Error{
		Code: codeOf(a.status, kind, sentence), Status: a.status, RequestID: a.requestID(),
		Message: shorten(c.redact(k, sentence)),
		Cause:   &ServiceError{Service: k.service, Status: a.status, Type: kind},
	}
	e.Hint = c.hint(k, a, e, kind)
	return e
}

// redact takes out of a service's sentence what it repeats of the secrets it was sent.
func (c *Connection) redact(k *call, sentence string) string {
	hide := func(secret string, shortest int) {
		// The sentence was put on one line, and so is what it repeats.
		for _, s := range []string{secret, oneLine(secret)} {
			if len(s) >= shortest {
				sentence = strings.ReplaceAll(sentence, s, masked)
			}
		}
	}
	hide(k.header.Get("X-Auth-Token"), 1)
	_, bearer, _ := strings.Cut(k.header.Get("Authorization"), " ")
	hide(bearer, 8)
	for _, s := range secretsIn(k.body) {
		hide(s, 4)
	}
	// A short password is likely a word of its own: the request for a token alone can have brought it back.
	for _, s := range c.cfg.secrets() {
		hide(s, 8)
	}
	return sentence
}

// readFault finds the sentence of an error body, and the service's word for its type where there is one.
func readFault(body []byte) (sentence, kind string) {
	var doc map[string]json.RawMessage
	if json.Unmarshal(body, &doc) != nil {
		return plainText(string(body)), ""
	}
	// {"errors": [{"detail": …}]} is placement's and Keystone's newest.
	var many []map[string]any
	if raw, ok := doc["errors"]; ok && json.Unmarshal(raw, &many) == nil && len(many) > 0 {
		return firstText(many[0], "detail", "message", "title"), text(many[0]["code"])
	}
	flat := map[string]any{}
	for k, raw := range doc {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			flat[k] = v
		}
	}
	if s := firstText(flat, "message", "faultstring", "error_message", "detail"); s != "" {
		return s, text(flat["type"])
	}
	// {"NeutronError": {…}}, {"conflictingRequest": {…}}, {"error": {…}}: one member, whatever its name.
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		switch v := flat[name].(type) {
		case map[string]any:
			if s := firstText(v, "message", "detail", "faultstring"); s != "" {
				if t := text(v["type"]); t != "" {
					name = t
				}
				return s, name
			}
		case string:
			if len(flat) == 1 {
				return sentenceOf(v), ""
			}
		}
	}
	return "", ""
}

func firstText(m map[string]any, keys ...string) string {
	for _, k := range keys {
		if s := sentenceOf(text(m[k])); s != "" {
			return s
		}
	}
	return ""
}

func text(v any) string { s, _ := v.(string); return s }

var (
	tags   = regexp.MustCompile(`(?s)<(script|style|head)\b.*?</(script|style|head)>|<title>.*?</title>|<h1>.*?</h1>|<[^>]*>`)
	titles = regexp.MustCompile(`(?is)<(?:title|h1)>(.*?)</(?:title|h1)>`)
	// Nova: "Invalid input for field/attribute server. Value: {…}. 'name' is a required property"
	wholeValue = regexp.MustCompile(`(?s)\. Value: \{.*\}\.`)
	blanks     = regexp.MustCompile(`\s+`)
)

// sentenceOf cleans a message: WebOb leaves tags in it, schema checks a whole schema after the first paragraph, Nova
// the whole request before the reason.
func sentenceOf(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n\n")
	s = strings.NewReplacer("<br />", " ", "<br/>", " ", "<br>", " ").Replace(s)
	return oneLine(html.UnescapeString(wholeValue.ReplaceAllString(s, ":")))
}

func oneLine(s string) string { return strings.TrimSpace(blanks.ReplaceAllString(s, " ")) }

// shorten cuts a message that would fill the screen.
func shorten(s string) string {
	if len(s) <= maxSentence {
		return s
	}
	cut := maxSentence
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// plainText is the text of a body that is no JSON: plain, or a page of a service or of a proxy before it.
func plainText(s string) string {
	if !utf8.ValidString(s) {
		return ""
	}
	if strings.Contains(s, "<") {
		title := ""
		if m := titles.FindStringSubmatch(s); m != nil {
			title = sentenceOf(m[1])
		}
		if s = sentenceOf(strings.TrimSpace(tags.ReplaceAllString(s, " "))); s == "" || len(s) < 12 {
			return title
		}
	}
	return sentenceOf(s)
}

// codeOf gives the code a script sees. Quotas hide behind three statuses.
func codeOf(status int, kind, sentence string) errs.Code {
	low := strings.ToLower(sentence)
	quota := kind == "OverQuota" || strings.Contains(low, "quota exceeded") || strings.Contains(low, "exceeds quota") ||
		strings.Contains(low, "quota limit")
	switch status {
	case http.StatusUnauthorized:
		return errs.Unauthorized
	case http.StatusForbidden:
		if quota || strings.Contains(low, "maximum number of ") {
			return errs.Quota
		}
		return errs.Forbidden
	case http.StatusNotFound, http.StatusGone:
		return errs.NotFound
	case http.StatusConflict:
		if quota {
			return errs.Quota
		}
		return errs.Conflict
	case http.StatusRequestEntityTooLarge:
		return errs.Quota
	case http.StatusRequestTimeout:
		return errs.Timeout
	case http.StatusTooManyRequests:
		return errs.Unavailable
	}
	if status >= 400 && status < 500 {
		return errs.BadRequest
	}
	return errs.Unavailable
}

// hint says what to do next, "" when the service's sentence says it all.
func (c *Connection) hint(k *call, a *answer, e *errs.Error, kind string) string {
	switch {
	case e.Code == errs.Unauthorized:
		return "The service does not accept a token the identity service has just given: its operator has to look."
	case e.Code == errs.Quota:
		return "Delete what is not needed any more, or ask the cloud's operator for a larger quota."
	case e.Code == errs.Forbidden:
		c.mu.Lock()
		t := c.token
		c.mu.Unlock()
		if t == nil {
			return ""
		}
		var roles []string
		for _, r := range t.Roles {
			roles = append(roles, r.Name)
		}
		where := ""
		if t.ProjectName != "" {
			where = " in project " + quoted(t.ProjectName)
		}
		if len(roles) == 0 {
			return fmt.Sprintf("User %s has no role%s.", quoted(t.UserName), where)
		}
		return fmt.Sprintf("User %s has the roles %s%s: another one is needed.", quoted(t.UserName), list(roles), where)
	case e.Code == errs.Conflict && strings.HasSuffix(kind, "InUse"):
		return "Something still uses it: remove that first."
	case a.status == http.StatusNotAcceptable:
		return "Ask for a microversion the service has."
	case a.status == http.StatusNotImplemented:
		return "This cloud cannot do it."
	case a.status == http.StatusTooManyRequests:
		return "The service asks for fewer requests: wait, or run fewer tasks at a time."
	case a.status >= 500:
		id := ""
		if e.RequestID != "" {
			id = " and tell its operator the request ID " + e.RequestID
		}
		return "The service has failed, not your script: try again later" + id + "."
	case a.status >= 300 && a.status < 400:
		if to := a.header.Get("Location"); to != "" {
			return "It sends to " + to + ", which is not followed: the catalog or auth_url should say so itself."
		}
		return "The address lacks the version, or is not that of the API."
	}
	return ""
}
