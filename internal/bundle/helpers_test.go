package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/diag"
)

// entry is one entry of an archive, as hostile as it needs to be.
type entry struct {
	name string
	body string
	kind byte // 0: a regular file
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(e.body))}
		if e.kind != 0 {
			h.Typeflag, h.Linkname = e.kind, e.body
			h.Size = 0
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == 0 {
			if _, err := tw.Write([]byte(e.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read unpacks and loads an archive.
func read(packed []byte, o bundle.Options) (*bundle.Bundle, error) {
	files, err := bundle.Unpack("b.tar.gz", packed, bundle.Limits{})
	if err != nil {
		return nil, err
	}
	return bundle.Load("b.tar.gz", files, o)
}

// wantCode demands a diagnostic with a code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	var ds diag.Diagnostics
	if d, ok := errors.AsType[diag.Diagnostic](err); ok {
		ds = diag.Diagnostics{d}
	} else if !errors.As(err, &ds) || len(ds) == 0 {
		t.Fatalf("%v is no diagnostic, want %s", err, code)
	}
	if ds[0].Code != code {
		t.Fatalf("the code is %s, want %s: %v", ds[0].Code, code, err)
	}
}

// pair is a private and a public key in PEM form.
type pair struct{ private, public []byte }

func newPair(t testing.TB, key crypto.Signer) pair {
	t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
	}
}

func rsaPair(t testing.TB) pair {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, key)
}

func ecPair(t testing.TB, curve elliptic.Curve) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, key)
}

func edPair(t testing.TB) pair {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, key)
}

func verifier(t testing.TB, public []byte) *bundle.VerificationKey {
	t.Helper()
	k, err := bundle.ParseVerificationKey("public.pem", public, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signer(t testing.TB, private []byte) *bundle.SigningKey {
	t.Helper()
	k, err := bundle.ParseSigningKey("key.pem", private, "acme", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const policy = `# METADATA
# title: T
# custom:
#   id: acme-size
#   severity: low
#   parameters: {most: {description: d, default: 3}}
package acme.size

import data.acme.words

deny contains {"msg": words.long} if input.resource.values.size > data.parameters["acme-size"].most
`

const helper = `package acme.words

long := "too large"
`

// contents is a bundle with a policy, its helper and a parameter.
func contents() bundle.Contents {
	return bundle.Contents{
		Modules: []bundle.Module{
			{Path: "somewhere/size.rego", Source: []byte(policy), RegoVersion: bundle.RegoV1},
			{Path: "elsewhere/words.rego", Source: []byte(helper), RegoVersion: bundle.RegoV1},
		},
		Parameters: map[string]map[string]any{"acme-size": {"most": 5}},
		Policies:   []string{"acme-size"},
		Revision:   "r1",
	}
}

func build(t testing.TB, c bundle.Contents) []byte {
	t.Helper()
	packed, err := bundle.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// now is when the tests happen.
func now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }
