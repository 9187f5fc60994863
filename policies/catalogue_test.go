package policies_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/golden"
)

// The catalogue stands between these lines of README.md.
const (
	catalogueBegin = "<!-- catalogue: written by the test, go test ./policies -update -->\n"
	catalogueEnd   = "<!-- end of catalogue -->\n"
)

// TestCatalogue keeps the table in README.md in step with the metadata.
func TestCatalogue(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(readme), "\r\n", "\n")
	head, rest, begin := strings.Cut(text, catalogueBegin)
	_, tail, end := strings.Cut(rest, catalogueEnd)
	if !begin || !end {
		t.Fatal("README.md has lost the lines around its catalogue")
	}
	golden.File(t, "README.md", []byte(head+catalogueBegin+catalogue(library(t).Policies())+catalogueEnd+tail))
}

func catalogue(policies []engine.Policy) string {
	var b strings.Builder
	b.WriteString("| policy | what it asks for | severity | controls | guardrail |\n|---|---|---|---|---|\n")
	for _, p := range policies {
		var controls []string
		for framework, ids := range p.Frameworks {
			for _, id := range ids {
				controls = append(controls, map[string]string{"cis-aws-5.0": "CIS ", "aws-fsbp": ""}[framework]+id)
			}
		}
		slices.Sort(controls)
		guardrail := "derived"
		switch {
		case p.Guardrail:
			guardrail = "declared"
		case p.Instead != "":
			guardrail = "none"
		}
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s | %s |\n",
			p.ID, folder(p), p.Title, p.Severity, strings.Join(controls, ", "), guardrail)
	}
	return b.String()
}
