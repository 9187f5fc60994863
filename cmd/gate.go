package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/report"
	"github.com/parapet-dev/parapet/internal/resource"
)

// gateOptions are the flags of parapet gate.
type gateOptions struct {
	sources
	inputs     []string
	only, skip []string
	severity   string
	failOn     string
	parameters string
	exceptions string
	unknown    string
	formats    []string
	jobs       int
	load       input.Options
}

func gateCommand(s Streams) *cobra.Command {
	var o gateOptions
	c := &cobra.Command{
		Use:   "gate INPUT...",
		Short: "Evaluate policies on Terraform plans, state and configurations",
		Long: `Evaluate policies on Terraform plans (the JSON of terraform show -json), state
files and configuration directories. Each INPUT is a file, a directory, or - for
standard input.

Values that are known only after apply give a third answer: a policy that
depends on them is reported as unknown, not as passed and not as violated.

Parts of an input that are not read, such as the modules that a configuration
directory calls or the rest of a plan made with -target, count as unknown too:
they are named and counted, and --unknown fail makes the run exit with 1.

Exit codes: 0 clean; 1 violations at or above --fail-on; 2 the run failed, a
policy could not be evaluated, or the input was bad.`,
		Example: `  terraform show -json tfplan | parapet gate -
  parapet gate plan.json --fail-on high
  parapet gate plan.json --format table --format json=findings.json
  parapet gate plan.json --select 'aws-s3-*' --skip aws-s3-public-acl
  parapet gate plan.json --policy ./policies --no-library
  parapet gate plan.json --parameters parameters.yaml --exceptions exceptions.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.inputs = args
			return s.gate(c.Context(), o)
		},
	}
	o.register(c)
	f := c.Flags()
	f.StringSliceVar(&o.only, "select", nil, "evaluate only policies whose id matches `GLOB` (repeatable)")
	f.StringSliceVar(&o.skip, "skip", nil, "leave out policies whose id matches `GLOB` (repeatable)")
	f.StringVar(&o.severity, "severity", "", "evaluate only policies of severity `MIN` or worse")
	f.StringVar(&o.failOn, "fail-on", string(finding.Low), "exit with 1 for violations of severity `MIN` or worse, or none")
	f.StringVar(&o.parameters, "parameters", "", "set policies' parameters from `FILE` (YAML or JSON: policy id, name, value)")
	f.StringVar(&o.exceptions, "exceptions", "", "exempt what `FILE` says (default exceptions.yaml beside the input, where it exists)")
	f.StringVar(&o.unknown, "unknown", unknownWarn, "what to do with what is known only after apply or was not read: fail, warn or pass")
	f.StringArrayVar(&o.formats, "format", nil, "write the report as `NAME[=PATH]` (repeatable; default table)")
	f.IntVar(&o.jobs, "jobs", 0, "evaluate on `N` cores (default all)")
	f.StringVar(&o.load.Account, "account", "", "account `ID` of resources that do not say theirs")
	f.StringVar(&o.load.Region, "region", "", "Region `NAME` of resources that do not say theirs")
	f.StringVar(&o.load.Kind, "kind", "", "read the input as `KIND` instead of sniffing: plan, config or state")
	complete(c, map[string][]string{
		"severity": severityNames(),
		"fail-on":  append(severityNames(), failOnNone),
		"unknown":  unknownModes,
		"format":   formatNames(),
		"kind":     inputKinds,
	})
	return c
}

const failOnNone = "none"

// What --unknown may say.
const (
	unknownFail = "fail"
	unknownWarn = "warn"
	unknownPass = "pass"
)

var (
	unknownModes = []string{unknownFail, unknownWarn, unknownPass}
	inputKinds   = []string{input.KindPlan, input.KindConfig, input.KindState}
)

func severityNames() []string {
	var names []string
	for _, s := range finding.Severities {
		names = append(names, string(s))
	}
	return names
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats {
		names = append(names, f.Name)
	}
	return names
}

// complete offers fixed values for flags in shell completion.
func complete(c *cobra.Command, values map[string][]string) {
	for flag, list := range values {
		// It fails only for a flag that does not exist, which the help test shows.
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp))
	}
}

// check turns the flags into what they mean, before anything is read.
func (o gateOptions) check() (engine.Selection, error) {
	const verb = "parapet gate"
	sel := engine.Selection{Only: o.only, Skip: o.skip}
	if o.severity != "" {
		min, err := finding.ParseSeverity(o.severity)
		if err != nil {
			return sel, usagef(verb, "--severity: %w", err)
		}
		sel.Severity = min
	}
	if o.failOn != failOnNone {
		if _, err := finding.ParseSeverity(o.failOn); err != nil {
			return sel, usagef(verb, "--fail-on: %w, none", err)
		}
	}
	if !slices.Contains(unknownModes, o.unknown) {
		return sel, usagef(verb, "--unknown %q is not one of %s", o.unknown, strings.Join(unknownModes, ", "))
	}
	if o.load.Kind != "" && !slices.Contains(inputKinds, o.load.Kind) {
		return sel, usagef(verb, "--kind %q is not one of %s", o.load.Kind, strings.Join(inputKinds, ", "))
	}
	if a := o.load.Account; a != "" && !resource.IsAccount(a) {
		return sel, usagef(verb, "--account %q is not the id of an account (12 digits)", a)
	}
	if r := o.load.Region; r != "" && !resource.IsRegion(r) {
		return sel, usagef(verb, "--region %q is not the name of a Region, such as eu-west-1", r)
	}
	if o.jobs < 0 {
		return sel, usagef(verb, "--jobs %d is not a number of cores", o.jobs)
	}
	if n := count(o.inputs, "-"); n > 1 {
		return sel, usagef(verb, "standard input can be read only once")
	}
	return sel, nil
}

func count(list []string, s string) int {
	n := 0
	for _, e := range list {
		if e == s {
			n++
		}
	}
	return n
}

// gate evaluates the policies on every input and writes the report.
func (s Streams) gate(ctx context.Context, o gateOptions) error {
	selection, err := o.check()
	if err != nil {
		return err
	}
	outputs, err := parseOutputs("parapet gate", o.formats)
	if err != nil {
		return err
	}
	e, err := s.gateEngine(o)
	if err != nil {
		return err
	}
	var ids []string
	for _, p := range e.Policies() {
		ids = append(ids, p.ID)
	}
	exceptions := s.exceptionsOf(o.exceptions, ids)
	e, ds := e.Select(selection)
	if err := ds.Err(); err != nil {
		return err
	}
	var (
		inputs   []finding.Input
		findings []finding.Finding
		passed   int
		unread   int
	)
	for _, path := range s.distinct(o.inputs) {
		records, err := exceptions(path)
		if err != nil {
			return err
		}
		s.progress("reading %s", path)
		in, err := input.Load(ctx, path, s.In, o.load)
		s.progressDone()
		s.warn(in.Warnings...)
		if err != nil {
			return err
		}
		inputs = append(inputs, finding.Input(in.Info))
		unread += len(in.Unread())
		s.progress("evaluating %d policies on %d resources", len(e.Policies()), len(in.Resources))
		res, err := e.Check(ctx, resource.NewSet(in.Resources))
		s.progressDone()
		if err != nil {
			return err
		}
		exempt(res.Findings, records, s)
		findings = append(findings, res.Findings...)
		passed += res.Passed
	}
	r := finding.NewReport(finding.Tool{Name: "parapet", Version: s.Version}, inputs, findings, passed)
	r.Unread = unread
	if err := s.writeReport(r, outputs, func(id string) string { return o.where(e, id) }); err != nil {
		return err
	}
	return s.verdict(r, o)
}

// distinct leaves out the paths that were given before: their findings would
// count twice.
func (s Streams) distinct(paths []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, p := range paths {
		clean := filepath.Clean(p)
		if seen[clean] {
			s.warn(diag.Warningf("input-duplicate", "%s is given more than once", filepath.ToSlash(clean)).
				WithDetail("It is evaluated once."))
			continue
		}
		seen[clean] = true
		out = append(out, p)
	}
	return out
}

func (s Streams) gateEngine(o gateOptions) (*engine.Engine, error) {
	mods, err := o.modules()
	if err != nil {
		return nil, err
	}
	params, err := readParameters(o.parameters)
	if err != nil {
		return nil, err
	}
	return s.newEngine(engine.Options{Modules: mods, Parameters: params, Jobs: o.jobs})
}

// exempt marks the violations that a record in force covers.
func exempt(findings []finding.Finding, records []exception.Record, s Streams) {
	if len(records) == 0 {
		return
	}
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	now := s.Now()
	for i := range findings {
		f := &findings[i]
		if f.Status != finding.Violation {
			continue
		}
		t := exception.Target{
			Policy: f.Policy, Address: f.Resource.Address,
			ARN: text(f.Resource.ARN), Account: text(f.Resource.Account),
		}
		if id, ok := exception.Find(records, t, now); ok {
			f.Status, f.Exception = finding.Exempt, &id
		}
	}
}

// verdict says on the error stream what the report alone would hide, and
// decides the exit code.
func (s Streams) verdict(r finding.Report, o gateOptions) error {
	counts := func(f finding.Finding) bool {
		return o.failOn != failOnNone && f.Severity.AtLeast(finding.Severity(o.failOn))
	}
	// What was not read may violate policies of any severity.
	failed := r.Unread > 0 && o.unknown == unknownFail && o.failOn != failOnNone
	for _, f := range r.Findings {
		switch f.Status {
		case finding.Violation:
			failed = failed || counts(f)
		case finding.Unknown:
			failed = failed || o.unknown == unknownFail && counts(f)
		case finding.Exempt, finding.Error: // the one does not count, the other counts below
		}
	}
	if n := r.Summary.Unknown; n > 0 && o.unknown == unknownWarn {
		s.warn(diag.Warningf("unknown-values", "%s cannot be decided before values are known that only apply gives", plural(n, "finding")).
			WithHint("--unknown fail makes them count; --unknown pass hides this warning"))
	}
	if r.Unread > 0 && o.unknown != unknownPass {
		s.warn(unreadWarning(r.Unread, o.unknown))
	}
	if n := r.Summary.Error; n > 0 {
		s.warn(diag.Errorf("policy-errors", "%s failed, so that nothing is known of what they were about", plural(n, "evaluation")))
		return errReported
	}
	if r.Summary.Passed == 0 && len(r.Findings) == 0 {
		s.warn(diag.Warningf("nothing-evaluated", "no policy is about any resource of the input"))
	}
	if failed {
		return errViolations
	}
	return nil
}

// unreadWarning says that a run is no proof of everything that it was given.
func unreadWarning(n int, mode string) diag.Diagnostic {
	verb := "were"
	if n == 1 {
		verb = "was"
	}
	d := diag.Warningf("input-not-evaluated", "%s of the input %s not evaluated", plural(n, "part"), verb).
		WithDetail("The warnings above name what was not read. It may hold violations that this run does not see.")
	if mode == unknownWarn {
		d = d.WithHint("--unknown fail makes them count; --unknown pass hides this warning")
	}
	return d
}

// progress tells a person at a terminal what takes time.
func (s Streams) progress(format string, args ...any) {
	if s.ErrTerminal {
		fmt.Fprintf(s.Err, "\r\x1b[K"+format+"…", args...)
	}
}

func (s Streams) progressDone() {
	if s.ErrTerminal {
		_, _ = io.WriteString(s.Err, "\r\x1b[K")
	}
}
