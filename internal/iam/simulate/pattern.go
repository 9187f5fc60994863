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
	slot int32
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
		out := token{Token: t, slot: -1}
		if t.Kind == iam.Variable {
			out.slot, p.vars = c.slot(t.Text), true
		}
		n := len(p.tokens)
		switch {
		case n > 0 && t.Kind == iam.AnyRun && p.tokens[n-1].Kind == iam.AnyRun:
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
		case single:
		case absent, multi: // a multi-valued key cannot be a variable
			if !t.HasDefault {
				s.missing = true
				return no
			}
		}
	}
	if !p.search(s, v) {
		return no
	}
	return result
}

// search matches the tokens with one retry point, as the last * can take
// whatever an earlier one could.
func (p *pattern) search(s *scratch, v string) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for {
		if i == len(p.tokens) {
			if j == len(v) {
				return true
			}
		} else {
			t := &p.tokens[i]
			text, wild := t.Text, false
			switch t.Kind {
			case iam.AnyRun:
				wild = true
			case iam.Variable:
				if value := &s.values[t.slot]; value.kind == single {
					text = value.one
				} else if wild = value.kind == unknown; !wild {
					text = t.Default
				}
			case iam.AnyOne, iam.Literal:
			}
			switch {
			case wild:
				i++
				star, retry = i, j
				continue
			case t.Kind == iam.AnyOne && j < len(v):
				i++
				j += runeLen(v, j)
				continue
			case t.Kind != iam.AnyOne && len(v)-j >= len(text) && equal(text, v[j:j+len(text)], p.fold):
				i++
				j += len(text)
				continue
			}
		}
		if star < 0 || retry >= len(v) {
			return false
		}
		retry += runeLen(v, retry)
		i, j = star, retry
	}
}

// equal compares, without regard to case where fold is set.
func equal(a, b string, fold bool) bool {
	if fold {
		return strings.EqualFold(a, b)
	}
	return a == b
}

func runeLen(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}

// arnPattern matches ARNs part by part, as ArnLike and Resource do.
type arnPattern struct {
	parts [5]pattern // partition, service, region, account, resource
}

// arnPattern compiles an ARN. Colons inside ${…} do not separate parts.
func (c *compiler) arnPattern(text string, variables bool) (arnPattern, bool) {
	var p arnPattern
	parts := splitParts(text, variables)
	if len(parts) != 6 || parts[0] != "arn" {
		return p, false
	}
	for i := range p.parts {
		p.parts[i] = c.pattern(parts[i+1], true, variables, false)
	}
	return p, true
}

// splitParts splits at the first five colons outside variables.
func splitParts(text string, variables bool) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text) && len(parts) < 5; i++ {
		if variables && strings.HasPrefix(text[i:], "${") {
			if end := strings.IndexByte(text[i:], '}'); end > 0 {
				i += end
			}
			continue
		}
		if text[i] == ':' {
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// match compares the resource first, since it differs most.
func (p *arnPattern) match(s *scratch, a *iam.ARN) tri {
	result := p.parts[4].match(s, a.Resource)
	if result == no {
		return no
	}
	for i, part := range [4]string{a.Partition, a.Service, a.Region, a.Account} {
		if result = min(result, p.parts[i].match(s, part)); result == no {
			return no
		}
	}
	return result
}

// resourcePattern is one value of Resource or NotResource.
type resourcePattern struct {
	any   bool // "*"
	isARN bool
	short bool // an ARN with too few parts, which matches nothing
	arn   arnPattern
	whole pattern // of what is no ARN
}

func (c *compiler) resource(text string, variables bool) resourcePattern {
	if text != "" && strings.Trim(text, "*") == "" {
		return resourcePattern{any: true}
	}
	p := resourcePattern{}
	if p.arn, p.isARN = c.arnPattern(iam.CompleteARN(text), variables); p.isARN {
		// Variables are filled in after the fifth colon only.
		for i, part := range splitParts(iam.CompleteARN(text), variables)[1:5] {
			if p.arn.parts[i].vars {
				p.arn.parts[i] = c.pattern(part, true, false, false)
			}
		}
		return p
	}
	p.short = strings.HasPrefix(text, "arn:")
	p.whole = c.pattern(text, true, variables, false)
	return p
}

// match reports whether the pattern covers the request's resource. The "*" of
// an action without resources is covered by "*" alone.
func (p *resourcePattern) match(s *scratch) tri {
	switch {
	case p.any:
		return yes
	case s.resource == "*":
		return no
	case !p.isARN:
		return min(truth(!p.short), p.whole.match(s, s.resource))
	case !s.isARN:
		return no
	}
	return p.arn.match(s, &s.arn)
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
