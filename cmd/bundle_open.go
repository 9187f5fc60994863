package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/bundles"
	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/diag"
)

// trust says whose signatures count and how registries are reached.
type trust struct {
	key, keyID, algorithm, scope string
	plainHTTP                    bool
}

func (t *trust) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.key, "verification-key", "", "demand that bundles are signed, and verify them with the public key of `FILE` (PEM)")
	f.StringVar(&t.keyID, "verification-key-id", "", "demand that signatures name the key `ID`")
	f.StringVar(&t.algorithm, "signing-alg", "", "`ALGORITHM` of the signature (default by the type of the key)")
	f.StringVar(&t.scope, "verification-scope", "", "demand that signatures have the `SCOPE`")
	f.BoolVar(&t.plainHTTP, "plain-http", false, "reach registries without encryption (this machine's need no flag)")
	complete(c, map[string][]string{"signing-alg": bundle.Algorithms()})
}

func (o *sources) registerBundles(c *cobra.Command) {
	c.Flags().StringArrayVar(&o.bundles, "bundle", nil,
		"instead of the whole library, use the policies and parameters of `BUNDLE`: a name, a .tar.gz file or oci://… (repeatable)")
	o.trust.register(c)
	// It fails only for a flag that does not exist, which the help test shows.
	_ = c.RegisterFlagCompletionFunc("bundle", completeBundles)
}

// completeBundles offers the embedded bundles, then files.
func completeBundles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, err := bundle.Selections(bundles.FS)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name+"\t"+s.Title)
	}
	return names, cobra.ShellCompDirectiveDefault
}

// openBundle finds a bundle by what --bundle says: a selection of the library,
// or a bundle that was read and, where a key is given, verified.
func (s Streams) openBundle(ctx context.Context, name string, t trust, v0 bool) (*bundle.Selection, *bundle.Bundle, error) {
	list, err := bundle.Selections(bundles.FS)
	if err != nil {
		return nil, nil, fmt.Errorf("read the bundles: %w", err)
	}
	for _, sel := range list {
		if sel.Name == name {
			return &sel, nil, nil
		}
	}
	o := bundle.Options{Now: s.Now(), RegoV0: v0}
	if o.Key, err = t.load(); err != nil {
		return nil, nil, err
	}
	var b *bundle.Bundle
	if strings.HasPrefix(name, bundle.Scheme) {
		b, err = s.pullBundle(ctx, name, t, o)
	} else {
		b, err = readBundle(name, o)
	}
	if err != nil {
		return nil, nil, err
	}
	if b.Signature != nil && !b.Verified {
		s.warn(diag.Warningf("bundle-not-verified", "%s is signed, and its signature was not verified", b.Name).
			WithHint("--verification-key FILE names the public key"))
	}
	for _, f := range b.Ignored {
		s.warn(diag.Warningf("bundle-ignored", "%s of %s is not used: only Rego is evaluated", f, b.Name))
	}
	return nil, b, nil
}

// load reads the verification key; nil without one.
func (t trust) load() (*bundle.VerificationKey, error) {
	if t.key == "" {
		if t.keyID != "" || t.algorithm != "" || t.scope != "" {
			return nil, diag.Errorf("usage", "a signature can be verified only with a key: --verification-key FILE")
		}
		return nil, nil //nolint:nilnil // no key means that nothing is verified
	}
	src, err := os.ReadFile(t.key)
	if err != nil {
		return nil, diag.Errorf("bundle-key", "%v", err)
	}
	return bundle.ParseVerificationKey(filepath.ToSlash(t.key), src, t.keyID, t.algorithm, t.scope)
}

// readBundle reads a bundle from a file.
func readBundle(path string, o bundle.Options) (*bundle.Bundle, error) {
	name := filepath.ToSlash(path)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, diag.Errorf("bundle-unknown", "there is no bundle %q, neither built in nor as a file", name).
			WithHint("`parapet bundle list` shows those that are built in")
	case err != nil:
		return nil, diag.Errorf("bundle-unreadable", "%v", err)
	case info.IsDir():
		return nil, diag.Errorf("bundle-unreadable", "%s is a directory", name).
			WithHint("--policy %s reads its policies; `parapet bundle build` makes a bundle of them", name)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, diag.Errorf("bundle-unreadable", "%v", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, bundle.DefaultPacked+1)) // Unpack says that it is too large
	if err != nil {
		return nil, diag.Errorf("bundle-unreadable", "%v", err)
	}
	files, err := bundle.Unpack(name, src, bundle.Limits{})
	if err != nil {
		return nil, err
	}
	return bundle.Load(name, files, o)
}

// pullBundle fetches a bundle from a registry.
func (s Streams) pullBundle(ctx context.Context, ref string, t trust, o bundle.Options) (*bundle.Bundle, error) {
	const answer = 30 * time.Second // until a registry begins to answer
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the HTTP transport of the process is none of the standard library")
	}
	transport = transport.Clone()
	transport.ResponseHeaderTimeout = answer
	defer transport.CloseIdleConnections()
	r := bundle.Registry{Client: &http.Client{Transport: transport}, Config: s.dockerConfig(), PlainHTTP: t.plainHTTP}
	s.progress("pulling %s", ref)
	a, err := r.Pull(ctx, ref)
	s.progressDone()
	if err != nil {
		return nil, err
	}
	return a.Load(ref, o)
}

// dockerConfig returns the path of Docker's config.json; empty when there is no
// place for one.
func (s Streams) dockerConfig() string {
	if dir, ok := s.LookupEnv("DOCKER_CONFIG"); ok && dir != "" {
		return filepath.Join(dir, "config.json")
	}
	home, _ := s.LookupEnv("HOME")
	profile, _ := s.LookupEnv("USERPROFILE")
	if home = cmp.Or(home, profile); home == "" {
		return ""
	}
	return filepath.Join(home, ".docker", "config.json")
}
