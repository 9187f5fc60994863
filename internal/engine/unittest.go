package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/parapet-dev/parapet/internal/diag"
)

// TestResult is the outcome of one Rego unit test.
type TestResult struct {
	Package string // "data.parapet.aws.ec2.imdsv2_test"
	Name    string
	File    string
	Line    int
	Pass    bool
	Message string // why it did not pass
}

// testTimeout bounds one Rego unit test.
const testTimeout = 10 * time.Second

// Test runs the Rego unit tests in the test modules over the modules, with
// data.parameters at its defaults. Results are sorted by file and line.
func Test(ctx context.Context, modules, tests []Module) ([]TestResult, diag.Diagnostics) {
	e, ds := New(Options{Modules: modules})
	if ds.HasErrors() {
		return nil, ds
	}
	mods, ds := parse(slices.Concat(modules, tests))
	if ds.HasErrors() {
		return nil, ds
	}
	txn, err := e.store.NewTransaction(ctx)
	if err != nil {
		return nil, diag.From("policy-test", err)
	}
	defer e.store.Abort(ctx, txn)
	// Without strict mode: tests often name what they do not use.
	results, err := tester.NewRunner().
		SetCompiler(newCompiler().WithStrict(false)).
		SetStore(e.store).
		SetModules(mods).
		RaiseBuiltinErrors(true).
		SetTimeout(testTimeout).
		RunTests(ctx, txn)
	if err != nil {
		return nil, regoErrors("policy-test", err)
	}
	var list []TestResult
	for r := range results {
		t := TestResult{Package: r.Package, Name: r.Name, Pass: r.Pass()}
		if r.Location != nil {
			t.File, t.Line = r.Location.File, r.Location.Row
		}
		t.Message = failure(r)
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b TestResult) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

func failure(r *tester.Result) string {
	switch {
	case r.Pass():
		return ""
	case r.Skip:
		return "skipped: a test named todo_ has not been written"
	case r.Error != nil:
		return r.Error.Error()
	case r.FailedAt != nil && r.FailedAt.Location != nil:
		return fmt.Sprintf("false at line %d: %s", r.FailedAt.Location.Row, strings.TrimSpace(string(r.FailedAt.Location.Text)))
	}
	failed := slices.Sorted(maps.Keys(r.SubResults))
	if len(failed) > 0 {
		return "cases: " + strings.Join(failed, ", ")
	}
	return "false"
}
