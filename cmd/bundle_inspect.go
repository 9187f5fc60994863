package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/diag"
)

// bundleFacts is what parapet bundle inspect and verify tell.
type bundleFacts struct {
	Name      string            `json:"name"`
	Digest    string            `json:"digest,omitempty"`
	Manifest  bundle.Manifest   `json:"manifest"`
	Files     []bundleFile      `json:"files"`
	Policies  []string          `json:"policies"`
	Packages  []string          `json:"packages"`
	Data      []string          `json:"data"` // names at the root of data
	Signature *bundle.Signature `json:"signature,omitempty"`
	Verified  bool              `json:"verified"`
}

type bundleFile struct {
	Path   string `json:"path"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func bundleInspectCommand(s Streams) *cobra.Command {
	var (
		t      trust
		format string
	)
	c := &cobra.Command{
		Use:   "inspect BUNDLE",
		Short: "Show the manifest, the files and the signature of a bundle",
		Example: `  parapet bundle inspect baseline.tar.gz
  parapet bundle inspect oci://ghcr.io/acme/policies:1.4 --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkFormat("parapet bundle inspect", format); err != nil {
				return err
			}
			b, err := s.archiveOf(c, args[0], t)
			if err != nil {
				return err
			}
			facts := factsOf(b)
			if format == "json" {
				return s.printJSON(facts)
			}
			return s.printFacts(facts)
		},
	}
	t.register(c)
	formatFlag(c, &format, "bundle")
	return c
}

func bundleVerifyCommand(s Streams) *cobra.Command {
	var (
		t      trust
		format string
	)
	c := &cobra.Command{
		Use:   "verify BUNDLE --verification-key FILE",
		Short: "Verify the signature of a bundle",
		Long: `Verify that a bundle was signed with a key and was not changed since: every file
is covered, with its hash, and there are no others.

Exit codes: 0 it verifies; 2 it does not, or could not be read.`,
		Example: `  parapet bundle verify baseline.tar.gz --verification-key public.pem
  parapet bundle verify oci://ghcr.io/acme/policies:1.4 --verification-key public.pem --verification-scope production`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			const verb = "parapet bundle verify"
			if err := checkFormat(verb, format); err != nil {
				return err
			}
			if t.key == "" {
				return usagef(verb, "--verification-key FILE is missing")
			}
			b, err := s.archiveOf(c, args[0], t)
			if err != nil {
				return err
			}
			if format == "json" {
				return s.printJSON(factsOf(b))
			}
			sig := b.Signature
			_, err = fmt.Fprintf(s.Out, "%s verifies: %s, signed with the key %q (%s)\n",
				b.Name, plural(len(sig.Files), "file"), sig.KeyID, sig.Algorithm)
			return err
		},
	}
	t.register(c)
	formatFlag(c, &format, "result")
	return c
}

// archiveOf opens a bundle that is a file or an artifact.
func (s Streams) archiveOf(c *cobra.Command, name string, t trust) (*bundle.Bundle, error) {
	sel, b, err := s.openBundle(c.Context(), name, t, false)
	if err != nil {
		return nil, err
	}
	if sel != nil {
		return nil, diag.Errorf("bundle-built-in", "%s is built in: it has no archive and no signature", name).
			WithHint("parapet bundle show %s", name).WithHint("parapet bundle build --bundle %s --out %s.tar.gz", name, name)
	}
	return b, nil
}

func factsOf(b *bundle.Bundle) bundleFacts {
	f := bundleFacts{
		Name: b.Name, Digest: b.Digest, Manifest: b.Manifest, Files: []bundleFile{}, Signature: b.Signature, Verified: b.Verified,
		Policies: list(bundle.PolicyIDs(b.Modules)), Packages: list(bundle.Packages(b.Modules)), Data: []string{},
	}
	for _, file := range b.Files {
		sum := sha256.Sum256(file.Data)
		f.Files = append(f.Files, bundleFile{file.Path, len(file.Data), hex.EncodeToString(sum[:])})
	}
	for name := range b.Data {
		f.Data = append(f.Data, name)
	}
	slices.Sort(f.Data)
	return f
}

// list makes an empty list of none, for JSON.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

func (s Streams) printFacts(f bundleFacts) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s %s\n", name, value)
		}
	}
	b.WriteString(f.Name + "\n")
	line("digest", f.Digest)
	line("revision", f.Manifest.Revision)
	var roots []string
	for _, r := range f.Manifest.Roots {
		roots = append(roots, "/"+r)
	}
	line("roots", strings.Join(roots, ", "))
	if v := f.Manifest.RegoVersion; v != nil {
		line("rego", fmt.Sprintf("v%d", *v))
	}
	line("policies", strings.Join(f.Policies, ", "))
	line("packages", strings.Join(f.Packages, ", "))
	line("data", strings.Join(f.Data, ", "))
	line("signature", signatureLine(f))
	b.WriteByte('\n')
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tBYTES\tSHA256")
	for _, file := range f.Files {
		fmt.Fprintf(w, "%s\t%d\t%s\n", file.Path, file.Bytes, file.SHA256)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// signatureLine says who signed, and whether that is known or only claimed.
func signatureLine(f bundleFacts) string {
	sig := f.Signature
	if sig == nil {
		return "none"
	}
	said := fmt.Sprintf("key %q, %s, %s", sig.KeyID, sig.Algorithm, plural(len(sig.Files), "file"))
	if sig.Scope != "" {
		said += fmt.Sprintf(", scope %q", sig.Scope)
	}
	if sig.Expires != nil {
		said += ", until " + sig.Expires.UTC().Format(time.RFC3339)
	}
	if f.Verified {
		return said + ", verified"
	}
	return said + ", not verified"
}
