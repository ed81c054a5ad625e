package bindings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/oslua/oslua/internal/cloud"
)

const (
	made     = `{"keypair":{"name":"k","fingerprint":"f","private_key":"PRIVATE-PART"}}`
	imported = `{"keypair":{"name":"k","type":"ssh","public_key":"ssh-rsa AAAA me","id":7}}`
)

func TestKeypairs(t *testing.T) {
	runWire(t, []wireCase{
		{
			name: "rows are unwrapped", fn: "keypairs.list", args: `{ user_id = "u", marker = "a" }`,
			wire: []exchange{{want: "GET os-keypairs?marker=a&user_id=u", header: "Openstack-Api-Version: compute 2.35",
				answer: `{"keypairs":[{"keypair":{"name":"k","fingerprint":"f"}}]}`}},
			want: `[{"fingerprint":"f","id":"k","name":"k"}]`,
		},
		{
			name: "pages", fn: "keypairs.each", args: `{ limit = 1 }`,
			wire: []exchange{
				{want: "GET os-keypairs?limit=1", answer: `{"keypairs":[{"keypair":{"name":"a"}}],"keypairs_links":[{"rel":"next","href":"$URL/v2.1/os-keypairs?limit=1&marker=a"}]}`},
				{want: "GET os-keypairs?limit=1&marker=a", answer: `{"keypairs":[{"keypair":{"name":"b"}}]}`},
			},
			want: `[{"id":"a","name":"a"}] [{"id":"b","name":"b"}]`,
		},
		{
			name: "the name is the ID", fn: "keypairs.get", args: `"k"`,
			wire: []exchange{{want: "GET os-keypairs/k", answer: imported}},
			want: `{"id":"k","name":"k","public_key":"ssh-rsa AAAA me","type":"ssh"}`,
		},
		{
			name: "another user's", fn: "keypairs.get", args: `"a b", { user_id = "u" }`,
			wire: []exchange{{want: "GET os-keypairs/a%20b?user_id=u", answer: `{"keypair":{"name":"a b","id":1}}`}},
			want: `{"id":"a b","name":"a b"}`,
		},
		{
			name: "none", fn: "keypairs.find", args: `"k"`,
			wire: []exchange{{want: "GET os-keypairs/k", status: 404, answer: `{"itemNotFound":{"code":404,"message":"Keypair k not found for user u"}}`}},
			want: `nil`,
		},
		{
			name: "generated", fn: "keypairs.create", args: `{ name = "k" }`,
			wire: []exchange{{want: "POST os-keypairs", header: "Openstack-Api-Version: compute 2.35", body: `{"keypair":{"name":"k"}}`, status: 201, answer: made}},
			want: `{"fingerprint":"f","id":"k","name":"k","private_key":"PRIVATE-PART"}`,
		},
		{
			name: "brought", fn: "keypairs.create", args: `{ name = "k", public_key = "ssh-rsa AAAA me", type = "ssh", user_id = "u" }`,
			wire: []exchange{{want: "POST os-keypairs", body: `{"keypair":{"name":"k","public_key":"ssh-rsa AAAA me","type":"ssh","user_id":"u"}}`, status: 201, answer: imported}},
			want: `{"id":"k","name":"k","public_key":"ssh-rsa AAAA me","type":"ssh"}`,
		},
		{
			name: "there already", fn: "keypairs.create", args: `{ name = "k" }`,
			wire: []exchange{{want: "POST os-keypairs", body: `{"keypair":{"name":"k"}}`, status: 409, answer: `{"conflictingRequest":{"code":409,"message":"Key pair 'k' already exists."}}`}},
			fail: &failure{"conflict", "keypairs.create", "already exists", "keypairs.ensure"},
		},
		{
			name: "both halves", fn: "keypairs.create", args: `{ name = "k", public_key = "ssh-rsa AAAA me", file = "x" }`,
			fail: &failure{"bad_argument", "keypairs.create.file", "public key is given", "leave file out"},
		},
		{
			name: "the wrong half", fn: "keypairs.create", args: `{ name = "k", public_key = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret-password" }`,
			fail: &failure{"bad_argument", "keypairs.create.public_key", "private key", ".pub"},
		},
		{
			name: "as it is", fn: "keypairs.ensure", args: `{ name = "k", public_key = "ssh-rsa AAAA another comment" }`,
			wire: []exchange{{want: "GET os-keypairs/k", answer: imported}},
			want: `{"id":"k","name":"k","public_key":"ssh-rsa AAAA me","type":"ssh"} false`,
		},
		{
			name: "another key", fn: "keypairs.ensure", args: `{ name = "k", public_key = "ssh-rsa BBBB me" }`,
			wire: []exchange{{want: "GET os-keypairs/k", answer: imported}},
			fail: &failure{"conflict", "keypairs.ensure", "public key is another", `keypairs.delete("k")`},
		},
		{
			name: "new", fn: "keypairs.ensure", args: `{ name = "k" }`,
			wire: []exchange{
				{want: "GET os-keypairs/k", status: 404, answer: `{"itemNotFound":{"code":404,"message":"no"}}`},
				{want: "POST os-keypairs", body: `{"keypair":{"name":"k"}}`, answer: made},
			},
			want: `{"fingerprint":"f","id":"k","name":"k","private_key":"PRIVATE-PART"} true`,
		},
		{
			name: "gone", fn: "keypairs.delete", args: `"k", { user_id = "u", missing_ok = true }`,
			wire: []exchange{{want: "DELETE os-keypairs/k?user_id=u", status: 404, answer: `{"itemNotFound":{"code":404,"message":"no"}}`}},
			want: `false`,
		},
	})
}

// TestPrivateKey: a generated private key goes to its file, which is the user's alone, and to no trace.
func TestPrivateKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	var trace strings.Builder
	cfg := configOf(t, newFakeCloud(t, exchange{want: "POST os-keypairs", body: `{"keypair":{"name":"k"}}`, answer: made}))
	f := newFixture(t, cfg, nil, nil, cloud.Options{Trace: cloud.TraceCurl(&trace)})
	if _, err := f.call("keypairs.create", fmt.Sprintf(`{ name = "k", file = %q }`, file)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "PRIVATE-PART" {
		t.Errorf("the file has %q, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if strings.Contains(trace.String(), "PRIVATE-PART") {
		t.Errorf("the key is in the trace:\n%s", &trace)
	}
	// It is not written over, and then nothing is sent.
	_, err = f.call("keypairs.create", fmt.Sprintf(`{ name = "k", file = %q }`, file))
	failure{"bad_argument", "keypairs.create.file", "exists", "not overwritten"}.check(t, err)
}

// TestPrivateKeyRefused: no file is left when the service refuses.
func TestPrivateKeyRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	f := on(t, exchange{want: "POST os-keypairs", body: `{"keypair":{"name":"k"}}`, status: 409, answer: `{"conflictingRequest":{"message":"Key pair 'k' already exists."}}`})
	_, err := f.call("keypairs.create", fmt.Sprintf(`{ name = "k", file = %q }`, file))
	failure{"conflict", "keypairs.create", "", ""}.check(t, err)
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is there: %v", err)
	}
}
