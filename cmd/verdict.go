package cmd

import (
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/report"
)

// verdict says on the error stream what the report alone would hide, and
// decides the exit code.
func (s Streams) verdict(r finding.Report, o evaluation) error {
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
	if later, unread := report.Undecided(r.Findings); o.unknown == unknownWarn {
		const hint = "--unknown fail makes them count; --unknown pass hides this warning"
		if later > 0 {
			s.warn(diag.Warningf("unknown-values", "%s cannot be decided before values are known that only apply gives", plural(later, "finding")).WithHint(hint))
		}
		if unread > 0 {
			s.warn(diag.Warningf("unknown-values", "%s cannot be decided, since live state was not read whole", plural(unread, "finding")).WithHint(hint))
		}
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
