package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// MarkdownMarker is the first line of every Markdown report, which is hidden
// when it is shown. CI finds its comment by it and updates that one.
const MarkdownMarker = "<!-- parapet:report -->"

// Bounds of a Markdown report. GitHub takes comments of 65,536 characters;
// bytes are counted here, which are never fewer.
const (
	markdownMax       = 65_000
	markdownTail      = 600 // kept free for what says that something is left out
	markdownPerPolicy = 20  // findings, so that one policy leaves room for others
	markdownMessage   = 600 // characters of a message
	markdownTitle     = 200 // characters of a title
)

// Markdown writes a comment for a pull request: a summary, and the findings by
// policy, which unfold. It is bounded in size: what does not fit is left out,
// least urgent first, and counted. Nothing that a plan or a policy says can add
// markup to it, mention people or refer to issues.
func Markdown(w io.Writer, r finding.Report) error {
	var b bytes.Buffer
	b.WriteString(MarkdownMarker + "\n")
	markdownSummary(&b, r)
	left, policies := 0, 0
	for _, group := range markdownGroups(r.Findings) {
		room := markdownMax - markdownTail - b.Len()
		text, n := markdownGroup(group, r, room)
		b.WriteString(text)
		if n == 0 {
			policies++
			left += len(group)
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%s of %s left out for want of room; other formats have them all.\n",
			count(left, "more finding"), plural(policies, "policy", "policies"))
	}
	_, err := w.Write(b.Bytes())
	return err
}

var severityMark = map[finding.Severity]string{
	finding.Critical: "🔴", finding.High: "🟠", finding.Medium: "🟡", finding.Low: "🔵", finding.Info: "⚪",
}

func markdownSummary(b *bytes.Buffer, r finding.Report) {
	s := r.Summary
	switch {
	case s.Error > 0:
		fmt.Fprintf(b, "### ❌ Parapet: %s, and %s that could not be evaluated\n\n", count(s.Violation, "violation"), plural(s.Error, "policy result", "policy results"))
	case s.Violation > 0:
		fmt.Fprintf(b, "### ❌ Parapet: %s\n\n", count(s.Violation, "violation"))
	case s.Unknown > 0 || r.Unread > 0:
		b.WriteString("### ⚠️ Parapet: no violation, but not everything could be decided\n\n")
	default:
		b.WriteString("### ✅ Parapet: no violation\n\n")
	}
	if s.Violation > 0 {
		b.WriteString("| severity | violations |\n|---|--:|\n")
		for _, sev := range finding.Severities {
			if n := s.BySeverity[sev]; n > 0 {
				fmt.Fprintf(b, "| %s %s | %d |\n", severityMark[sev], sev, n)
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%s.\n", totals(r))
}

// markdownGroups returns the findings by status and policy, most urgent first.
func markdownGroups(all []finding.Finding) [][]finding.Finding {
	var groups [][]finding.Finding
	for _, f := range urgent(all) {
		if n := len(groups); n > 0 && groups[n-1][0].Policy == f.Policy && groups[n-1][0].Status == f.Status {
			groups[n-1] = append(groups[n-1], f)
			continue
		}
		groups = append(groups, []finding.Finding{f})
	}
	return groups
}

// markdownGroup writes the findings of a policy within a number of bytes, and
// returns how many it wrote. It never stops inside of markup.
func markdownGroup(group []finding.Finding, r finding.Report, room int) (string, int) {
	f := group[0]
	what := string(f.Severity)
	if f.Status != finding.Violation {
		what = string(f.Status) + ", " + what
	}
	title := ""
	if h := heading(f.Policy, f.Title); h != "" {
		title = ": " + markdownText(clip(h, markdownTitle))
	}
	head := fmt.Sprintf("\n<details>\n<summary>%s %s <code>%s</code>%s (%d)</summary>\n", severityMark[f.Severity], what,
		markdownText(clip(f.Policy, markdownTitle)), title, len(group))
	if f.Remediation != "" && f.Status == finding.Violation {
		head += "\nFix: " + markdownText(clip(f.Remediation, markdownMessage)) + "\n"
	}
	const tail = "\n</details>\n"
	const more = 60 // bytes of the line that counts what is left out
	room -= len(head) + len(tail) + more
	var b strings.Builder
	n := 0
	for _, f := range group[:min(len(group), markdownPerPolicy)] {
		item := markdownFinding(f, r.Inputs, true)
		if b.Len()+len(item) > room {
			item = markdownFinding(f, r.Inputs, false)
		}
		if b.Len()+len(item) > room {
			break
		}
		b.WriteString(item)
		n++
	}
	if n == 0 {
		return "", 0
	}
	if rest := len(group) - n; rest > 0 {
		fmt.Fprintf(&b, "\n…and %d more.\n", rest)
	}
	return head + b.String() + tail, n
}

func markdownFinding(f finding.Finding, inputs []finding.Input, snippet bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s %s", markdownCode(clip(Subject(f), markdownMessage)), markdownText(clip(f.Message, markdownMessage)))
	var notes []string
	if p := placeOf(f, inputs); p.File != "" {
		notes = append(notes, markdownCode(clip(p.String(), markdownMessage)))
	}
	if o := owner(f); o != "" {
		notes = append(notes, markdownText(clip(o, markdownMessage)))
	}
	if e := exemption(f); e != "" {
		notes = append(notes, markdownText(clip(e, markdownMessage)))
	}
	if len(notes) > 0 {
		b.WriteString("<br>" + strings.Join(notes, "; "))
	}
	b.WriteByte('\n')
	if lines := codeText(code(f)); snippet && len(lines) > 0 {
		fence := markdownFence(lines)
		fmt.Fprintf(&b, "\n%stext\n%s\n%s\n", fence, strings.Join(lines, "\n"), fence)
	}
	return b.String()
}

// markdownFence returns a fence that no line of the code can close.
func markdownFence(lines []string) string {
	return strings.Repeat("`", max(3, longestRun(strings.Join(lines, "\n"), '`')+1))
}

// longestRun is the length of the longest run of a character.
func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// markdownCode makes a text a code span, in which nothing is markup.
func markdownCode(s string) string {
	s = strings.TrimSpace(clean(s))
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// markdownText makes a text literal, in Markdown as in the HTML within it. What
// could be markup is written as character references. A zero-width space
// after @, # and the like keeps GitHub from linking people, issues and
// addresses, which it does after the references are read.
func markdownText(s string) string {
	return markdownWords.ReplaceAllString(markdownEscapes.Replace(strings.Join(strings.Fields(clean(s)), " ")), "$1"+zeroWidth+"$2")
}

const zeroWidth = "&#8203;"

var markdownEscapes = strings.NewReplacer(slices.Concat(
	references("&<>\"'`*_[]\\|~$"),
	[]string{
		"@", "&#64;" + zeroWidth,
		"#", "&#35;" + zeroWidth,
		"://", ":" + zeroWidth + "//",
	},
)...)

// markdownWords are the beginnings of links that are no punctuation.
var markdownWords = regexp.MustCompile(`(?i)(gh|www)([-.])`)

// references pairs each character with its numeric reference.
func references(chars string) []string {
	var pairs []string
	for _, c := range chars {
		pairs = append(pairs, string(c), fmt.Sprintf("&#%d;", c))
	}
	return pairs
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
