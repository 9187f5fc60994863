package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	opa "github.com/open-policy-agent/opa/v1/bundle"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Contents is what goes into a bundle.
type Contents struct {
	Modules    []Module
	Data       map[string]any            // documents besides the parameters; may be nil
	Parameters map[string]map[string]any // all that the policies read, defaults among them
	Revision   string
	Policies   []string // ids, for the metadata
	Key        *SigningKey
}

// Build writes contents as an OPA bundle. The bytes depend on nothing else, but
// for the signatures of ECDSA, which hold a random number. Files are named after
// their packages, so that it does not matter where they came from.
//
// What was built is read again before it is returned: a bundle that cannot be
// loaded is an error.
func Build(c Contents) ([]byte, error) {
	b := opa.Bundle{Data: map[string]any{}}
	maps.Copy(b.Data, c.Data)
	if len(c.Parameters) > 0 {
		b.Data[parametersKey] = c.Parameters
	}
	plain, err := plainJSON(b.Data)
	if err != nil {
		return nil, diag.Errorf("bundle-data", "the data cannot be written as JSON: %v", err)
	}
	b.Data = plain
	roots := map[string]bool{}
	for name := range b.Data {
		roots[name] = true
	}
	files, err := layOut(c.Modules, roots)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(roots))
	b.Manifest = opa.Manifest{Revision: c.Revision, Roots: &names}
	version := RegoV1
	b.Manifest.RegoVersion = &version
	if len(c.Policies) > 0 {
		b.Manifest.Metadata = map[string]any{"parapet": map[string]any{"policies": c.Policies}}
	}
	for _, f := range slices.Sorted(maps.Keys(files)) {
		m := files[f]
		b.Modules = append(b.Modules, opa.ModuleFile{URL: f, Path: f, Raw: m.Source})
		if m.RegoVersion == RegoV0 {
			if b.Manifest.FileRegoVersions == nil {
				b.Manifest.FileRegoVersions = map[string]int{}
			}
			b.Manifest.FileRegoVersions["/"+f] = RegoV0
		}
	}
	if k := c.Key; k != nil {
		if err := b.GenerateSignature(opa.NewSigningConfig(k.text, k.algorithm, k.claims), k.id, true); err != nil {
			return nil, diag.Errorf("bundle-key", "the bundle cannot be signed: %v", err)
		}
	}
	var out bytes.Buffer
	if err := opa.NewWriter(&out).UseModulePath(true).DisableFormat(true).Write(b); err != nil {
		return nil, diag.Errorf("bundle-unwritable", "the bundle cannot be written: %v", err)
	}
	if _, err := opa.NewReader(bytes.NewReader(out.Bytes())).WithSkipBundleVerification(true).Read(); err != nil {
		return nil, diag.Errorf("bundle-invalid", "the bundle that was built cannot be loaded: %v", err)
	}
	return out.Bytes(), nil
}

// layOut gives every module its path and adds the roots of their packages.
func layOut(mods []Module, roots map[string]bool) (map[string]Module, error) {
	files := map[string]Module{}
	for _, m := range mods {
		r, ok := readModule(m)
		if !ok {
			return nil, diag.Errorf("policy-syntax", "the module cannot be parsed").At(diag.Place{File: m.Path})
		}
		var dir []string
		for _, term := range r.pkg[1:] {
			dir = append(dir, plainName(strings.Trim(term.Value.String(), `"`)))
		}
		roots[dir[0]] = true
		base := path.Base(m.Path)
		name := path.Join(path.Join(dir...), plainName(strings.TrimSuffix(base, regoSuffix)))
		file := name + regoSuffix
		for n := 2; ; n++ {
			if _, taken := files[file]; !taken {
				break
			}
			file = fmt.Sprintf("%s-%d%s", name, n, regoSuffix)
		}
		files[file] = m
	}
	return files, nil
}

// plainName leaves only characters that mean nothing to any file system.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		}
		return '_'
	}, s)
}

// plainJSON turns values into the types that JSON gives, which OPA hashes and
// compares.
func plainJSON(v map[string]any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&out)
	return out, err
}
