package source

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/parapet-dev/parapet/internal/finding"
)

// maxLine is how many characters of a line a snippet shows.
const maxLine = 160

// Snippet returns the lines of the resource's block around the place, up to so
// many on either side, nil when nothing may be shown. Sensitive values are
// redacted: what sets an attribute that is marked sensitive, what equals or
// holds a sensitive value of the resource, what equals one that secret knows,
// and constants whose name says that they are secret. Secret may be nil.
func (p *Place) Snippet(around int, secret func(string) bool) *finding.Snippet {
	if p.resource.Sensitive == true {
		return nil
	}
	f := p.at.file
	b := slices.IndexFunc(p.bodies, func(b item) bool { return b.file == f && inside(p.at.whole, b.whole) })
	if b < 0 {
		return nil
	}
	block := p.bodies[b]
	x := mask{resource: p.resource, secret: secret}
	x.gather()
	x.hide(block)
	// Only the block is shown, also where others stand on the same lines.
	from, to := block.whole.Start.Byte, block.whole.End.Byte
	if from < 0 || to > len(f.text) || from > to {
		return nil
	}
	line := block.whole.Start.Line
	for from > 0 && (f.text[from-1] == ' ' || f.text[from-1] == '\t') {
		from--
	}
	s := &finding.Snippet{}
	for from < to {
		end := to
		if i := bytes.IndexByte(f.text[from:to], '\n'); i >= 0 {
			end = from + i
		}
		if line > p.Source.Line+around {
			break
		}
		if line >= p.Source.Line-around {
			if s.Lines == nil {
				s.Start = line
			}
			s.Lines = append(s.Lines, x.line(f.text, from, end))
		}
		from, line = end+1, line+1
	}
	if s.Lines == nil {
		return nil
	}
	return s
}

// line writes the bytes of a line with what is hidden replaced.
func (x *mask) line(text []byte, from, end int) string {
	var b strings.Builder
	at := from
	for _, r := range x.hidden {
		start, stop := max(r.Start.Byte, at), min(r.End.Byte, end)
		if r.End.Byte <= at || start >= stop {
			continue
		}
		if start == from { // a later line of a value: keep the indentation
			indent := start + len(text[start:stop]) - len(bytes.TrimLeft(text[start:stop], " \t"))
			start = min(indent, stop)
		}
		b.Write(text[at:start])
		if start < stop {
			b.WriteString(finding.Redacted)
		}
		at = stop
	}
	b.Write(text[at:end])
	return shorten(plain(x.clean(b.String())))
}

// plain replaces what would act on a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return utf8.RuneError
		}
		return r
	}, strings.TrimSuffix(strings.ToValidUTF8(s, string(utf8.RuneError)), "\r"))
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxLine {
		return s
	}
	return string([]rune(s)[:maxLine-1]) + "…"
}

// add hides a range.
func (x *mask) add(r hcl.Range) {
	i, _ := slices.BinarySearchFunc(x.hidden, r, func(a, b hcl.Range) int {
		return cmp.Or(cmp.Compare(a.Start.Byte, b.Start.Byte), cmp.Compare(b.End.Byte, a.End.Byte))
	})
	x.hidden = slices.Insert(x.hidden, i, r)
}
