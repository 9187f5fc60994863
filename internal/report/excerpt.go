package report

import (
	"fmt"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// MarkdownFindings describes the findings of one policy in Markdown, for
// services that show policies one by one. It takes at most max bytes: findings
// that do not fit are counted.
func MarkdownFindings(group []finding.Finding, inputs []finding.Input, max int) string {
	if len(group) == 0 {
		return ""
	}
	var b strings.Builder
	if r := group[0].Remediation; r != "" {
		b.WriteString("Fix: " + markdownText(clip(r, markdownMessage)) + "\n")
	}
	const more = 60 // bytes of the line that counts what is left out
	for i, f := range group {
		item := markdownFinding(f, inputs, true)
		if b.Len()+len(item)+more > max {
			fmt.Fprintf(&b, "\n…and %d more.\n", len(group)-i)
			break
		}
		b.WriteString(item)
	}
	return b.String()
}

// MarkdownBlock shows lines of text as they are, at most max characters of them.
func MarkdownBlock(text string, max int) string {
	lines := strings.Split(strings.TrimRight(clip(text, max), "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(clean(l), " ")
	}
	fence := markdownFence(lines)
	return fence + "text\n" + strings.Join(lines, "\n") + "\n" + fence + "\n"
}

// Plain makes a text of other people one line without control characters, at
// most max characters long.
func Plain(s string, max int) string {
	return clip(strings.Join(strings.Fields(clean(s)), " "), max)
}
