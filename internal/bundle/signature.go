package bundle

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	opa "github.com/open-policy-agent/opa/v1/bundle"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Signature is what .signatures.json says, before or after it was verified:
// see [Bundle.Verified].
type Signature struct {
	KeyID     string       `json:"key_id"`
	Algorithm string       `json:"algorithm"`
	Scope     string       `json:"scope,omitempty"`
	Issuer    string       `json:"issuer,omitempty"`
	Expires   *time.Time   `json:"expires,omitempty"`
	Files     []SignedFile `json:"files"`
	begins    *time.Time   // nbf
}

// SignedFile is a file and the hash that was signed. JSON and YAML documents
// are hashed by their values and not by their bytes.
type SignedFile struct {
	Path      string `json:"name"`
	Hash      string `json:"hash"`
	Algorithm string `json:"algorithm"`
}

// readSignature decodes the token of a bundle. It verifies nothing but the
// times, which OPA does not look at.
func readSignature(name string, src []byte, o Options) (*Signature, error) {
	sig, err := decodeSignature(src)
	if err != nil {
		return nil, diag.Errorf("bundle-signature", "%s has a signature that cannot be read: %v", name, err)
	}
	if o.Key == nil {
		return sig, nil
	}
	if sig.Expires != nil && !o.Now.Before(*sig.Expires) {
		return nil, diag.Errorf("bundle-not-verified", "the signature of %s ended at %s", name, sig.Expires.UTC().Format(time.RFC3339))
	}
	if sig.begins != nil && o.Now.Before(*sig.begins) {
		return nil, diag.Errorf("bundle-not-verified", "the signature of %s holds only from %s", name, sig.begins.UTC().Format(time.RFC3339))
	}
	return sig, nil
}

func decodeSignature(src []byte) (*Signature, error) {
	var config opa.SignaturesConfig
	if err := json.Unmarshal(src, &config); err != nil {
		return nil, err
	}
	if len(config.Signatures) != 1 {
		return nil, fmt.Errorf("there are %d tokens instead of one", len(config.Signatures))
	}
	parts := strings.Split(config.Signatures[0], ".")
	if len(parts) != 3 {
		return nil, errors.New("the token is no JSON Web Token")
	}
	var header struct {
		Alg string `json:"alg"`
		Kid string `json:"kid"`
	}
	var claims struct {
		Files []SignedFile `json:"files"`
		KeyID string       `json:"keyid"`
		Scope string       `json:"scope"`
		Iss   string       `json:"iss"`
		Exp   *json.Number `json:"exp"`
		Nbf   *json.Number `json:"nbf"`
	}
	for i, into := range []any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, err
		}
	}
	sig := &Signature{KeyID: header.Kid, Algorithm: header.Alg, Scope: claims.Scope, Issuer: claims.Iss, Files: claims.Files}
	if sig.KeyID == "" {
		sig.KeyID = claims.KeyID
	}
	var err error
	if sig.Expires, err = numericDate(claims.Exp); err != nil {
		return nil, err
	}
	if sig.begins, err = numericDate(claims.Nbf); err != nil {
		return nil, err
	}
	return sig, nil
}

// numericDate reads a time as JSON Web Tokens give it: seconds since 1970
// (RFC 7519, section 2).
func numericDate(n *json.Number) (*time.Time, error) {
	if n == nil {
		return nil, nil //nolint:nilnil // the claim is optional
	}
	seconds, err := n.Float64()
	if err != nil || seconds < -1e11 || seconds > 1e11 {
		return nil, fmt.Errorf("the time %s is none", n)
	}
	t := time.Unix(int64(seconds), 0)
	return &t, nil
}
