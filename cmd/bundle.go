package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/bundles"
	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/engine"
)

func bundleCommand(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "bundle",
		Short: "Look at, build and verify bundles of policies",
		Long: `Bundles are selections of policies with their parameters. Some are built in and
have a name; others are files (.tar.gz) or artifacts of an OCI registry
(oci://…), in the format of Open Policy Agent, so that its tools read what
Parapet builds and Parapet reads what they build.`,
		Example: `  parapet bundle list
  parapet bundle show baseline
  parapet bundle build --bundle baseline --out baseline.tar.gz --signing-key key.pem
  parapet bundle verify baseline.tar.gz --verification-key public.pem
  parapet gate plan.json --bundle baseline.tar.gz --verification-key public.pem`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(bundleListCommand(s), bundleShowCommand(s), bundleBuildCommand(s), bundleInspectCommand(s), bundleVerifyCommand(s))
	return c
}

func bundleListCommand(s Streams) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the bundles that are built in",
		Example: `  parapet bundle list
  parapet bundle list --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := checkFormat("parapet bundle list", format); err != nil {
				return err
			}
			list, err := bundle.Selections(bundles.FS)
			if err != nil {
				return fmt.Errorf("read the bundles: %w", err)
			}
			if format == "json" {
				return s.printJSON(list)
			}
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tPOLICIES\tTITLE")
			for _, b := range list {
				fmt.Fprintf(w, "%s\t%d\t%s\n", b.Name, len(b.Policies), b.Title)
			}
			return w.Flush()
		},
	}
	formatFlag(c, &format, "list")
	return c
}

// formatFlag registers --format of a verb that prints a table or JSON.
func formatFlag(c *cobra.Command, format *string, of string) {
	c.Flags().StringVar(format, "format", "table", "`FORMAT` of the "+of+": table or json")
	complete(c, map[string][]string{"format": policyFormats})
}

// bundleView is what parapet bundle show tells.
type bundleView struct {
	Name        string          `json:"name"`
	Digest      string          `json:"digest,omitempty"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Revision    string          `json:"revision,omitempty"`
	Verified    bool            `json:"verified"`
	Policies    []engine.Policy `json:"policies"`
	// Packages are those that hold no policy of a resource: helpers, and
	// policies about whole documents. Only bundles that were read have them.
	Packages []string `json:"packages,omitempty"`
}

func bundleShowCommand(s Streams) *cobra.Command {
	var (
		t      trust
		format string
	)
	c := &cobra.Command{
		Use:   "show BUNDLE",
		Short: "Show the policies and parameters of a bundle",
		Example: `  parapet bundle show baseline
  parapet bundle show ./acme.tar.gz --verification-key acme.pem
  parapet bundle show oci://ghcr.io/acme/policies:1.4 --format json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeBundles,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkFormat("parapet bundle show", format); err != nil {
				return err
			}
			v, err := s.viewBundle(c.Context(), args[0], t)
			if err != nil {
				return err
			}
			if format == "json" {
				return s.printJSON(v)
			}
			return s.printBundle(v)
		},
	}
	t.register(c)
	formatFlag(c, &format, "bundle")
	return c
}

// viewBundle reads a bundle and compiles its policies.
func (s Streams) viewBundle(ctx context.Context, name string, t trust) (bundleView, error) {
	sel, b, err := s.openBundle(ctx, name, t, false)
	if err != nil {
		return bundleView{}, err
	}
	v := bundleView{Name: name}
	choice := newChoice()
	if sel != nil {
		v.Title, v.Description = sel.Title, sel.Description
		choice.choose(*sel)
	} else {
		v.Digest, v.Revision, v.Verified = b.Digest, b.Manifest.Revision, b.Verified
		choice.add(b)
	}
	if err := choice.join(nil); err != nil {
		return v, err
	}
	v.Policies = []engine.Policy{}
	if choice.parts.Policies { // a bundle may hold none but those about whole plans
		_, view, err := s.compileChoice(choice, "", 0)
		if err != nil {
			return v, err
		}
		v.Policies = view.Policies()
	}
	if b != nil {
		v.Packages = bundle.Packages(b.Modules)
		for _, p := range v.Policies {
			name := strings.TrimPrefix(p.Package, "data.")
			v.Packages = slices.DeleteFunc(v.Packages, func(n string) bool { return n == name })
		}
	}
	return v, nil
}

func (s Streams) printBundle(v bundleView) error {
	var b strings.Builder
	b.WriteString(v.Name + "\n")
	if v.Title != "" {
		fmt.Fprintf(&b, "%s\n\n%s\n", v.Title, strings.TrimSpace(v.Description))
	}
	for _, f := range [][2]string{{"digest", v.Digest}, {"revision", v.Revision}, {"packages", strings.Join(v.Packages, ", ")}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "%-9s %s\n", f[0], f[1])
		}
	}
	b.WriteByte('\n')
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(v.Policies) > 0 {
		fmt.Fprintln(w, "ID\tSEVERITY\tTITLE")
	}
	for _, p := range v.Policies {
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.ID, p.Severity, p.Title)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	first := true
	for _, p := range v.Policies {
		for _, q := range p.Parameters {
			if first {
				b.WriteString("\nparameters\n")
				first = false
			}
			fmt.Fprintf(&b, "  %s.%s = %s\n", p.ID, q.Name, compact(q.Value))
		}
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}
