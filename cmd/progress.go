package cmd

import (
	"fmt"
	"io"
)

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
