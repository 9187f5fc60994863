package report

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/parapet-dev/parapet/internal/finding"
)

func htmlOf(t *testing.T, r finding.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// elements parses a page and returns its elements, and the text of those that
// are not shown as text.
func elements(t *testing.T, page []byte) []*html.Node {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var list []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func shown(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// inert fails for anything on a page that could run, load or lead elsewhere.
func inert(t *testing.T, page []byte) {
	t.Helper()
	active := regexp.MustCompile(`^(src|srcset|style|action|formaction|data|poster|background|xlink:href|on.*)$`)
	count := map[string]int{}
	for _, n := range elements(t, page) {
		count[n.Data]++
		switch n.Data {
		case "img", "iframe", "object", "embed", "link", "base", "audio", "video", "frame", "portal":
			t.Errorf("a page has <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if active.MatchString(a.Key) {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && !regexp.MustCompile(`^#(findings|policy-\d+)$`).MatchString(a.Val) {
				t.Errorf("a link to %q", a.Val)
			}
		}
	}
	if count["script"] != 1 || count["style"] != 1 || count["svg"] == 0 {
		t.Errorf("%d scripts, %d styles, %d images", count["script"], count["style"], count["svg"])
	}
}

func TestHTMLInert(t *testing.T) {
	t.Parallel()
	page := htmlOf(t, shared())
	inert(t, page)
	for _, n := range elements(t, page) {
		var ours []byte
		switch n.Data {
		case "script":
			ours, _ = htmlFiles.ReadFile("html/page.js")
		case "style":
			ours, _ = htmlFiles.ReadFile("html/page.css")
		case "meta":
			if attribute(n, "http-equiv") == "Content-Security-Policy" && !strings.HasPrefix(attribute(n, "content"), "default-src 'none'; ") {
				t.Errorf("the policy is %s", attribute(n, "content"))
			}
			continue
		default:
			continue
		}
		if text := shown(n); text != string(ours) {
			t.Errorf("<%s> is not what is embedded", n.Data)
		}
		if !strings.Contains(string(page), html.EscapeString(source(ours))) {
			t.Errorf("the policy does not allow <%s>", n.Data)
		}
	}
}

// TestMarkup: whatever type an argument has, it is text.
func TestMarkup(t *testing.T) {
	t.Parallel()
	const text = "\"><b a='x'>&\x00"
	for _, arg := range []any{text, finding.Severity(text), finding.Status(text), []string{text}, struct{ Text string }{text}, errors.New(text)} {
		var m markup
		m.add(`<i a="%s">%s</i>`, arg, arg)
		if n := strings.Count(m.String(), "<"); n != 2 || strings.ContainsAny(m.String(), "'\x00") || strings.Count(m.String(), `"`) != 2 {
			t.Errorf("%T is written as %q", arg, m.String())
		}
	}
	var m markup
	m.add("<b>%d</b>%s", 12, "a\x00b")
	if got := m.String(); got != "<b>12</b>a\ufffdb" {
		t.Errorf("got %q", got)
	}
}

// TestHTMLList: without the script every finding is there to read.
func TestHTMLList(t *testing.T) {
	t.Parallel()
	r := shared()
	var items []string
	for _, n := range elements(t, htmlOf(t, r)) {
		if n.Data == "li" && strings.HasPrefix(attribute(n, "class"), "f ") {
			items = append(items, shown(n))
		}
	}
	if len(items) != len(r.Findings) {
		t.Fatalf("%d items for %d findings", len(items), len(r.Findings))
	}
	all := strings.Join(items, "\n")
	for _, f := range r.Findings {
		for _, want := range []string{Subject(f), clean(f.Message), exemption(f)} {
			if !strings.Contains(all, want) {
				t.Errorf("nobody reads %q", want)
			}
		}
	}
}

func FuzzHTML(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := finding.NewReport(finding.Tool{Version: s}, []finding.Input{{Path: s, Kind: s}}, []finding.Finding{{
			Policy: s, Title: s, Severity: finding.High, Status: finding.Violation, Message: s, Remediation: s, Attributes: []string{s},
			Frameworks: map[string][]string{s: {s}}, Resource: finding.Subject{Type: s, Address: s, ARN: &s, Account: &s},
		}}, 0)
		page := htmlOf(t, r)
		inert(t, page)
		// What a parser reads is what was said: carriage returns are cleaned
		// away, so that nothing is lost.
		for _, n := range elements(t, page) {
			if attribute(n, "class") == "message" && shown(n) != clean(s) {
				t.Errorf("%q is read as %q", clean(s), shown(n))
			}
			if attribute(n, "class") == "f st-violation" && attribute(n, "data-type") != clean(s) {
				t.Errorf("%q is read as %q", clean(s), attribute(n, "data-type"))
			}
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	r := large(10_000)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := HTML(&out, r); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
