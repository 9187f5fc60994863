package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Scheme stands before references to artifacts.
const Scheme = "oci://"

// DefaultTimeout bounds the pull of one artifact.
const DefaultTimeout = 2 * time.Minute

// Registry says how to reach registries.
type Registry struct {
	Client    *http.Client  // required
	Config    string        // Docker's config.json, for credentials; empty: none
	PlainHTTP bool          // use HTTP; without it only loopback addresses may
	Timeout   time.Duration // of one pull; 0: DefaultTimeout
	Limits    Limits
}

// Artifact is what a registry gave for a reference.
type Artifact struct {
	Digest string // of the manifest: what to pin
	Files  []File // sorted by path
	Data   []Data // data layers, as conftest pushes them
}

// Pull fetches an artifact: oci://registry/repository:tag or @sha256:digest. All
// content is checked against its digest.
//
// It understands one or more layers of .tar.gz, as OPA's tools push them, and a
// layer for each file, as conftest does. A layer of another kind is an error,
// since nobody knows what it would have checked.
func (r Registry) Pull(ctx context.Context, ref string) (*Artifact, error) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	inner, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	a, err := r.pull(inner, ref)
	if err == nil {
		return a, nil
	}
	if ctx.Err() != nil { // Ctrl-C, which says enough
		return nil, ctx.Err()
	}
	return nil, pullError(ref, err, timeout)
}

func (r Registry) pull(ctx context.Context, name string) (*Artifact, error) {
	ref, err := registry.ParseReference(strings.TrimPrefix(name, Scheme))
	if err != nil {
		return nil, diag.Errorf("bundle-reference", "%s is no reference to an artifact: %v", name, err).
			WithHint("oci://registry/repository:tag or oci://registry/repository@sha256:digest")
	}
	if ref.Reference == "" {
		return nil, diag.Errorf("bundle-reference", "%s names neither a tag nor a digest", name).
			WithHint("%s:latest takes what was pushed last; a digest stays the same", name)
	}
	repo, err := r.repository(ref)
	if err != nil {
		return nil, err
	}
	desc, err := repo.Resolve(ctx, ref.Reference)
	if err != nil {
		return nil, err
	}
	b := r.Limits.budget(name)
	m, digest, err := manifest(ctx, repo, b, desc)
	if err != nil {
		return nil, err
	}
	a := &Artifact{Digest: digest}
	if b.Entries -= len(m.Layers); b.Entries < 0 {
		return nil, diag.Errorf("bundle-too-large", "%s holds more than %d layers", name, b.whole.Entries)
	}
	for _, l := range m.Layers {
		if err := a.layer(ctx, repo, b, l); err != nil {
			return nil, err
		}
	}
	a.root()
	if a.Files, err = finish(name, a.Files); err != nil {
		return nil, err
	}
	return a, nil
}

// repository makes the client of a repository.
func (r Registry) repository(ref registry.Reference) (*remote.Repository, error) {
	client := *r.Client
	plain := r.PlainHTTP || loopback(ref.Host())
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 10:
			return errors.New("too many redirects")
		case req.URL.Scheme != "https" && !plain:
			return fmt.Errorf("the registry leads to %s, which is not encrypted", req.URL.Host)
		}
		return nil
	}
	auths := &auth.Client{Client: &client, Cache: auth.NewCache()}
	auths.SetUserAgent("parapet")
	if r.Config != "" {
		store, err := credentials.NewStore(r.Config, credentials.StoreOptions{})
		if err != nil {
			return nil, diag.Errorf("bundle-credentials", "the credentials for registries cannot be read: %v", err)
		}
		auths.Credential = credentials.Credential(store)
	}
	return &remote.Repository{Client: auths, Reference: ref, PlainHTTP: plain}, nil
}

// loopback reports whether a host, with or without a port, is this machine.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// maxManifest is the largest manifest that is read, in bytes; registries take
// no larger ones (https://github.com/opencontainers/distribution-spec).
const maxManifest = 4 << 20

// manifest reads the manifest of an artifact. Of an index it takes the one
// manifest that there is for no platform or for any: attestations aside.
func manifest(ctx context.Context, repo *remote.Repository, b *budget, desc ocispec.Descriptor) (*ocispec.Manifest, string, error) {
	for range 2 {
		if desc.Size > maxManifest {
			return nil, "", diag.Errorf("bundle-too-large", "the manifest of %s is larger than %d bytes", b.name, maxManifest)
		}
		src, err := content.FetchAll(ctx, repo, desc)
		if err != nil {
			return nil, "", err
		}
		var both struct {
			ocispec.Manifest
			Manifests []ocispec.Descriptor `json:"manifests"`
		}
		if err := json.Unmarshal(src, &both); err != nil {
			return nil, "", diag.Errorf("bundle-unreadable", "the manifest of %s cannot be read: %v", b.name, err)
		}
		if len(both.Layers) > 0 {
			return &both.Manifest, desc.Digest.String(), nil
		}
		var found []ocispec.Descriptor
		for _, d := range both.Manifests {
			if d.Platform == nil || d.Platform.OS != "unknown" {
				found = append(found, d)
			}
		}
		switch len(found) {
		case 0:
			return nil, "", diag.Errorf("bundle-empty", "%s holds no layers", b.name)
		case 1:
			desc = found[0]
		default:
			return nil, "", diag.Errorf("bundle-ambiguous", "%s is an index of %d artifacts", b.name, len(found)).
				WithHint("name one of them by its digest: @%s", found[0].Digest)
		}
	}
	return nil, "", diag.Errorf("bundle-ambiguous", "%s is an index of indexes", b.name)
}

// pullError says what went wrong on the way to a registry.
func pullError(name string, err error, timeout time.Duration) error {
	if _, ok := errors.AsType[diag.Diagnostic](err); ok {
		return err
	}
	resp, answered := errors.AsType[*errcode.ErrorResponse](err)
	if answered && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden) || errors.Is(err, auth.ErrBasicCredentialNotFound) {
		return diag.Errorf("bundle-registry-denied", "the registry does not give %s: %v", name, err).
			WithHint("docker login, or a credential helper in Docker's config.json, says who you are")
	}
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return diag.Errorf("bundle-not-found", "the registry does not have %s", name)
	case errors.Is(err, content.ErrMismatchedDigest), errors.Is(err, content.ErrTrailingData):
		return diag.Errorf("bundle-digest", "the registry gave other content for %s than it said: %v", name, err)
	case errors.Is(err, context.DeadlineExceeded):
		return diag.Errorf("bundle-registry", "the registry did not give %s within %s", name, timeout)
	}
	return diag.Errorf("bundle-registry", "cannot get %s: %v", name, err)
}
