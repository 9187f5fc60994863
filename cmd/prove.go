package cmd

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/prove"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

// proveOptions are the flags of parapet prove.
type proveOptions struct {
	sources
	modules    []string
	parameters string
	findings   []string
	pipeline   []string
	breakGlass []string
	time       string
	format     string
}

const proveVerb = "parapet prove"

func proveCommand(s Streams) *cobra.Command {
	var o proveOptions
	c := &cobra.Command{
		Use:   "prove MODULE...",
		Short: "Check a guardrail module again, also one that was edited by hand",
		Long: `Read a module as it stands, derive its guardrails from their policies again,
and prove for each, over all requests at once:

  coverage  no request that the policy flags is let through, but by an exception
  excess    its statements deny nothing else

What does not hold is shown with a request, which the simulator has judged. The
requests of findings and examples are decided again too. Besides, prove tells
who might be locked out of changing the guardrails, which exceptions exempt
nobody or everybody, and which statements do not do what they say.

MODULE is a module's directory, or one that holds modules. Terraform is not
needed. Values that are given to Terraform on the command line or in the
environment are not known here.

Exit codes: 0 everything is proved and nobody is locked out; 1 something is
refuted, or not known; 2 the run failed or its input was bad.`,
		Example: `  parapet prove guardrails
  parapet prove guardrails/111122223333 --pipeline arn:aws:iam::111122223333:role/terraform
  parapet prove guardrails --policy policies --parameters parameters.yaml --format json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.modules = args
			return s.prove(c.Context(), o)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	o.register(c)
	f := c.Flags()
	f.StringVar(&o.parameters, "parameters", "", "set policies' parameters from `FILE`, the same as when the module was compiled")
	f.StringSliceVar(&o.findings, "findings", nil, "read the findings that the module was compiled from in `FILE`; needed by policies that declare a guardrail from what is in them (repeatable)")
	f.StringSliceVar(&o.pipeline, "pipeline", nil, "`ARN` of the role that applies the module (repeatable)")
	f.StringSliceVar(&o.breakGlass, "break-glass", nil, "`ARN` of a role for emergencies (default: roles that an exception exempts from every guardrail)")
	f.StringVar(&o.time, "time", "", "take `INSTANT` for now: 2027-03-31 or RFC 3339")
	f.StringVar(&o.format, "format", formatTable, "write a table or json")
	complete(c, map[string][]string{"format": simulateFormats})
	return c
}

// proved is a module with what was found of it.
type proved struct {
	path     string
	module   emit.Emitted
	report   prove.Report
	warnings diag.Diagnostics
	pipeline bool // the pipeline's role is known
}

func (s Streams) prove(ctx context.Context, o proveOptions) error {
	if !slices.Contains(simulateFormats, o.format) {
		return usagef(proveVerb, "--format %s: it is one of %s", o.format, strings.Join(simulateFormats, ", "))
	}
	now, err := s.instant(proveVerb, o.time)
	if err != nil {
		return err
	}
	for _, arn := range slices.Concat(o.pipeline, o.breakGlass) {
		if !strings.HasPrefix(arn, "arn:") || strings.Count(arn, ":") < 5 {
			return usagef(proveVerb, "%q is not the ARN of a role", arn)
		}
		if strings.Contains(arn, ":assumed-role/") {
			return usagef(proveVerb, "%q is a session; name the role itself: arn:aws:iam::ACCOUNT:role/NAME", arn)
		}
	}
	in := compiler.Input{Bindings: binding.Library(), Now: now}
	if in.Engine, err = s.compileEngine(ctx, compileOptions{sources: o.sources, parameters: o.parameters}); err != nil {
		return err
	}
	if in.Findings, err = s.readFindings(o.findings); err != nil {
		return err
	}
	in.Examples = exampleLoader(ctx, in.Engine)
	var dirs []string
	for _, arg := range o.modules {
		found, err := moduleDirs(arg)
		if err != nil {
			return err
		}
		dirs = append(dirs, found...)
	}
	var out []proved
	holds := true
	for _, dir := range dirs {
		s.progress("proving %s", filepath.ToSlash(dir))
		p, err := s.proveModule(ctx, dir, in, o)
		s.progressDone()
		if err != nil {
			return err
		}
		holds = holds && p.report.Holds()
		out = append(out, p)
	}
	if err := s.writeProofs(o.format, out); err != nil {
		return diag.Errorf("output-unwritable", "cannot write the proof: %v", err)
	}
	if !holds {
		return errViolations
	}
	return nil
}

// instant reads the value of a --time flag; empty means now.
func (s Streams) instant(verb, text string) (time.Time, error) {
	if text == "" {
		return s.Now(), nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef(verb, "--time %q is not an instant like 2027-03-31 or 2027-03-31T12:00:00Z", text)
}

// moduleDirs returns the module in a directory, or the modules right below it.
func moduleDirs(dir string) ([]string, error) {
	isModule := func(d string) bool {
		_, err := os.Stat(filepath.Join(d, "proof.json"))
		return err == nil
	}
	if isModule(dir) {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, diag.Errorf("module-unreadable", "%v", err)
	}
	var out []string
	for _, e := range entries {
		if sub := filepath.Join(dir, e.Name()); isModule(sub) {
			out = append(out, sub)
		}
	}
	if len(out) == 0 {
		return nil, diag.Errorf("not-a-module", "%s is not a guardrail module and holds none: there is no proof.json", filepath.ToSlash(dir)).
			WithHint("give a directory that parapet compile wrote")
	}
	return out, nil
}

// readModule reads a module and prints what is wrong with it.
func (s Streams) readModule(dir string, now time.Time) (emit.Emitted, error) {
	fsys := os.DirFS(dir)
	m, ds := emit.ReadModule(fsys, emit.ReadOptions{Dir: filepath.ToSlash(dir), Now: now})
	w := diag.Writer{Out: s.Err, Color: s.color(s.ErrTerminal), Sources: func(file string) ([]byte, bool) {
		src, err := fs.ReadFile(fsys, strings.TrimPrefix(strings.TrimPrefix(file, filepath.ToSlash(dir)), "/"))
		return src, err == nil
	}}
	_ = w.Write(ds...)
	if ds.HasErrors() {
		return m, errReported
	}
	return m, nil
}

func (s Streams) proveModule(ctx context.Context, dir string, in compiler.Input, o proveOptions) (proved, error) {
	out := proved{path: filepath.ToSlash(dir), pipeline: len(o.pipeline) > 0}
	m, err := s.readModule(dir, in.Now)
	if err != nil {
		return out, err
	}
	out.module = m
	input := prove.Input{
		Documents: m.Documents, Exceptions: m.Exceptions, Records: m.Records, Settings: m.Settings,
		Account: m.Proof.Account, Now: in.Now, Identities: identities(m, o),
	}
	if len(m.Changed) > 0 {
		input.Unread = fmt.Sprintf("%s is not as this version of Parapet writes it, so what Terraform makes of the statements is not known", m.Changed[0])
	}
	if input.References, err = references(ctx, in, m); err != nil {
		return out, err
	}
	if out.report, err = prove.Check(ctx, input, prove.Options{}); err != nil {
		return out, err
	}
	var all []ir.Statement
	layers := map[string]ir.Layer{}
	for _, d := range m.Documents {
		for _, st := range d.Statements {
			all, layers[st.Sid] = append(all, st), d.Layer
		}
	}
	out.warnings = verify.Vacuity(all, layers, symbolic.Options{})
	return out, nil
}

// references derives the guardrails of a module again.
func references(ctx context.Context, in compiler.Input, m emit.Emitted) ([]prove.Reference, error) {
	var out []prove.Reference
	for _, pg := range m.Proof.Guardrails {
		ref := prove.Reference{Guardrail: ir.Guardrail{ID: pg.ID, Title: pg.Title, Layer: pg.Layer, Policy: pg.Policy, Operations: pg.Operations}}
		p, known := in.Engine.Policy(pg.Policy.ID)
		switch {
		case !known:
			ref.Unknown = fmt.Sprintf("no policy has the id %s: --policy DIR gives the directory that holds it", pg.Policy.ID)
		case p.SHA256 != pg.Policy.SHA256:
			ref.Unknown = fmt.Sprintf("%s has changed since the module was compiled: compile it again", p.File)
		default:
			g, reason, err := rederive(ctx, in, pg)
			if err != nil {
				return nil, err
			}
			if ref.Unknown = reason; reason == "" {
				ref.Guardrail = g
				ref.Unknown = promised(pg, g)
			}
		}
		ref.Guardrail.Tests = append(ref.Guardrail.Tests, testsOf(m, pg.ID, ref.Guardrail.Tests)...)
		out = append(out, ref)
	}
	return out, nil
}

// promised says why a guardrail is not as faithful today as proof.json says,
// because more is known of AWS or of its policy's examples by now; empty when it
// is.
func promised(pg emit.ProofGuardrail, g ir.Guardrail) string {
	order := []ir.Fidelity{ir.Exact, ir.Looser, ir.Stricter}
	if slices.Index(order, g.Fidelity) <= slices.Index(order, pg.Fidelity) {
		return ""
	}
	why := ""
	if len(g.Checks.Counterexamples) > 0 {
		why = " (" + g.Checks.Counterexamples[0] + ")"
	}
	return fmt.Sprintf("proof.json says that it is %s, but today it is %s%s: compile it again", pg.Fidelity, g.Fidelity, why)
}

// rederive derives one guardrail as its compilation did. A guardrail that its
// policy declares asks for findings: where they are not given, those that
// proof.json names stand in.
func rederive(ctx context.Context, in compiler.Input, pg emit.ProofGuardrail) (ir.Guardrail, string, error) {
	in.Options.AllowStricter = pg.Fidelity == ir.Stricter
	in.Options.AllowUntested = pg.Trust == ir.Doubtful
	if !slices.ContainsFunc(in.Findings, func(f finding.Finding) bool { return f.Policy == pg.ID }) {
		in.Findings = nil
		for _, fp := range pg.Findings {
			in.Findings = append(in.Findings, finding.Finding{Policy: pg.ID, Status: finding.Violation, Fingerprint: fp})
		}
	}
	return compiler.Derive(ctx, in, pg.ID, pg.Layer)
}

// testsOf returns the requests of a guardrail that the module's own tests decide
// and that are not among those that there are.
func testsOf(m emit.Emitted, guardrail string, have []ir.TestRequest) []ir.TestRequest {
	var out []ir.TestRequest
	for _, t := range m.Tests {
		same := func(o ir.TestRequest) bool {
			return o.Action == t.Action && o.Resource == t.Resource && o.Deny == t.Deny && fmt.Sprint(o.Context) == fmt.Sprint(t.Context)
		}
		if t.Guardrail == guardrail && !slices.ContainsFunc(have, same) {
			out = append(out, t)
		}
	}
	return out
}

// identities lists who must not be locked out.
func identities(m emit.Emitted, o proveOptions) []verify.Identity {
	account := m.Proof.Account
	if account == "" {
		account = "*"
	}
	var out []verify.Identity
	add := func(name string, arns ...string) {
		for _, arn := range arns {
			out = append(out, verify.Identity{Name: name, ARN: arn})
		}
	}
	add("pipeline", o.pipeline...)
	glass := o.breakGlass
	if len(glass) == 0 {
		for _, r := range m.Exceptions.Records() {
			if slices.Contains(r.Policies, "*") && r.Until == "" && len(r.Resources) == 0 {
				glass = append(glass, r.Source.Principals...)
			}
		}
	}
	add("break-glass", glass...)
	add("organization access", "arn:aws:iam::"+account+":role/OrganizationAccountAccessRole")
	add("root user", "arn:aws:iam::"+account+":root")
	return out
}
