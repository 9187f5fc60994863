package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
)

// bundleBuildOptions are the flags of parapet bundle build.
type bundleBuildOptions struct {
	dirs       []string
	bundles    []string
	noLibrary  bool
	only, skip []string
	parameters string
	out        string
	revision   string
	key        string
	keyID      string
	algorithm  string
	claims     string
}

func bundleBuildCommand(s Streams) *cobra.Command {
	var o bundleBuildOptions
	c := &cobra.Command{
		Use:   "build --out FILE",
		Short: "Build a bundle of what the gate evaluates with the same flags",
		Long: `Build a bundle that holds the policies which parapet gate evaluates with the
same --policy, --bundle, --select, --skip and --parameters, with the modules
that they import. The values of their parameters stand in data.json, so that
any Open Policy Agent evaluates the policies alike.

The file depends on nothing but its contents: the same flags give the same
bytes. Only signatures with an elliptic curve key (ES256…) differ each time.`,
		Example: `  parapet bundle build --bundle baseline --out baseline.tar.gz
  parapet bundle build --select 'aws-s3-*' --out s3.tar.gz
  parapet bundle build --policy ./policies --no-library --out acme.tar.gz --revision "$(git rev-parse HEAD)"
  parapet bundle build --bundle baseline --out baseline.tar.gz --signing-key key.pem --signing-key-id acme-2026`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.buildBundle(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "write the bundle into `FILE` (required)")
	f.StringArrayVar(&o.dirs, "policy", nil, "add the policies below `DIR` (repeatable)")
	f.BoolVar(&o.noLibrary, "no-library", false, "leave the embedded library out")
	f.StringArrayVar(&o.bundles, "bundle", nil, "instead of the whole library, take the policies and parameters of `BUNDLE` (repeatable)")
	f.StringSliceVar(&o.only, "select", nil, "take only policies whose id matches `GLOB` (repeatable)")
	f.StringSliceVar(&o.skip, "skip", nil, "leave out policies whose id matches `GLOB` (repeatable)")
	f.StringVar(&o.parameters, "parameters", "", "set policies' parameters from `FILE`, the same as in the gate")
	f.StringVar(&o.revision, "revision", "", "`TEXT` that says which version this is, such as a commit")
	f.StringVar(&o.key, "signing-key", "", "sign with the private key of `FILE` (PEM)")
	f.StringVar(&o.keyID, "signing-key-id", "", "`ID` of the key, which the signature names (default \"default\")")
	f.StringVar(&o.algorithm, "signing-alg", "", "`ALGORITHM` of the signature (default by the type of the key)")
	f.StringVar(&o.claims, "claims-file", "", "add the claims of `FILE` (JSON) to the signature: scope, exp, iss")
	mustDirs(c, "policy")
	complete(c, map[string][]string{"signing-alg": bundle.Algorithms()})
	// It fails only for a flag that does not exist, which the help test shows.
	_ = c.RegisterFlagCompletionFunc("bundle", completeBundles)
	return c
}

// buildBundle builds a bundle and writes it whole or not at all.
func (s Streams) buildBundle(ctx context.Context, o bundleBuildOptions) error {
	if o.out == "" {
		return usagef("parapet bundle build", "--out says where to write the bundle, and is missing")
	}
	key, err := o.signingKey()
	if err != nil {
		return err
	}
	contents, err := s.bundleContents(ctx, o)
	if err != nil {
		return err
	}
	contents.Key, contents.Revision = key, o.revision
	packed, err := bundle.Build(contents)
	if err != nil {
		return err
	}
	if err := writeFile(o.out, func(w io.Writer) error {
		_, err := w.Write(packed)
		return err
	}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s: %s, %s\n", filepath.ToSlash(o.out), plural(len(contents.Policies), "policy"), plural(len(packed), "byte"))
	return err
}

// bundleContents is what the gate would evaluate.
func (s Streams) bundleContents(ctx context.Context, o bundleBuildOptions) (bundle.Contents, error) {
	var c bundle.Contents
	choice, err := s.choosePolicies(ctx, sources{dirs: o.dirs, noLibrary: o.noLibrary, bundles: o.bundles})
	if err != nil {
		return c, err
	}
	e := engine.None()
	selects := len(o.only) > 0 || len(o.skip) > 0
	if choice.parts.Policies || len(choice.parts.Document) == 0 || selects {
		if _, e, err = s.compileChoice(choice, o.parameters, 0); err != nil {
			return c, err
		}
	}
	if selects {
		view, ds := e.Select(engine.Selection{Only: o.only, Skip: o.skip})
		if err := ds.Err(); err != nil {
			return c, err
		}
		e = view
	}
	files := map[string]bool{}
	c.Parameters = map[string]map[string]any{}
	for _, p := range e.Policies() {
		files[p.File] = true
		c.Policies = append(c.Policies, p.ID)
		if len(p.Parameters) > 0 {
			c.Parameters[p.ID] = e.Parameters(p.ID)
		}
	}
	var mods []bundle.Module
	seen := map[string]bool{}
	add := func(m engine.Module) {
		if !seen[m.Path] { // helpers are on both sides
			seen[m.Path] = true
			mods = append(mods, bundle.NewModule(m.Path, m.Source, choice.v0[m.Path]))
		}
	}
	for _, m := range choice.parts.Resource {
		add(m)
	}
	if !selects { // globs name policies about resources only
		for _, m := range choice.parts.Document {
			files[m.Path] = true
			add(m)
		}
		c.Data = map[string]any{}
		if err := choice.addData(c.Data); err != nil {
			return c, err
		}
	}
	c.Modules = bundle.WithImports(mods, func(m bundle.Module) bool { return files[m.Path] })
	return c, nil
}

// signingKey reads the key to sign with; nil without one.
func (o bundleBuildOptions) signingKey() (*bundle.SigningKey, error) {
	if o.key == "" {
		if o.keyID != "" || o.algorithm != "" || o.claims != "" {
			return nil, usagef("parapet bundle build", "a bundle is signed only with a key: --signing-key FILE")
		}
		return nil, nil //nolint:nilnil // no key means no signature
	}
	src, err := os.ReadFile(o.key)
	if err != nil {
		return nil, diag.Errorf("bundle-key", "%v", err)
	}
	return bundle.ParseSigningKey(o.key, src, o.keyID, o.algorithm, o.claims)
}
