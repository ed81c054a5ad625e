package compute

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// accepted, done and noContent are answers without a body, which Nova gives a content type nevertheless.
func accepted() *web.Response {
	return (&web.Response{Status: http.StatusAccepted}).With("Content-Type", "application/json")
}

func done() *web.Response {
	return (&web.Response{Status: http.StatusOK}).With("Content-Type", "application/json")
}

func noContent() *web.Response {
	return (&web.Response{Status: http.StatusNoContent}).With("Content-Type", "application/json")
}

func (k *keypair) wire(c *call) web.Object {
	o := web.Object{"name": k.Name, "public_key": k.PublicKey, "fingerprint": k.Fingerprint}
	if c.at(2) {
		o["type"] = k.Type
	}
	return o
}

func (k *keypair) withUser(c *call) web.Object {
	o := k.wire(c)
	o["user_id"] = k.UserID
	return o
}

// keypairUser is whose keys the request is about: an administrator may name another user.
func (c *call) keypairUser(rule string) (string, error) {
	user := c.user
	if c.at(10) && c.Query().Has("user_id") {
		user = c.Query().Get("user_id")
	}
	if user != c.user {
		if err := c.may(rule); err != nil {
			return "", err
		}
	}
	return user, nil
}

func (c *call) keypairQuery(pages bool) error {
	all := map[string]schema{}
	if c.at(10) {
		all["user_id"] = text()
	}
	if pages && c.at(35) {
		all["limit"], all["marker"] = nonNegativeSchema(), text()
	}
	return checkQuery(queryParams(!c.at(75), all), c.Request)
}

func listKeypairs(c *call) (*web.Response, error) {
	if err := c.keypairQuery(true); err != nil {
		return nil, err
	}
	user, err := c.keypairUser("os-keypairs:index")
	if err != nil {
		return nil, err
	}
	all, err := store.List[keypair](c.Tx, store.By("user", user))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b keypair) int { return strings.Compare(a.Name, b.Name) })
	answer := web.Object{}
	if c.at(35) {
		page, err := c.paging()
		if err != nil {
			return nil, err
		}
		var known bool
		if all, _, _, known = web.Cut(all, page, func(k keypair) string { return k.Name }); !known {
			return nil, badRequest("Marker %s could not be found.", page.Marker)
		}
		if len(all) == page.Limit {
			answer["keypairs_links"] = c.nextLink("/v2.1/os-keypairs", all[len(all)-1].Name)
		}
	}
	shown := []web.Object{}
	for _, k := range all {
		shown = append(shown, web.Object{"keypair": k.wire(c)})
	}
	answer["keypairs"] = shown
	return web.OK(answer), nil
}

func noKeypair(name, user string) error {
	return notFound("Keypair %s not found for user %s", name, user)
}

func showKeypair(c *call) (*web.Response, error) {
	if err := c.keypairQuery(false); err != nil {
		return nil, err
	}
	user, err := c.keypairUser("os-keypairs:show")
	if err != nil {
		return nil, err
	}
	k, err := store.Get[keypair](c.Tx, keypairID(user, c.PathValue("name")))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noKeypair(c.PathValue("name"), user)
	}
	if err != nil {
		return nil, err
	}
	o := k.withUser(c)
	o["created_at"], o["updated_at"], o["deleted_at"] = microTime(k.CreatedAt), nil, nil
	o["deleted"], o["id"] = false, k.Number
	return web.OK(web.Object{"keypair": o}), nil
}

func deleteKeypair(c *call) (*web.Response, error) {
	if err := c.keypairQuery(false); err != nil {
		return nil, err
	}
	user, err := c.keypairUser("os-keypairs:delete")
	if err != nil {
		return nil, err
	}
	err = store.Delete[keypair](c.Tx, keypairID(user, c.PathValue("name")))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, noKeypair(c.PathValue("name"), user)
	case c.at(2):
		return noContent(), err
	}
	return accepted(), err
}

func keypairNameSchema(chars string) schema {
	allowed := func(s string) bool {
		return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(chars, r) }) < 0
	}
	return append(nameSchema(), named("Only expected characters: ["+chars+"]", allowed))
}

func keypairSchema(minor int) schema {
	chars := "_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	must := []string{"name"}
	if minor >= 92 {
		chars = "@." + chars
		must = append(must, "public_key")
	}
	all := []property{prop("name", keypairNameSchema(chars))}
	if minor >= 2 {
		all = append(all, prop("type", schema{typ("string"), enum("ssh", "x509")}))
	}
	all = append(all, prop("public_key", text()))
	if minor >= 10 {
		all = append(all, prop("user_id", text()))
	}
	return one("keypair", obj(all, must...))
}

func createKeypair(c *call) (*web.Response, error) {
	body, err := c.bodyIs(keypairSchema(c.Version.Minor))
	if err != nil {
		return nil, err
	}
	in := body.object("keypair")
	k := keypair{UserID: c.user, Name: strings.TrimSpace(in.text("name")), Type: "ssh", PublicKey: in.text("public_key"), CreatedAt: c.now()}
	if t := in.text("type"); t != "" {
		k.Type = t
	}
	if u := in.text("user_id"); u != "" && u != c.user {
		if err := c.may("os-keypairs:create"); err != nil {
			return nil, err
		}
		k.UserID = u
	}
	have, err := store.Count[keypair](c.Tx, store.By("user", k.UserID))
	if err != nil {
		return nil, err
	}
	if limit, err := c.limit(c.project, "key_pairs"); err != nil {
		return nil, err
	} else if limit >= 0 && have >= limit {
		return nil, forbidden("Quota exceeded, too many key pairs.")
	}
	private := ""
	if in.has("public_key") {
		if k.Fingerprint, err = fingerprint(k.Type, k.PublicKey); err != nil {
			return nil, err
		}
	}
	if there, err := store.Has[keypair](c.Tx, keypairID(k.UserID, k.Name)); err != nil {
		return nil, err
	} else if there {
		return nil, conflict("Key pair '%s' already exists.", k.Name)
	}
	if !in.has("public_key") {
		if k.PublicKey, private, err = c.s.generate(k.Type, k.UserID, c.now()); err != nil {
			return nil, err
		}
		if k.Fingerprint, err = fingerprint(k.Type, k.PublicKey); err != nil {
			return nil, err
		}
	}
	if k.Number, err = c.Tx.Counter("compute.keypair"); err != nil {
		return nil, err
	}
	if err := store.Put(c.Tx, k); err != nil {
		return nil, err
	}
	o := k.withUser(c)
	if private != "" {
		o["private_key"] = private
	}
	answer := web.OK(web.Object{"keypair": o})
	if c.at(2) {
		answer.Status = http.StatusCreated
	}
	return answer, nil
}

func colons(sum []byte) string {
	var parts []string
	for _, b := range sum {
		parts = append(parts, hex.EncodeToString([]byte{b}))
	}
	return strings.Join(parts, ":")
}

// fingerprint is the MD5 of an ssh key, or the SHA1 of a certificate.
func fingerprint(kind, public string) (string, error) {
	if kind == "x509" {
		block, _ := pem.Decode([]byte(public))
		if block == nil {
			return "", badRequest("Keypair data is invalid: failed to generate X509 fingerprint. Error message: Unable to load PEM file. " +
				"See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "", badRequest("Keypair data is invalid: failed to generate X509 fingerprint. Error message: error parsing asn1 value")
		}
		sum := sha1.Sum(block.Bytes)
		return colons(sum[:]), nil
	}
	bad := badRequest("Keypair data is invalid: failed to generate fingerprint")
	parts := strings.Split(public, " ")
	if len(parts) < 2 {
		return "", bad
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(parts[1]))
	if err != nil {
		return "", bad
	}
	key, err := ssh.ParsePublicKey(raw)
	if err != nil || key.Type() != parts[0] {
		return "", bad
	}
	sum := md5.Sum(raw)
	return colons(sum[:]), nil
}

func (s *service) random() io.Reader {
	if s.options.Random != nil {
		return s.options.Random
	}
	return rand.Reader
}

// generate makes a key: its public and its private part.
func (s *service) generate(kind, user string, now time.Time) (public, private string, err error) {
	key, err := rsa.GenerateKey(s.random(), 2048)
	if err != nil {
		return "", "", err
	}
	if kind == "x509" {
		template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: user}, NotBefore: now,
			NotAfter: now.AddDate(10, 0, 0), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
		raw, err := x509.CreateCertificate(s.random(), template, template, &key.PublicKey, key)
		if err != nil {
			return "", "", err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return "", "", err
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})),
			string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
	}
	pub, err := ssh.NewPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub))) + " Generated-by-Nova", string(pem.EncodeToMemory(block)), nil
}
