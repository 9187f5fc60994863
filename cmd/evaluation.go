package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/report"
	"github.com/parapet-dev/parapet/internal/resource"
)

// evaluation is the flags of every verb that evaluates policies: which ones, on
// whose behalf, what fails and what is written.
type evaluation struct {
	sources
	verb          string // as it is called: "parapet gate"
	only, skip    []string
	severity      string
	failOn        string
	parameters    string
	exceptions    string
	baseline      string
	writeBaseline string
	unknown       string
	formats       []string
	jobs          int
	trace         string
	source        string // directory of the Terraform code, where it is not beside the input
	load          input.Options
	documents     documentFlags
}

func (o *evaluation) register(c *cobra.Command) {
	o.sources.register(c)
	f := c.Flags()
	f.StringSliceVar(&o.only, "select", nil, "evaluate only policies whose id matches `GLOB` (repeatable)")
	f.StringSliceVar(&o.skip, "skip", nil, "leave out policies whose id matches `GLOB` (repeatable)")
	f.StringVar(&o.severity, "severity", "", "evaluate only policies of severity `MIN` or worse")
	f.StringVar(&o.failOn, "fail-on", string(finding.Low), "exit with 1 for violations of severity `MIN` or worse, or none")
	f.StringVar(&o.parameters, "parameters", "", "set policies' parameters from `FILE` (YAML or JSON: policy id, name, value)")
	f.StringVar(&o.exceptions, "exceptions", "", "exempt what `FILE` says (default exceptions.yaml beside the input, where it exists)")
	f.StringVar(&o.baseline, "baseline", "", "let pass what `FILE` holds: only what is new fails")
	f.StringVar(&o.writeBaseline, "write-baseline", "", "write what was found into `FILE`, for later runs with --baseline")
	f.StringVar(&o.unknown, "unknown", unknownWarn, "what to do with what is known only after apply or was not read: `MODE` is fail, warn or pass")
	f.StringArrayVar(&o.formats, "format", nil, "write the report as `NAME[=PATH]` (repeatable; default table)")
	f.IntVar(&o.jobs, "jobs", 0, "evaluate on `N` cores (default all)")
	f.StringVar(&o.trace, "trace", "", "write every step of the evaluation of `POLICY` to standard error")
	f.StringVar(&o.load.Account, "account", "", "account `ID` of resources that do not say theirs")
	f.StringVar(&o.load.Region, "region", "", "Region `NAME` of resources that do not say theirs")
	f.StringArrayVar(&o.load.VarFiles, "var-file", nil, "take the variables of a configuration directory from `FILE` too (repeatable)")
	f.StringVar(&o.load.Kind, "kind", "", "read the input as `KIND` instead of sniffing: plan, config, state or snapshot")
	complete(c, map[string][]string{
		"severity": severityNames(),
		"fail-on":  append(severityNames(), failOnNone),
		"unknown":  unknownModes,
		"format":   formatNames(),
		"kind":     inputKinds,
	})
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
	inputKinds   = []string{input.KindPlan, input.KindConfig, input.KindState, input.KindSnapshot}
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
func (o evaluation) check() (engine.Selection, error) {
	verb := o.verb
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
	if o.source != "" {
		if info, err := os.Stat(o.source); err != nil || !info.IsDir() {
			d := diag.Errorf("source-unreadable", "%s is not a directory", filepath.ToSlash(o.source)).
				WithHint("--source names the directory of the .tf files that the plan was made of")
			if err != nil {
				d.Summary = "cannot read " + filepath.ToSlash(o.source)
				d = d.WithDetail("%v", plainError(err))
			}
			return sel, d
		}
	}
	if o.jobs < 0 {
		return sel, usagef(verb, "--jobs %d is not a number of cores", o.jobs)
	}
	return sel, nil
}
