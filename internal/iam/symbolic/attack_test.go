package symbolic

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// attacker makes requests of the constants of an expression: texts that its
// patterns match, or nearly match.
type attacker struct {
	*rand.Rand
	actions, resources []string
	keys               map[string][]string
	names              []string
}

func newAttacker(e Expr, seed uint64) *attacker {
	a := &attacker{Rand: rand.New(rand.NewPCG(seed, 21)), keys: map[string][]string{}}
	e.node().eachLeaf(func(n *node) {
		a.actions = append(append(a.actions, n.leaf.Actions...), n.leaf.NotActions...)
		a.resources = append(append(a.resources, n.leaf.Resources...), n.leaf.NotResources...)
		for _, c := range n.leaf.Conditions {
			if _, ok := a.keys[c.Key]; !ok {
				a.names = append(a.names, c.Key)
			}
			a.keys[c.Key] = append(a.keys[c.Key], c.Values...)
		}
	})
	return a
}

// near instantiates a pattern and sometimes bends the outcome.
func (a *attacker) near(pattern string) string {
	var b strings.Builder
	for _, r := range pattern {
		switch r {
		case '*':
			b.WriteString([]string{"", "x", "1", "role/", "team-01/", "a/b"}[a.IntN(6)])
		case '?':
			b.WriteByte("x1"[a.IntN(2)])
		default:
			b.WriteRune(r)
		}
	}
	text := b.String()
	if n := len(text); n > 0 && a.IntN(4) == 0 {
		i := a.IntN(n)
		switch a.IntN(3) {
		case 0:
			text = text[:i] + text[i+1:]
		case 1:
			text = text[:i] + "x" + text[i:]
		default:
			text = text[:i]
		}
	}
	return text
}

func (a *attacker) one(list []string) string { return a.near(list[a.IntN(len(list))]) }

func (a *attacker) request() *simulate.Request {
	r := &simulate.Request{Action: "svc0:Create", Resource: "*", Context: map[string]simulate.Value{}}
	if text := a.one(append([]string{"x:Y"}, a.actions...)); strings.Count(text, ":") == 1 && text[0] != ':' && text[len(text)-1] != ':' {
		r.Action = text
	}
	if arn, ok := iam.SplitARN(a.one(append([]string{"arn:aws:s3:::b"}, a.resources...))); ok && arn.Partition != "" && arn.Service != "" && arn.Resource != "" {
		r.Resource = strings.Join([]string{"arn", arn.Partition, arn.Service, arn.Region, arn.Account, arn.Resource}, ":")
	}
	for _, name := range a.names {
		if a.IntN(4) > 0 {
			r.Context[name] = simulate.Single(a.one(a.keys[name]))
		}
	}
	return r
}

// TestProofsUnderAttack proves what guardrails need proved, and then tries to
// find a counterexample without the procedure. To show that the attack can
// hurt, each proof is spoiled as well, and some attack must then succeed.
func TestProofsUnderAttack(t *testing.T) {
	whole := guardrails(12, exceptions(6, "arn:aws:iam::*:role/team-%02d/*"))
	parts := split(whole)
	dropped := slices.Delete(slices.Clone(parts), 4, 5)
	narrowed := slices.Clone(whole)
	for i := range narrowed {
		narrowed[i].Conditions = append(slices.Clone(whole[i].Conditions), iam.Condition{
			Operator: iam.Operator{Base: "ArnNotLike"}, Key: "aws:PrincipalArn", Values: []string{"arn:aws:iam::*:role/x*"},
		})
	}
	deadline := func(op string) Expr { return cond(op, "aws:CurrentTime", "2027-03-31T00:00:00Z") }
	deny, role := cond("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*x"), cond("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*x")
	for name, c := range map[string]struct{ proved, spoiled Expr }{
		"split":    {And(AnyOf(whole), Not(AnyOf(parts))), And(AnyOf(whole), Not(AnyOf(dropped)))},
		"joined":   {And(AnyOf(parts), Not(AnyOf(whole))), And(AnyOf(parts), Not(AnyOf(narrowed)))},
		"narrowed": {And(AnyOf(narrowed), Not(AnyOf(whole))), And(AnyOf(whole), Not(AnyOf(narrowed)))},
		"deadline": {
			And(Not(And(role, deadline("DateLessThan"))), Not(Or(deny, deadline("DateGreaterThanEqualsIfExists"), Not(deadline("DateLessThan"))))),
			And(Not(And(role, deadline("DateLessThan"))), Not(Or(deny, deadline("DateGreaterThan")))),
		},
		"numbers": {
			And(Not(cond("NumericLessThanEqualsIfExists", "s3:max-keys", "10")), Not(cond("NumericGreaterThan", "s3:max-keys", "10")), Not(cond("StringLike", "s3:max-keys", "*"))),
			And(Not(cond("NumericLessThanIfExists", "s3:max-keys", "10")), Not(cond("NumericGreaterThan", "s3:max-keys", "10"))),
		},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, Solve(c.proved, noFacts()).Verdict, Unsatisfiable)
			spoiled := Solve(c.spoiled, noFacts())
			want(t, spoiled.Verdict, Satisfiable)
			want(t, Eval(c.spoiled, spoiled.Witness), true)
			a := newAttacker(And(c.proved, c.spoiled), 1)
			proved, hurt, hits := newReplay(c.proved), newReplay(c.spoiled), 0
			for range 20_000 {
				r := a.request()
				if proved.holds(r) {
					t.Fatalf("satisfied by %s", Describe(r))
				}
				if hurt.holds(r) {
					hits++
				}
			}
			if hits == 0 {
				t.Error("the attack does not even find what is spoiled")
			}
		})
	}
}
