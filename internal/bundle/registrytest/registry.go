// Package registrytest is a registry for tests: as much of the OCI distribution
// specification as a client needs to pull, in one HTTP handler.
package registrytest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Media types of manifests (https://github.com/opencontainers/image-spec).
const (
	Manifest = "application/vnd.oci.image.manifest.v1+json"
	Index    = "application/vnd.oci.image.index.v1+json"
)

// Layer is one layer of an artifact.
type Layer struct {
	MediaType string
	Title     string // the annotation that names a file; empty: none
	Data      []byte
}

// Registry holds one repository. It is safe for concurrent use.
type Registry struct {
	Repository     string
	User, Password string // demanded as basic authentication where they are set

	mu      sync.Mutex
	content map[string]content // by digest
	tags    map[string]string  // tag → digest
}

type content struct {
	mediaType string
	data      []byte
}

// New returns an empty registry with one repository.
func New(repository string) *Registry {
	return &Registry{Repository: repository, content: map[string]content{}, tags: map[string]string{}}
}

// Push adds an artifact under a tag and returns the digest of its manifest.
func (r *Registry) Push(tag string, layers ...Layer) string {
	type descriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      string            `json:"digest"`
		Size        int               `json:"size"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	config := []byte("{}")
	m := struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}{2, Manifest, descriptor{MediaType: "application/vnd.cncf.openpolicyagent.config.v1+json", Digest: r.put("", config), Size: len(config)}, []descriptor{}}
	for _, l := range layers {
		d := descriptor{MediaType: l.MediaType, Digest: r.put(l.MediaType, l.Data), Size: len(l.Data)}
		if l.Title != "" {
			d.Annotations = map[string]string{"org.opencontainers.image.title": l.Title}
		}
		m.Layers = append(m.Layers, d)
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers can always be written
	}
	return r.PushManifest(tag, Manifest, text)
}

// PushManifest adds a manifest or an index as it is.
func (r *Registry) PushManifest(tag, mediaType string, text []byte) string {
	digest := r.put(mediaType, text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tags[tag] = digest
	return digest
}

// Replace changes what stands under a digest, as a broken or hostile registry
// does.
func (r *Registry) Replace(digest string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.content[digest]
	c.data = data
	r.content[digest] = c
}

// Digest returns the digest of content.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (r *Registry) put(mediaType string, data []byte) string {
	digest := Digest(data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.content[digest] = content{mediaType, data}
	return digest
}

// ServeHTTP answers GET and HEAD on /v2/, manifests and blobs.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.User != "" {
		if user, password, ok := req.BasicAuth(); !ok || user != r.User || password != r.Password {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
			return
		}
	}
	if req.URL.Path == "/v2/" {
		return
	}
	rest, ok := strings.CutPrefix(req.URL.Path, "/v2/"+r.Repository+"/")
	kind, name, _ := strings.Cut(rest, "/")
	r.mu.Lock()
	if digest, isTag := r.tags[name]; isTag && kind == "manifests" {
		name = digest
	}
	c, found := r.content[name]
	r.mu.Unlock()
	if !ok || !found {
		http.Error(w, `{"errors":[{"code":"NAME_UNKNOWN","message":"not here"}]}`, http.StatusNotFound)
		return
	}
	if c.mediaType == "" {
		c.mediaType = "application/octet-stream"
	}
	w.Header().Set("Content-Type", c.mediaType)
	w.Header().Set("Docker-Content-Digest", name)
	w.Header().Set("Content-Length", strconv.Itoa(len(c.data)))
	if req.Method == http.MethodGet {
		_, _ = w.Write(c.data)
	}
}
