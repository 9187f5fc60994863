package bundle_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/bundle/registrytest"
)

const (
	mediaOPA    = "application/vnd.oci.image.layer.v1.tar+gzip"
	mediaTrivy  = "application/vnd.cncf.openpolicyagent.layer.v1.tar+gzip"
	mediaPolicy = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego"
	mediaData   = "application/vnd.cncf.openpolicyagent.data.layer.v1+json"
)

// serve starts a registry on this machine and returns its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func pull(t *testing.T, ref string, o bundle.Options) (*bundle.Bundle, error) {
	t.Helper()
	a, err := bundle.Registry{Client: &http.Client{}}.Pull(t.Context(), ref)
	if err != nil {
		return nil, err
	}
	return a.Load(ref, o)
}

func TestPull(t *testing.T) {
	reg := registrytest.New("acme/policies")
	p := rsaPair(t)
	c := contents()
	c.Key = signer(t, p.private)
	packed := build(t, c)
	digest := reg.Push("1.0", registrytest.Layer{MediaType: mediaOPA, Data: packed})
	reg.Push("trivy", registrytest.Layer{MediaType: mediaTrivy, Data: packed})
	reg.PushManifest("index", registrytest.Index, fmt.Appendf(nil, `{"schemaVersion": 2, "mediaType": %q, "manifests": [
		{"mediaType": %q, "digest": %q, "size": %d},
		{"mediaType": %q, "digest": %q, "size": 2, "platform": {"os": "unknown", "architecture": "unknown"}}]}`,
		registrytest.Index, registrytest.Manifest, digest, manifestSize(t, reg, digest), registrytest.Manifest, registrytest.Digest([]byte("{}"))))
	host := serve(t, reg)
	for _, ref := range []string{":1.0", ":trivy", ":index", "@" + digest, ":other@" + digest} {
		ref := "oci://" + host + "/acme/policies" + ref
		b, err := pull(t, ref, bundle.Options{Key: verifier(t, p.public), Now: now()})
		if err != nil {
			t.Fatal(err)
		}
		if !b.Verified || len(b.Modules) != 2 || b.Name != ref || !strings.HasPrefix(b.Digest, "sha256:") {
			t.Errorf("%s gives %+v", ref, b)
		}
		if !strings.HasSuffix(ref, ":trivy") && b.Digest != digest {
			t.Errorf("%s has the digest %s, want %s", ref, b.Digest, digest)
		}
	}
}

func manifestSize(t *testing.T, reg *registrytest.Registry, digest string) int {
	t.Helper()
	w := httptest.NewRecorder()
	reg.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v2/"+reg.Repository+"/manifests/"+digest, http.NoBody))
	return w.Body.Len()
}

// What conftest pushes: a layer for each file, named as on its command line.
func TestPullConftest(t *testing.T) {
	reg := registrytest.New("acme/policies")
	policy := registrytest.Layer{MediaType: mediaPolicy, Title: "policy/main.rego", Data: []byte("package main\n\ndeny contains \"m\" if data.teams.x\n")}
	data := registrytest.Layer{MediaType: mediaData, Title: "policy/teams/any.json", Data: []byte(`{"x": true}`)}
	more := registrytest.Layer{MediaType: mediaData, Title: "policy/root.yaml", Data: []byte("teams: {y: 1}\n")}
	reg.Push("data", policy, data, more)
	reg.Push("plain", policy)
	reg.Push("clash", policy, data, registrytest.Layer{MediaType: mediaData, Title: "policy/root.yaml", Data: []byte("teams: {x: 1}\n")})
	reg.Push("list", policy, registrytest.Layer{MediaType: mediaData, Title: "policy/list.json", Data: []byte("[1]")})
	at := "oci://" + serve(t, reg) + "/acme/policies:"
	b, err := pull(t, at+"data", bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	teams, ok := b.Data["teams"].(map[string]any)
	if !ok || teams["x"] != true || teams["y"] == nil {
		t.Errorf("data is %v", b.Data)
	}
	if b.Modules[0].Path != at+"data/main.rego" {
		t.Errorf("the module is %s", b.Modules[0].Path)
	}
	if b, err = pull(t, at+"plain", bundle.Options{}); err != nil || len(b.Modules) != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	for tag, code := range map[string]string{"clash": "bundle-data", "list": "bundle-data"} {
		_, err := pull(t, at+tag, bundle.Options{})
		wantCode(t, err, code)
	}
	key := bundle.Options{Key: verifier(t, rsaPair(t).public), Now: now()}
	_, err = pull(t, at+"plain", key)
	wantCode(t, err, "bundle-unsigned")
	_, err = pull(t, at+"data", key)
	wantCode(t, err, "bundle-not-verified")
}

func TestPullRefuses(t *testing.T) {
	reg := registrytest.New("acme/policies")
	packed := build(t, contents())
	reg.Push("image", registrytest.Layer{MediaType: mediaOPA, Data: packed}, registrytest.Layer{MediaType: "text/plain", Data: []byte("x")})
	reg.Push("empty")
	reg.Push("up", registrytest.Layer{MediaType: mediaPolicy, Title: "../x.rego", Data: []byte("package x")})
	reg.Push("name", registrytest.Layer{MediaType: mediaPolicy, Title: "x.txt", Data: []byte("package x")})
	reg.Push("nameless", registrytest.Layer{MediaType: mediaPolicy, Data: []byte("package x")})
	twice := registrytest.Layer{MediaType: mediaPolicy, Title: "x.rego", Data: []byte("package x")}
	reg.Push("twice", twice, twice)
	reg.Push("cut", registrytest.Layer{MediaType: mediaOPA, Data: packed[:len(packed)/2]})
	reg.PushManifest("text", registrytest.Manifest, []byte("hello"))
	reg.PushManifest("two", registrytest.Index, []byte(`{"manifests": [{"digest": "sha256:a"}, {"digest": "sha256:b"}]}`))
	reg.PushManifest("huge", registrytest.Manifest, fmt.Appendf(nil, `{"layers": [{"mediaType": %q, "digest": %q, "size": 4611686018427387904}]}`,
		mediaOPA, registrytest.Digest(nil)))
	reg.PushManifest("negative", registrytest.Manifest, fmt.Appendf(nil, `{"layers": [{"mediaType": %q, "digest": %q, "size": -1}]}`,
		mediaOPA, registrytest.Digest(nil)))
	reg.PushManifest("fat", registrytest.Manifest, []byte(`{"x": "`+strings.Repeat("x", 5<<20)+`"}`))
	bad := []byte("package bad")
	reg.Push("swapped", registrytest.Layer{MediaType: mediaPolicy, Title: "x.rego", Data: bad})
	reg.Replace(registrytest.Digest(bad), []byte("package wtf"))
	long := []byte("package long")
	reg.Push("longer", registrytest.Layer{MediaType: mediaPolicy, Title: "x.rego", Data: long})
	reg.Replace(registrytest.Digest(long), append(long, '\n'))
	digest := reg.Push("other", twice)
	reg.Replace(digest, []byte(`{"layers": []}`))
	host := serve(t, reg)
	for ref, code := range map[string]string{
		"/acme/policies:image":      "bundle-layer",
		"/acme/policies:empty":      "bundle-empty",
		"/acme/policies:up":         "bundle-entry",
		"/acme/policies:name":       "bundle-entry",
		"/acme/policies:nameless":   "bundle-entry",
		"/acme/policies:twice":      "bundle-entry",
		"/acme/policies:cut":        "bundle-truncated",
		"/acme/policies:text":       "bundle-unreadable",
		"/acme/policies:two":        "bundle-ambiguous",
		"/acme/policies:huge":       "bundle-too-large",
		"/acme/policies:negative":   "bundle-layer",
		"/acme/policies:fat":        "bundle-too-large",
		"/acme/policies:swapped":    "bundle-digest",
		"/acme/policies:longer":     "bundle-registry",
		"/acme/policies@" + digest:  "bundle-digest",
		"/acme/policies:none":       "bundle-not-found",
		"/other/policies:1":         "bundle-not-found",
		"/acme/policies":            "bundle-reference",
		"":                          "bundle-reference",
		"/acme/policies@sha256:abc": "bundle-reference",
		"/ACME/policies:1":          "bundle-reference",
	} {
		t.Run(strings.ReplaceAll(ref, "/", " "), func(t *testing.T) {
			_, err := pull(t, "oci://"+host+ref, bundle.Options{})
			wantCode(t, err, code)
		})
	}
}

func TestPullCredentials(t *testing.T) {
	reg := registrytest.New("acme/policies")
	reg.User, reg.Password = "me", "secret"
	reg.Push("1", registrytest.Layer{MediaType: mediaOPA, Data: build(t, contents())})
	host := serve(t, reg)
	ref := "oci://" + host + "/acme/policies:1"
	_, err := pull(t, ref, bundle.Options{})
	wantCode(t, err, "bundle-registry-denied")
	config := filepath.Join(t.TempDir(), "config.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for password, code := range map[string]string{"secret": "", "wrong": "bundle-registry-denied"} {
		write(fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, host, base64.StdEncoding.EncodeToString([]byte("me:"+password))))
		_, err = bundle.Registry{Client: &http.Client{}, Config: config}.Pull(t.Context(), ref)
		if code != "" {
			wantCode(t, err, code)
		} else if err != nil {
			t.Fatal(err)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	write("{")
	_, err = bundle.Registry{Client: &http.Client{}, Config: config}.Pull(t.Context(), ref)
	wantCode(t, err, "bundle-credentials")
	// A file that is not there is no credentials.
	_, err = bundle.Registry{Client: &http.Client{}, Config: config + ".none"}.Pull(t.Context(), ref)
	wantCode(t, err, "bundle-registry-denied")
}

func TestPullEnds(t *testing.T) {
	stuck := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ref := "oci://" + stuck + "/acme/policies:1"
	_, err := bundle.Registry{Client: &http.Client{}, Timeout: 20 * time.Millisecond}.Pull(t.Context(), ref)
	wantCode(t, err, "bundle-registry")
	if !strings.Contains(err.Error(), "within 20ms") {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := (bundle.Registry{Client: &http.Client{}}).Pull(ctx, ref); !errors.Is(err, context.Canceled) {
		t.Errorf("after Ctrl-C: %v", err)
	}
	loop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }))
	_, err = pull(t, "oci://"+loop+"/acme/policies:1", bundle.Options{})
	wantCode(t, err, "bundle-registry")
}

// Without encryption only this machine is reached, unless the flag says so, and
// an encrypted registry cannot lead to one that is not.
func TestPullEncrypted(t *testing.T) {
	var asked []string
	client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.Scheme+"://"+r.URL.Host)
		w := httptest.NewRecorder()
		if r.URL.Scheme == "https" && r.URL.Host == "lead.example.com" {
			w.Header().Set("Location", "http://plain.example.com/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		} else {
			w.WriteHeader(http.StatusNotFound)
		}
		res := w.Result()
		res.Request = r
		return res, nil
	})}
	for _, tt := range []struct {
		host  string
		plain bool
		want  string
		code  string
	}{
		{"example.com", false, "https://example.com", "bundle-not-found"},
		{"example.com", true, "http://example.com", "bundle-not-found"},
		{"127.0.0.1:5000", false, "http://127.0.0.1:5000", "bundle-not-found"},
		{"localhost:5000", false, "http://localhost:5000", "bundle-not-found"},
		{"localhost.example.com", false, "https://localhost.example.com", "bundle-not-found"},
		{"128.0.0.1", false, "https://128.0.0.1", "bundle-not-found"},
		{"lead.example.com", false, "https://lead.example.com", "bundle-registry"},
	} {
		asked = nil
		_, err := bundle.Registry{Client: client, PlainHTTP: tt.plain}.Pull(t.Context(), "oci://"+tt.host+"/p:1")
		wantCode(t, err, tt.code)
		if len(asked) != 1 || asked[0] != tt.want {
			t.Errorf("%s: asked %v, want %s", tt.host, asked, tt.want)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
