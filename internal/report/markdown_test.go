package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/parapet-dev/parapet/internal/finding"
)

func markdownOf(t *testing.T, r finding.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMarkdownBounded: a report of any size fits a comment, is whole markup, and
// accounts for every finding.
func TestMarkdownBounded(t *testing.T) {
	t.Parallel()
	long := large(3000)
	for i := range long.Findings {
		long.Findings[i].Policy = fmt.Sprintf("policy-%04d", i)
		long.Findings[i].Message = strings.Repeat("<é> ", 500)
	}
	wide := large(30)
	for i := range wide.Findings {
		wide.Findings[i].Snippet = &finding.Snippet{Start: 1, Lines: strings.Split(strings.Repeat(strings.Repeat("`日", 100)+"\n", 30), "\n")}
		wide.Findings[i].Policy, wide.Findings[i].Severity = "one", finding.High
	}
	for name, r := range map[string]finding.Report{"small": large(3), "many": large(20_000), "long": long, "wide": wide} {
		out := markdownOf(t, r)
		if len(out) > markdownMax {
			t.Errorf("%s: %d bytes", name, len(out))
		}
		if !strings.HasPrefix(out, MarkdownMarker+"\n") {
			t.Errorf("%s: no marker", name)
		}
		if open, closed := strings.Count(out, "<details>"), strings.Count(out, "</details>"); open != closed || open == 0 {
			t.Errorf("%s: %d details, %d closed", name, open, closed)
		}
		for part := range strings.SplitSeq(out, "<details>") {
			if strings.Count(part, "<summary>") != strings.Count(part, "</summary>") {
				t.Errorf("%s: a summary is cut", name)
			}
		}
		shown, more := 0, 0
		for line := range strings.Lines(out) {
			var n, p int
			switch {
			case strings.HasPrefix(line, "`"+"module."):
				shown++
			case strings.HasPrefix(line, "…and "):
				if _, err := fmt.Sscanf(line, "…and %d more.", &n); err != nil {
					t.Error(err)
				}
				more += n
			case strings.Contains(line, "for want of room"):
				if _, err := fmt.Sscanf(line, "%d more findings of %d", &n, &p); err != nil {
					t.Error(err)
				}
				more += n
			}
		}
		if shown+more != len(r.Findings) || shown == 0 {
			t.Errorf("%s: %d shown and %d more of %d", name, shown, more, len(r.Findings))
		}
	}
}

// TestMarkdownMarkup: hostile text adds no element to a report.
func TestMarkdownMarkup(t *testing.T) {
	t.Parallel()
	src := []byte(markdownOf(t, shared()))
	allowed := map[string]bool{
		MarkdownMarker: true, "<details>": true, "</details>": true, "<code>": true, "</code>": true, "<summary>": true, "</summary>": true, "<br>": true,
	}
	err := ast.Walk(markdown.Parser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML:
			if got := string(n.Segments.Value(src)); !allowed[got] {
				t.Errorf("raw HTML: %s", got)
			}
		case *ast.HTMLBlock:
			for tag := range strings.SplitAfterSeq(strings.ReplaceAll(string(n.Lines().Value(src)), "<", "\x00<"), ">") {
				if _, tag, ok := strings.Cut(tag, "\x00"); ok && !allowed[tag] {
					t.Errorf("HTML: %s", tag)
				}
			}
		case *ast.Link, *ast.AutoLink, *ast.Image:
			t.Errorf("a %v", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMarkdownVerdict(t *testing.T) {
	t.Parallel()
	unread := finding.NewReport(finding.Tool{}, nil, nil, 3)
	unread.Unread = 1
	for want, r := range map[string]finding.Report{
		"### ✅ Parapet: no violation\n":                                     finding.NewReport(finding.Tool{}, nil, nil, 3),
		"### ⚠️ Parapet: no violation, but not everything could be decided": unread,
		"### ❌ Parapet: 1 violation\n":                                      large(1),
	} {
		if out := markdownOf(t, r); !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
}
