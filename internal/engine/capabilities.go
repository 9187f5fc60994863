package engine

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// refused lists the builtins that policies cannot call, and why. Policies may
// come from anybody: they get no network, no environment, no clock and no
// randomness, so that they can neither leak a plan nor answer differently
// tomorrow. A test pins the builtins that remain, so that an upgrade of OPA
// cannot add one unseen.
var refused = map[string]string{
	"http.send":              "policies have no network",
	"net.lookup_ip_addr":     "policies have no network",
	"providers.aws.sign_req": "policies have no credentials",
	"opa.runtime":            "policies have no environment",
	"rand.intn":              "an answer must not depend on chance",
	"uuid.rfc4122":           "an answer must not depend on chance",
	"time.now_ns":            "an answer must not depend on the clock; expiry belongs in exceptions",
	"io.jwt.decode_verify":   "it reads the clock",
	"io.jwt.encode_sign":     "policies sign nothing",
	"io.jwt.encode_sign_raw": "policies sign nothing",
	"crypto.x509.parse_and_verify_certificates":              "it reads the clock",
	"crypto.x509.parse_and_verify_certificates_with_options": "it reads the clock",
	"json.match_schema":  "schemas can refer to the network",
	"json.verify_schema": "schemas can refer to the network",
	"rego.parse_module":  "policies do not read policies",
	"trace":              "it prints",
	"bits.lsh":           "a shift makes a number larger than the memory, in one step that nothing can stop",
}

// capabilities is what policies may use. It is built once and not changed.
var capabilities = sync.OnceValue(func() *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(b *ast.Builtin) bool {
		return refused[b.Name] != ""
	})
	caps.AllowNet = []string{} // no schemas from the network either
	return caps
})
