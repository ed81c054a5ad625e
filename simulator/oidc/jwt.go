package oidc

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

const keyBits = 2048

// keyring remembers the parsed keys: a process needs to parse one once.
type keyring struct {
	mu   sync.Mutex
	keys map[string]*rsa.PrivateKey
}

func (k *keyring) parse(s signingKey) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[s.ID]; key != nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(s.DER)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("oidc: the stored key is not an RSA key")
	}
	if k.keys == nil {
		k.keys = map[string]*rsa.PrivateKey{}
	}
	k.keys[s.ID] = key
	return key, nil
}

// current gives the key that signs, and makes it where there is none yet.
func (k *keyring) current(tx *store.Tx) (string, *rsa.PrivateKey, error) {
	s, err := store.First[signingKey](tx)
	if errors.Is(err, store.ErrNotFound) {
		key, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return "", nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return "", nil, err
		}
		sum := sha256.Sum256(key.N.Bytes())
		s = signingKey{ID: encode(sum[:16]), DER: der}
		if err := store.Put(tx, s); err != nil {
			return "", nil, err
		}
	} else if err != nil {
		return "", nil, err
	}
	key, err := k.parse(s)
	return s.ID, key, err
}

// sign makes a token of claims.
func (k *keyring) sign(tx *store.Tx, typ string, claims web.Object) (string, error) {
	id, key, err := k.current(tx)
	if err != nil {
		return "", err
	}
	head, err := json.Marshal(struct {
		Alg string `json:"alg"`
		Typ string `json:"typ"`
		Kid string `json:"kid"`
	}{"RS256", typ, id})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encode(head) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return text + "." + encode(sig), err
}

// verify gives a token's claims; nil when it is not ours, or not good at that time.
func (k *keyring) verify(tx *store.Tx, token string, now time.Time) (web.Object, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil
	}
	var head struct{ Alg, Kid string }
	if !unpack(parts[0], &head) || head.Alg != "RS256" {
		return nil, nil
	}
	s, err := lookup[signingKey](tx, head.Kid)
	if err != nil || s == nil {
		return nil, err
	}
	key, err := k.parse(*s)
	if err != nil {
		return nil, err
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig) != nil {
		return nil, nil //nolint:nilerr // a bad signature is an answer, not a failure
	}
	var claims web.Object
	if !unpack(parts[1], &claims) {
		return nil, nil
	}
	exp, ok := claims["exp"].(json.Number)
	if !ok {
		return nil, nil
	}
	if at, err := exp.Int64(); err != nil || now.Unix() >= at {
		return nil, nil //nolint:nilerr // as above
	}
	if id, _ := claims["jti"].(string); id != "" {
		if gone, err := store.Has[revoked](tx, id); err != nil || gone {
			return nil, err
		}
	}
	return claims, nil
}

// public are the keys as clients get them.
func (k *keyring) public(tx *store.Tx) ([]web.Object, error) {
	id, key, err := k.current(tx)
	if err != nil {
		return nil, err
	}
	return []web.Object{{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}}, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unpack(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into) == nil
}
