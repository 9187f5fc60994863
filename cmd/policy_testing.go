package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/policies"
)

func policyTestCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "test [DIR...]",
		Short: "Run the unit tests and the examples of policies",
		Long: `Run the Rego unit tests (*_test.rego) and the examples of every policy: what
good.tf declares must give no violation of the policy, and what bad.tf declares
at least one. Without DIR, the embedded library is tested.

Exit codes: 0 all pass; 1 something failed; 2 there are no tests, or a policy
does not compile.`,
		Example: `  parapet policy test
  parapet policy test policies`,
		RunE: func(c *cobra.Command, dirs []string) error { return s.policyTest(c.Context(), dirs) },
	}
}

// suite is what one run tests.
type suite struct {
	engine *engine.Engine
	own    map[string]bool // files of the policies under test
	files  func(name string) ([]byte, error)
	units  []engine.TestResult
}

// policyTest tests the directories, or the library when there is none.
func (s Streams) policyTest(ctx context.Context, dirs []string) error {
	t, err := s.suite(ctx, dirs)
	if err != nil {
		return err
	}
	ran, failed := 0, false
	for _, p := range t.engine.Policies() {
		if !t.own[p.File] {
			continue
		}
		o, err := t.test(ctx, p)
		if err != nil {
			return err
		}
		ran += o.checks
		failed = failed || len(o.problems) > 0
		s.printOutcome(p.ID, o)
	}
	for _, u := range t.units { // tests of helpers, beside no policy
		ran++
		if !u.Pass {
			failed = true
			fmt.Fprintf(s.Out, "FAIL  %s:%d: %s: %s\n", u.File, u.Line, u.Name, u.Message)
		}
	}
	switch {
	case ran == 0:
		return diag.Errorf("no-tests", "there are no tests and no examples to run").
			WithHint("put policy_test.rego, or good.tf and bad.tf, beside the policy")
	case failed:
		return errViolations
	}
	return nil
}

func (s Streams) suite(ctx context.Context, dirs []string) (*suite, error) {
	t := &suite{own: map[string]bool{}}
	var (
		tests []engine.Module
		err   error
	)
	src := sources{dirs: dirs, noLibrary: len(dirs) > 0}
	mods, err := src.modules()
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		if tests, err = engine.ReadTests(policies.FS, libraryPrefix); err != nil {
			return nil, err
		}
		t.files = func(name string) ([]byte, error) {
			return fs.ReadFile(policies.FS, strings.TrimPrefix(name, libraryPrefix+"/"))
		}
	} else {
		for _, dir := range dirs {
			more, err := readDir(dir, engine.ReadTests)
			if err != nil {
				return nil, err
			}
			tests = append(tests, more...)
		}
		t.files = func(name string) ([]byte, error) { return os.ReadFile(filepath.FromSlash(name)) }
	}
	for _, m := range mods {
		t.own[m.Path] = true
	}
	if t.engine, err = s.newEngine(engine.Options{Modules: mods}); err != nil {
		return nil, err
	}
	if len(tests) > 0 {
		var ds diag.Diagnostics
		if t.units, ds = engine.Test(ctx, mods, tests); ds.HasErrors() {
			return nil, ds
		}
	}
	return t, nil
}

// outcome is what testing one policy gave.
type outcome struct {
	checks   int
	bad      int  // violations that bad.tf gives
	vacuous  bool // good.tf has no resource that the policy is about
	notes    []string
	problems []string
}

func (o *outcome) fail(format string, args ...any) {
	o.problems = append(o.problems, fmt.Sprintf(format, args...))
}

func (s Streams) printOutcome(id string, o outcome) {
	word := "PASS"
	if len(o.problems) > 0 {
		word = "FAIL"
	}
	fmt.Fprintf(s.Out, "%s  %s  %s\n", word, id, strings.Join(o.notes, ", "))
	for _, p := range o.problems {
		fmt.Fprintf(s.Out, "      %s\n", strings.ReplaceAll(p, "\n", "\n      "))
	}
}

// test runs what stands beside one policy. The unit tests that it runs are
// taken off the suite's list.
func (t *suite) test(ctx context.Context, p engine.Policy) (outcome, error) {
	var o outcome
	dir := path.Dir(p.File)
	mine := func(u engine.TestResult) bool { return path.Dir(u.File) == dir }
	for _, u := range t.units {
		if !mine(u) {
			continue
		}
		o.checks++
		if !u.Pass {
			o.fail("%s:%d: %s: %s", u.File, u.Line, u.Name, u.Message)
		}
	}
	t.units = slices.DeleteFunc(t.units, mine)
	if o.checks > 0 {
		o.notes = append(o.notes, plural(o.checks, "unit test"))
	}
	for _, e := range []struct {
		file  string
		judge func(*outcome, string, engine.Result)
	}{{"good.tf", judgeGood}, {"bad.tf", judgeBad}} {
		name := path.Join(dir, e.file)
		src, err := t.files(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return o, diag.Errorf("example-unreadable", "%v", err)
		}
		o.checks++
		res, err := t.example(ctx, p.ID, src)
		if err != nil {
			o.fail("%s: %v", name, err)
			continue
		}
		e.judge(&o, name, res)
	}
	// A policy may forbid its types altogether; then bad.tf shows that it works.
	if o.vacuous && o.bad == 0 {
		o.fail("%s: holds no resource that the policy is about", path.Join(dir, "good.tf"))
	}
	if o.checks == 0 {
		o.fail("has neither unit tests nor examples")
	}
	return o, nil
}

// example evaluates one policy on a file of Terraform code, as a module of its
// own.
func (t *suite) example(ctx context.Context, id string, src []byte) (engine.Result, error) {
	resources, err := loadExample(ctx, src)
	if err != nil {
		return engine.Result{}, err
	}
	view, ds := t.engine.Select(engine.Selection{Only: []string{id}})
	if err := ds.Err(); err != nil {
		return engine.Result{}, err
	}
	return view.Check(ctx, resource.NewSet(resources))
}

// judgeGood wants resources that the policy is about, and no violation. Values
// that refer to other resources are known only after apply, so that unknown is
// no failure.
func judgeGood(o *outcome, name string, res engine.Result) {
	for _, f := range res.Findings {
		if f.Status == finding.Violation || f.Status == finding.Error {
			o.fail("%s: %s: %s: %s", name, f.Resource.Address, f.Status, f.Message)
		}
	}
	o.vacuous = res.Passed+len(res.Findings) == 0
	if o.vacuous {
		o.notes = append(o.notes, "good.tf without its types")
		return
	}
	o.notes = append(o.notes, "good.tf "+plural(res.Passed, "pass"))
}

func judgeBad(o *outcome, name string, res engine.Result) {
	for _, f := range res.Findings {
		switch f.Status {
		case finding.Violation:
			o.bad++
		case finding.Error:
			o.fail("%s: %s: %s: %s", name, f.Resource.Address, f.Status, f.Message)
		case finding.Exempt, finding.Unknown: // no certain violation
		}
	}
	if o.bad == 0 {
		o.fail("%s: gives no violation", name)
	}
	o.notes = append(o.notes, "bad.tf "+plural(o.bad, "violation"))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		return fmt.Sprintf("%d %ses", n, noun)
	}
	if stem, ok := strings.CutSuffix(noun, "cy"); ok { // policy
		return fmt.Sprintf("%d %scies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
