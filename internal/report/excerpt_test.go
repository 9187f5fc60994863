package report_test

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/report"
)

func TestMarkdownFindings(t *testing.T) {
	if got := report.MarkdownFindings(nil, nil, 1000); got != "" {
		t.Errorf("nothing: %q", got)
	}
	var group []finding.Finding
	for range 50 {
		group = append(group, finding.Finding{
			Policy: "p", Status: finding.Violation, Severity: finding.High, Message: "is <b>open</b> to @all",
			Remediation: "Close it.", Resource: finding.Subject{Address: "aws_s3_bucket.a[\"`\"]"},
		})
	}
	got := report.MarkdownFindings(group, nil, 2000)
	if len(got) > 2000 || !strings.HasPrefix(got, "Fix: Close it.\n") || !strings.Contains(got, "\n…and ") || !strings.HasSuffix(got, " more.\n") {
		t.Errorf("%d bytes:\n%s", len(got), got)
	}
	if strings.Contains(got, "<b>") || strings.Contains(got, "@all") || !strings.Contains(got, "`` aws_s3_bucket.a[\"`\"] ``") {
		t.Errorf("markup gets through:\n%s", got)
	}
	if got := report.MarkdownFindings(group[:1], nil, 2000); strings.Contains(got, "more") {
		t.Errorf("one finding:\n%s", got)
	}
}

func TestMarkdownBlock(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a\nb\n", "```text\na\nb\n```\n"},
		{"```\n# no heading\n", "````text\n```\n# no heading\n````\n"},
		{"red \x1b[31m\u202e", "```text\nred  [31m\n```\n"},
		{strings.Repeat("x", 50), "```text\n" + strings.Repeat("x", 29) + "…\n```\n"},
	} {
		if got := report.MarkdownBlock(c.text, 30); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	if got := report.Plain(" a\n\tb\x00c d", 5); got != "a b …" {
		t.Errorf("%q", got)
	}
}
