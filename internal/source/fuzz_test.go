package source

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/parapet-dev/parapet/internal/resource"
)

// FuzzFind holds, for any bytes as code, that nothing panics, that a place lies
// in the file, and that a snippet lies in the block's file around the place and
// does not show a sensitive value.
func FuzzFind(f *testing.F) {
	for _, text := range []string{shapes, commented, secrets, strings.ReplaceAll(secrets, "hunter2!", "XQZJ7"), "resource \"a_b\" \"c\" {\n s = \"XQZJ7\" # XQZJ7\n t = <<E\n XQZJ7\nE\n}"} {
		f.Add(text, false, "ingress[0].cidr_blocks")
	}
	f.Add(`{"resource":{"a_b":{"c":[{"s":"XQZJ7","d":{"x":["${XQZJ7}"]}}]}},"module":{"m":{"source":"./"}}}`, true, "d[0].x[0]")
	f.Add(`{"resource":[{"a_b":[{"c":{"dynamic":{"e":[{"content":{"f":1}}]}}}]}]}`, true, "e[1].f")
	f.Fuzz(func(t *testing.T, text string, json bool, attribute string) {
		name := "main.tf"
		if json {
			name += ".json"
		}
		fsys := fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}
		c, err := New(fsys, ".", ".")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, g := range c.Ignores() {
			if g.At.Line < 1 || g.At.Line > lines || g.Reason == "" || len(g.Policies) == 0 {
				t.Errorf("comment %+v", g)
			}
		}
		const secret = "XQZJ7"
		for key := range c.root.files[0].blocks(c) {
			r := &resource.Resource{
				Address: key, Values: map[string]any{"s": secret, "ingress": []any{map[string]any{"from_port": "1"}, "x"}},
				Sensitive: map[string]any{"s": true, "tags": map[string]any{"a": true}, "ingress": []any{false, map[string]any{"z": true}}},
			}
			p, ok := c.Find(r, []string{attribute, "s", "tags.a"})
			if !ok {
				continue // a label with a dot or a bracket is no address
			}
			if p.Source.File != name || p.Source.Line < 1 || p.Source.Line > lines {
				t.Errorf("%s is at %+v", key, p.Source)
			}
			p.Cover("p", time.Time{})
			s := p.Snippet(2, func(string) bool { return false })
			if s == nil {
				continue
			}
			if s.Start < max(1, p.Source.Line-2) || s.Start+len(s.Lines)-1 > min(lines, p.Source.Line+2) {
				t.Errorf("%s: snippet %d+%d around line %d of %d", key, s.Start, len(s.Lines), p.Source.Line, lines)
			}
			if strings.Contains(strings.Join(s.Lines, "\n"), secret) {
				t.Errorf("%s: snippet shows the secret:\n%s", key, strings.Join(s.Lines, "\n"))
			}
		}
	})
}
