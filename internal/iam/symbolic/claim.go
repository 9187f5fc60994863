package symbolic

import (
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// Claim is the answer to whether something holds for all requests.
type Claim string

// Claims.
const (
	Proved    Claim = "proved"    // for every request
	Refuted   Claim = "refuted"   // the witness is a counterexample
	Undecided Claim = "undecided" // the reason says why
)

// Proof is the answer to [Prove] and its kin.
type Proof struct {
	Claim   Claim
	Witness *simulate.Request // of Refuted
	Reason  string            // of Undecided
	Stats   Stats
}

// Prove tells whether every request satisfies the expression.
func Prove(e Expr, o Options) Proof {
	r := Solve(Not(e), o)
	p := Proof{Witness: r.Witness, Reason: r.Reason, Stats: r.Stats}
	switch r.Verdict {
	case Unsatisfiable:
		p.Claim = Proved
	case Satisfiable:
		p.Claim = Refuted
	case Unknown:
		p.Claim = Undecided
	}
	return p
}

// Subsumes tells whether a matches every request that b matches. The
// statements' effects do not count.
func Subsumes(a, b []iam.Statement, o Options) Proof {
	return Prove(Or(AnyOf(a), Not(AnyOf(b))), o)
}

// Equivalent tells whether a and b match the same requests. A counterexample
// is matched by one of them only.
func Equivalent(a, b []iam.Statement, o Options) Proof {
	first := Subsumes(a, b, o)
	if first.Claim == Refuted {
		return first
	}
	second := Subsumes(b, a, o)
	second.Stats = first.Stats.plus(second.Stats)
	if second.Claim == Proved {
		first.Stats = second.Stats
		return first // proved too, or undecided
	}
	return second
}

// Overlap looks for a request that both a and b match.
func Overlap(a, b []iam.Statement, o Options) Result {
	return Solve(And(AnyOf(a), AnyOf(b)), o)
}

func (s Stats) plus(t Stats) Stats {
	return Stats{
		Atoms: max(s.Atoms, t.Atoms), Clauses: max(s.Clauses, t.Clauses),
		Decisions: s.Decisions + t.Decisions, Conflicts: s.Conflicts + t.Conflicts,
		Checks: s.Checks + t.Checks, States: s.States + t.States, Rounds: s.Rounds + t.Rounds,
	}
}
