package symbolic

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/iam"
)

// class is what a token of a pattern takes.
type class uint8

const (
	one       class = iota // the character itself
	oneASCII               // the same in either case, ASCII only: actions
	oneFold                // the same in any case of Unicode: …IgnoreCase, Bool
	anything               // any character
	noColon                // any character but a colon: the parts of an ARN
	endOfText              // nothing: the pattern has matched
)

// token is one character of a pattern, or a run of them.
type token struct {
	class class
	star  bool // any number of them
	r     rune // of the classes one…
}

// takes reports whether the token takes the character.
func (t token) takes(r rune) bool {
	switch t.class {
	case one:
		return t.r == r
	case oneASCII:
		return t.r == r || lower(t.r) == lower(r)
	case oneFold:
		return slices.Contains(orbit(t.r), r)
	case anything:
		return true
	case noColon:
		return r != ':'
	case endOfText:
	}
	return false
}

// literals returns the characters that a token of one character takes.
func (t token) literals() []rune {
	switch t.class {
	case one:
		return []rune{t.r}
	case oneASCII:
		if l := lower(t.r); l != t.r {
			return []rune{l, t.r}
		}
		if 'a' <= t.r && t.r <= 'z' {
			return []rune{t.r, t.r + 'A' - 'a'}
		}
		return []rune{t.r}
	case oneFold:
		return orbit(t.r)
	case anything, noColon, endOfText:
	}
	return nil
}

func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// orbit returns the characters that are equal but for case, as
// strings.EqualFold has them.
func orbit(r rune) []rune {
	out := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

// glob is a pattern as the automaton runs it.
type glob []token

// mode says how the text of a pattern is read.
type mode struct {
	wildcards bool // * and ? are wildcards
	variables bool // ${…} is a variable or an escape
	letters   class
	others    class // what a wildcard takes
}

// compile appends a pattern to g. A variable may stand for any text, as if it
// were a *; relaxed reports that there was one.
func (g glob) compile(text string, m mode) (out glob, relaxed bool) {
	for _, t := range iam.ParseTemplate(text, m.variables) {
		switch {
		case t.Kind == iam.Variable:
			g, relaxed = g.run(m.others), true
		case t.Kind == iam.AnyRun && m.wildcards:
			g = g.run(m.others)
		case t.Kind == iam.AnyOne && m.wildcards:
			g = append(g, token{class: m.others})
		case t.Kind == iam.AnyRun:
			g = append(g, token{class: m.letters, r: '*'})
		case t.Kind == iam.AnyOne:
			g = append(g, token{class: m.letters, r: '?'})
		default:
			for _, r := range t.Text {
				g = append(g, token{class: m.letters, r: r})
			}
		}
	}
	return g, relaxed
}

// run appends a *. Two in a row are one.
func (g glob) run(c class) glob {
	if n := len(g); n > 0 && g[n-1].star {
		return g
	}
	return append(g, token{class: c, star: true})
}

// plainGlob compiles a pattern of wildcards and literals.
func plainGlob(text string) glob {
	g, _ := glob{}.compile(text, mode{wildcards: true, others: anything})
	return g
}

// arnGlob compiles the pattern of an ARN; ok is false when it is none, and so
// matches nothing. Each of the first parts ends at a colon, so a wildcard there
// takes none; variables count from the part on that the caller says.
func arnGlob(text string, variables bool, from int) (g glob, relaxed, ok bool) {
	parts := iam.SplitPattern(text, variables)
	if len(parts) != 6 || parts[0] != "arn" {
		return nil, false, false
	}
	g = plainGlob("arn")
	for i, part := range parts[1:] {
		m := mode{wildcards: true, variables: variables && i+1 >= from, others: noColon}
		if i == 4 {
			m.others = anything
		}
		g = append(g, token{r: ':'})
		before := len(g)
		var r bool
		g, r = g.compile(part, m)
		if i < 4 && slices.ContainsFunc(g[before:], func(t token) bool { return t.class == one && t.r == ':' }) {
			return nil, false, false // a colon in a part: no value has one there
		}
		relaxed = relaxed || r
	}
	return g, relaxed, true
}

// resourceGlob compiles a value of a Resource element other than "*", which
// matches everything. Variables are filled in after the fifth colon only.
func resourceGlob(text string, variables bool) (g glob, relaxed, ok bool) {
	if g, relaxed, ok = arnGlob(iam.CompleteARN(text), variables, 5); ok {
		return g, relaxed, true
	}
	if strings.HasPrefix(text, "arn:") {
		return nil, false, false
	}
	g, relaxed = glob{}.compile(text, mode{wildcards: true, variables: variables, others: anything})
	return g, relaxed, true
}

// matchText reports whether the pattern matches the whole of a text. One retry
// point, the last *, suffices: what an earlier one could take, it can take too.
// That holds for ARNs as well, since no colon lies between two * of one part.
func (g glob) matchText(text string) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(text) {
		r, size := utf8.DecodeRuneInString(text[j:])
		switch {
		case i < len(g) && g[i].star:
			star, retry = i, j
			i++
			continue
		case i < len(g) && g[i].takes(r):
			i++
			j += size
			continue
		case star < 0:
			return false
		}
		r, size = utf8.DecodeRuneInString(text[retry:])
		if !g[star].takes(r) {
			return false
		}
		retry += size
		i, j = star+1, retry
	}
	for i < len(g) && g[i].star {
		i++
	}
	return i == len(g)
}

// readable reports whether the automaton can read a pattern: bytes that are no
// UTF-8 are no characters.
func readable(text string) bool { return utf8.ValidString(text) }
