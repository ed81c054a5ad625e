package cloud

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

// makeCert writes a self-signed certificate and its key as PEM.
func makeCert(t *testing.T, expired bool) (cert, key []byte) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-2 * time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if expired {
		tmpl.NotAfter = time.Now().Add(-time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, priv.Public(), priv)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}

// secureCloud is a fake cloud behind TLS with the certificate given.
func secureCloud(t *testing.T, cert, key []byte, clientCA []byte) *fakeCloud {
	t.Helper()
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeCloud{mux: http.NewServeMux()}
	f.mux.HandleFunc("POST /v3/auth/tokens", f.authenticate)
	f.Server = httptest.NewUnstartedServer(f.mux)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	if clientCA != nil {
		f.TLS.ClientCAs, f.TLS.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		f.TLS.ClientCAs.AppendCertsFromPEM(clientCA)
	}
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func TestTLS(t *testing.T) {
	cert, key := makeCert(t, false)
	otherCert, otherKey := makeCert(t, false)
	oldCert, oldKey := makeCert(t, true)
	dir := t.TempDir()
	write := func(name string, data ...[]byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(strings.Join(func() (s []string) {
			for _, d := range data {
				s = append(s, string(d))
			}
			return
		}(), "")), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	ca, oldCA := write("ca.pem", cert), write("old.pem", oldCert)
	certFile, keyFile, both := write("c.pem", otherCert), write("k.pem", otherKey), write("both.pem", otherCert, otherKey)

	plain := secureCloud(t, cert, key, nil)
	mutual := secureCloud(t, cert, key, otherCert)
	old := secureCloud(t, oldCert, oldKey, nil)
	tests := []struct {
		name   string
		f      *fakeCloud
		values vars
		says   string // "" for success
		hint   string
	}{
		{"trusted", plain, vars{"cacert": ca}, "", ""},
		{"unknown authority", plain, nil, "not signed by an authority known here", "cacert"},
		{"the wrong authority", plain, vars{"cacert": certFile}, "not signed by an authority known here", "cacert"},
		{"not verified", plain, vars{"verify": "false"}, "", ""},
		{"insecure", plain, vars{"insecure": "true"}, "", ""},
		{"verified after all", plain, vars{"verify": "True"}, "not signed", ""},
		{"expired", old, vars{"cacert": oldCA}, "has expired", "clock of this machine"},
		{"another name", plain, vars{"cacert": ca, "auth_url": strings.Replace(plain.URL, "127.0.0.1", "localhost", 1)}, "the certificate is for 127.0.0.1", "Use the name"},
		{"client certificate", mutual, vars{"cacert": ca, "cert": certFile, "key": keyFile}, "", ""},
		{"client certificate in one file", mutual, vars{"cacert": ca, "cert": both}, "", ""},
		{"no client certificate", mutual, vars{"cacert": ca}, "wants a client certificate", "OS_CERT"},
		{"plain server", newFakeCloud(t), vars{"auth_url": "https"}, "the server speaks plain http", "http://"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := vars{"auth_url": tt.f.URL, "username": "u", "password": "p"}
			for k, s := range tt.values {
				v[k] = s
			}
			if v["auth_url"] == "https" {
				v["auth_url"] = strings.Replace(tt.f.URL, "http:", "https:", 1)
			}
			cfg, err := FromValues("test", v)
			if err != nil {
				t.Fatal(err)
			}
			c := New(cfg, Options{})
			defer c.Close()
			_, err = c.Token(t.Context())
			if tt.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e := wantError(t, err, errs.Unavailable)
			if !strings.Contains(e.Message, tt.says) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("%q, hint %q\nwant %q, %q", e.Message, e.Hint, tt.says, tt.hint)
			}
			if c.Requests() != 1 {
				t.Errorf("tried %d times", c.Requests())
			}
		})
	}
	if _, err := FromValues("test", vars{"auth_url": "https://x", "username": "u", "password": "p", "cert": certFile, "key": ca}); errs.CodeOf(err) != errs.Config {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestNetworkFailures(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		name string
		err  error
		says string
	}{
		{"no such host", dial(&net.DNSError{Err: "no such host", Name: "c.invalid", IsNotFound: true}), `there is no host "c.invalid"`},
		{"no name server", dial(&net.DNSError{Err: "server misbehaving", Name: "c.invalid", IsTemporary: true}), "the name server does not answer"},
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "refused the connection"},
		{"no route", dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "cannot be reached: no route to host"},
		{"dial timeout", dial(context.DeadlineExceeded), "does not answer: no connection within 10s"},
		{"proxy", &net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))}, "the proxy cannot be reached: connection refused"},
		{"not HTTP", errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0"`), "does not speak HTTP"},
		{"early end", io.EOF, "broke the connection off before a request was sent"},
		{"anything", errors.New("a: b: the moon is full"), "no answer from c.invalid:5000: the moon is full"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := FromValues("test", vars{"auth_url": "http://c.invalid:5000/v3", "username": "u", "password": "hunter2-secret"})
			if err != nil {
				t.Fatal(err)
			}
			c := New(cfg, Options{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, tt.err })})
			_, err = c.Token(t.Context())
			e := wantError(t, err, errs.Unavailable)
			if !strings.Contains(e.Message, tt.says) || !strings.Contains(e.Hint, "auth_url (test)") {
				t.Errorf("%q, hint %q", e.Message, e.Hint)
			}
			for _, jargon := range []string{"dial tcp", "lookup", "net/http", "syscall", "connectex", "http://"} {
				if strings.Contains(e.Message, jargon) {
					t.Errorf("%q speaks of %q", e.Message, jargon)
				}
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAHostThatAnsweredBeforeIsTriedAgain(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) {})
	var fail int
	d := &net.Dialer{}
	c, fake := f.connect(t, Options{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if fail > 0 {
			fail--
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return d.DialContext(ctx, network, addr)
	}})
	if _, err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close() // so that the next request dials
	fail = 2
	if _, err := c.Do(t.Context(), Request{Service: Network, Method: "POST", Path: "x"}); err != nil {
		t.Fatal(err)
	}
	if n := len(fake.Slept()); n != 2 {
		t.Errorf("waited %d times", n)
	}
	c.Close()
	fail = 100
	_, err := c.Do(t.Context(), Request{Service: Network, Method: "POST", Path: "x"})
	if e := wantError(t, err, errs.Unavailable); !strings.Contains(e.Message, "5 times") || strings.Contains(e.Hint, "carried out") {
		t.Errorf("%s / %s", e.Message, e.Hint)
	}
}
