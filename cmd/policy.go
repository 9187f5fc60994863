package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
)

func policyCommand(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Look at, write and test policies",
		Example: `  parapet policy list
  parapet policy show aws-ec2-imdsv2
  parapet policy new policies/acme-s3-logging
  parapet policy test policies
  parapet policy check policies`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(policyListCommand(s), policyShowCommand(s), policyNewCommand(s), policyTestCommand(s), policyCheckCommand(s))
	return c
}

// policyFormats are the formats of list and show.
var policyFormats = []string{"table", "json"}

func checkFormat(verb, format string) error {
	if !slices.Contains(policyFormats, format) {
		return usagef(verb, "--format %q is not one of %s", format, strings.Join(policyFormats, ", "))
	}
	return nil
}

func policyListCommand(s Streams) *cobra.Command {
	var (
		o      sources
		format string
	)
	c := &cobra.Command{
		Use:   "list",
		Short: "List policies",
		Example: `  parapet policy list
  parapet policy list --policy ./policies --no-library
  parapet policy list --bundle cis-aws-5.0
  parapet policy list --format json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkFormat("parapet policy list", format); err != nil {
				return err
			}
			list, err := s.loadPolicies(c.Context(), o)
			if err != nil {
				return err
			}
			if format == "json" {
				return s.printJSON(list)
			}
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tSEVERITY\tTYPES\tTITLE")
			for _, p := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.ID, p.Severity, typesOf(p), p.Title)
			}
			return w.Flush()
		},
	}
	o.register(c)
	c.Flags().StringVar(&format, "format", "table", "`FORMAT` of the list: table or json")
	complete(c, map[string][]string{"format": policyFormats})
	return c
}

// typesOf shortens a long list of types for a table.
func typesOf(p engine.Policy) string {
	const most = 2
	switch n := len(p.Types); {
	case n == 0:
		return "every type"
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(p.Types[:most], ", "), n-most)
	}
	return strings.Join(p.Types, ", ")
}

func policyShowCommand(s Streams) *cobra.Command {
	var (
		o      sources
		format string
	)
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show what a policy checks, why, and its code",
		Example: `  parapet policy show aws-ec2-imdsv2
  parapet policy show acme-s3-logging --policy ./policies`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			list, err := s.loadPolicies(c.Context(), o)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			var ids []string
			for _, p := range list {
				ids = append(ids, p.ID+"\t"+p.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkFormat("parapet policy show", format); err != nil {
				return err
			}
			e, err := s.engineOf(c.Context(), o, "")
			if err != nil {
				return err
			}
			p, ok := e.Policy(args[0])
			if !ok {
				return diag.Errorf("no-such-policy", "there is no policy %q", args[0]).WithHint("parapet policy list")
			}
			if format == "json" {
				return s.printJSON(p)
			}
			src, _ := e.Source(p.File)
			return s.printPolicy(p, src)
		},
	}
	o.register(c)
	c.Flags().StringVar(&format, "format", "table", "`FORMAT` of the policy: table or json")
	complete(c, map[string][]string{"format": policyFormats})
	return c
}

func (s Streams) printPolicy(p engine.Policy, src []byte) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s\n", p.ID, p.Severity, p.Title)
	if p.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(p.Description))
	}
	b.WriteByte('\n')
	field := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name, value)
		}
	}
	types := "every type"
	if len(p.Types) > 0 {
		types = strings.Join(p.Types, ", ")
	}
	field("types", types)
	field("attributes", strings.Join(p.Attributes, ", "))
	field("related", strings.Join(p.Related, ", "))
	for _, name := range slices.Sorted(maps.Keys(p.Frameworks)) {
		field("framework", name+" "+strings.Join(p.Frameworks[name], ", "))
	}
	for _, q := range p.Parameters {
		value, err := json.Marshal(q.Value)
		if err != nil {
			return err
		}
		field("parameter", fmt.Sprintf("%s = %s  %s", q.Name, value, q.Description))
	}
	field("fix", p.Remediation)
	field("instead", p.Instead)
	if p.Guardrail {
		field("guardrail", "declared in the policy")
	}
	field("file", fmt.Sprintf("%s:%d", p.File, p.Line))
	fmt.Fprintf(&b, "\n%s", src)
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// loadPolicies compiles the policies of the sources and describes them.
func (s Streams) loadPolicies(ctx context.Context, o sources) ([]engine.Policy, error) {
	e, err := s.engineOf(ctx, o, "")
	if err != nil {
		return nil, err
	}
	return e.Policies(), nil
}

func (s Streams) printJSON(v any) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
