package simulate

import (
	"strings"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/iam"
)

// arnPattern matches ARNs part by part, as ArnLike and Resource do.
type arnPattern struct {
	parts [5]pattern // partition, service, region, account, resource
}

// arnPattern compiles an ARN. Colons inside ${…} do not separate parts.
func (c *compiler) arnPattern(text string, variables bool) (arnPattern, bool) {
	var p arnPattern
	parts := iam.SplitPattern(text, variables)
	if len(parts) != 6 || parts[0] != "arn" {
		return p, false
	}
	for i := range p.parts {
		p.parts[i] = c.pattern(parts[i+1], true, variables, false)
	}
	return p, true
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
		for i, part := range iam.SplitPattern(iam.CompleteARN(text), variables)[1:5] {
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

// arnMatcher matches ARNs. Lists of exceptions run to hundreds and share their
// form, so patterns are found by the text that their resource part begins with
// and, where many begin alike, by the text near its end.
type arnMatcher struct {
	patterns []arnPattern
	root     node
}

// node is a node of a radix tree over the beginnings of resource parts.
type node struct {
	edge     string // text on the way from the parent
	children []node // each edge begins with another byte
	plain    []int32
	tails    []tail
}

// tail finds patterns by the last bytes of the literal that stands offset
// bytes before the end.
type tail struct {
	offset, length int
	patterns       map[string][]int32
	all            []int32 // for texts beyond ASCII, where ? is not a byte
}

// manyAlike is how many patterns with one beginning are worth a tail.
const manyAlike = 4

func (m *arnMatcher) index() {
	for i := range m.patterns {
		n := m.root.insert(m.patterns[i].parts[4].literalPrefix())
		n.plain = append(n.plain, int32(i))
	}
	m.root.walk(m.addTails)
}

// insert returns the node of a text, made if need be.
func (n *node) insert(text string) *node {
	if text == "" {
		return n
	}
	for i := range n.children {
		c := &n.children[i]
		common := 0
		for common < len(text) && common < len(c.edge) && text[common] == c.edge[common] {
			common++
		}
		if common == 0 {
			continue
		}
		if common < len(c.edge) { // split the edge
			below := *c
			below.edge = c.edge[common:]
			*c = node{edge: c.edge[:common], children: []node{below}}
		}
		return c.insert(text[common:])
	}
	n.children = append(n.children, node{edge: text})
	return &n.children[len(n.children)-1]
}

func (n *node) walk(visit func(*node)) {
	visit(n)
	for i := range n.children {
		n.children[i].walk(visit)
	}
}

// addTails moves the patterns of a node that end alike into tails.
func (m *arnMatcher) addTails(n *node) {
	byOffset := map[int][]int32{}
	var offsets []int
	for _, i := range n.plain {
		if _, offset, ok := m.patterns[i].parts[4].literalTail(); ok {
			if byOffset[offset] == nil {
				offsets = append(offsets, offset)
			}
			byOffset[offset] = append(byOffset[offset], i)
		}
	}
	moved := map[int32]bool{}
	for _, offset := range offsets {
		list := byOffset[offset]
		if len(list) < manyAlike {
			continue
		}
		t := tail{offset: offset, patterns: map[string][]int32{}, all: list}
		for k, i := range list {
			if text, _, _ := m.patterns[i].parts[4].literalTail(); k == 0 || len(text) < t.length {
				t.length = len(text)
			}
			moved[i] = true
		}
		for _, i := range list {
			text, _, _ := m.patterns[i].parts[4].literalTail()
			key := text[len(text)-t.length:]
			t.patterns[key] = append(t.patterns[key], i)
		}
		n.tails = append(n.tails, t)
	}
	var plain []int32
	for _, i := range n.plain {
		if !moved[i] {
			plain = append(plain, i)
		}
	}
	n.plain = plain
}

func (m *arnMatcher) match(s *scratch, v string) tri {
	arn, ok := s.split(v)
	if !ok {
		return no
	}
	result := no
	n, rest := &m.root, arn.Resource
	for {
		result = max(result, m.any(s, n.plain, arn))
		for i := range n.tails {
			result = max(result, m.any(s, n.tails[i].candidates(arn.Resource), arn))
		}
		if result == yes {
			return yes
		}
		if n = n.child(rest); n == nil {
			return result
		}
		rest = rest[len(n.edge):]
	}
}

func (m *arnMatcher) any(s *scratch, list []int32, arn *iam.ARN) tri {
	result := no
	for _, i := range list {
		if result = max(result, m.patterns[i].match(s, arn)); result == yes {
			break
		}
	}
	return result
}

func (n *node) child(rest string) *node {
	for i := range n.children {
		if c := &n.children[i]; strings.HasPrefix(rest, c.edge) {
			return c
		}
	}
	return nil
}

func (t *tail) candidates(resource string) []int32 {
	for i := range len(resource) {
		if resource[i] >= utf8.RuneSelf {
			return t.all
		}
	}
	end := len(resource) - t.offset
	if end < t.length {
		return nil
	}
	return t.patterns[resource[end-t.length:end]]
}

// literalTail returns the last literal of a pattern that has a * before it, and
// how many bytes of ASCII stand after it. Patterns with variables have none.
func (p *pattern) literalTail() (text string, offset int, ok bool) {
	if p.shape == suffix {
		return p.text, 0, !p.fold
	}
	if p.shape != general || p.vars || p.fold {
		return "", 0, false
	}
	last := len(p.tokens) - 1
	if p.tokens[last].Kind == iam.AnyOne {
		offset = p.tokens[last].count
		last--
	}
	if last < 1 || p.tokens[last].Kind != iam.Literal {
		return "", 0, false
	}
	return p.tokens[last].Text, offset, true
}
