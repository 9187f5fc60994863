package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/schema"
)

func policyCheckCommand(s Streams) *cobra.Command {
	var format string
	var v0 bool
	c := &cobra.Command{
		Use:   "check [DIR...]",
		Short: "Lint policies and hold them to the provider's schema",
		Long: `Look for mistakes in policies without evaluating them: code that does not
compile, resource types and attributes that the AWS provider does not have,
comparisons that can never hold, messages that read what may be missing, and
metadata that is wrong or not there. Of policies about whole plans, as conftest
runs them, what they read is held to the format of plans too. Without DIR, the
embedded library is checked.

Exit codes: 0 nothing to object to; 1 problems; 2 the policies cannot be read.`,
		Example: `  parapet policy check
  parapet policy check policies
  parapet policy check policies --format json`,
		RunE: func(_ *cobra.Command, dirs []string) error { return s.policyCheck(dirs, format, v0) },
	}
	c.Flags().StringVar(&format, "format", "table", "`FORMAT` of the problems: table or json")
	c.Flags().BoolVar(&v0, "v0", false, "read policies about whole plans as Rego v0")
	complete(c, map[string][]string{"format": policyFormats})
	return c
}

// policyCheck prints what is wrong with the policies.
func (s Streams) policyCheck(dirs []string, format string, v0 bool) error {
	if err := checkFormat("parapet policy check", format); err != nil {
		return err
	}
	own, err := sources{dirs: dirs}.own()
	if err != nil {
		return err
	}
	parts, err := withLibrary(own, len(dirs) == 0)
	if err != nil {
		return err
	}
	provider, err := schema.AWS()
	if err != nil {
		return err
	}
	var ds diag.Diagnostics
	n := 0
	if parts.Policies {
		for i := range parts.Resource {
			parts.Resource[i].Checked = false // this is the check
		}
		var e *engine.Engine
		if e, ds = engine.New(engine.Options{Modules: parts.Resource, Schema: schema.AWS}); e != nil {
			ds = append(ds, e.Lint(provider)...)
			n = len(e.Policies())
		}
	}
	if len(parts.Document) > 0 {
		p, problems := document.New(document.Options{Modules: parts.Document, V0: v0})
		if p != nil {
			problems = append(problems, p.CheckSchema(provider)...)
			n += len(p.Policies())
		}
		ds = append(ds, problems...)
		ds.Sort()
	}
	mods := slices.Concat(parts.Resource, parts.Document)
	if format == "json" {
		err = s.printJSON(problemsOf(ds))
	} else {
		err = s.printProblems(ds, n, mods)
	}
	if err != nil {
		return err
	}
	if len(ds) > 0 {
		return errViolations
	}
	return nil
}

func (s Streams) printProblems(ds diag.Diagnostics, policies int, mods []engine.Module) error {
	w := diag.Writer{Out: s.Out, Color: s.color(s.OutTerminal), Sources: sourcesOf(mods)}
	err := w.Write(ds...)
	if len(ds) > 0 {
		_, more := fmt.Fprintln(s.Out, plural(len(ds), "problem"))
		return errors.Join(err, more)
	}
	_, more := fmt.Fprintf(s.Out, "%s, no problems\n", plural(policies, "policy"))
	return errors.Join(err, more)
}

// problem is a diagnostic in the JSON of policy check.
type problem struct {
	Code     string   `json:"code"`
	Severity string   `json:"severity"`
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail,omitempty"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Hints    []string `json:"hints,omitempty"`
}

func problemsOf(ds diag.Diagnostics) any {
	list := []problem{}
	for _, d := range ds {
		list = append(list, problem{
			Code: d.Code, Severity: d.Severity.String(), Summary: d.Summary, Detail: d.Detail,
			File: d.Subject.File, Line: d.Subject.Line, Column: d.Subject.Column, Hints: slices.Clone(d.Hints),
		})
	}
	return struct {
		Problems []problem `json:"problems"`
	}{list}
}
