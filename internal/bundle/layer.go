package bundle

import (
	"context"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/util"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Media types of layers. Those of conftest are one file each, named by the
// annotation org.opencontainers.image.title.
const (
	mediaArchive  = "tar+gzip" // the ending of several types
	mediaPolicy   = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego"
	mediaData     = "application/vnd.cncf.openpolicyagent.data.layer.v1+json"
	mediaManifest = "application/vnd.cncf.openpolicyagent.manifest.layer.v1+json"
)

// Data is a document from a layer of its own. Its directory, and not its name,
// says where it goes below data.
type Data struct {
	Path string
	Data []byte
}

// layer fetches one layer.
func (a *Artifact) layer(ctx context.Context, repo *remote.Repository, b *budget, l ocispec.Descriptor) error {
	kind := l.MediaType
	archive := strings.HasSuffix(kind, mediaArchive)
	if !archive && kind != mediaPolicy && kind != mediaData && kind != mediaManifest {
		return diag.Errorf("bundle-layer", "%s holds a layer of the type %q, which is no part of a bundle", b.name, kind).
			WithDetail("Known are %s, %s and archives (…%s).", mediaPolicy, mediaData, mediaArchive)
	}
	if l.Size < 0 {
		return diag.Errorf("bundle-layer", "%s holds a layer of %d bytes", b.name, l.Size)
	}
	if err := b.takePacked(l.Size); err != nil {
		return err
	}
	src, err := content.FetchAll(ctx, repo, l)
	if err != nil {
		return err
	}
	if archive {
		files, err := b.unpack(src)
		a.Files = append(a.Files, files...)
		return err
	}
	if kind == mediaManifest {
		a.Files = append(a.Files, File{Path: manifestFile, Data: src})
		return nil
	}
	title := l.Annotations[ocispec.AnnotationTitle]
	name, err := cleanPath(title)
	if err != nil {
		return diag.Errorf("bundle-entry", "%s holds the file name %q: %v", b.name, title, err)
	}
	if kind == mediaData {
		a.Data = append(a.Data, Data{name, src})
		return nil
	}
	if !strings.HasSuffix(name, regoSuffix) {
		return diag.Errorf("bundle-entry", "%s holds a policy layer with the name %q, which does not end in %s", b.name, title, regoSuffix)
	}
	a.Files = append(a.Files, File{Path: name, Data: src})
	return nil
}

// root makes paths relative to the directory that was pushed: conftest names
// files as its command line did, such as policy/main.rego.
func (a *Artifact) root() {
	if len(a.Data) == 0 {
		return // the paths of policies mean nothing
	}
	var names []string
	for _, f := range a.Files {
		names = append(names, f.Path)
	}
	for _, d := range a.Data {
		names = append(names, d.Path)
	}
	common := path.Dir(names[0])
	for _, n := range names {
		for common != "." && !strings.HasPrefix(n, common+"/") {
			common = path.Dir(common)
		}
	}
	if common == "." {
		return
	}
	for i := range a.Files {
		a.Files[i].Path = strings.TrimPrefix(a.Files[i].Path, common+"/")
	}
	for i := range a.Data {
		a.Data[i].Path = strings.TrimPrefix(a.Data[i].Path, common+"/")
	}
}

// Load verifies and reads an artifact as [Load] does files. Data layers of their
// own stand in no signature, so that a key refuses them.
func (a *Artifact) Load(name string, o Options) (*Bundle, error) {
	if o.Key != nil && len(a.Data) > 0 {
		return nil, diag.Errorf("bundle-not-verified", "%s holds %s in a layer of its own, which no signature covers", name, a.Data[0].Path)
	}
	b, err := Load(name, a.Files, o)
	if err != nil {
		return nil, err
	}
	b.Digest = a.Digest
	return b, b.addData(a.Data)
}

// addData puts documents of their own layers where their directories say. Two
// that say different things of one place are an error.
func (b *Bundle) addData(list []Data) error {
	for _, d := range list {
		place := diag.Place{File: b.Name + "/" + d.Path}
		var v any
		if err := util.Unmarshal(d.Data, &v); err != nil {
			return diag.Errorf("bundle-data", "the document cannot be read: %v", err).At(place)
		}
		if dir := path.Dir(d.Path); dir != "." {
			for _, key := range slices.Backward(strings.Split(dir, "/")) {
				v = map[string]any{key: v}
			}
		}
		doc, ok := v.(map[string]any)
		if !ok {
			return diag.Errorf("bundle-data", "the document at the root of data must be an object").At(place)
		}
		if b.Data == nil {
			b.Data = map[string]any{}
		}
		if !MergeData(b.Data, doc) {
			return diag.Errorf("bundle-data", "the document says something else than another one of the bundle").At(place)
		}
	}
	return nil
}

// MergeData adds one object to another, member by member; false when both have a
// value at the same place that is not an object in both, and not the same.
func MergeData(into, from map[string]any) bool {
	for _, k := range slices.Sorted(maps.Keys(from)) {
		v, isObject := from[k].(map[string]any)
		old, ok := into[k]
		switch {
		case !ok && isObject: // a copy, since more may be added to it
			deep := map[string]any{}
			MergeData(deep, v)
			into[k] = deep
		case !ok:
			into[k] = from[k]
		case isObject:
			if a, both := old.(map[string]any); !both || !MergeData(a, v) {
				return false
			}
		case !reflect.DeepEqual(old, from[k]):
			return false
		}
	}
	return true
}
