package symbolic

import (
	"math/bits"
	"slices"
)

// question asks for a text that, in each list of need, some pattern matches,
// and that no pattern of never matches.
type question struct {
	need  [][]glob
	never []glob
}

// automaton runs the patterns of a question side by side. A state is a set of
// bits: bit b is set when some pattern has taken all of its tokens before b.
type automaton struct {
	words  int
	tokens []token
	star   []uint64
	groups []group  // by list of need
	needed []uint64 // the bits of all groups
	lost   []uint64 // a pattern of never has come to a final *: it will match
	failed []uint64 // a pattern of never matches
	starts []int    // of the pattern that a bit belongs to
	first  []uint64

	any, inPart move             // what any character does, and any but a colon
	waiting     map[rune][]int32 // bits that advance with a character
	moves       map[rune]*move   // of the characters met
}

// group is one list of need.
type group struct {
	mask   []uint64 // its bits
	accept []uint64 // a pattern matches
	won    []uint64 // a pattern has come to a final *: it will match
}

// move holds what one character does: bits that advance, and bits that stay.
type move struct {
	step, stay []uint64
}

func newAutomaton(q question) *automaton {
	a := &automaton{moves: map[rune]*move{}, waiting: map[rune][]int32{}}
	total := 0
	for _, list := range q.need {
		for _, g := range list {
			total += len(g) + 1
		}
	}
	for _, g := range q.never {
		total += len(g) + 1
	}
	a.words = (total + 63) / 64
	set := func() []uint64 { return make([]uint64, a.words) }
	a.star, a.needed, a.lost, a.failed, a.first = set(), set(), set(), set(), set()
	a.any, a.inPart = move{set(), set()}, move{set(), set()}
	for _, list := range q.need {
		g := group{mask: set(), accept: set(), won: set()}
		for _, p := range list {
			a.add(p, g.mask, g.accept, g.won)
		}
		for w := range g.mask {
			a.needed[w] |= g.mask[w]
		}
		a.groups = append(a.groups, g)
	}
	rest := set()
	for _, p := range q.never {
		a.add(p, rest, a.failed, a.lost)
	}
	a.settle(a.first)
	return a
}

// add lays out one pattern.
func (a *automaton) add(p glob, mask, accept, final []uint64) {
	start := len(a.tokens)
	for i, t := range append(slices.Clone(p), token{class: endOfText}) {
		b := start + i
		a.tokens = append(a.tokens, t)
		a.starts = append(a.starts, start)
		put(mask, b)
		a.layOut(t, b)
		if t.star {
			put(a.star, b)
			if t.class == anything && i == len(p)-1 {
				put(final, b)
			}
		}
	}
	put(accept, len(a.tokens)-1)
	put(a.first, start)
}

// layOut notes which characters a token takes.
func (a *automaton) layOut(t token, b int) {
	m := &a.any
	switch t.class {
	case noColon:
		m = &a.inPart
	case anything:
	case one, oneASCII, oneFold:
		for _, r := range t.literals() {
			a.waiting[r] = append(a.waiting[r], int32(b))
		}
		return
	case endOfText:
		return
	}
	if t.star {
		put(m.stay, b)
	} else {
		put(m.step, b)
	}
}

func put(set []uint64, b int) { set[b/64] |= 1 << (b % 64) }

func meets(a, b []uint64) bool {
	for w := range a {
		if a[w]&b[w] != 0 {
			return true
		}
	}
	return false
}

// settle brings a state into its normal form and reports whether it can still
// lead to an answer. A * may take nothing, so the bit after it is set as well.
func (a *automaton) settle(s []uint64) bool {
	carry := uint64(0)
	for w := range s {
		shifted := (s[w] & a.star[w]) << 1
		next := (s[w] & a.star[w]) >> 63
		s[w] |= shifted | carry
		carry = next
	}
	if meets(s, a.lost) {
		return false
	}
	// What a pattern takes from before a * it takes from the * too, so the
	// bits before the last * that it has come to say nothing.
	for w := range s {
		for m := s[w] & a.star[w]; m != 0; m &= m - 1 {
			b := w*64 + bits.TrailingZeros64(m)
			a.drop(s, a.starts[b], b)
		}
	}
	for i := range a.groups {
		g := &a.groups[i]
		if !meets(s, g.mask) {
			return false
		}
		if !meets(s, g.won) {
			continue
		}
		won := -1 // the group is settled: one bit says so
		for w := range s {
			if m := s[w] & g.won[w]; m != 0 && won < 0 {
				won = w*64 + bits.TrailingZeros64(m)
			}
			s[w] &^= g.mask[w]
		}
		put(s, won)
		put(s, won+1)
	}
	return true
}

// drop clears the bits from lo up to, not including, hi.
func (a *automaton) drop(s []uint64, lo, hi int) {
	for b := lo; b < hi; {
		w, off := b/64, b%64
		n := min(64-off, hi-b)
		s[w] &^= (^uint64(0) >> (64 - n)) << off
		b += n
	}
}

// accepts reports whether the text so far is an answer.
func (a *automaton) accepts(s []uint64) bool {
	for i := range a.groups {
		if !meets(s, a.groups[i].accept) {
			return false
		}
	}
	return !meets(s, a.failed)
}

// next writes the state after a character.
func (a *automaton) next(into, s []uint64, r rune) bool {
	m := a.moves[r]
	if m == nil {
		m = a.move(r)
		a.moves[r] = m
	}
	carry := uint64(0)
	for w := range s {
		moved := s[w] & m.step[w]
		into[w] = moved<<1 | carry | s[w]&m.stay[w]
		carry = moved >> 63
	}
	return a.settle(into)
}

// move works out what a character does.
func (a *automaton) move(r rune) *move {
	m := &move{step: slices.Clone(a.any.step), stay: slices.Clone(a.any.stay)}
	if r != ':' {
		for w := range m.step {
			m.step[w] |= a.inPart.step[w]
			m.stay[w] |= a.inPart.stay[w]
		}
	}
	for _, b := range a.waiting[r] {
		put(m.step, int(b))
	}
	return m
}

// letters returns the characters that make a difference in a state: those that
// some pattern waits for, the colon where a part of an ARN may end, and one that
// stands for all others.
func (a *automaton) letters(s []uint64, into []rune) []rune {
	into = into[:0]
	for w := range s {
		for m := s[w]; m != 0; m &= m - 1 {
			t := a.tokens[w*64+bits.TrailingZeros64(m)]
			if t.class == noColon {
				into = append(into, ':')
			} else {
				into = append(into, t.literals()...)
			}
		}
	}
	slices.Sort(into)
	into = slices.Compact(into)
	// The other one comes first: it does the least for what must not match.
	return slices.Insert(into, 0, other(into))
}

// ordinary lists the characters that stand for all others, the plainest first.
const ordinary = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ./=+,@!#%&()[]~^;<>|"

// other returns a character that is not in the sorted list, and no colon.
func other(known []rune) rune {
	for _, r := range ordinary {
		if _, found := slices.BinarySearch(known, r); !found {
			return r
		}
	}
	r := '\u4e00' // letters without case
	for {
		if _, found := slices.BinarySearch(known, r); !found {
			return r
		}
		r++
	}
}

// trace remembers how a state was reached.
type trace struct {
	parent int32
	r      rune
}

// maxMemory bounds the states of one question, in words of 8 bytes.
const maxMemory = 16 << 20

// search answers a question, shortest text first. It gives up, and says so,
// when it would have to look at more states than the limit.
func (q question) search(limit int) (text string, found bool, states int, gaveUp bool) {
	a := newAutomaton(q)
	if !a.settle(a.first) {
		return "", false, 1, false
	}
	if a.accepts(a.first) {
		return "", true, 1, false
	}
	limit = min(limit, maxMemory/a.words)
	v := visited{a: a, same: map[uint64][]int32{}, chains: map[uint64][]int32{}}
	v.add(a.first)
	traces := []trace{{parent: -1}}
	scratch := make([]uint64, a.words)
	var alphabet []rune
	for at := 0; at < v.count; at++ {
		alphabet = a.letters(v.state(at), alphabet)
		for _, r := range alphabet {
			if !a.next(scratch, v.state(at), r) {
				continue
			}
			if a.accepts(scratch) {
				return spell(traces, int32(at), r), true, v.count, false
			}
			if v.dominated(scratch) {
				continue
			}
			if v.count >= limit {
				return "", false, v.count, true
			}
			v.add(scratch)
			traces = append(traces, trace{int32(at), r})
		}
	}
	return "", false, v.count, false
}

func spell(traces []trace, at int32, last rune) string {
	text := []rune{last}
	for ; at > 0; at = traces[at].parent {
		text = append(text, traces[at].r)
	}
	slices.Reverse(text)
	return string(text)
}

// visited holds the states met so far.
type visited struct {
	a      *automaton
	arena  []uint64
	count  int
	same   map[uint64][]int32 // by all bits
	chains map[uint64][]int32 // by what the needed patterns have taken
}

// longChain is how many states of a chain are compared for domination. More
// would find little and cost the square of the number of states.
const longChain = 512

func (v *visited) state(i int) []uint64 { return v.arena[i*v.a.words : (i+1)*v.a.words] }

func (v *visited) add(s []uint64) {
	v.arena = append(v.arena, s...)
	all, needed := v.hashes(s)
	v.same[all] = append(v.same[all], int32(v.count))
	if len(v.chains[needed]) < longChain {
		v.chains[needed] = append(v.chains[needed], int32(v.count))
	}
	v.count++
}

// hashes mixes all bits of a state, and those of the needed patterns.
func (v *visited) hashes(s []uint64) (all, needed uint64) {
	const offset, prime = 14695981039346656037, 1099511628211
	all, needed = offset, offset
	for w := range s {
		all = (all ^ s[w]) * prime
		all ^= all >> 29
		needed = (needed ^ s[w]&v.a.needed[w]) * prime
		needed ^= needed >> 29
	}
	return all, needed
}

// dominated reports whether an earlier state leads to an answer whenever this
// one does: its needed patterns have come as far, and its forbidden patterns
// not further.
func (v *visited) dominated(s []uint64) bool {
	all, needed := v.hashes(s)
	for _, list := range [][]int32{v.same[all], v.chains[needed]} {
		for _, i := range list {
			if v.covers(v.state(int(i)), s) {
				return true
			}
		}
	}
	return false
}

func (v *visited) covers(old, s []uint64) bool {
	for w := range s {
		needed := v.a.needed[w]
		if old[w]&needed != s[w]&needed || old[w]&^needed&^s[w] != 0 {
			return false
		}
	}
	return true
}
