package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/report"
)

// compileOptions are the flags of parapet compile.
type compileOptions struct {
	sources
	findings   []string
	out        string
	ids        []string
	parameters string
	exceptions string
	snapshot   string
	limits     string
	layer      string
	per        string
	targets    []string
	format     string
	stricter   bool
	untested   bool
	force      bool
}

func compileCommand(s Streams) *cobra.Command {
	var o compileOptions
	c := &cobra.Command{
		Use:   "compile FINDINGS... --out DIR",
		Short: "Compile violations into guardrail modules for review",
		Long: `Compile the violations of a findings document into Terraform modules that make
them impossible, one for each account that the findings name. Nothing is
applied: the modules are code for you to review.

--layer auto puts every guardrail onto the least intrusive layer that holds it
exactly, and says why: declarative policy, account setting, SCP. --layer rcp or
boundary moves those that fit, and gives the reason for the others.

--format json writes the policy documents alone, --format cloudformation
templates; both with the exceptions baked in. A Terraform module takes
exceptions itself.

Each guardrail is derived from its policy, checked against it, and says how
faithful it is. What cannot be prevented is listed with the reason and the line
of the policy.

Exit codes: 0 every violation has a guardrail or a stated reason; 1 one has
neither; 2 the run failed or its input was bad.`,
		Example: `  parapet gate plan.json --format json=findings.json
  parapet compile findings.json --out guardrails
  parapet compile findings.json --exceptions exceptions.yaml --target ou-ab12-11111111 --out guardrails
  parapet compile --policies 'aws-ec2-*' --per organization --out all
  parapet compile live.json --snapshot snap --out guardrails
  parapet compile --policies 'aws-s3-*' --layer rcp --per ou --target ou-ab12-11111111 --format cloudformation --out stacks`,
		RunE: func(c *cobra.Command, args []string) error {
			o.findings = args
			return s.compile(c.Context(), o)
		},
	}
	o.register(c)
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "write the modules below `DIR` (required)")
	f.StringSliceVar(&o.ids, "policies", nil, "compile the policies whose id matches `GLOB`, without findings too (repeatable)")
	f.StringVar(&o.parameters, "parameters", "", "set policies' parameters from `FILE`, the same as in the gate")
	f.StringVar(&o.exceptions, "exceptions", "", "work in the exceptions of `FILE` (default exceptions.yaml beside the findings, where it exists)")
	f.StringVar(&o.snapshot, "snapshot", "", "suggest exceptions for identities that the snapshot in `DIR` shows in use, and know the management account from it")
	f.StringVar(&o.layer, "layer", string(compiler.Auto), "use only this `LAYER`: "+strings.Join(compileLayers(), ", "))
	f.StringVar(&o.format, "format", string(emit.FormatModule), "write a Terraform module, or documents in this `FORM`: "+strings.Join(compileFormats(), ", "))
	f.StringVar(&o.per, "per", string(compiler.PerAccount), "one module per `SCOPE`: account, ou (each --target) or organization")
	f.StringSliceVar(&o.targets, "target", nil, "attach to this root, OU or account `ID` (repeatable)")
	f.StringVar(&o.limits, "limits", "", "override AWS's quotas from `FILE` (YAML or JSON)")
	f.BoolVar(&o.stricter, "allow-stricter", false, "emit guardrails that deny more than their policy")
	f.BoolVar(&o.untested, "allow-untested", false, "use condition keys that AWS may not send as documented")
	f.BoolVar(&o.force, "force", false, "overwrite files that were changed by hand")
	mustDirs(c, "out")
	complete(c, map[string][]string{"layer": compileLayers(), "per": compileScopes, "format": compileFormats()})
	return c
}

var compileScopes = []string{string(compiler.PerAccount), string(compiler.PerOU), string(compiler.PerOrganization)}

// compileLayers lists what --layer may say.
func compileLayers() []string {
	names := []string{string(compiler.Auto)}
	for _, l := range layer.Layers() {
		names = append(names, string(l.ID))
	}
	return names
}

// compileFormats lists what --format may say.
func compileFormats() []string {
	var names []string
	for _, f := range emit.Formats {
		names = append(names, string(f))
	}
	return names
}

// targetForm is an id of a root, an OU or an account, as the Organizations API
// Reference gives them (AttachPolicy, TargetId).
var targetForm = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$`)

// check turns the flags into options, before anything is read.
func (o compileOptions) check() error {
	const verb = "parapet compile"
	switch {
	case o.out == "":
		return usagef(verb, "--out says where to write the modules, and is missing")
	case len(o.findings) == 0 && len(o.ids) == 0:
		return usagef(verb, "there is nothing to compile: give a findings document, or --policies")
	case count(o.findings, "-") > 1:
		return usagef(verb, "standard input can be read only once")
	case !slices.Contains(compileLayers(), o.layer):
		return usagef(verb, "--layer %q is not one of %s", o.layer, strings.Join(compileLayers(), ", "))
	case !slices.Contains(compileFormats(), o.format):
		return usagef(verb, "--format %q is not one of %s", o.format, strings.Join(compileFormats(), ", "))
	case !slices.Contains(compileScopes, o.per):
		return usagef(verb, "--per %q is not one of %s", o.per, strings.Join(compileScopes, ", "))
	case o.per == string(compiler.PerOU) && len(o.targets) == 0:
		return usagef(verb, "--per ou needs the OUs: --target ou-…")
	}
	for _, t := range o.targets {
		if !targetForm.MatchString(t) {
			return usagef(verb, "--target %q is not the id of an OU (ou-ab12-11111111), an account (12 digits) or the root (r-ab12)", t)
		}
	}
	return nil
}

// moduleDir is where a module goes: into a directory of its own, but for the one
// module of an organization.
func (o compileOptions) moduleDir(module string) string {
	if o.per == string(compiler.PerOrganization) {
		return o.out
	}
	return filepath.Join(o.out, module)
}

// compile reads findings and writes modules.
func (s Streams) compile(ctx context.Context, o compileOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	in := compiler.Input{Bindings: binding.Library(), Now: s.Now()}
	var err error
	if in.Engine, err = s.compileEngine(ctx, o); err != nil {
		return err
	}
	if in.Findings, err = s.readFindings(o.findings); err != nil {
		return err
	}
	if in.Policies, err = matchPolicies(in.Engine, o.ids); err != nil {
		return err
	}
	if in.Exceptions, err = s.compileExceptions(o); err != nil {
		return err
	}
	limits, err := readLimits(o.limits)
	if err != nil {
		return err
	}
	in.Options = compiler.Options{
		Layer: ir.Layer(o.layer), Per: compiler.Scope(o.per), Targets: o.targets, Limits: limits, Format: emit.Format(o.format),
		AllowStricter: o.stricter, AllowUntested: o.untested, Version: s.Version,
	}
	in.Examples = exampleLoader(ctx, in.Engine)
	if in.Suggest, err = s.suggester(ctx, o.snapshot, in.Engine); err != nil {
		return err
	}
	if in.Options.Management, err = management(o.snapshot); err != nil {
		return err
	}
	in.Previous = func(module string) map[string]string { return previousDocuments(o.moduleDir(module)) }
	s.progress("compiling %d findings", len(in.Findings))
	res, ds := compiler.Compile(ctx, in)
	s.progressDone()
	s.warn(ds...)
	if ds.HasErrors() {
		return errReported
	}
	for _, m := range res.Modules {
		if err := emit.WriteDir(o.moduleDir(m.Name), m.Output.Files, o.force); err != nil {
			return err
		}
	}
	if err := writeSummary(s.Out, res, o.moduleDir); err != nil {
		return diag.Errorf("output-unwritable", "cannot write the summary: %v", err)
	}
	if len(res.Unanswered) > 0 {
		return errViolations
	}
	return nil
}

func (s Streams) compileEngine(ctx context.Context, o compileOptions) (*engine.Engine, error) {
	return s.engineOf(ctx, o.sources, o.parameters)
}

// readFindings reads and joins findings documents. A finding that stands in
// several is taken once.
func (s Streams) readFindings(paths []string) ([]finding.Finding, error) {
	var out []finding.Finding
	seen := map[string]bool{}
	for _, path := range paths {
		var src []byte
		var err error
		if path == "-" {
			src, err = io.ReadAll(s.In)
		} else {
			src, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, diag.Errorf("findings-unreadable", "%v", err)
		}
		r, err := finding.Read(src, filepath.ToSlash(path))
		if err != nil {
			return nil, err
		}
		if r.Summary.Error > 0 {
			s.warn(diag.Warningf("findings-with-errors", "%s holds %s: what could not be evaluated is not compiled",
				filepath.ToSlash(path), plural(r.Summary.Error, "policy error")))
		}
		for _, f := range r.Findings {
			if !seen[f.Key()] {
				seen[f.Key()] = true
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// matchPolicies turns globs into policy ids.
func matchPolicies(e *engine.Engine, globs []string) ([]string, error) {
	if len(globs) == 0 {
		return nil, nil
	}
	view, ds := e.Select(engine.Selection{Only: globs})
	if err := ds.Err(); err != nil {
		return nil, err
	}
	var out []string
	for _, p := range view.Policies() {
		out = append(out, p.ID)
	}
	return out, nil
}

// compileExceptions loads the exceptions that were named, or those beside the
// first findings document.
func (s Streams) compileExceptions(o compileOptions) ([]exception.Record, error) {
	beside := "-"
	if len(o.findings) > 0 {
		beside = o.findings[0]
	}
	return s.gateExceptions(o.exceptions, beside)
}

func readLimits(path string) (layer.Limits, error) {
	if path == "" {
		return layer.DefaultLimits(), nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return layer.Limits{}, diag.Errorf("limits-unreadable", "%v", err)
	}
	limits, ds := layer.LoadLimits(src, filepath.ToSlash(path))
	return limits, ds.Err()
}

// previousDocuments says which document each statement was in when the module
// was last compiled, so that a new finding moves nothing.
func previousDocuments(dir string) map[string]string {
	src, err := os.ReadFile(filepath.Join(dir, "proof.json"))
	if err != nil {
		return nil
	}
	proof, err := emit.ReadProof(src, "proof.json")
	if err != nil {
		return nil // the module is written anew; WriteDir guards what is there
	}
	return proof.Assignment()
}

// writeSummary says what was compiled, module by module.
func writeSummary(w io.Writer, res compiler.Result, dir func(module string) string) error {
	var b strings.Builder
	if len(res.Modules) == 0 {
		b.WriteString("There is no violation to compile.\n")
	}
	for _, m := range res.Modules {
		fmt.Fprintf(&b, "%s\n", filepath.ToSlash(dir(m.Name)))
		summarize(&b, m)
	}
	for _, f := range res.Unanswered {
		fmt.Fprintf(&b, "\nneither guardrail nor reason: %s on %s\n", f.Policy, report.Subject(f))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// summarize writes the guardrails, documents and refusals of a module.
func summarize(b *strings.Builder, m compiler.Module) {
	if len(m.Program.Guardrails) > 0 {
		rows := [][]string{{"guardrail", "layer", "fidelity", "trust", "states", "proof", "findings"}}
		for _, g := range m.Program.Guardrails {
			states := fmt.Sprint(g.Checks.States)
			if g.Origin == ir.Declared {
				states = string(ir.Declared)
			}
			rows = append(rows, []string{
				g.ID, string(g.Layer), string(g.Fidelity), string(g.Trust), states, proofWord(g), fmt.Sprint(len(g.Findings)),
			})
		}
		b.WriteString("\n")
		table(b, "  ", rows)
		explainLayers(b, m.Program.Guardrails)
	}
	if len(m.Output.Proof.Documents) > 0 {
		b.WriteString("\n")
		for _, d := range m.Output.Proof.Documents {
			fmt.Fprintf(b, "  document %s: %d of %d characters, %s\n", d.Name, d.Characters, d.Limit, plural(d.Statements, "statement"))
		}
	}
	if len(m.Program.NotPreventable) > 0 {
		b.WriteString("\n  not preventable:\n")
		for _, n := range m.Program.NotPreventable {
			fmt.Fprintf(b, "    %s (%s), %s\n      %s\n      instead: %s\n", n.Policy, n.At, plural(len(n.Findings), "finding"), n.Reason, n.Instead)
		}
	}
	if len(m.Suggested) > 0 {
		b.WriteString("\n  suggested exceptions, not in force (exceptions.suggested.yaml):\n")
		for _, e := range m.Suggested {
			fmt.Fprintf(b, "    %s, %s: %s\n", e.Policy, plural(len(e.Principals), "pattern"), e.Reason)
		}
	}
	b.WriteString("\n")
}

// explainLayers says once for each layer why guardrails are on it. The README and
// explain tell more of each.
func explainLayers(b *strings.Builder, guardrails []ir.Guardrail) {
	told := map[string]bool{}
	b.WriteString("\n")
	for _, g := range guardrails {
		first, _, _ := strings.Cut(g.Why, ". ")
		line := fmt.Sprintf("  %s: %s.\n", g.Layer, strings.TrimSuffix(first, "."))
		if g.Why != "" && !told[line] {
			told[line] = true
			b.WriteString(line)
		}
	}
}

// proofWord is the proof of a guardrail in one word.
func proofWord(g ir.Guardrail) string {
	switch p := g.Checks.Proof; {
	case p == nil:
		return "-"
	case p.Coverage == ir.Proved && p.Excess == ir.Proved:
		return string(ir.Proved)
	case p.Coverage == ir.Refuted || p.Excess == ir.Refuted:
		return string(ir.Refuted)
	}
	return string(ir.Unknown)
}

// table writes rows in columns.
func table(b *strings.Builder, indent string, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, r := range rows {
		var line strings.Builder
		line.WriteString(indent)
		for i, cell := range r {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
