package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Exit codes.
const (
	exitClean      = 0 // nothing to object to
	exitViolations = 1 // violations, or a proof that does not hold
	exitFailed     = 2 // the run failed, or its usage or input was bad
)

// errViolations makes a run exit with 1 and says nothing: the report has said
// it all.
var errViolations = errors.New("violations")

// errReported makes a run exit with 2 after it has printed its diagnostics.
var errReported = errors.New("failed")

// usageError is a mistake in the command line of a verb.
type usageError struct {
	verb string // "parapet gate"
	err  error
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef returns a usage error of a verb.
func usagef(verb, format string, args ...any) error {
	return usageError{verb, fmt.Errorf(format, args...)}
}

// exitCode prints what an error has to say and returns the code to exit with.
func (s Streams) exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errViolations):
		return exitViolations
	case errors.Is(err, errReported):
	case errors.Is(err, context.Canceled):
		s.warn(diag.Errorf("interrupted", "the run was interrupted"))
	case errors.As(err, &usage):
		s.warn(diag.Errorf("usage", "%v", usage.err).WithHint("%s --help", usage.verb))
	default:
		s.warn(diag.From("failed", err)...)
	}
	return exitFailed
}
