package source

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/parapet-dev/parapet/internal/diag"
)

const ignoreHint = `write # parapet:ignore POLICY[,POLICY] reason="why" [until=2027-01-31] [owner=who]`

var (
	// forUs finds what may hold comments for Parapet.
	forUs = regexp.MustCompile(`(?i)parapet\s*[:_-]`)
	// misspelt is a comment that was meant as one.
	misspelt = regexp.MustCompile(`(?i)^parapet\s*[:_-]\s*ignore`)
)

// ignores returns the comments of a module's own files.
func (m *module) ignores(c *Code) []*Ignore {
	if m.commentsRead || m.downloaded {
		return m.comments
	}
	m.commentsRead = true
	m.load(c)
	for _, f := range m.files {
		if f.json || !forUs.Match(f.text) {
			continue
		}
		if f.blocks(c); f.body != nil {
			m.comments = append(m.comments, f.ignores(c, m)...)
		}
	}
	return m.comments
}

func sortIgnores(list []*Ignore) {
	slices.SortStableFunc(list, func(a, b *Ignore) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line))
	})
}

// ignores finds the comments of a parsed file and what each stands at.
func (f *file) ignores(c *Code, m *module) []*Ignore {
	tokens, _ := hclsyntax.LexConfig(f.text, f.shown, hcl.InitialPos)
	var tree []construct
	for _, b := range f.body.Blocks {
		tree = append(tree, constructOf(f.block(b), keyOf(b.Type, b.Labels), true))
	}
	var found []*Ignore
	for i, t := range tokens {
		if t.Type != hclsyntax.TokenComment || !forUs.Match(t.Bytes) {
			continue
		}
		for offset, line := range commentLines(string(t.Bytes)) {
			at := diag.Place{File: f.shown, Line: t.Range.Start.Line + offset, Column: t.Range.Start.Column}
			if offset > 0 {
				at.Column = 0
			}
			if !isDirective(line) {
				if misspelt.MatchString(line) {
					c.ds = append(c.ds, diag.Warningf("ignore-misspelt", "the comment exempts nothing: it does not begin with %q", directive+ignoreWord).At(at).WithHint(ignoreHint))
				}
				continue
			}
			r, err := parseIgnore(line)
			if err != nil {
				c.ds = append(c.ds, diag.Errorf("ignore-syntax", "the comment cannot be understood: %v", err).At(at).
					WithHint(ignoreHint))
				continue
			}
			r.ID = fmt.Sprintf("%s:%d", at.File, at.Line)
			g := &Ignore{Record: r, At: at, module: m}
			target := attach(tree, tokens, i)
			switch {
			case target == nil:
				c.ds = append(c.ds, detached(at, "It stands at no block.",
					"put it on the line above a resource or module block, with no blank line between"))
				continue
			case target.key == "":
				c.ds = append(c.ds, detached(at, "It stands at a block that is no resource and no module.",
					"put it on the line above a resource or module block"))
				continue
			case !target.top && strings.HasPrefix(target.key, "module."):
				c.ds = append(c.ds, detached(at, "It stands at an argument of a module, and findings are about resources.",
					"put it on the line above the module block; it is then for everything in the module"))
				continue
			}
			g.key, g.Target, g.whole, g.within = target.key, target.key, target.top, target.rng
			found = append(found, g)
		}
	}
	return found
}

func detached(at diag.Place, detail, hint string) diag.Diagnostic {
	return diag.Warningf("ignore-detached", "the comment exempts nothing").At(at).WithDetail("%s", detail).WithHint("%s", hint)
}

// commentLines returns the lines of a comment without its marks.
func commentLines(text string) []string {
	switch {
	case strings.HasPrefix(text, "#"):
		return []string{strings.TrimSpace(strings.TrimLeft(text, "#"))}
	case strings.HasPrefix(text, "//"):
		return []string{strings.TrimSpace(strings.TrimLeft(text, "/"))}
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/")
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(l), "*"))
	}
	return lines
}

// isDirective reports whether a line of a comment is for Parapet: a sentence may
// begin with its name.
func isDirective(line string) bool {
	rest, ok := strings.CutPrefix(line, directive)
	if !ok || rest == "" {
		return false
	}
	return rest[0] != ' ' && rest[0] != '\t' || strings.HasPrefix(strings.TrimSpace(rest), ignoreWord)
}

// construct is a part of the code that a comment can stand at.
type construct struct {
	rng      hcl.Range
	key      string // of the block at the top, empty when nothing there is exempt
	top      bool   // is that block
	children []construct
}

// constructOf makes the tree of a block, an attribute or part of one.
func constructOf(it item, key string, top bool) construct {
	n := construct{rng: it.whole, key: key, top: top}
	if it.body == nil {
		for _, m := range it.pairs() {
			n.children = append(n.children, constructOf(m.item, key, false))
		}
		if n.children == nil {
			for _, e := range listOf(it.expr) {
				n.children = append(n.children, constructOf(it.at(e), key, false))
			}
		}
	} else {
		for _, a := range it.body.Attributes {
			n.children = append(n.children, constructOf(item{file: it.file, whole: a.SrcRange, expr: a.Expr}, key, false))
		}
		for _, b := range it.body.Blocks {
			n.children = append(n.children, constructOf(it.file.block(b), key, false))
		}
	}
	slices.SortFunc(n.children, func(a, b construct) int { return cmp.Compare(a.rng.Start.Byte, b.rng.Start.Byte) })
	return n
}

// attach returns what the comment that is token i stands at, nil for nothing.
func attach(tree []construct, tokens hclsyntax.Tokens, i int) *construct {
	r := tokens[i].Range
	if i > 0 && trails(tokens[:i], r) {
		if c := onLine(tree, r); c != nil {
			return c
		}
		return enclosing(tree, r)
	}
	around := enclosing(tree, r)
	children := tree
	if around != nil {
		children = around.children
	}
	if line := nextLine(tokens[i:]); line > 0 {
		for k := range children {
			if c := &children[k]; c.rng.Start.Line == line && c.rng.Start.Byte >= r.Start.Byte {
				return c
			}
		}
	}
	return around
}

// trails reports whether code stands before a comment on its line.
func trails(before hclsyntax.Tokens, comment hcl.Range) bool {
	for _, t := range slices.Backward(before) {
		if t.Type == hclsyntax.TokenComment && t.Range.Start.Line == comment.Start.Line {
			continue
		}
		return t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment && t.Range.End.Line == comment.Start.Line
	}
	return false
}

// nextLine returns the line of the code that follows a group of comments without
// a blank line, zero when a blank line follows.
func nextLine(tokens hclsyntax.Tokens) int {
	last := 0 // line on which the group ends
	for _, t := range tokens {
		if t.Type == hclsyntax.TokenNewline {
			continue // of its own line after /* */, or a blank one, which the lines tell
		}
		if last > 0 && t.Range.Start.Line > last+1 {
			return 0
		}
		if t.Type != hclsyntax.TokenComment {
			return t.Range.Start.Line
		}
		last = t.Range.End.Line
		if t.Range.End.Column == 1 && last > t.Range.Start.Line { // the newline belongs to # and //
			last--
		}
	}
	return 0
}

// enclosing returns the innermost construct that holds a range.
func enclosing(tree []construct, r hcl.Range) *construct {
	for k := range tree {
		c := &tree[k]
		if c.rng.Start.Byte < r.Start.Byte && r.Start.Byte < c.rng.End.Byte {
			if inner := enclosing(c.children, r); inner != nil {
				return inner
			}
			return c
		}
	}
	return nil
}

// onLine returns the outermost construct that begins on the line of a comment at
// its end, or else the outermost that ends there.
func onLine(tree []construct, r hcl.Range) *construct {
	var begins, ends, holds *construct
	for k := range tree {
		c := &tree[k]
		switch {
		case c.rng.Start.Byte >= r.Start.Byte:
		case c.rng.Start.Line == r.Start.Line:
			begins = c
		case c.rng.End.Byte <= r.Start.Byte:
			if c.rng.End.Line == r.Start.Line {
				ends = c
			}
		default:
			holds = c
		}
	}
	switch {
	case begins != nil:
		return begins
	case holds != nil:
		return onLine(holds.children, r)
	}
	return ends
}
