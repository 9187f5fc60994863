package simulate

import (
	"strings"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/iam"
)

// tri is a truth value when some keys are unknown. And is min, or is max.
type tri uint8

const (
	no tri = iota
	maybe
	yes
)

func truth(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri { return yes - t }

// shape tells the patterns that need no search.
type shape uint8

const (
	general shape = iota
	exact
	prefix
	suffix
	anything
)

// pattern is a value that is matched with wildcards and variables.
type pattern struct {
	shape  shape
	text   string // of exact, prefix and suffix
	tokens []token
	fold   bool // case does not matter
	vars   bool // some token is a variable
}

// token is an [iam.Token] with its key resolved to a slot.
type token struct {
	iam.Token
	slot  int32 // of a Variable
	count int   // of an AnyOne: how many stand side by side
}

// pattern compiles a value. Without wildcards, * and ? are plain text; without
// variables, ${…} is.
func (c *compiler) pattern(text string, wildcards, variables, fold bool) pattern {
	p := pattern{fold: fold}
	for _, t := range iam.ParseTemplate(text, variables) {
		if !wildcards && t.Kind == iam.AnyOne {
			t = iam.Token{Kind: iam.Literal, Text: "?"}
		}
		if !wildcards && t.Kind == iam.AnyRun {
			t = iam.Token{Kind: iam.Literal, Text: "*"}
		}
		out := token{Token: t, slot: -1, count: 1}
		if t.Kind == iam.Variable {
			out.slot, p.vars = c.slot(t.Text), true
		}
		n := len(p.tokens)
		switch {
		case n > 0 && t.Kind == iam.AnyRun && p.tokens[n-1].Kind == iam.AnyRun:
		case n > 0 && t.Kind == iam.AnyOne && p.tokens[n-1].Kind == iam.AnyOne:
			p.tokens[n-1].count++
		case n > 0 && t.Kind == iam.Literal && p.tokens[n-1].Kind == iam.Literal:
			p.tokens[n-1].Text += t.Text
		default:
			p.tokens = append(p.tokens, out)
		}
	}
	if p.vars {
		return p
	}
	switch t := p.tokens; {
	case len(t) == 0:
		p.shape = exact
	case len(t) == 1 && t[0].Kind == iam.Literal:
		p.shape, p.text = exact, t[0].Text
	case len(t) == 1 && t[0].Kind == iam.AnyRun:
		p.shape = anything
	case len(t) == 2 && t[0].Kind == iam.Literal && t[1].Kind == iam.AnyRun:
		p.shape, p.text = prefix, t[0].Text
	case len(t) == 2 && t[0].Kind == iam.AnyRun && t[1].Kind == iam.Literal:
		p.shape, p.text = suffix, t[1].Text
	}
	return p
}

// match reports whether the pattern matches the whole of v.
func (p *pattern) match(s *scratch, v string) tri {
	switch p.shape {
	case anything:
		return yes
	case exact:
		return truth(equal(p.text, v, p.fold))
	case prefix:
		return truth(len(v) >= len(p.text) && equal(p.text, v[:len(p.text)], p.fold))
	case suffix:
		return truth(len(v) >= len(p.text) && equal(p.text, v[len(v)-len(p.text):], p.fold))
	case general:
	}
	if !p.vars {
		return truth(p.search(s, v))
	}
	return p.matchVariables(s, v)
}

// matchVariables matches a pattern with variables. A variable without a value
// and without a default lets it match nothing. While a variable is unknown,
// the pattern matches perhaps what it would match with * in its place, for no
// value can match more.
func (p *pattern) matchVariables(s *scratch, v string) tri {
	result := yes
	for i := range p.tokens {
		t := &p.tokens[i]
		if t.Kind != iam.Variable {
			continue
		}
		switch s.values[t.slot].kind {
		case unknown:
			result = maybe
			if !t.HasDefault {
				s.missing = max(s.missing, maybe)
			}
		case single:
		case absent, multi: // a multi-valued key cannot be a variable
			if !t.HasDefault {
				s.missing = yes
				return no
			}
		}
	}
	if !p.search(s, v) {
		return no
	}
	return result
}

// search matches the tokens: what stands before the first * at the start of v,
// what stands after the last * at its end, and what stands between at the first
// place where it fits, which leaves the most room for the rest.
func (p *pattern) search(s *scratch, v string) bool {
	tokens := p.tokens
	for {
		if len(tokens) == 0 {
			return v == ""
		}
		n, wild := p.ahead(s, &tokens[0], v)
		if wild {
			break
		}
		if n < 0 {
			return false
		}
		v, tokens = v[n:], tokens[1:]
	}
	for {
		last := len(tokens) - 1
		n, wild := p.behind(s, &tokens[last], v)
		if wild {
			break
		}
		if n < 0 {
			return false
		}
		v, tokens = v[:len(v)-n], tokens[:last]
	}
	for len(tokens) > 1 { // tokens begin and end with a *
		end := 1
		for !s.wild(&tokens[end]) {
			end++
		}
		n := p.find(s, tokens[1:end], v)
		if n < 0 {
			return false
		}
		v, tokens = v[n:], tokens[end:]
	}
	return true
}

// find returns where the first fit of tokens without * ends in v, or -1.
func (p *pattern) find(s *scratch, tokens []token, v string) int {
	for start := 0; start <= len(v); start++ {
		if start < len(v) && !utf8.RuneStart(v[start]) {
			continue // ? is one character, not one byte of it
		}
		if t := &tokens[0]; t.Kind == iam.Literal && !p.fold {
			skip := strings.Index(v[start:], t.Text)
			if skip < 0 {
				return -1
			}
			start += skip
		}
		at := start
		for i := range tokens {
			n, _ := p.ahead(s, &tokens[i], v[at:])
			if n < 0 {
				at = -1
				break
			}
			at += n
		}
		if at >= 0 {
			return at
		}
	}
	return -1
}

// wild reports whether a token stands for any run of characters: *, or a
// variable that is unknown.
func (s *scratch) wild(t *token) bool {
	return t.Kind == iam.AnyRun || t.Kind == iam.Variable && s.values[t.slot].kind == unknown
}

// text returns what a literal or a variable with a value stands for.
func (s *scratch) text(t *token) string {
	if t.Kind == iam.Variable {
		if v := &s.values[t.slot]; v.kind == single {
			return v.one
		}
		return t.Default
	}
	return t.Text
}

// ahead returns how many bytes at the start of v a token takes, or -1 when it
// does not fit.
func (p *pattern) ahead(s *scratch, t *token, v string) (n int, wild bool) {
	if s.wild(t) {
		return 0, true
	}
	if t.Kind == iam.AnyOne {
		for range t.count {
			if n == len(v) {
				return -1, false
			}
			_, size := utf8.DecodeRuneInString(v[n:])
			n += size
		}
		return n, false
	}
	text := s.text(t)
	if len(v) < len(text) || !equal(text, v[:len(text)], p.fold) {
		return -1, false
	}
	return len(text), false
}

// behind is ahead for the end of v.
func (p *pattern) behind(s *scratch, t *token, v string) (n int, wild bool) {
	if s.wild(t) {
		return 0, true
	}
	if t.Kind == iam.AnyOne {
		for range t.count {
			if n == len(v) {
				return -1, false
			}
			_, size := utf8.DecodeLastRuneInString(v[:len(v)-n])
			n += size
		}
		return n, false
	}
	text := s.text(t)
	if len(v) < len(text) || !equal(text, v[len(v)-len(text):], p.fold) {
		return -1, false
	}
	return len(text), false
}

// equal compares, without regard to case where fold is set.
func equal(a, b string, fold bool) bool {
	if fold {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// literalPrefix returns the text that whatever the pattern matches begins with.
func (p *pattern) literalPrefix() string {
	switch {
	case p.fold:
	case p.shape == exact || p.shape == prefix:
		return p.text
	case p.shape == general && p.tokens[0].Kind == iam.Literal:
		return p.tokens[0].Text
	}
	return ""
}

// slots collects the slots of the pattern's variables.
func (p *pattern) slots(into []int32) []int32 {
	for _, t := range p.tokens {
		if t.Kind == iam.Variable {
			into = append(into, t.slot)
		}
	}
	return into
}
