package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
)

// readBaseline reads the file of --baseline; nil when there is none. One that
// is missing is an error: a run that took it for empty would fail on everything,
// and one that took it for a pass would be worse.
func readBaseline(path string) (*finding.Baseline, error) {
	if path == "" {
		return nil, nil
	}
	name := filepath.ToSlash(path)
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, diag.Errorf("baseline-unreadable", "%v", err).At(diag.Place{File: name}).
			WithHint("make one: parapet gate plan.json --write-baseline %s", quoteShell(name))
	}
	return finding.ReadBaseline(src, name)
}

// keepBaseline writes the file of --write-baseline.
func (j *judge) keepBaseline(rep finding.Report) error {
	path := j.o.writeBaseline
	if path == "" {
		return nil
	}
	b := finding.NewBaseline(rep)
	if err := writeFile(path, b.Write); err != nil {
		return err
	}
	fmt.Fprintf(j.Err, "baseline: %s written to %s\n", plural(len(b.Findings), "finding"), filepath.ToSlash(path))
	return nil
}

// baselineRest tells of what a baseline holds and no run finds any more. A run
// of some policies only says nothing of the others.
func baselineRest(b *finding.Baseline, findings []finding.Finding, policies map[string]bool, file string) diag.Diagnostics {
	n := 0
	for _, e := range b.Gone(findings) {
		if policies[e.Policy] {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return diag.Diagnostics{diag.Warningf("baseline-outdated", "%s in the baseline and not found any more", areNotFound(n)).
		At(diag.Place{File: file}).
		WithDetail("Should it come back, it would pass.").
		WithHint("write the baseline again with --write-baseline")}
}

func areNotFound(n int) string {
	if n == 1 {
		return "1 finding is"
	}
	return fmt.Sprintf("%d findings are", n)
}
