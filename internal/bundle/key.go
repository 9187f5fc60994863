package bundle

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	opa "github.com/open-policy-agent/opa/v1/bundle"

	"github.com/parapet-dev/parapet/internal/diag"
)

// anyKey is the id under which OPA finds a key that was given without one. A
// token's own id does not matter then.
const anyKey = "default"

// VerificationKey is a public key, or a shared secret, that signatures are
// checked with.
type VerificationKey struct {
	id        string
	algorithm string
	scope     string
	text      string // PEM, or the secret
}

// Algorithms are the values of the signing algorithm, as RFC 7518 and RFC 8037
// name them. The first of a key's type is its default.
func Algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"}
}

// ParseVerificationKey reads a public key in PEM form. The algorithm follows
// from the type of the key unless it is given; a shared secret needs one of HS256,
// HS384 and HS512. With an id, signatures must name it. The scope must be that
// of the signature. The file names the key in diagnostics.
func ParseVerificationKey(file string, src []byte, id, algorithm, scope string) (*VerificationKey, error) {
	if strings.HasPrefix(algorithm, "HS") {
		text, err := secret(file, src, algorithm)
		if err != nil {
			return nil, err
		}
		return &VerificationKey{id, algorithm, scope, text}, nil
	}
	block := keyBlock(src)
	if block == nil {
		return nil, keyError(file, "is no key in PEM form").WithHint("a shared secret needs its algorithm: --signing-alg HS256")
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		return nil, keyError(file, "is a certificate, not a public key").
			WithHint("openssl x509 -in %s -pubkey -noout", file)
	default:
		return nil, keyError(file, "is a %s, not a public key", strings.ToLower(block.Type)).
			WithHint("openssl pkey -in %s -pubout", file)
	}
	if err != nil {
		return nil, keyError(file, "cannot be read: %v", err)
	}
	algorithm, d := algorithmFor(file, key, algorithm)
	if d != nil {
		return nil, *d
	}
	return &VerificationKey{id, algorithm, scope, string(pem.EncodeToMemory(block))}, nil
}

// config is the key as OPA's verifier takes it.
func (k *VerificationKey) config() *opa.VerificationConfig {
	key := &opa.KeyConfig{Key: k.text, Algorithm: k.algorithm, Scope: k.scope}
	if k.id == "" {
		return opa.NewVerificationConfig(map[string]*opa.KeyConfig{anyKey: key}, anyKey, k.scope, nil)
	}
	// Without an id in the configuration OPA looks for the one in the token.
	return opa.NewVerificationConfig(map[string]*opa.KeyConfig{k.id: key}, "", k.scope, nil)
}

// SigningKey is a private key, or a shared secret, that bundles are signed with.
type SigningKey struct {
	id        string
	algorithm string
	text      string // PEM; for a secret, the path of its file
	claims    string // path of a file with further claims; empty: none
}

// ParseSigningKey reads a private key in PEM form. The algorithm follows from
// the type of the key unless it is given. The id stands in the signature;
// default "default". The claims are the path of a JSON file with further claims,
// such as scope and exp, as opa sign takes it; OPA reads it when it signs.
func ParseSigningKey(file string, src []byte, id, algorithm, claims string) (*SigningKey, error) {
	if id == "" {
		id = anyKey
	}
	if strings.HasPrefix(algorithm, "HS") {
		if _, err := secret(file, src, algorithm); err != nil {
			return nil, err
		}
		return &SigningKey{id, algorithm, file, claims}, nil // OPA reads the secret from its file
	}
	block := keyBlock(src)
	if block == nil {
		return nil, keyError(file, "is no key in PEM form").WithHint("a shared secret needs its algorithm: --signing-alg HS256")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, keyError(file, "is a %s, not a private key", strings.ToLower(block.Type))
	}
	if err != nil {
		return nil, keyError(file, "cannot be read: %v", err)
	}
	algorithm, d := algorithmFor(file, publicOf(key), algorithm)
	if d != nil {
		return nil, *d
	}
	return &SigningKey{id, algorithm, string(pem.EncodeToMemory(block)), claims}, nil
}

// publicOf returns the public half of a private key.
func publicOf(key any) any {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return &k.PublicKey
	case *ecdsa.PrivateKey:
		return &k.PublicKey
	case ed25519.PrivateKey:
		return k.Public()
	}
	return key
}

// keyBlock returns the first block of PEM that can be a key: openssl writes the
// parameters of a curve in front of it.
func keyBlock(src []byte) *pem.Block {
	for {
		var b *pem.Block
		if b, src = pem.Decode(src); b == nil || b.Type != "EC PARAMETERS" {
			return b
		}
	}
}

// secret reads a shared secret. A PEM block as a secret is the classic confusion
// of algorithms: anybody has the public key.
func secret(file string, src []byte, algorithm string) (string, error) {
	switch {
	case bytes.Contains(src, []byte("-----BEGIN")):
		return "", keyError(file, "is a key in PEM form, and %s takes a shared secret", algorithm)
	case len(src) < 32:
		return "", keyError(file, "is shorter than 32 bytes, which is too short for a secret")
	case !slices.Contains(Algorithms(), algorithm):
		return "", noAlgorithm(algorithm)
	}
	return string(src), nil
}

// algorithmFor returns the algorithm for a public key: the one that was asked
// for, when it fits.
func algorithmFor(file string, key any, asked string) (string, *diag.Diagnostic) {
	var fits []string
	switch k := key.(type) {
	case *rsa.PublicKey:
		fits = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
		if k.N.BitLen() < 2048 {
			d := keyError(file, "has %d bits, and RSA needs 2048", k.N.BitLen())
			return "", &d
		}
	case *ecdsa.PublicKey:
		fits = map[int][]string{256: {"ES256"}, 384: {"ES384"}, 521: {"ES512"}}[k.Curve.Params().BitSize]
	case ed25519.PublicKey:
		fits = []string{"EdDSA"}
	}
	switch {
	case len(fits) == 0:
		d := keyError(file, "is of a kind that signs no bundles")
		return "", &d
	case asked == "":
		return fits[0], nil
	case !slices.Contains(Algorithms(), asked):
		d := noAlgorithm(asked)
		return "", &d
	case !slices.Contains(fits, asked):
		d := keyError(file, "does not fit %s", asked).WithHint("it fits %s", strings.Join(fits, ", "))
		return "", &d
	}
	return asked, nil
}

func keyError(file, format string, args ...any) diag.Diagnostic {
	return diag.Errorf("bundle-key", "the key %s %s", file, fmt.Sprintf(format, args...))
}

func noAlgorithm(name string) diag.Diagnostic {
	return diag.Errorf("bundle-key", "there is no signing algorithm %q", name).WithHint("%s", strings.Join(Algorithms(), ", "))
}
