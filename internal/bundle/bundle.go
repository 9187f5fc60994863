// Package bundle reads and writes OPA bundles: policies and data in one archive
// (.tar.gz) or one artifact of an OCI registry, with signatures that say who
// vouches for them. It also reads the named selections of the library.
//
//	FILE.tar.gz ─► Unpack ─┐
//	oci://…     ─► Pull ───┴─► files ─► Load (verify, parse) ─► Bundle
//	modules, parameters ─► Write ─► FILE.tar.gz
//
// What is read is not trusted. Archives are held in memory within [Limits] and
// never unpacked onto a disk, names that lead out of the archive are refused,
// and what is cut or cannot be understood is an error. Signatures are checked
// by OPA's own code, so that Parapet accepts what OPA accepts.
//
// The format is described at
// https://www.openpolicyagent.org/docs/management-bundles.
package bundle

import (
	"maps"
	"slices"
	"strings"
)

// Names of the files that mean something to a bundle.
const (
	manifestFile   = ".manifest"
	signaturesFile = ".signatures.json"
	patchFile      = "patch.json"
	dataFile       = "data.json"
	regoSuffix     = ".rego"
	testSuffix     = "_test.rego"
)

// Versions of the language that a module is written in.
const (
	RegoV0 = 0
	RegoV1 = 1
)

// File is one file of a bundle. The path is relative, clean and has forward
// slashes.
type File struct {
	Path string
	Data []byte

	rooted bool // the archive has it with a slash in front, which patterns of the manifest may name
}

// Module is one Rego file, tests left out. Path names it in diagnostics.
type Module struct {
	Path        string
	Source      []byte
	RegoVersion int // RegoV0 or RegoV1
}

// Manifest is what a bundle says of itself.
type Manifest struct {
	Revision    string         `json:"revision"`
	Roots       []string       `json:"roots"` // the paths of data that the bundle owns; "" is all of it
	RegoVersion *int           `json:"rego_version,omitempty"`
	Metadata    map[string]any `json:"metadata,omitempty"`
}

// Bundle is what an archive or an artifact holds.
type Bundle struct {
	Name     string // the file or the reference, for diagnostics
	Digest   string // of the artifact's manifest; empty for archives
	Manifest Manifest
	Files    []File // all of them, sorted by path
	Modules  []Module
	Data     map[string]any // the documents of data.json and data.yaml, with parameters
	Ignored  []string       // files that no policy can see: policy.wasm, plan.json
	// Signature is nil for a bundle without .signatures.json.
	Signature *Signature
	// Verified says that the signature was checked with a key and that it
	// covers every file.
	Verified bool
}

// Parameters returns data.parameters: policy id, parameter, value. Entries that
// are not of this form belong to somebody else and are left out.
func (b *Bundle) Parameters() map[string]map[string]any {
	all, ok := b.Data[parametersKey].(map[string]any)
	if !ok {
		return nil
	}
	out := map[string]map[string]any{}
	for id, v := range all {
		if values, ok := v.(map[string]any); ok {
			out[id] = maps.Clone(values)
		}
	}
	return out
}

// parametersKey is where policies find their parameters below data.
const parametersKey = "parameters"

// sortFiles orders files by path.
func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}
