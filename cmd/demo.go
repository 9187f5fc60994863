package cmd

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/report"
	"github.com/parapet-dev/parapet/internal/resource"
)

// The demo's input: the plan of a small shop, and its exceptions.
var (
	//go:embed demo/plan.json
	demoPlan []byte
	//go:embed demo/exceptions.yaml
	demoExceptions string
)

func demoCommand(s Streams) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole path on an embedded example",
		Long: `Take a real Terraform plan all the way: evaluate the library on it, compile what
it violates into a guardrail module, and trace one statement back to the finding
and the policy line that it comes from. It needs no account, no network and
nothing installed.`,
		Example: `  parapet demo
  parapet demo --out guardrails`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.demo(c.Context(), out) },
	}
	c.Flags().StringVar(&out, "out", "", "write the module below `DIR`")
	mustDirs(c, "out")
	return c
}

// demo runs gate and compile on the embedded example and prints each step.
func (s Streams) demo(ctx context.Context, out string) error {
	mods, err := sources{}.modules()
	if err != nil {
		return err
	}
	e, err := s.newEngine(engine.Options{Modules: mods})
	if err != nil {
		return err
	}
	rep, err := s.demoGate(ctx, e)
	if err != nil {
		return err
	}
	records, ds := exception.Load([]byte(strings.Replace(demoExceptions, "$IN_NINETY_DAYS",
		s.Now().UTC().AddDate(0, 0, 90).Format("2006-01-02"), 1)), "exceptions.yaml")
	if ds.HasErrors() {
		return ds
	}
	res, ds := compiler.Compile(ctx, compiler.Input{
		Engine: e, Bindings: binding.Library(), Findings: rep.Findings, Examples: exampleLoader(ctx, e),
		Exceptions: records, Now: s.Now(),
		Options: compiler.Options{
			Layer: compiler.Auto, Per: compiler.PerAccount, Limits: layer.DefaultLimits(), Version: s.Version,
		},
	})
	s.warn(ds...)
	if ds.HasErrors() {
		return errReported
	}
	var b strings.Builder
	b.WriteString("\n2. What prevents it next time: one module an account\n\n")
	for _, m := range res.Modules {
		fmt.Fprintf(&b, "account %s\n", m.Name)
		summarize(&b, m)
	}
	m := largest(res.Modules)
	fmt.Fprintf(&b, "3. The module of account %s\n\n", m.Name)
	writeTree(&b, m.Name, m.Output.Files)
	b.WriteString("\n4. One statement, and where it comes from\n\n")
	if err := writeTrace(&b, m, rep.Findings); err != nil {
		return err
	}
	if _, err := fmt.Fprint(s.Out, b.String()); err != nil {
		return err
	}
	if out == "" {
		fmt.Fprintf(s.Out, "\nTo keep the module: parapet demo --out guardrails\n")
		return nil
	}
	for _, m := range res.Modules {
		if err := emit.WriteDir(path.Join(out, m.Name), m.Output.Files, false); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.Out, "\nwritten below %s\n", out)
	return nil
}

// demoGate evaluates the library on the embedded plan and prints the report.
func (s Streams) demoGate(ctx context.Context, e *engine.Engine) (finding.Report, error) {
	in, err := input.Load(ctx, "-", bytes.NewReader(demoPlan), input.Options{Name: "plan.json"})
	if err != nil {
		return finding.Report{}, err
	}
	checked, err := e.Check(ctx, resource.NewSet(in.Resources))
	if err != nil {
		return finding.Report{}, err
	}
	rep := finding.NewReport(finding.Tool{Name: "parapet", Version: s.Version},
		[]finding.Input{finding.Input(in.Info)}, checked.Findings, checked.Passed)
	fmt.Fprintf(s.Out, "1. What the plan violates: %d resources, %d policies\n\n", in.Info.Resources, len(e.Policies()))
	return rep, report.Table{Color: s.color(s.OutTerminal)}.Write(s.Out, rep)
}

// largest returns the module with the most guardrails.
func largest(ms []compiler.Module) compiler.Module {
	return slices.MaxFunc(ms, func(a, b compiler.Module) int {
		return len(a.Program.Guardrails) - len(b.Program.Guardrails)
	})
}

// writeTree lists the files of a module.
func writeTree(b *strings.Builder, root string, files []emit.File) {
	for _, f := range files {
		fmt.Fprintf(b, "  %-64s %6d bytes\n", path.Join(root, f.Path), len(f.Data))
	}
}

// writeTrace prints the first statement that comes from a finding, with what
// it comes from.
func writeTrace(b *strings.Builder, m compiler.Module, findings []finding.Finding) error {
	for _, g := range m.Program.Guardrails {
		if g.Origin != ir.Derived || len(g.Findings) == 0 {
			continue
		}
		for _, st := range m.Expand(g.Statements[len(g.Statements)-1]) {
			doc := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{st}}
			b.WriteString("  ")
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, doc.JSON(), "  ", "  "); err != nil {
				return err
			}
			b.Write(pretty.Bytes())
			b.WriteString("\n\n")
		}
		fmt.Fprintf(b, "  guardrail  %s: %s\n", g.ID, g.Title)
		fmt.Fprintf(b, "  policy     %s:%d\n", g.Policy.File, g.Policy.Line)
		for _, f := range findings {
			if slices.Contains(g.Findings, f.Fingerprint) {
				fmt.Fprintf(b, "  finding    %s  %s (%s)\n", f.Fingerprint, f.Resource.Address, f.Message)
			}
		}
		fmt.Fprintf(b, "  fidelity   %s, over %d states; examples: %d denied, %d let through\n",
			g.Fidelity, g.Checks.States, g.Checks.Examples.Denied, g.Checks.Examples.Allowed)
		fmt.Fprintf(b, "  trust      %s\n", g.Trust)
		fmt.Fprintf(b, "  proof      over all requests: nothing slips through but by an exception, nothing else is denied: %s\n", proofWord(g))
		return nil
	}
	return nil
}
