// Package report writes a findings report in the formats that people and
// programs read. There is one file per format and one table of them; every
// format is made from the same [finding.Report]. It decides nothing.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// Format is one way to write a report.
type Format struct {
	Name        string
	Description string
	Write       func(io.Writer, finding.Report) error
}

// Formats lists every format. The first is the default.
var Formats = []Format{
	{"table", "for people: findings by severity, and what to do", Table{}.Write},
	{"json", "the findings document that parapet compile reads", JSON},
	{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	{"junit", "JUnit XML, for the test reports of CI systems", JUnit},
	{"github", "workflow commands that annotate a pull request on GitHub", GitHub},
	{"markdown", "a comment for a pull request, bounded in size", Markdown},
	{"html", "one page to read in a browser, with filters and search", HTML},
	{"asff", "AWS Security Finding Format, for Security Hub", ASFF},
}

// Lookup returns the format of a name.
func Lookup(name string) (Format, error) {
	var known []string
	for _, f := range Formats {
		if f.Name == name {
			return f, nil
		}
		known = append(known, f.Name)
	}
	return Format{}, fmt.Errorf("format %q is not one of %s", name, strings.Join(known, ", "))
}
