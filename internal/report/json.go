package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/parapet-dev/parapet/internal/finding"
)

// JSON writes the findings document, parapet.findings/v1: indented by two
// spaces, members in a fixed order, a newline at the end. Equal reports give
// equal bytes.
func JSON(w io.Writer, r finding.Report) error {
	r.Inputs = orEmpty(r.Inputs)
	r.Findings = orEmpty(r.Findings)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // messages are for people; nothing here is HTML
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// orEmpty makes a missing list an empty one, since readers of the document
// expect a list.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
