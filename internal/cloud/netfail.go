package cloud

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/oslua/oslua/engine/errs"
)

// netError says why no answer came, in words of the network and not of Go.
func (c *Connection) netError(k *call, fail *failure, attempts int) error {
	var ours *errs.Error
	if errors.As(fail.err, &ours) {
		return ours
	}
	host := hostOf(k.url)
	where := "It is where the catalog sends requests for " + quoted(k.service) + "."
	if k.label == Auth {
		setting := "auth_url"
		if k.setting != "" {
			setting = k.setting
		}
		where = "It is the host of " + setting
		if src := c.cfg.source(setting); src != "" {
			where += " (" + src + ")"
		}
		where += "."
	}
	e := &errs.Error{Code: errs.Unavailable, Cause: fail.err}
	e.Message, e.Hint = c.netText(host, fail)
	if errors.Is(fail.err, errSlow) {
		e.Code = errs.Timeout
	}
	if attempts > 1 {
		e.Message += fmt.Sprintf(", %d times", attempts)
	}
	e.Hint = strings.TrimSpace(where + " " + e.Hint)
	if fail.sent && !k.repeatable() {
		e.Hint += " The request may have been carried out: look before you send it again."
	}
	return e
}

// netText is the message and the hint for a failure.
func (c *Connection) netText(host string, fail *failure) (message, hint string) {
	err := fail.err
	text := strings.ToLower(err.Error())
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, errSlow):
		return fmt.Sprintf("%s did not answer within %s", host, c.opts.Timeout), "The service may be overloaded."
	case errors.As(err, &op) && op.Op == "proxyconnect", strings.Contains(text, "proxyconnect"):
		return "the proxy cannot be reached: " + reason(text), "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY."
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("there is no host %q", dns.Name), "Check the name, and whether a VPN is needed."
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %q cannot be looked up: the name server does not answer", dns.Name), "Check the network."
	}
	if t := tlsTrouble(err); t != "" {
		return host + ": " + t, tlsHint(t)
	}
	switch {
	case strings.Contains(text, "malformed http response"):
		return host + " does not speak HTTP there", "Does the address want https:// in place of http://?"
	case !fail.sent && isTimeout(err):
		return fmt.Sprintf("%s does not answer: no connection within %s", host, dialTimeout),
			"Check the address, the firewall, and whether a VPN is needed."
	case strings.Contains(text, "refused"):
		return host + " refused the connection: nothing listens there", "Check the address and the port, and whether the service runs."
	case strings.Contains(text, "unreachable"), strings.Contains(text, "no route to host"):
		return host + " cannot be reached: " + reason(text), "Check the network, and whether a VPN is needed."
	case !fail.sent && errors.Is(err, io.EOF):
		return host + " broke the connection off before a request was sent", "Does the address want http:// in place of https://?"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(text, "reset"),
		strings.Contains(text, "broken pipe"), strings.Contains(text, "eof"), strings.Contains(text, "closed"):
		return "the connection to " + host + " broke before the answer was complete", ""
	}
	return "no answer from " + host + ": " + reason(text), ""
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// reason is the last part of an error's text: net/http puts the method, the URL and the call before it.
func reason(text string) string {
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

const (
	plainServer     = "https was used, but the server speaks plain http"
	wantsClientCert = "the server wants a client certificate"
	unknownSigner   = "the certificate is not signed by an authority known here"
)

// tlsTrouble says what is wrong with the certificate or the handshake, "" when that is not the trouble.
func tlsTrouble(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		header  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownSigner
	case errors.As(err, &name):
		names := "no host"
		if name.Certificate != nil {
			all := name.Certificate.DNSNames
			for _, ip := range name.Certificate.IPAddresses {
				all = append(all, ip.String())
			}
			if len(all) > 0 {
				names = strings.Join(all, ", ")
			}
		}
		return "the certificate is for " + names
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet"
	case errors.As(err, &invalid):
		return "the certificate is not valid"
	case errors.As(err, &header):
		return plainServer
	case errors.As(err, &alert):
		text := reason(alert.Error())
		if strings.Contains(text, "certificate required") || strings.Contains(text, "bad certificate") || strings.Contains(text, "handshake failure") {
			return wantsClientCert + ", or refused the one it got (" + text + ")"
		}
		return "the server broke the TLS handshake off: " + text
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return plainServer
	case strings.Contains(text, "tls: certificate required"), strings.Contains(text, "tls: bad certificate"):
		return wantsClientCert + ", or refused the one it got"
	case strings.Contains(text, "x509: ") || strings.Contains(text, "tls: failed to verify"):
		return "the certificate is not valid: " + reason(text)
	case strings.HasPrefix(text, "tls: ") || strings.HasPrefix(text, "remote error: tls: "):
		return "the TLS handshake failed: " + reason(text)
	}
	return ""
}

func tlsHint(trouble string) string {
	switch {
	case trouble == plainServer:
		return "Use http:// in place of https://."
	case trouble == unknownSigner:
		return "Give the authority's certificate with cacert (OS_CACERT); verify: false switches the check off."
	case strings.HasPrefix(trouble, wantsClientCert):
		return "Set cert and key (OS_CERT, OS_KEY)."
	case strings.Contains(trouble, "expired"):
		return "Check the clock of this machine; else the cloud's operator has to renew it."
	case strings.HasPrefix(trouble, "the certificate is for"):
		return "Use the name the certificate is for."
	}
	return "Check cacert, cert and key."
}
