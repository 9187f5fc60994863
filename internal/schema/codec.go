package schema

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The data is deflated. Inflated it holds, in this order, numbers as uvarints
// and strings with their length before them:
//
//	magic, provider, version
//	names: how many; each as the length that it shares with the one before, and the rest
//	blocks: how many; each with its length in bytes
//	resource types: how many; each as its name and the number of its block
//	data sources: likewise
//
// Equal blocks stand there once, which makes the data small: some types repeat
// a block hundreds of times. A block is its members, sorted by name:
//
//	the distance of the name from the one before, flags, type, Max if it is a block
//
// A type is its kind, then its element, or for an object its block.
const magic = "parapet.schema/2"

var errDamaged = errors.New("the provider schema is damaged")

// Flags of a member.
const (
	flagRequired = 1 << iota
	flagOptional
	flagComputed
	flagSensitive
	flagBlock
)

// Decode reads what [Encode] writes, and checks all of it.
func Decode(data []byte) (*Provider, error) {
	p, err := open(data)
	if err != nil {
		return nil, err
	}
	for i := range p.blocks {
		if !p.sound(i) {
			return nil, errDamaged
		}
	}
	return p, nil
}

// open reads the data without a look into the blocks.
func open(data []byte) (*Provider, error) {
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	r := &reader{rest: raw}
	if r.text() != magic {
		return nil, errDamaged
	}
	p := &Provider{Name: r.text(), Version: r.text()}
	last := ""
	for range r.count() {
		shared, tail := r.number(), r.text()
		if shared > len(last) {
			r.bad = true
			break
		}
		last = last[:shared] + tail
		p.names = append(p.names, last)
	}
	for range r.count() {
		p.blocks = append(p.blocks, r.bytes(r.number()))
	}
	p.types, p.roots = r.types()
	p.data, p.dataRoots = r.types()
	if r.bad || len(r.rest) > 0 {
		return nil, errDamaged
	}
	if !p.ordered(p.types, p.roots) || !p.ordered(p.data, p.dataRoots) {
		return nil, errDamaged
	}
	return p, nil
}

// ordered reports whether types are sorted and have blocks.
func (p *Provider) ordered(types []string, roots []int) bool {
	for i, root := range roots {
		if root >= len(p.blocks) || i > 0 && types[i-1] >= types[i] {
			return false
		}
	}
	return true
}

// sound reports whether a block can be read. Its objects are blocks before it,
// so that no walk is endless.
func (p *Provider) sound(i int) bool {
	r := &reader{rest: p.blocks[i]}
	for at := -1; len(r.rest) > 0; {
		_, step := p.member(r, at, i)
		if r.bad {
			return false
		}
		at = step
	}
	return true
}

// members decodes a block.
func (p *Provider) members(block int) []member {
	var list []member
	r := &reader{rest: p.blocks[block]}
	for at := -1; len(r.rest) > 0 && !r.bad; {
		var m member
		m, at = p.member(r, at, block)
		list = append(list, m)
	}
	return list
}

// member reads the member after the one whose name has the index at.
func (p *Provider) member(r *reader, at, block int) (member, int) {
	at += r.number() + 1
	if at >= len(p.names) {
		r.bad = true
		return member{}, at
	}
	flags := r.number()
	m := member{name: p.names[at], Attribute: p.typed(r, block, maxTypeDepth)}
	m.Required, m.Optional = flags&flagRequired != 0, flags&flagOptional != 0
	m.Computed, m.Sensitive = flags&flagComputed != 0, flags&flagSensitive != 0
	if m.Block = flags&flagBlock != 0; m.Block {
		m.Max = r.number()
	}
	return m, at
}

// maxTypeDepth bounds lists of lists; providers stay far below it.
const maxTypeDepth = 32

func (p *Provider) typed(r *reader, block, depth int) Attribute {
	a := Attribute{Kind: Kind(r.number())}
	switch {
	case a.Kind > Object || depth == 0:
		r.bad = true
		a.Kind = Dynamic
	case a.Kind == Object:
		if a.block = r.number(); a.block >= block {
			r.bad = true
		}
	case a.Kind >= List:
		elem := p.typed(r, block, depth-1)
		a.elem = &elem
	}
	return a
}

// reader reads from a slice; after a failure it gives zero values.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() int {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<31-1 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

// count reads how many things follow: each takes at least one byte.
func (r *reader) count() int {
	n := r.number()
	if n > len(r.rest) {
		r.bad, r.rest = true, nil
		return 0
	}
	return n
}

// types reads names and the numbers of their blocks.
func (r *reader) types() (names []string, roots []int) {
	for range r.count() {
		names, roots = append(names, r.text()), append(roots, r.number())
	}
	return names, roots
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) text() string { return string(r.bytes(r.number())) }
