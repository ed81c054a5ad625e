package oidc

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/oslua/oslua/simulator/store"
)

// person is somebody the provider knows. A service account is one without a password.
type person struct {
	Subject, UserName, Name, Email string
	Groups                         []string
	PasswordHash                   string
}

func (p person) Meta() store.Meta {
	return store.Meta{Kind: "oidc.person", ID: p.Subject, Name: p.UserName,
		Unique: []store.Key{{Name: "username", Value: p.UserName}}}
}

// client is an application that may ask for tokens.
type client struct {
	ID, SecretHash string
	Account        string // subject of its service account
}

func (c client) Meta() store.Meta { return store.Meta{Kind: "oidc.client", ID: c.ID} }

// signingKey is a private key in PKCS #8.
type signingKey struct {
	ID  string
	DER []byte
}

func (k signingKey) Meta() store.Meta { return store.Meta{Kind: "oidc.key", ID: k.ID} }

// The kinds of grant that wait to be redeemed.
const (
	codeGrant    = "code"
	refreshGrant = "refresh"
	deviceGrant  = "device"
)

// grant is what a code, a refresh token or a device code stands for. It is kept under the hash of what the client has.
type grant struct {
	Hash, Kind, ClientID string
	Subject              string // "" for a device code nobody has approved yet
	Scope, Nonce         string
	RedirectURI          string
	Challenge, Method    string // PKCE
	UserCode             string // of a device code
	Denied               bool
	AuthTime             time.Time
	Polled               time.Time // when a device last asked
	Expires              time.Time
}

func (g grant) Meta() store.Meta {
	m := store.Meta{Kind: "oidc.grant", ID: g.Hash}
	if g.UserCode != "" {
		m.Unique = []store.Key{{Name: "user_code", Value: g.UserCode}}
	}
	return m
}

// revoked is an access token that was taken back before its time.
type revoked struct {
	ID      string
	Expires time.Time
}

func (r revoked) Meta() store.Meta { return store.Meta{Kind: "oidc.revoked", ID: r.ID} }

// The seeded client.
const (
	ClientID     = "oslua"
	ClientSecret = "secret"
)

// secretHash is bcrypt of "secret" at the least cost, worked out beforehand: the seed is to take no time.
const secretHash = "$2a$04$yBwDod6Ju.WbGqkrZYo33.OnuZahJBReLYiu7m9h4v4KXLB/hdwAq"

// ServiceAccount is the user name of a client that speaks for itself.
func ServiceAccount(clientID string) string { return "service-account-" + clientID }

// Seed puts in the client oslua and the people admin, demo and alt_demo, each with the secret or password "secret".
func Seed(tx *store.Tx, seed int64) error {
	subject := func(name string) string {
		sum := sha256.Sum256([]byte("oidc/" + name + "/" + time.Unix(seed, 0).UTC().String()))
		b := sum[:16]
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		h := hex.EncodeToString(b)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}
	account := ServiceAccount(ClientID)
	for _, p := range []person{
		{UserName: "admin", Name: "Administrator", Email: "admin@example.com", Groups: []string{"admins"}, PasswordHash: secretHash},
		{UserName: "demo", Name: "Demo User", Email: "demo@example.com", Groups: []string{"users"}, PasswordHash: secretHash},
		{UserName: "alt_demo", Name: "Alternative Demo User", Email: "alt_demo@example.com", Groups: []string{"users"}, PasswordHash: secretHash},
		{UserName: account, Name: "Service account of " + ClientID, Groups: []string{"services"}},
	} {
		p.Subject = subject(p.UserName)
		if err := store.Put(tx, p); err != nil {
			return err
		}
	}
	return store.Put(tx, client{ID: ClientID, SecretHash: secretHash, Account: subject(account)})
}

func fits(hash, secret string) bool {
	return hash != "" && bcrypt.CompareHashAndPassword([]byte(hash), []byte(secret)[:min(len(secret), 72)]) == nil
}

// newSecret makes a code or a refresh token, never from the seed.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newUserCode is short and without vowels and digits that look like letters: people type it.
func newUserCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// lookup is Get for what may be missing: it gives nil then.
func lookup[T store.Document](tx *store.Tx, id string) (*T, error) {
	doc, err := store.Get[T](tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &doc, nil
}

// owned finds the document with a unique value, nil when there is none.
func owned[T store.Document](tx *store.Tx, key, value string) (*T, error) {
	id, err := store.Owner[T](tx, key, value)
	if err != nil || id == "" {
		return nil, err
	}
	return lookup[T](tx, id)
}

// keep stores a grant and clears away a few that have expired.
func keep(tx *store.Tx, g grant, now time.Time) error {
	old, err := store.List[grant](tx, store.Limit(4))
	if err != nil {
		return err
	}
	for _, o := range old {
		if now.After(o.Expires) {
			if err := store.Delete[grant](tx, o.Hash); err != nil {
				return err
			}
		}
	}
	return store.Put(tx, g)
}
