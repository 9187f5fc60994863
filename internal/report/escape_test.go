package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/parapet-dev/parapet/internal/finding"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"", " ", hostile, "a`b", "``", "` `", "*a* _b_ ~~c~~", "<b>", "&amp;", "[x](y)", "| a |", "- a", "1. a", "# h", "www.example.com",
		"http://example.com", "HTTPS://EXAMPLE.COM", "ftp://x.y", "a@b.cc", "mailto:a@b.cc", "x\\", "\\*", "$a$", "> q", "\ta", "a  \nb", "&#64;", "éß日本🙂",
	} {
		f.Add(s)
	}
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

// spoken renders Markdown to the text that a reader sees, and says which markup
// it found.
func spoken(t *testing.T, src string) (string, map[ast.NodeKind]int) {
	t.Helper()
	source := []byte(src)
	var b strings.Builder
	kinds := map[ast.NodeKind]int{}
	err := ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		kinds[n.Kind()]++
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
		case *ast.String:
			b.Write(n.Value)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), kinds
}

var reference = regexp.MustCompile(`&#(\d+);`)

// unreference reads numeric character references, as HTML does.
func unreference(s string) string {
	return reference.ReplaceAllStringFunc(s, func(m string) string {
		var n rune
		if _, err := fmt.Sscanf(m, "&#%d;", &n); err != nil {
			return m
		}
		return string(n)
	})
}

// FuzzMarkdownText: whatever a text holds, in Markdown it is one run of text,
// and a reader sees just this text. Nothing in it links.
func FuzzMarkdownText(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		const before = "x "
		got, kinds := spoken(t, before+markdownText(s))
		for kind := range kinds {
			if kind != ast.KindDocument && kind != ast.KindParagraph && kind != ast.KindText {
				t.Errorf("%q makes a %v: %q", s, kind, markdownText(s))
			}
		}
		want := strings.Join(strings.Fields(before+clean(s)), " ")
		if got := strings.ReplaceAll(unreference(got), "\u200b", ""); got != want {
			t.Errorf("%q is shown as %q", want, got)
		}
		if strings.ContainsAny(markdownText(s), "<>@`") {
			t.Errorf("%q leaves markup: %q", s, markdownText(s))
		}
		if regexp.MustCompile(`[@#][\pL\pN]|(?i:gh-|www\.|://)`).MatchString(unreference(markdownText(s))) {
			t.Errorf("%q can link: %q", s, markdownText(s))
		}
	})
}

// FuzzMarkdownCode: a code span shows its text and ends where it ends.
func FuzzMarkdownCode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		span := markdownCode(s)
		want := strings.TrimSpace(clean(s))
		if want == "" {
			if span != "" {
				t.Errorf("%q gives %q", s, span)
			}
			return
		}
		got, kinds := spoken(t, "x "+span+" y")
		if got != "x "+want+" y" || kinds[ast.KindCodeSpan] != 1 || len(kinds) != 4 {
			t.Errorf("%q is shown as %q, with %v", want, got, kinds)
		}
	})
}

// FuzzMarkdownFence: no line of code ends its block.
func FuzzMarkdownFence(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		lines := codeText([]codeLine{{Number: 1, Text: clean(s)}, {Number: 2, Text: clean(s), Marked: true}})
		fence := markdownFence(lines)
		src := []byte(fence + "text\n" + strings.Join(lines, "\n") + "\n" + fence + "\n\nafter\n")
		doc := markdown.Parser().Parse(text.NewReader(src))
		block, ok := doc.FirstChild().(*ast.FencedCodeBlock)
		if !ok || doc.ChildCount() != 2 {
			t.Fatalf("%q: %d blocks", src, doc.ChildCount())
		}
		if got := string(block.Lines().Value(src)); got != strings.Join(lines, "\n")+"\n" {
			t.Errorf("%q holds %q", src, got)
		}
	})
}

// FuzzGitHub: a command is one line, and the runner reads back what was said.
func FuzzGitHub(f *testing.F) {
	seeds(f)
	unescape := strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",")
	f.Fuzz(func(t *testing.T, s string) {
		for _, escaped := range []string{githubData(s), githubProperty(s)} {
			if got := unescape.Replace(escaped); got != s {
				t.Errorf("%q is read as %q", s, got)
			}
			if strings.ContainsAny(escaped, "\r\n") {
				t.Errorf("%q breaks the line", s)
			}
		}
		r := shared()
		r.Findings = r.Findings[:1]
		r.Findings[0].Message, r.Findings[0].Policy, r.Findings[0].Status = s, s, finding.Violation
		var b bytes.Buffer
		if err := GitHub(&b, r); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if !regexp.MustCompile(`^::(error|notice) [a-z]+=[^:,]*(,[a-z]+=[^:,]*)*::[^\n]*\n$`).MatchString(line) {
				t.Errorf("not a command: %q", line)
			}
		}
		if n := strings.Count(b.String(), "\n"); n != 2 {
			t.Errorf("%d lines for a finding and a summary", n)
		}
	})
}

// FuzzJUnit: the XML is well formed and holds what was said.
func FuzzJUnit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := finding.NewReport(finding.Tool{}, nil, []finding.Finding{{Policy: s, Title: s, Severity: finding.High, Status: finding.Violation, Message: s}}, 0)
		var b bytes.Buffer
		if err := JUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(b.Bytes()) {
			t.Error("not UTF-8")
		}
		var got junitSuites
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if n := len(got.Suites); n != 2 || got.Failures != 1 {
			t.Fatalf("%d suites, %d failures", n, got.Failures)
		}
		if c := got.Suites[1].Cases[0]; c.Class != clean(s) || c.Failure == nil || c.Failure.Message != clean(s) {
			t.Errorf("%q is read as %+v", clean(s), c)
		}
	})
}

// TestJUnitCounts: the attributes count the cases that are there.
func TestJUnitCounts(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := JUnit(&b, shared()); err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(&b)
	counts := map[string]int{}
	attr := map[string]string{}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			counts[e.Name.Local]++
			if e.Name.Local == "testsuites" {
				for _, a := range e.Attr {
					attr[a.Name.Local] = a.Value
				}
			}
		}
	}
	for name, element := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
		if attr[name] != fmt.Sprint(counts[element]) {
			t.Errorf("%s says %s, there are %d", name, attr[name], counts[element])
		}
	}
}
