package cmd

import (
	"cmp"
	"io"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Streams is everything that a run takes from its surroundings: no other
// package of Parapet looks at the process, the clock or the environment.
type Streams struct {
	In          io.Reader
	Out         io.Writer // results
	Err         io.Writer // diagnostics and progress
	OutTerminal bool      // Out is a terminal
	ErrTerminal bool      // Err is a terminal
	LookupEnv   func(string) (string, bool)
	Now         func() time.Time
	Version     string

	// Timeout bounds one attempt of a request to AWS, and Backoff the pause before
	// the next one. Zero means what package aws says; tests have less time.
	Timeout, Backoff time.Duration
}

// System returns the streams of the process. The version is the linker's; when
// it is empty, the build says what it is.
func System(version string) Streams {
	return Streams{
		In:          os.Stdin,
		Out:         os.Stdout,
		Err:         os.Stderr,
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		LookupEnv:   os.LookupEnv,
		Now:         time.Now,
		Version:     cmp.Or(version, built(), "devel"),
	}
}

// built returns the version of a binary that go install made.
func built() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

// color reports whether to colour what goes to a stream. See no-color.org.
func (s Streams) color(terminal bool) bool {
	if v, ok := s.LookupEnv("NO_COLOR"); ok && v != "" {
		return false
	}
	if v, _ := s.LookupEnv("TERM"); v == "dumb" {
		return false
	}
	return terminal
}

// warn prints diagnostics on the error stream. A stream that cannot be written
// has nobody to be told about it.
func (s Streams) warn(ds ...diag.Diagnostic) {
	_ = diag.Writer{Out: s.Err, Color: s.color(s.ErrTerminal)}.Write(ds...)
}
