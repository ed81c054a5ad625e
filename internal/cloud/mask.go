package cloud

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// secretHeaders carry tokens.
var secretHeaders = map[string]bool{
	"X-Auth-Token": true, "X-Subject-Token": true, "X-Service-Token": true, "X-Storage-Token": true,
	"Openstack-Auth-Receipt": true, "Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Set-Cookie": true,
}

// secretMembers are the members of bodies that are never shown. A token's is "id" inside "token".
var secretMembers = map[string]bool{
	"password": true, "original_password": true, "adminpass": true, "admin_pass": true, "secret": true, "passcode": true,
	"access_token": true, "id_token": true, "refresh_token": true, "client_secret": true, "device_code": true,
	"user_data": true, "private_key": true, "contents": true, "blob": true, "payload": true,
}

// secretField tells those of forms: of a token request a code is one too, which in JSON is mostly a status.
func secretField(name string) bool {
	low := strings.ToLower(name)
	return secretMembers[low] || low == "code" || low == "code_verifier" || low == "assertion" || low == "token"
}

// isForm tells a form by its header.
func isForm(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "application/x-www-form-urlencoded")
}

// maskForm gives a form with its secrets masked, the fields in their order; false when it cannot be read.
func maskForm(body []byte) ([]byte, bool) {
	fields := strings.Split(string(body), "&")
	for i, f := range fields {
		name, _, _ := strings.Cut(f, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil {
			return nil, false
		}
		if secretField(plain) {
			fields[i] = name + "=" + masked
		}
	}
	return []byte(strings.Join(fields, "&")), true
}

// maskBody gives a JSON body with its secrets masked; false when it is no JSON.
func maskBody(body []byte) ([]byte, bool) {
	doc, ok := decode(body)
	if !ok {
		return nil, false
	}
	walkSecrets(doc, "", func(any) any { return masked })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(doc) != nil {
		return nil, false
	}
	return bytes.TrimSpace(b.Bytes()), true
}

// secretsIn lists the secrets in a JSON body.
func secretsIn(body []byte) []string {
	doc, ok := decode(body)
	if !ok {
		return nil
	}
	var out []string
	walkSecrets(doc, "", func(v any) any {
		if s, ok := v.(string); ok && s != "" {
			out = append(out, s)
		}
		return v
	})
	return out
}

func decode(body []byte) (any, bool) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, false
	}
	var doc any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	return doc, dec.Decode(&doc) == nil && !dec.More()
}

// Masked stands for a secret, however long.
const Masked = masked

// MaskSecrets masks the secrets in a decoded JSON document, in place, by the names of their members.
func MaskSecrets(doc any) { walkSecrets(doc, "", func(any) any { return masked }) }

// Secrets lists the secrets in a JSON body.
func Secrets(body []byte) []string { return secretsIn(body) }

// walkSecrets puts f's result in place of each secret that is no object or list itself.
func walkSecrets(v any, parent string, f func(any) any) {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			low := strings.ToLower(k)
			_, isMap := m.(map[string]any)
			if m != nil && !isMap && (secretMembers[low] || (low == "id" && parent == "token")) {
				v[k] = f(m)
				continue
			}
			walkSecrets(m, low, f)
		}
	case []any:
		for _, m := range v {
			walkSecrets(m, parent, f)
		}
	}
}

// maskHeader gives a header's value, masked where it is a secret.
func maskHeader(name, value string) string {
	if secretHeaders[http.CanonicalHeaderKey(name)] {
		return masked
	}
	return value
}
