package cmd_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGateRows: every row of the table in docs/gate.md is a section of the
// script that shows it, in the same order, and the other way round.
func TestGateRows(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/gate.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../testdata/script/failopen.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "<!-- rows -->")
	table, _, _ = strings.Cut(table, "<!-- /rows -->")
	var rows, sections []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(table, -1) {
		rows = append(rows, m[1])
	}
	commands, _, _ := strings.Cut(string(script), "\n-- ")
	for _, m := range regexp.MustCompile(`(?m)^# (.+)$`).FindAllStringSubmatch(commands, -1) {
		sections = append(sections, m[1])
	}
	if len(rows) < 10 || !slices.Equal(rows[1:], sections) { // the first row is the head
		t.Errorf("docs/gate.md has the rows\n%s\nthe script has the sections\n%s", strings.Join(rows, "\n"), strings.Join(sections, "\n"))
	}
}
