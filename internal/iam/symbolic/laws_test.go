package symbolic

import (
	"math/rand/v2"
	"testing"
)

// law checks the answer on a random expression: a witness satisfies it and the
// facts; where there is none, no request of the constants in play does either.
func law(t *testing.T, seed uint64, variables bool, attacks int) Verdict {
	t.Helper()
	m := maker{rand.New(rand.NewPCG(seed, 7)), variables, seed%2 == 1}
	e := m.expr(1 + m.IntN(3))
	o := Options{}
	if m.IntN(2) == 0 {
		o.Facts = []Fact{}
	}
	r := Solve(e, o)
	facts, held := applicable(DefaultFacts(), e)
	if o.Facts != nil {
		facts, held = nil, nil
	}
	switch r.Verdict {
	case Satisfiable:
		if !Eval(e, r.Witness) || !Eval(And(held...), r.Witness) {
			t.Fatalf("seed %d: %s\nis not satisfied by %s", seed, e, Describe(r.Witness))
		}
	case Unsatisfiable:
		judge := newReplay(And(append(held, e)...))
	attack:
		for range attacks {
			a := m.request(e)
			if !judge.holds(a) {
				continue
			}
			for _, f := range facts {
				if f.Lemma != nil {
					if lemma, ok := f.Lemma(a); ok && !Eval(lemma, a) {
						continue attack
					}
				}
			}
			t.Fatalf("seed %d: %s\nis satisfied by %s", seed, e, Describe(a))
		}
	case Unknown:
		if r.Reason == "" {
			t.Fatalf("seed %d: unknown without a reason", seed)
		}
	}
	return r.Verdict
}

func TestLaws(t *testing.T) {
	count := map[Verdict]int{}
	for seed := range uint64(1500) {
		count[law(t, seed, false, 1500)]++
	}
	t.Log(count)
	count = map[Verdict]int{}
	for seed := range uint64(700) {
		count[law(t, seed, true, 1500)]++
	}
	t.Log("with variables", count)
}
