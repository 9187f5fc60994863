package symbolic

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// words lists all words over an alphabet up to a length, shortest first.
func words(alphabet string, most int) []string {
	out := []string{""}
	for from := 0; most > 0; most-- {
		to := len(out)
		for _, w := range out[from:to] {
			for _, r := range alphabet {
				out = append(out, w+string(r))
			}
		}
		from = to
	}
	return out
}

// globProblem is a random question over a small alphabet, with the patterns as
// text for those who check the answer.
type globProblem struct {
	need  [][]string
	never []string
}

func randomGlobs(m *rand.Rand, alphabet string) globProblem {
	pattern := func() string {
		var b []byte
		for range 1 + m.IntN(5) {
			const wild = "**?"
			if k := m.IntN(len(alphabet) + len(wild)); k < len(alphabet) {
				b = append(b, alphabet[k])
			} else {
				b = append(b, wild[k-len(alphabet)])
			}
		}
		return string(b)
	}
	list := func(n int) (out []string) {
		for range n {
			out = append(out, pattern())
		}
		return out
	}
	var p globProblem
	for range m.IntN(3) {
		p.need = append(p.need, list(1+m.IntN(2)))
	}
	p.never = list(m.IntN(5))
	return p
}

func (p globProblem) question() question {
	compile := func(list []string) (out []glob) {
		for _, text := range list {
			out = append(out, plainGlob(text))
		}
		return out
	}
	q := question{never: compile(p.never)}
	for _, list := range p.need {
		q.need = append(q.need, compile(list))
	}
	return q
}

func (p globProblem) answers(text string) bool {
	matches := func(pattern string) bool { return iam.Match(pattern, text) }
	return !slices.ContainsFunc(p.never, matches) &&
		!slices.ContainsFunc(p.need, func(list []string) bool { return !slices.ContainsFunc(list, matches) })
}

// TestGlobsAgainstEnumeration compares the automaton with trying all short
// words: it finds one of the shortest, or one of letters that no pattern has.
func TestGlobsAgainstEnumeration(t *testing.T) {
	all := words("abx", 6) // x stands in no pattern
	m := rand.New(rand.NewPCG(3, 3))
	found := map[bool]int{}
	for i := range 4000 {
		p := randomGlobs(m, "ab")
		text, ok, _, _ := p.question().search(100_000)
		k := slices.IndexFunc(all, p.answers)
		switch {
		case ok && !p.answers(text):
			t.Fatalf("%d: %q is no answer to %v", i, text, p)
		case !ok && k >= 0:
			t.Fatalf("%d: nothing found for %v, which %q answers", i, p, all[k])
		case ok && k >= 0 && len(text) != len(all[k]), ok && k < 0 && len(text) < 7:
			t.Fatalf("%d: %q is not the shortest answer to %v", i, text, p)
		}
		found[ok]++
	}
	if min(found[true], found[false]) < 300 {
		t.Errorf("one-sided: %v", found)
	}
}

// TestARNsAgainstEnumeration does the same for patterns of ARNs. Words of
// colons and letters are put behind arn:.
func TestARNsAgainstEnumeration(t *testing.T) {
	all := words("a:", 9)
	for i := range all {
		all[i] = "arn:" + all[i]
	}
	m := rand.New(rand.NewPCG(4, 4))
	part := func() string { return []string{"a", "*", "?", "a*", "*a", ""}[m.IntN(6)] }
	pattern := func() string {
		last := []string{"a", "*", "a:*", "*:a", "?", "*a*"}[m.IntN(6)]
		return "arn:" + part() + ":" + part() + ":" + part() + ":" + part() + ":" + last
	}
	found := map[bool]int{}
	for i := range 1500 {
		need := []string{pattern(), pattern()}
		var never []string
		for range 3 {
			// The same with a part or two widened: else nearly all are satisfiable.
			parts := iam.SplitPattern(need[m.IntN(2)], false)
			parts[1+m.IntN(5)], parts[1+m.IntN(5)] = "*", "*"
			never = append(never, strings.Join(parts, ":"))
		}
		var q question
		var list []glob
		for _, p := range need {
			g, _, _ := arnGlob(p, true, 1)
			list = append(list, g)
		}
		q.need = [][]glob{list}
		for _, p := range never {
			g, _, _ := arnGlob(p, true, 1)
			q.never = append(q.never, g)
		}
		answers := func(text string) bool {
			matches := func(p string) bool { return iam.MatchARN(p, text) }
			return slices.ContainsFunc(need, matches) && !slices.ContainsFunc(never, matches)
		}
		text, ok, _, _ := q.search(100_000)
		switch {
		case ok && !answers(text):
			t.Fatalf("%d: %q is no answer to %q but %q", i, text, need, never)
		case !ok && slices.ContainsFunc(all, answers):
			t.Fatalf("%d: nothing found for %q but %q", i, need, never)
		}
		found[ok]++
	}
	if min(found[true], found[false]) < 100 {
		t.Errorf("one-sided: %v", found)
	}
}

// TestMatchTextAgainstIAM compares the two ways to match one text.
func TestMatchTextAgainstIAM(t *testing.T) {
	m := rand.New(rand.NewPCG(5, 5))
	texts := words("ab:", 5)
	for range 400 {
		p := randomGlobs(m, "ab:").never
		for _, pattern := range p {
			g := plainGlob(pattern)
			for _, text := range texts {
				if g.matchText(text) != iam.Match(pattern, text) {
					t.Fatalf("%q on %q: %v", pattern, text, g.matchText(text))
				}
			}
		}
	}
	for range 400 {
		pattern := "arn:a*:?:*b:" + []string{"*", "a", ""}[m.IntN(3)] + ":" + randomGlobs(m, "ab:").question().words()
		g, _, ok := arnGlob(pattern, true, 1)
		if !ok {
			continue
		}
		for _, text := range texts {
			arn := "arn:aa:b:ab:a:" + text
			if g.matchText(arn) != iam.MatchARN(pattern, arn) {
				t.Fatalf("%q on %q: %v", pattern, arn, g.matchText(arn))
			}
		}
	}
}

// words writes the first forbidden pattern back as text.
func (q question) words() string {
	if len(q.never) == 0 {
		return "*"
	}
	var out []rune
	for _, t := range q.never[0] {
		switch {
		case t.star:
			out = append(out, '*')
		case t.class == anything:
			out = append(out, '?')
		default:
			out = append(out, t.r)
		}
	}
	return string(out)
}

// TestSetsAgainstEnumeration compares the theory of one key with trying every
// value, none, and every set of three values.
func TestSetsAgainstEnumeration(t *testing.T) {
	texts := words("ab", 3)
	domain := []value{{}, {kind: set}}
	for i, a := range texts {
		domain = append(domain, single(a))
		if a != "" {
			domain = append(domain, value{kind: set, texts: []string{a}})
		}
		for j, b := range texts[i+1:] {
			domain = append(domain, value{kind: set, texts: []string{a, b}})
			for _, c := range texts[i+j+2:] {
				domain = append(domain, value{kind: set, texts: []string{a, b, c}})
			}
		}
	}
	m := maker{Rand: rand.New(rand.NewPCG(6, 6))}
	found := map[bool]int{}
	for i := range 3000 {
		th := &theory{
			sets: func(string) bool { return true }, limit: 1000, budget: 1000, stats: &Stats{},
			cache: map[string]answer{}, recent: map[string][]value{},
		}
		var list []supposition
		for k := range 1 + m.IntN(5) {
			c := iam.Condition{Key: "k", Operator: iam.Operator{
				Base:     m.pick("StringLike", "StringNotLike", "StringEquals", "StringNotEqualsIgnoreCase"),
				Set:      []iam.SetOperator{iam.NoSet, iam.ForAnyValue, iam.ForAllValues, iam.ForAllValues}[m.IntN(4)],
				IfExists: m.IntN(3) == 0,
			}}
			c.Values = m.some(1, 2, func() string { return m.pick("", "a*", "b", "?", "*b", "??", "a", "A", "*a*") })
			if m.IntN(6) == 0 {
				c.Operator, c.Values = iam.Operator{Base: "Null"}, []string{m.pick("true", "false", "no")}
			}
			_, a, err := conditionAtom(c, true)
			if err != nil {
				t.Fatal(err)
			}
			th.atoms = append(th.atoms, a)
			list = append(list, supposition{k, m.IntN(2) == 0})
		}
		a := th.check(list)
		if a.ok && !th.fits(list, a.value) {
			t.Fatalf("%d: %v is no value for %v", i, a.value, list)
		}
		k := slices.IndexFunc(domain, func(v value) bool { return th.fits(list, v) })
		if !a.ok && k >= 0 {
			t.Fatalf("%d: nothing found, but %v is a value: %v", i, domain[k], list)
		}
		found[a.ok]++
	}
	if min(found[true], found[false]) < 300 {
		t.Errorf("one-sided: %v", found)
	}
}

// TestSearchAgainstEnumeration compares whole answers with trying every request
// of a space that is finite by its nature: three actions and, for each of three
// keys, no value, the empty one, two that conditions name, and another.
func TestSearchAgainstEnumeration(t *testing.T) {
	var requests []*simulate.Request
	for _, action := range []string{"s:A", "s:B", "s:C"} {
		for i := range 125 {
			r := &simulate.Request{Action: action, Resource: "*", Context: map[string]simulate.Value{}}
			for k, key := range []string{"k0", "k1", "k2"} {
				if v := i / []int{1, 5, 25}[k] % 5; v > 0 {
					r.Context[key] = simulate.Single([]string{"", "", "a", "b", "c"}[v])
				}
			}
			requests = append(requests, r)
		}
	}
	m := maker{Rand: rand.New(rand.NewPCG(8, 8))}
	leaf := func() Expr {
		if m.IntN(4) == 0 {
			return Action(m.some(1, 2, func() string { return m.pick("s:A", "s:B") })...)
		}
		c := iam.Condition{Key: m.pick("k0", "k1", "K2"), Values: m.some(1, 2, func() string { return m.pick("a", "b") })}
		c.Operator = iam.Operator{Base: m.pick("StringEquals", "StringNotEquals"), IfExists: m.IntN(3) == 0}
		if m.IntN(5) == 0 {
			c.Operator, c.Values = iam.Operator{Base: "Null"}, []string{m.pick("true", "false")}
		}
		return Holds(c)
	}
	count := map[Verdict]int{}
	for i := range 1200 {
		// Random clauses near the threshold, and joins of deeper parts.
		var parts []Expr
		for range 4 + m.IntN(14) {
			var clause []Expr
			for range 1 + m.IntN(3) {
				l := leaf()
				if m.IntN(3) == 0 {
					l = And(l, leaf())
				}
				if m.IntN(2) == 0 {
					l = Not(l)
				}
				clause = append(clause, l)
			}
			parts = append(parts, Or(clause...))
		}
		e := And(parts...)
		if m.IntN(4) == 0 {
			e = Not(Or(Not(e), And(leaf(), leaf())))
		}
		r := Solve(e, Options{})
		judge := newReplay(e)
		if any := slices.ContainsFunc(requests, judge.holds); r.Verdict != map[bool]Verdict{true: Satisfiable, false: Unsatisfiable}[any] {
			t.Fatalf("%d: %s (%s), but enumeration says %t: %s", i, r.Verdict, r.Reason, any, e)
		}
		count[r.Verdict]++
	}
	if min(count[Satisfiable], count[Unsatisfiable]) < 300 {
		t.Errorf("one-sided: %v", count)
	}
}
