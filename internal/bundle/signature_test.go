package bundle_test

import (
	"crypto/elliptic"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/bundle"
)

func TestSignAndVerify(t *testing.T) {
	for _, tt := range []struct {
		name      string
		pair      pair
		algorithm string
		want      string
	}{
		{"RSA", rsaPair(t), "", "RS256"},
		{"RSA, by name", rsaPair(t), "PS384", "PS384"},
		{"P-256", ecPair(t, elliptic.P256()), "", "ES256"},
		{"P-384", ecPair(t, elliptic.P384()), "", "ES384"},
		{"P-521", ecPair(t, elliptic.P521()), "", "ES512"},
		{"Ed25519", edPair(t), "", "EdDSA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := contents()
			var err error
			if c.Key, err = bundle.ParseSigningKey("key.pem", tt.pair.private, "acme", tt.algorithm, ""); err != nil {
				t.Fatal(err)
			}
			packed := build(t, c)
			key, err := bundle.ParseVerificationKey("public.pem", tt.pair.public, "", tt.algorithm, "")
			if err != nil {
				t.Fatal(err)
			}
			b, err := read(packed, bundle.Options{Key: key, Now: now()})
			if err != nil {
				t.Fatal(err)
			}
			if !b.Verified || b.Signature.Algorithm != tt.want || b.Signature.KeyID != "acme" || len(b.Signature.Files) != 4 {
				t.Errorf("verified %v, signature %+v", b.Verified, b.Signature)
			}
			if _, err := read(packed, bundle.Options{Key: verifier(t, rsaPair(t).public)}); err == nil {
				t.Error("another key verifies it")
			}
			b, err = read(packed, bundle.Options{})
			if err != nil || b.Verified || b.Signature == nil {
				t.Errorf("without a key: %+v, %v", b, err)
			}
		})
	}
}

// Whatever is changed after signing, the bundle verifies no more.
func TestTampered(t *testing.T) {
	p := rsaPair(t)
	c := contents()
	c.Key = signer(t, p.private)
	packed := build(t, c)
	files, err := bundle.Unpack("b", packed, bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	o := bundle.Options{Key: verifier(t, p.public), Now: now()}
	if _, err := bundle.Load("b", files, o); err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if f.Path == ".signatures.json" {
			continue
		}
		without := slices.Delete(slices.Clone(files), i, i+1)
		_, err := bundle.Load("b", without, o)
		wantCode(t, err, "bundle-not-verified")

		renamed := slices.Clone(files)
		renamed[i].Path = "other/" + f.Path
		if _, err := bundle.Load("b", renamed, o); err == nil {
			t.Errorf("%s under another name verifies", f.Path)
		}
		changed := slices.Clone(files)
		changed[i].Data = []byte(strings.NewReplacer("5", "6", "deny", "warn", "large", "small", "r1", "r2").Replace(string(f.Data)))
		_, err = bundle.Load("b", changed, o)
		wantCode(t, err, "bundle-not-verified")
	}
	for _, extra := range []bundle.File{
		{Path: "acme/more.rego", Data: []byte("package acme.size\n\nx := 1\n")},
		{Path: "acme/data.json", Data: []byte(`{"x": 1}`)},
		{Path: "README.md"},
	} {
		_, err := bundle.Load("b", append(slices.Clone(files), extra), o)
		wantCode(t, err, "bundle-not-verified")
	}
	unsigned, err := bundle.Unpack("b", build(t, contents()), bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bundle.Load("b", unsigned, o)
	wantCode(t, err, "bundle-unsigned")
	delta, err := bundle.Unpack("b", archive(t, entry{"patch.json", `{"data": [{"op": "upsert", "path": "/a", "value": 1}]}`, 0}), bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bundle.Load("b", delta, o)
	wantCode(t, err, "bundle-unsigned")
}

// A token that names no algorithm, or a symmetric one with the public key as the
// secret, is a forgery that careless verifiers fall for.
func TestForgedAlgorithm(t *testing.T) {
	p := rsaPair(t)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, p.public, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.ParseSigningKey(secret, p.public, "", "HS256", ""); err == nil {
		t.Error("a public key was taken for a secret to sign with")
	}
	if _, err := bundle.ParseVerificationKey(secret, p.public, "", "HS256", ""); err == nil {
		t.Error("a public key was taken for a secret to verify with")
	}
	// The same bundle, signed with a secret, is not for the public key.
	shared := []byte(strings.Repeat("s", 40))
	if err := os.WriteFile(secret, shared, 0o600); err != nil {
		t.Fatal(err)
	}
	c := contents()
	var err error
	if c.Key, err = bundle.ParseSigningKey(secret, shared, "", "HS256", ""); err != nil {
		t.Fatal(err)
	}
	packed := build(t, c)
	_, err = read(packed, bundle.Options{Key: verifier(t, p.public), Now: now()})
	wantCode(t, err, "bundle-not-verified")
	key, err := bundle.ParseVerificationKey(secret, shared, "", "HS256", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(packed, bundle.Options{Key: key, Now: now()}); err != nil {
		t.Error(err)
	}
	files, err := bundle.Unpack("b", packed, bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if f.Path == ".signatures.json" {
			// {"alg":"none"} and the claims, with no signature.
			parts := strings.Split(string(f.Data), ".")
			files[i].Data = []byte(`{"signatures": ["eyJhbGciOiJub25lIn0.` + parts[1] + `."]}`)
		}
	}
	_, err = bundle.Load("b", files, bundle.Options{Key: verifier(t, p.public), Now: now()})
	wantCode(t, err, "bundle-not-verified")
}

func TestSignatureClaims(t *testing.T) {
	p := ecPair(t, elliptic.P256())
	sign := func(claims map[string]any) []byte {
		t.Helper()
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "claims.json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c := contents()
		if c.Key, err = bundle.ParseSigningKey("key.pem", p.private, "acme", "", file); err != nil {
			t.Fatal(err)
		}
		return build(t, c)
	}
	in := func(d time.Duration) int64 { return now().Add(d).Unix() }
	for _, tt := range []struct {
		name      string
		claims    map[string]any
		id, scope string
		code      string // empty: it verifies
	}{
		{"plain", nil, "", "", ""},
		{"the key's id", nil, "acme", "", ""},
		{"another id", nil, "other", "", "bundle-not-verified"},
		{"the scope", map[string]any{"scope": "write"}, "", "write", ""},
		{"another scope", map[string]any{"scope": "read"}, "", "write", "bundle-not-verified"},
		{"a scope that was not asked for", map[string]any{"scope": "read"}, "", "", "bundle-not-verified"},
		{"no scope", nil, "", "write", "bundle-not-verified"},
		{"in force", map[string]any{"exp": in(time.Hour), "nbf": in(-time.Hour)}, "", "", ""},
		{"expired", map[string]any{"exp": in(-time.Second)}, "", "", "bundle-not-verified"},
		{"expires now", map[string]any{"exp": in(0)}, "", "", "bundle-not-verified"},
		{"not yet", map[string]any{"nbf": in(time.Hour)}, "", "", "bundle-not-verified"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := bundle.ParseVerificationKey("public.pem", p.public, tt.id, "", tt.scope)
			if err != nil {
				t.Fatal(err)
			}
			b, err := read(sign(tt.claims), bundle.Options{Key: key, Now: now()})
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil || !b.Verified {
				t.Fatalf("%v, %v", b, err)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	r, e := rsaPair(t), ecPair(t, elliptic.P256())
	for _, tt := range []struct {
		name, text, algorithm string
	}{
		{"nothing", "", ""},
		{"no PEM", "hello", ""},
		{"a private key", string(r.private), ""},
		{"a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ""},
		{"broken", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", ""},
		{"RSA for ECDSA", string(r.public), "ES256"},
		{"ECDSA for RSA", string(e.public), "RS256"},
		{"the wrong curve", string(e.public), "ES384"},
		{"an unknown algorithm", string(e.public), "none"},
		{"a short secret", "secret", "HS256"},
		{"a PEM key as a secret", string(r.public), "HS512"},
		{"an unknown secret", strings.Repeat("s", 40), "HS1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := bundle.ParseVerificationKey("k", []byte(tt.text), "", tt.algorithm, "")
			wantCode(t, err, "bundle-key")
		})
	}
	for _, tt := range []struct {
		name, text, algorithm string
	}{
		{"nothing", "", ""},
		{"a public key", string(r.public), ""},
		{"RSA for ECDSA", string(r.private), "ES256"},
		{"broken", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", ""},
	} {
		t.Run("signing with "+tt.name, func(t *testing.T) {
			_, err := bundle.ParseSigningKey("k", []byte(tt.text), "", tt.algorithm, "")
			wantCode(t, err, "bundle-key")
		})
	}
	// openssl ecparam -genkey writes the curve in front of the key.
	if _, err := bundle.ParseSigningKey("k", append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), e.private...), "", "", ""); err != nil {
		t.Error(err)
	}
}
