package symbolic

import "slices"

// search looks for truth values of the variables that satisfy all clauses and
// that the theories of the keys agree to: conflict-driven clause learning
// (Marques-Silva and Sakallah, GRASP, 1999), with the theories asked after each
// propagation (Nieuwenhuis, Oliveras and Tinelli, DPLL(T), 2006).
type search struct {
	theory  *theory
	clauses [][]literal // the first two literals of each are watched
	given   int         // how many of them are the problem's, not learned
	watches [][]int32   // literal → clauses that watch it
	value   []int8      // variable → 1 true, -1 false, 0 open
	level   []int32     // variable → the decision under which it got its value
	reason  []int32     // variable → the clause that forced it, or -1
	trail   []literal
	limits  []int // trail length at each decision
	head    int   // of the trail: what is propagated
	score   []int64
	bump    int64

	keys    [][]int32    // key → its atoms
	keyOf   []int32      // atom → its key
	matters []bool       // literal → an atom with this sign stands in the problem
	stale   []bool       // key → has news since the theory was asked
	hard    [][]hardList // key → what its theory could not decide
	tainted string       // why some part of the space was left out
}

const noClause = -1

func newSearch(t *theory, clauses [][]literal, variables int) *search {
	s := &search{
		theory: t, watches: make([][]int32, 2*variables), value: make([]int8, variables),
		level: make([]int32, variables), reason: make([]int32, variables), score: make([]int64, variables),
		bump: 1, matters: make([]bool, 2*variables), keyOf: make([]int32, len(t.atoms)),
	}
	byName := map[string]int32{}
	for i, a := range t.atoms {
		k, ok := byName[a.key]
		if !ok {
			k = int32(len(s.keys))
			byName[a.key] = k
			s.keys = append(s.keys, nil)
		}
		s.keys[k] = append(s.keys[k], int32(i))
		s.keyOf[i] = k
	}
	s.stale, s.hard = make([]bool, len(s.keys)), make([][]hardList, len(s.keys))
	s.clauses = slices.Clone(clauses)
	s.given = len(clauses)
	for _, c := range clauses {
		for _, l := range c {
			s.matters[l] = true
		}
	}
	return s
}

// outcome of a search.
type outcome uint8

const (
	unsatisfiable outcome = iota
	satisfiable
	exhausted // too many conflicts or states
)

// maxConflicts bounds the search; problems of this kind need hundreds.
const maxConflicts = 50_000

// run searches. After satisfiable, model tells what was supposed.
func (s *search) run() outcome {
	for i := range s.clauses {
		if !s.attach(int32(i)) {
			return unsatisfiable
		}
	}
	for {
		conflict := s.propagate()
		if conflict == noClause {
			conflict = s.consult()
		}
		next, open := literal(0), false
		if conflict == noClause {
			if next, open = s.choose(); !open {
				conflict = s.giveUp()
			}
		}
		if conflict != noClause {
			s.theory.stats.Conflicts++
			if s.theory.stats.Conflicts > maxConflicts || s.theory.budget <= 0 {
				return exhausted
			}
			if !s.resolve(conflict) {
				return unsatisfiable
			}
			continue
		}
		if !open {
			return satisfiable
		}
		s.theory.stats.Decisions++
		s.limits = append(s.limits, len(s.trail))
		s.set(next, noClause)
	}
}

// attach watches a clause of the problem; false: it cannot hold.
func (s *search) attach(i int32) bool {
	c := s.clauses[i]
	slices.Sort(c)
	c = slices.Compact(c)
	s.clauses[i] = c
	for k := 1; k < len(c); k++ {
		if c[k] == c[k-1].not() {
			s.clauses[i] = nil // it always holds
			return true
		}
	}
	switch len(c) {
	case 0:
		return false
	case 1:
		switch s.truth(c[0]) {
		case -1:
			return false
		case 0:
			s.set(c[0], noClause)
		}
		return true
	}
	s.watch(c[0], i)
	s.watch(c[1], i)
	return true
}

func (s *search) watch(l literal, clause int32) { s.watches[l] = append(s.watches[l], clause) }

func (s *search) truth(l literal) int8 {
	if l&1 != 0 {
		return -s.value[l>>1]
	}
	return s.value[l>>1]
}

func (s *search) set(l literal, because int32) {
	v := l >> 1
	s.value[v] = 1
	if l&1 != 0 {
		s.value[v] = -1
	}
	s.level[v] = int32(len(s.limits))
	s.reason[v] = because
	s.trail = append(s.trail, l)
	if int(v) < len(s.keyOf) && s.matters[l] {
		s.stale[s.keyOf[v]] = true
	}
}

// propagate sets what follows, and returns a clause that is violated.
func (s *search) propagate() int32 {
	for s.head < len(s.trail) {
		no := s.trail[s.head].not()
		s.head++
		list := s.watches[no]
		kept := list[:0]
		for k, i := range list {
			c := s.clauses[i]
			if c[0] == no {
				c[0], c[1] = c[1], c[0]
			}
			if s.truth(c[0]) == 1 {
				kept = append(kept, i)
				continue
			}
			if next := slices.IndexFunc(c[2:], func(l literal) bool { return s.truth(l) != -1 }); next >= 0 {
				c[1], c[next+2] = c[next+2], c[1]
				s.watch(c[1], i)
				continue
			}
			kept = append(kept, i)
			if s.truth(c[0]) == -1 {
				s.watches[no] = append(kept, list[k+1:]...)
				return i
			}
			s.set(c[0], i)
		}
		s.watches[no] = kept
	}
	return noClause
}

// supposed returns what is supposed of a key, in the order of the atoms.
func (s *search) supposed(key int) []supposition {
	var list []supposition
	for _, a := range s.keys[key] {
		if v := s.value[a]; v != 0 {
			l := literal(a) << 1
			if v < 0 {
				l = l.not()
			}
			if s.matters[l] {
				list = append(list, supposition{int(a), v > 0})
			}
		}
	}
	return list
}

// consult asks the theories of the keys with news, and returns a new clause
// that is violated. What a theory cannot decide may turn out not to matter, so
// it counts as possible until everything else is settled.
func (s *search) consult() int32 {
	for k := range s.keys {
		if !s.stale[k] {
			continue
		}
		if list := s.supposed(k); len(list) > 0 && s.undecided(k) == nil {
			switch a := s.theory.check(list); {
			case a.unknown != "":
				s.hard[k] = append(s.hard[k], hardList{list, a.unknown})
			case !a.ok:
				return s.forbid(s.theory.core(list))
			}
		}
		s.stale[k] = false
	}
	return noClause
}

// giveUp returns a new clause that forbids what a theory cannot decide. From
// then on the search proves nothing.
func (s *search) giveUp() int32 {
	for k := range s.keys {
		if h := s.undecided(k); h != nil {
			if s.tainted == "" {
				s.tainted = s.theory.atoms[h.list[0].atom].name + ": " + h.reason
			}
			return s.forbid(h.list)
		}
	}
	return noClause
}

// hardList is a list of suppositions on one key that its theory could not
// decide. Longer lists are not tried.
type hardList struct {
	list   []supposition
	reason string
}

// undecided returns what is in force of the lists that were too hard.
func (s *search) undecided(key int) *hardList {
	for i := range s.hard[key] {
		h := &s.hard[key][i]
		if !slices.ContainsFunc(h.list, func(p supposition) bool { return s.truth(literal(p.code())) != 1 }) {
			return h
		}
	}
	return nil
}

// forbid adds a clause that forbids suppositions that are all in force. It
// watches the two latest, the first to be taken back.
func (s *search) forbid(list []supposition) int32 {
	c := make([]literal, len(list))
	for i, p := range list {
		c[i] = literal(p.code()).not()
	}
	slices.SortStableFunc(c, func(a, b literal) int { return int(s.level[b>>1] - s.level[a>>1]) })
	i := int32(len(s.clauses))
	s.clauses = append(s.clauses, c)
	if len(c) > 1 {
		s.watch(c[0], i)
		s.watch(c[1], i)
	}
	return i
}

// resolve learns from a violated clause and goes back; false: there is nowhere
// to go, the problem has no solution.
func (s *search) resolve(conflict int32) bool {
	top := int32(0)
	for _, l := range s.clauses[conflict] {
		top = max(top, s.level[l>>1])
	}
	s.backTo(int(top)) // a theory may speak of earlier decisions only
	if top == 0 {
		return false
	}
	learned, back := s.analyze(conflict)
	s.backTo(back)
	i := int32(len(s.clauses))
	s.clauses = append(s.clauses, learned)
	if len(learned) > 1 {
		s.watch(learned[0], i)
		s.watch(learned[1], i)
		s.set(learned[0], i)
	} else {
		s.set(learned[0], noClause)
	}
	s.bump += s.bump/16 + 1
	if s.bump > 1<<50 {
		for v := range s.score {
			s.score[v] >>= 40
		}
		s.bump >>= 40
	}
	return true
}

// analyze finds the first literal of the current decision through which the
// conflict runs, and the clause that forbids it; the literal comes first, then
// one of the level to go back to.
func (s *search) analyze(conflict int32) (learned []literal, back int) {
	learned = []literal{0}
	seen := make([]bool, len(s.value))
	open, at := 0, len(s.trail)
	clause := conflict
	for {
		for _, l := range s.clauses[clause] {
			v := l >> 1
			if seen[v] || s.level[v] == 0 || s.truth(l) == 1 {
				continue
			}
			seen[v] = true
			s.score[v] += s.bump
			if int(s.level[v]) == len(s.limits) {
				open++
			} else {
				learned = append(learned, l)
			}
		}
		for at--; !seen[s.trail[at]>>1]; at-- {
		}
		open--
		if open == 0 {
			learned[0] = s.trail[at].not()
			break
		}
		clause = s.reason[s.trail[at]>>1]
	}
	for k := 1; k < len(learned); k++ {
		if l := int(s.level[learned[k]>>1]); l > back {
			back = l
			learned[1], learned[k] = learned[k], learned[1]
		}
	}
	return learned, back
}

func (s *search) backTo(level int) {
	if level >= len(s.limits) {
		return
	}
	for _, l := range s.trail[s.limits[level]:] {
		v := l >> 1
		s.value[v] = 0
		if int(v) < len(s.keyOf) {
			s.stale[s.keyOf[v]] = true
		}
	}
	s.trail = s.trail[:s.limits[level]]
	s.limits = s.limits[:level]
	s.head = min(s.head, len(s.trail))
}

// choose returns a literal of the first clause of the problem that does not
// hold yet, the one that took part in most recent conflicts; none when all
// hold. What is left open then does not matter.
func (s *search) choose() (literal, bool) {
	for _, c := range s.clauses[:s.given] {
		best, found, holds := literal(0), false, len(c) == 0
		for _, l := range c {
			switch t := s.truth(l); {
			case t == 1:
				holds = true
			case t == 0 && (!found || s.score[l>>1] > s.score[best>>1]):
				best, found = l, true
			}
		}
		if !holds {
			return best, found
		}
	}
	return 0, false
}

// model returns what is supposed of each key that anything is supposed of.
func (s *search) model() [][]supposition {
	var out [][]supposition
	for k := range s.keys {
		if list := s.supposed(k); len(list) > 0 {
			out = append(out, list)
		}
	}
	return out
}
