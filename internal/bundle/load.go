package bundle

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	opa "github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/loader/filter"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Options say how to load a bundle.
type Options struct {
	// Key demands a signature that this key verifies and that covers every
	// file; nil: signatures are not checked.
	Key *VerificationKey
	// Now decides whether a signature that says when it ends has ended.
	Now time.Time
	// RegoV0 reads modules as Rego v0 where the manifest does not say.
	RegoV0 bool
}

// Load verifies files and reads them as a bundle. The files are those that
// [Unpack] or [Pull] return. Problems of modules have places below the name.
func Load(name string, files []File, o Options) (*Bundle, error) {
	b := &Bundle{Name: name, Files: files}
	signed := false
	for _, f := range files {
		base := path.Base(f.Path)
		isManifest := strings.HasSuffix(f.Path, manifestFile) || strings.HasSuffix(f.Path, opa.ManifestProtoExt)
		switch {
		case f.Path == signaturesFile:
			signed = true
		case base == signaturesFile, isManifest && f.Path != manifestFile && f.Path != opa.ManifestProtoExt:
			// OPA takes them for the bundle's own, wherever they are.
			return nil, diag.Errorf("bundle-entry", "%s holds %s, whose place is the root of a bundle", name, f.Path)
		case base == opa.WasmFile || base == opa.PlanFile || base == opa.PlanProtoFile:
			b.Ignored = append(b.Ignored, f.Path)
		}
	}
	if signed {
		sig, err := readSignature(name, b.file(signaturesFile), o)
		if err != nil {
			return nil, err
		}
		b.Signature = sig
	}
	if o.Key != nil && !signed {
		return nil, diag.Errorf("bundle-unsigned", "%s is not signed", name).
			WithDetail("A key was given, so that every bundle must carry a signature in %s.", signaturesFile)
	}
	if err := b.read(o); err != nil {
		return nil, err
	}
	b.Verified = o.Key != nil
	return b, nil
}

// file returns the content of a file that is there.
func (b *Bundle) file(name string) []byte {
	for _, f := range b.Files {
		if f.Path == name {
			return f.Data
		}
	}
	return nil
}

// read lets OPA read the files, and verify them where there is a key.
func (b *Bundle) read(o Options) error {
	version := ast.RegoV1
	if o.RegoV0 {
		version = ast.RegoV0
	}
	r := opa.NewCustomReader(&memoryLoader{files: b.Files}).WithRegoVersion(version).WithLazyLoadingMode(false)
	if o.Key != nil {
		r = r.WithBundleVerificationConfig(o.Key.config())
	} else {
		r = r.WithSkipBundleVerification(true)
	}
	got, err := r.Read()
	if err != nil {
		return b.readError(err, o)
	}
	if got.Type() == opa.DeltaBundleType {
		return diag.Errorf("bundle-delta", "%s is a delta bundle, which changes another one and holds no policies", b.Name)
	}
	m := got.Manifest
	b.Manifest = Manifest{Revision: m.Revision, Roots: *m.Roots, RegoVersion: m.RegoVersion, Metadata: m.Metadata}
	b.Data = got.Data
	for _, f := range got.Modules {
		if strings.HasSuffix(f.Path, testSuffix) {
			continue
		}
		v, err := got.RegoVersionForFile(f.RelativePath, got.RegoVersion(version))
		if err != nil {
			return diag.Errorf("bundle-unreadable", "%s: %v", b.Name, err)
		}
		mod := Module{Path: b.place(f.Path), Source: f.Raw, RegoVersion: RegoV1}
		if v == ast.RegoV0 {
			mod.RegoVersion = RegoV0
		}
		b.Modules = append(b.Modules, mod)
	}
	return nil
}

// place names a file of the bundle in diagnostics.
func (b *Bundle) place(file string) string { return b.Name + "/" + strings.TrimPrefix(file, "/") }

// readError says what OPA did not like.
func (b *Bundle) readError(err error, o Options) error {
	if list, ok := errors.AsType[ast.Errors](err); ok {
		var ds diag.Diagnostics
		for _, e := range list {
			d := diag.Errorf("policy-syntax", "%s", e.Message)
			if l := e.Location; l != nil {
				d = d.At(diag.Place{File: b.place(l.File), Line: l.Row, Column: l.Col})
			}
			ds = append(ds, d)
		}
		ds.Sort()
		return ds
	}
	if o.Key == nil {
		return diag.Errorf("bundle-unreadable", "%s cannot be read: %v", b.Name, err)
	}
	return diag.Errorf("bundle-not-verified", "%s does not verify: %v", b.Name, err).
		WithDetail("The bundle is not what was signed, or another key signed it. Nothing of it is used.")
}

// memoryLoader gives files to OPA's reader.
type memoryLoader struct {
	files []File
	next  int
	limit int64
}

// NextFile returns the next file, then io.EOF.
func (l *memoryLoader) NextFile() (*opa.Descriptor, error) {
	if l.next == len(l.files) {
		return nil, io.EOF
	}
	f := l.files[l.next]
	l.next++
	name := f.Path
	if f.rooted {
		name = "/" + name
	}
	return opa.NewDescriptor(name, name, bytes.NewBuffer(f.Data)), nil
}

// The options of OPA's loaders: [Unpack] has filtered and measured already.
func (l *memoryLoader) WithFilter(filter.LoaderFilter) opa.DirectoryLoader { return l }
func (l *memoryLoader) WithPathFormat(opa.PathFormat) opa.DirectoryLoader  { return l }
func (l *memoryLoader) WithFollowSymlinks(bool) opa.DirectoryLoader        { return l }
func (l *memoryLoader) WithSizeLimitBytes(n int64) opa.DirectoryLoader {
	l.limit = cmp.Or(n, l.limit)
	return l
}
