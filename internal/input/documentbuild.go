package input

import (
	"encoding/json"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	// maxTerms bounds the memory that terms for repeated values may take.
	maxTerms = 1 << 15
	// maxShared is the length of the longest string whose term is shared.
	maxShared = 48
	// maxLinear is the size up to which members of an object are compared one
	// by one to find names that come twice.
	maxLinear = 48
)

// hop is a member or, without a key, an element on the way to a value.
type hop struct {
	key   *ast.Term
	index int
}

// builder makes Rego values of what a scanner reads, as far as a projection
// keeps them. Terms of names and of short values are shared, since a plan holds
// few of them, many times.
type builder struct {
	sc      *scanner
	keys    map[string]*ast.Term
	values  map[string]*ast.Term // strings
	numbers map[string]*ast.Term
	null    *ast.Term
	pairs   [][2]*ast.Term // members of the objects that are being read, a stack
	elems   []*ast.Term    // elements likewise
	path    []hop          // to the value that is being read
	secrets []secret
}

func newBuilder(sc *scanner) *builder {
	return &builder{
		sc: sc, null: ast.NullTerm(),
		keys: map[string]*ast.Term{}, values: map[string]*ast.Term{}, numbers: map[string]*ast.Term{},
	}
}

// build reads the next value.
func (b *builder) build(p *Projection) (*ast.Term, error) {
	c, err := b.sc.peek()
	if err != nil {
		return nil, err
	}
	switch c {
	case '{':
		return b.object(p)
	case '[':
		return b.array(p)
	case '"':
		text, err := b.sc.stringBytes()
		if err != nil {
			return nil, err
		}
		return b.text(text), nil
	case 't':
		return ast.InternedTerm(true), b.sc.literal("true")
	case 'f':
		return ast.InternedTerm(false), b.sc.literal("false")
	case 'n':
		return b.null, b.sc.literal("null")
	}
	digits, err := b.sc.number()
	if err != nil {
		return nil, err
	}
	return b.number(digits), nil
}

func (b *builder) key(name []byte) *ast.Term {
	if t, ok := b.keys[string(name)]; ok {
		return t
	}
	t := ast.StringTerm(string(name))
	if len(b.keys) < maxTerms {
		b.keys[string(name)] = t
	}
	return t
}

func (b *builder) text(s []byte) *ast.Term {
	if len(s) > maxShared {
		return ast.StringTerm(string(s))
	}
	if t, ok := b.values[string(s)]; ok {
		return t
	}
	t := ast.StringTerm(string(s))
	if len(b.values) < maxTerms {
		b.values[string(s)] = t
	}
	return t
}

func (b *builder) number(s []byte) *ast.Term {
	if t, ok := b.numbers[string(s)]; ok {
		return t
	}
	t := ast.NewTerm(ast.Number(json.Number(s)))
	if len(b.numbers) < maxTerms {
		b.numbers[string(s)] = t
	}
	return t
}

// array reads an array. Elements that nobody looks at are left out.
func (b *builder) array(p *Projection) (*ast.Term, error) {
	element := p.element()
	if element == nil {
		return ast.ArrayTerm(), b.sc.skip()
	}
	start := len(b.elems)
	b.path = append(b.path, hop{})
	err := b.sc.array(func() error {
		b.path[len(b.path)-1].index = len(b.elems) - start
		t, err := b.build(element)
		b.elems = append(b.elems, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	b.path = b.path[:len(b.path)-1]
	t := ast.ArrayTerm(slices.Clone(b.elems[start:])...)
	b.elems = b.elems[:start]
	return t, nil
}

// object reads an object and notes which of its members are sensitive.
func (b *builder) object(p *Projection) (*ast.Term, error) {
	sc := b.sc
	sc.pos++ // the opening brace, which build has seen
	if err := sc.enter(); err != nil {
		return nil, err
	}
	start := len(b.pairs)
	var marks []mark
	for first := true; ; first = false {
		c, err := sc.peek()
		if err != nil {
			return nil, err
		}
		if c == '}' && first {
			sc.pos++
			break
		}
		name, err := sc.stringBytes()
		if err != nil {
			return nil, err
		}
		if marks, err = b.member(p, name, start, marks); err != nil {
			return nil, err
		}
		if c, err = sc.peek(); err != nil {
			return nil, err
		}
		sc.pos++
		if c == '}' {
			break
		}
		if c != ',' {
			sc.pos--
			return nil, sc.syntax("found %q after a member of an object", c)
		}
	}
	sc.depth--
	b.keep(marks)
	return b.objectFrom(start), nil
}

// member reads a member whose name was read.
func (b *builder) member(p *Projection, name []byte, start int, marks []mark) ([]mark, error) {
	member, marked := p.memberBytes(name), markOf(name)
	if member == nil && marked == nil {
		if err := b.sc.expect(':'); err != nil {
			return nil, err
		}
		return marks, b.sc.skip()
	}
	key := b.key(name)
	if err := b.sc.expect(':'); err != nil {
		return nil, err
	}
	if marked != nil {
		if member == nil {
			tree, err := b.sc.marks()
			return append(marks, mark{marked, tree}), err
		}
		member = Everything() // a part of the marks would leave others out
	}
	b.path = append(b.path, hop{key: key})
	t, err := b.build(member)
	if err != nil {
		return nil, err
	}
	b.path = b.path[:len(b.path)-1]
	if marked != nil {
		marks = append(marks, mark{marked, pruneMarks(plain(t))})
	}
	b.set(start, key, t)
	return marks, nil
}

// memberBytes is [Projection.member] without making a string of the name.
func (p *Projection) memberBytes(name []byte) *Projection {
	if p.All {
		return p
	}
	if m, ok := p.Members[string(name)]; ok {
		return m
	}
	return p.Each
}

// set adds a member to the object whose members begin at start. Of two with one
// name the last one counts.
func (b *builder) set(start int, key, value *ast.Term) {
	members := b.pairs[start:]
	if len(members) <= maxLinear {
		for i, m := range members {
			if m[0] == key || m[0].Value == key.Value {
				members[i][1] = value
				return
			}
		}
	}
	b.pairs = append(b.pairs, [2]*ast.Term{key, value})
}

// objectFrom makes an object of the members from start on.
func (b *builder) objectFrom(start int) *ast.Term {
	members := b.pairs[start:]
	if len(members) > maxLinear {
		last := make(map[ast.Value]int, len(members))
		for i, m := range members {
			last[m[0].Value] = i
		}
		if len(last) < len(members) {
			kept := members[:0]
			for i, m := range members {
				if last[m[0].Value] == i {
					kept = append(kept, m)
				}
			}
			members = kept
		}
	}
	t := ast.NewTerm(ast.NewObject(members...))
	b.pairs = b.pairs[:start]
	return t
}
