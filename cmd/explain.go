package cmd

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
)

// explainOptions are the flags of parapet explain.
type explainOptions struct {
	sources
	path       string
	id         string
	parameters string
	exceptions string
	stricter   bool
	untested   bool
	time       string
	format     string
}

const explainVerb = "parapet explain"

func explainCommand(s Streams) *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain FINDINGS|MODULE [ID]",
		Short: "Explain a finding, a guardrail, a statement or an exception",
		Long: `Explain where something comes from and what it does.

Of a findings document: why the policy flags the resource, with the values that
it saw and the place in the code, and what guards against it: the statement that
denies the call, or why nothing can, with the line of the policy. ID is a
fingerprint or its beginning, an address, or a policy's id.

Of a module: which line of which policy a statement comes from, what it denies in
plain words, whom exceptions let through and what they cost, which findings it
would have prevented, and how it was checked. ID is a statement's Sid as in AWS,
a guardrail's or policy's id, an exception's id, or a finding's fingerprint.

Without ID there is an overview.

Exit codes: 0 explained; 2 the ID is not known, or the input was bad.`,
		Example: `  parapet explain findings.json
  parapet explain findings.json 'module.app.aws_instance.web[0]'
  parapet explain guardrails Ec2Imdsv2
  parapet explain guardrails/111122223333 break-glass --format json`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			o.path = args[0]
			if len(args) == 2 {
				if o.id = args[1]; o.id == "" {
					return usagef(explainVerb, "ID is empty; leave it out for an overview")
				}
			}
			return s.explain(c.Context(), o)
		},
		ValidArgsFunction: s.completeExplain,
	}
	o.register(c)
	f := c.Flags()
	f.StringVar(&o.parameters, "parameters", "", "set policies' parameters from `FILE`, the same as in the gate")
	f.StringVar(&o.exceptions, "exceptions", "", "work in the exceptions of `FILE` when explaining findings (default exceptions.yaml beside them, where it exists)")
	f.BoolVar(&o.stricter, "allow-stricter", false, "explain findings as compile --allow-stricter would prevent them")
	f.BoolVar(&o.untested, "allow-untested", false, "explain findings as compile --allow-untested would prevent them")
	f.StringVar(&o.time, "time", "", "take `INSTANT` for now: 2027-03-31 or RFC 3339")
	f.StringVar(&o.format, "format", formatTable, "write a table or json")
	complete(c, map[string][]string{"format": simulateFormats})
	return c
}

// completeExplain completes the ids of a module.
func (s Streams) completeExplain(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	quiet := s
	quiet.Err = discard{}
	var out []string
	dirs, err := moduleDirs(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, dir := range dirs {
		if m, err := quiet.readModule(dir, s.Now()); err == nil {
			out = append(out, moduleExplainer{path: dir, module: m}.names()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), cobra.ShellCompDirectiveNoFileComp
}

// discard takes what nobody reads.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (s Streams) explain(ctx context.Context, o explainOptions) error {
	if !slices.Contains(simulateFormats, o.format) {
		return usagef(explainVerb, "--format %s: it is one of %s", o.format, strings.Join(simulateFormats, ", "))
	}
	now, err := s.instant(explainVerb, o.time)
	if err != nil {
		return err
	}
	x := explainer{}
	if x.engine, err = s.compileEngine(ctx, compileOptions{sources: o.sources, parameters: o.parameters}); err != nil {
		return err
	}
	out := explainJSON{Schema: explainSchema, Tool: toolJSON{"parapet", s.Version}, Path: filepath.ToSlash(o.path), ID: o.id}
	if info, err := os.Stat(o.path); err == nil && info.IsDir() {
		out.Kind = "module"
		err = s.explainModules(x, o, now, &out)
		if err != nil {
			return err
		}
	} else {
		out.Kind = "findings"
		if err := s.explainFindings(ctx, x, o, now, &out); err != nil {
			return err
		}
	}
	if o.format == formatJSON {
		err = s.writeJSON(out)
	} else {
		err = s.writeExplained(out)
	}
	if err != nil {
		return diag.Errorf("output-unwritable", "cannot write the explanation: %v", err)
	}
	return nil
}

// explainModules looks an id up in the modules of a directory.
func (s Streams) explainModules(x explainer, o explainOptions, now time.Time, out *explainJSON) error {
	dirs, err := moduleDirs(o.path)
	if err != nil {
		return err
	}
	found := false
	var names []string
	for _, dir := range dirs {
		m, err := s.readModule(dir, now)
		if err != nil {
			return err
		}
		mx := moduleExplainer{explainer: x, path: filepath.ToSlash(dir), module: m}
		if o.id == "" {
			mx.overview(out)
			found = true
			continue
		}
		found = mx.find(o.id, out) || found
		names = append(names, mx.names()...)
	}
	if !found {
		return unknownID(o.id, out.Path, names)
	}
	return nil
}

// unknownID is the error for an id that nothing has.
func unknownID(id, path string, names []string) error {
	slices.Sort(names)
	d := diag.Errorf("unknown-id", "%s holds nothing with the id %q", path, id)
	if list := near(id, slices.Compact(names)); len(list) > 0 {
		return d.WithHint("did you mean %s?", strings.Join(list, ", "))
	}
	return d.WithHint("parapet explain %s lists what there is", path)
}
