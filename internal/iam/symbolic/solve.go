package symbolic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// Verdict is the answer to a question.
type Verdict string

// Verdicts.
const (
	Satisfiable   Verdict = "satisfiable"   // the witness satisfies the expression
	Unsatisfiable Verdict = "unsatisfiable" // no request does
	Unknown       Verdict = "unknown"       // the reason says why
)

// Result is the answer to [Solve].
type Result struct {
	Verdict Verdict
	// Witness satisfies the expression, as iam/simulate has confirmed. It holds
	// the keys that matter and no others.
	Witness *simulate.Request
	Reason  string // of Unknown
	Stats   Stats
}

// Stats counts the work.
type Stats struct {
	Atoms, Clauses       int // of the last round
	Decisions, Conflicts int // of the search
	Checks               int // questions to the theories that nothing had answered before
	States               int // of automata
	Rounds               int // 1, and 1 for every fact that a request broke
}

// Options say what may be assumed and how much may be spent.
type Options struct {
	// MaxStates limits the states for one question to the automaton; all
	// questions together may take ten times as many. 0: 200,000.
	MaxStates int
	// Facts are taken for granted. nil: [DefaultFacts]; empty but not nil: none.
	Facts []Fact
	// MultiValued tells the keys, in lower case, that can hold a set of values.
	// nil: those that AWS documents as multi-valued among the global keys, and
	// all that some condition of the expression meets with a set operator. A key
	// that conditions meet without one is single-valued by the same page:
	// multi-valued keys require a set operator
	// (reference_policies_condition-single-vs-multi-valued-context-keys).
	MultiValued func(key string) bool
}

// defaultStates is the default of MaxStates.
const defaultStates = 200_000

// statesInAll is how many times MaxStates all questions may take together.
const statesInAll = 10

// maxRounds is how often a request may break a fact.
const maxRounds = 40

// multiValued lists the multi-valued global keys
// (reference_policies_condition-keys, "Value type – Multivalued").
var multiValued = []string{
	"aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths",
	"aws:sourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths",
}

// Solve looks for a request that satisfies the expression. The answer is the
// same every time.
func Solve(e Expr, o Options) Result {
	if o.MaxStates <= 0 {
		o.MaxStates = defaultStates
	}
	if o.Facts == nil {
		o.Facts = DefaultFacts()
	}
	q := &solver{expr: e, options: o, replay: newReplay(e), budget: statesInAll * o.MaxStates}
	q.facts, q.held = applicable(o.Facts, e)
	r := q.solve()
	r.Stats = q.stats
	return r
}

// solver answers one question.
type solver struct {
	expr    Expr
	options Options
	replay  *replay
	facts   []Fact
	held    []Expr // what the facts say
	budget  int    // of states
	stats   Stats
}

func unknown(reason string) Result { return Result{Verdict: Unknown, Reason: reason} }

// solve adds what a request breaks of the facts until none is broken.
func (q *solver) solve() Result {
	assumed := slices.Clone(q.held)
	last := "" // the fact that was broken last
	for range maxRounds {
		q.stats.Rounds++
		r, g := q.round(And(append([]Expr{q.expr}, assumed...)...))
		if g != nil {
			return q.fillVariables(g, assumed)
		}
		if r.Verdict != Satisfiable {
			return r
		}
		broken := false
		for _, f := range q.facts {
			if f.Lemma == nil {
				continue
			}
			if lemma, ok := f.Lemma(r.Witness); ok && !Eval(lemma, r.Witness) {
				assumed, broken, last = append(assumed, lemma), true, f.Name
			}
		}
		if !broken {
			addCaller(r.Witness)
			return r
		}
	}
	return unknown(fmt.Sprintf("the fact %s is not met after %d rounds", last, maxRounds))
}

// guess is a model in which a policy variable decides.
type guess struct {
	names  []string // as spelled
	values []value
}

// round solves an expression without regard to the facts' lemmas.
func (q *solver) round(e Expr) (Result, *guess) {
	c := newEncoder()
	f, err := c.form(e.node())
	if err != nil {
		return unknown(err.Error()), nil
	}
	c.assert(sign{f: f})
	t := &theory{
		atoms: c.atoms, sets: q.options.MultiValued, limit: q.options.MaxStates, budget: q.budget,
		stats: &q.stats, cache: map[string]answer{}, recent: map[string][]value{},
	}
	if t.sets == nil {
		t.sets = setKeys(c.atoms)
	}
	defer func() { q.budget = t.budget }()
	s := newSearch(t, c.clauses, int(c.next))
	q.stats.Atoms, q.stats.Clauses = len(c.atoms), len(c.clauses)
	switch s.run() {
	case exhausted:
		if s.tainted != "" {
			return unknown(s.tainted), nil
		}
		if t.budget <= 0 {
			return unknown(fmt.Sprintf("limit of %d states for all questions reached", statesInAll*q.options.MaxStates)), nil
		}
		return unknown(fmt.Sprintf("limit of %d conflicts reached", maxConflicts)), nil
	case unsatisfiable:
		if s.tainted != "" {
			return unknown(s.tainted), nil
		}
		return Result{Verdict: Unsatisfiable}, nil
	case satisfiable:
	}
	return q.witness(e, s)
}

// setKeys is the default of MultiValued.
func setKeys(atoms []*atom) func(string) bool {
	met := map[string]bool{}
	for _, key := range multiValued {
		met[key] = true
	}
	for _, a := range atoms {
		if a.set != iam.NoSet {
			met[a.key] = true
		}
	}
	return func(key string) bool { return met[key] }
}

// witness makes a request of a model and has it judged: first with values that
// read well, then with those that were found.
func (q *solver) witness(e Expr, s *search) (Result, *guess) {
	model := s.model()
	plain, g := &guess{}, false
	for _, list := range model {
		a := s.theory.check(list)
		plain.names = append(plain.names, s.theory.atoms[list[0].atom].spelled())
		plain.values = append(plain.values, a.value)
		g = g || a.open
	}
	if g {
		return Result{}, plain
	}
	polished := &guess{names: plain.names, values: slices.Clone(plain.values)}
	for i, list := range model {
		polished.values[i] = s.theory.polish(list, plain.values[i])
	}
	for _, m := range []*guess{polished, plain} {
		m.agreeOnCaller(s.theory, model)
	}
	judge := newReplay(e)
	for _, m := range []*guess{polished, plain} {
		if r := m.request(); judge.holds(r) {
			return Result{Verdict: Satisfiable, Witness: r}, nil
		}
	}
	return unknown("internal error: the simulator disagrees about " + Describe(plain.request())), nil
}

// agreeOnCaller takes the caller from aws:PrincipalArn, or takes nobody where
// that key is absent, if the policies treat that caller as they should. So the
// facts about callers only have to speak of those that policies name.
func (g *guess) agreeOnCaller(t *theory, model [][]supposition) {
	caller := slices.Index(g.names, thePrincipal)
	if caller < 0 {
		return
	}
	right := single("")
	if arn := slices.IndexFunc(g.names, isPrincipalARN); arn >= 0 && g.values[arn].kind == alone {
		right = g.values[arn]
	}
	if t.fits(model[caller], right) {
		g.values[caller] = right
	}
}

func isPrincipalARN(key string) bool { return strings.EqualFold(key, keyPrincipalARN) }

// spelled returns the key as the policy spells it.
func (a *atom) spelled() string {
	if strings.HasPrefix(a.key, "\x00") {
		return a.key
	}
	return a.name
}

// request makes a request of values.
func (g *guess) request() *simulate.Request {
	r := &simulate.Request{Action: "any:Action", Resource: "*", Context: map[string]simulate.Value{}}
	for i, name := range g.names {
		v := g.values[i]
		switch {
		case v.kind == absent:
		case name == theAction:
			r.Action = v.texts[0]
		case name == theResource:
			r.Resource = v.texts[0]
		case name == thePrincipal:
			r.Principal = v.texts[0]
		default:
			r.Context[name] = v.simulated()
		}
	}
	return r
}

// Describe writes a request in one line, keys sorted.
func Describe(r *simulate.Request) string {
	parts := []string{r.Action + " on " + r.Resource}
	if r.Principal != "" {
		parts = append(parts, "by "+r.Principal)
	}
	keys := make([]string, 0, len(r.Context))
	for k := range r.Context {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		parts = append(parts, k+"="+r.Context[k].String())
	}
	return strings.Join(parts, ", ")
}

// addCaller names the caller by aws:PrincipalArn where no statement asked for
// one, so that a whole evaluator can judge the request too.
func addCaller(r *simulate.Request) {
	if r.Principal != "" {
		return
	}
	for k, v := range r.Context {
		if isPrincipalARN(k) && len(v.Strings()) == 1 {
			r.Principal = v.Strings()[0]
		}
	}
}

// liked lists texts that read well, by the end of the key's name.
var liked = []struct {
	suffix string
	texts  []string
}{
	{theAction, []string{"s3:GetObject", "ec2:RunInstances"}},
	{"principalarn", []string{"arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:*", "arn:aws:iam::*"}},
	{"arn", []string{"arn:aws:*:us-east-1:111122223333:*", "arn:aws:*"}},
	{theResource, []string{"arn:aws:*:us-east-1:111122223333:*", "arn:aws:*::111122223333:*", "arn:aws:*"}},
	{"account", []string{"111122223333", "444455556666"}},
	{"region", []string{"us-east-1", "eu-west-1"}},
}

// polish looks for a value that reads better than the one found.
func (t *theory) polish(list []supposition, found value) value {
	key := t.atoms[list[0].atom].key
	if found.kind != alone || key == theResource && found.texts[0] == "*" {
		return found
	}
	for _, l := range liked {
		if !strings.HasSuffix(key, l.suffix) {
			continue
		}
		for _, text := range l.texts {
			if a := t.decide(key, list, plainGlob(text)); a.ok && !a.open && a.value.kind == alone {
				return a.value
			}
		}
	}
	return found
}
