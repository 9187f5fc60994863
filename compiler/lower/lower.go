package lower

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/diag"
)

// Options choose what may be emitted.
type Options struct {
	AllowStricter bool // drop what no request tells from a deny, and say so
	AllowUntested bool // use bindings that are doubtful
}

// Refusal is a part of a policy that no guardrail can say.
type Refusal struct {
	Type   string // resource type
	Reason string // what is missing, in words for a user
	At     diag.Place
}

// Result is what a policy becomes. Statements has no Sids yet.
type Result struct {
	Statements []ir.Statement
	Fidelity   ir.Fidelity // by construction; the verifier has the last word
	Trust      ir.Trust
	Guarded    []string    // resource types that a statement guards
	Bypasses   []ir.Bypass // operations that set a tested attribute without carrying its key
	Refusals   []Refusal
	Notes      []string
	// Reads lists, by resource type, the attributes that the policy tests with
	// the constants that it compares them with.
	Reads map[string][]Read
	// Messages lists the attributes that only messages read. Where one is
	// missing, the detection is silent and the guardrail denies all the same.
	Messages []string
}

// Read is an attribute that a policy tests.
type Read struct {
	Path      string   // below input: resource.values.metadata_options[].http_tokens
	Kind      string   // string, bool, number
	Constants []string // values and patterns of the tests, sorted
	Repeats   bool     // stands in a block that may be there several times
}

// Lower derives the guardrail statements of a policy. The error is for what
// stops the evaluation itself; what cannot be said is in Refusals.
func Lower(ctx context.Context, p Policy, table *binding.Table, o Options) (Result, error) {
	res, err := partial(ctx, p)
	if err != nil {
		return Result{}, err
	}
	l := &lowering{res: res, table: table, options: o, out: Result{Fidelity: ir.Exact, Reads: map[string][]Read{}}, creates: map[string]bool{}}
	if len(p.Types) == 0 {
		l.refuse(Refusal{Reason: "names no resource type, so there is no API operation to deny", At: res.place()})
	}
	for _, t := range p.Types {
		if err := l.lowerType(t); err != nil {
			l.refuse(Refusal{Type: t, Reason: err.Error(), At: res.place()})
		}
	}
	l.out.Messages = res.messages
	l.finish()
	return l.out, nil
}

// lowering is the state of one policy's way down.
type lowering struct {
	res     *residual
	table   *binding.Table
	options Options
	out     Result
	creates map[string]bool // operations that create something
	skipped bool            // something was left out: the result denies less
	widened bool            // something was dropped from a deny: it denies more
}

func (l *lowering) refuse(r Refusal) {
	if !slices.Contains(l.out.Refusals, r) {
		l.out.Refusals = append(l.out.Refusals, r)
	}
	l.skipped = true
}

func (l *lowering) note(format string, args ...any) {
	n := fmt.Sprintf(format, args...)
	if !slices.Contains(l.out.Notes, n) {
		l.out.Notes = append(l.out.Notes, n)
	}
}

// lowerType lowers the rule for one resource type.
func (l *lowering) lowerType(typ string) error {
	ev := &evaluator{res: l.res, typ: typ, plural: func(path string) bool { return l.isPlural(typ, path) }}
	kindOf := func(path string) kind { return l.kindOf(typ, path) }
	var cases []disjunct
	for _, q := range l.res.queries {
		f, err := ev.query(q)
		if err != nil {
			return err
		}
		l.read(typ, f)
		ds, ok := disjuncts(f, l.res.place(), kindOf)
		if !ok {
			return fmt.Errorf("has more than %d alternatives", maxDisjuncts)
		}
		cases = append(cases, ds...)
	}
	l.withoutBlocks(typ)
	before := len(l.out.Statements)
	for _, d := range cases {
		l.lowerCase(typ, d)
	}
	if len(l.out.Statements) > before {
		l.out.Guarded = append(l.out.Guarded, typ)
	}
	return nil
}

// read records the attributes and constants of a formula.
func (l *lowering) read(typ string, f *formula) {
	if f.op != isAtom {
		for _, p := range f.parts {
			l.read(typ, p)
		}
		return
	}
	if f.atom.test == unsupported {
		return
	}
	reads := l.out.Reads[typ]
	i := slices.IndexFunc(reads, func(r Read) bool { return r.Path == f.atom.path })
	if i < 0 {
		k := map[kind]string{anyKind: "string", stringKind: "string", boolKind: "bool", numberKind: "number"}[l.kindOf(typ, f.atom.path)]
		reads = append(reads, Read{Path: f.atom.path, Kind: k, Repeats: l.repeats(typ, f.atom.path)})
		i = len(reads) - 1
	}
	for _, v := range f.atom.values {
		if f.atom.test == sameAs || slices.Contains(reads[i].Constants, v.text) {
			continue
		}
		reads[i].Constants = append(reads[i].Constants, v.text)
		if l.kindOf(typ, f.atom.path) == anyKind && v.kind != isString {
			reads[i].Kind = map[scalarKind]string{isNumber: "number", isBool: "bool"}[v.kind]
		}
	}
	slices.Sort(reads[i].Constants)
	slices.SortFunc(reads, func(a, b Read) int { return cmp.Compare(a.Path, b.Path) })
	l.out.Reads[typ] = reads
}

// withoutBlocks forgets the blocks among what is read: that a block is there
// shows in the attributes below it.
func (l *lowering) withoutBlocks(typ string) {
	reads := l.out.Reads[typ]
	l.out.Reads[typ] = slices.DeleteFunc(slices.Clone(reads), func(r Read) bool {
		return len(r.Constants) == 0 && slices.ContainsFunc(reads, func(o Read) bool { return below(o.Path, r.Path) })
	})
}

// lowerCase lowers one way to violate the policy.
func (l *lowering) lowerCase(typ string, d disjunct) {
	for _, a := range d.refused {
		if !l.options.AllowStricter || len(d.on) == 0 {
			l.refuse(Refusal{Type: typ, Reason: a.reason, At: a.at})
			return
		}
		l.widened = true
		l.note("stricter: a condition is left out, because it %s (%s)", a.reason, a.at)
	}
	d = l.withLists(typ, l.withoutJudgedBlocks(typ, d))
	var attributes []string
	for _, path := range d.paths() {
		if _, global := contextKey(path); !global {
			attributes = append(attributes, path)
		}
	}
	if len(attributes) == 0 {
		l.wholeOperation(typ, d)
		return
	}
	bound := l.candidates(typ, attributes)
	if missing := l.unbound(typ, attributes); missing != "" {
		l.dropUnbound(typ, d, missing)
		return
	}
	if reason, a := l.checkLists(typ, d); a != nil {
		l.refuse(Refusal{Type: typ, Reason: reason, At: l.res.orDeny(a.at)})
		return
	}
	if !l.approximate(typ, d) {
		return
	}
	created := l.onlyChanged(typ, attributes)
	for _, c := range bound {
		err := l.emit(typ, d, c)
		switch {
		case err == nil:
			created = created || c.phase == binding.Create
		case errors.Is(err, errNever):
			l.skipped = true
			l.note("looser: an empty list cannot be told from a missing one in a request")
			created = true
		case c.phase == binding.Create:
			l.refuse(Refusal{Type: typ, Reason: err.Error(), At: l.at(d, attributes)})
		default:
			l.note("%s is not denied: %v", c.operation, err)
		}
	}
	if !created {
		l.refuse(Refusal{Type: typ, Reason: l.noOperation(typ, attributes), At: l.at(d, attributes)})
	}
}

// approximate deals with tests that accept more than the policy means. Where
// such a test must hold, the deny is stricter; where it must not, looser.
func (l *lowering) approximate(typ string, d disjunct) bool {
	for _, path := range d.paths() {
		for _, a := range d.on[path].pos {
			if a.wider == "" {
				continue
			}
			if !l.options.AllowStricter {
				l.refuse(Refusal{Type: typ, Reason: a.wider, At: a.at})
				return false
			}
			l.widened = true
			l.note("stricter: %s", a.wider)
		}
		for _, a := range d.on[path].neg {
			if a.wider != "" {
				l.skipped = true
				l.note("looser: %s", a.wider)
			}
		}
	}
	return true
}

// withoutJudgedBlocks drops the tests that a block is there where AWS judges
// every such block by itself: without the block there is nothing to judge.
func (l *lowering) withoutJudgedBlocks(typ string, d disjunct) disjunct {
	for _, block := range d.paths() {
		c := d.on[block]
		if c.missing || len(c.pos)+len(c.neg) > 0 {
			continue
		}
		for _, path := range d.paths() {
			if below(path, block) && slices.ContainsFunc(l.bindingsOf(typ, path), func(b binding.Binding) bool { return b.Each != "" }) {
				rest := d
				rest.on = maps.Clone(d.on)
				delete(rest.on, block)
				d = rest
				break
			}
		}
	}
	return d
}

// withLists lets the keys of a list's elements say that the list is there: where
// it is sent, each of them is.
func (l *lowering) withLists(typ string, d disjunct) disjunct {
	for _, path := range d.paths() {
		list, ok := strings.CutSuffix(path, "[]")
		there, tested := d.on[list]
		if !ok || !tested || there.missing || len(there.pos)+len(there.neg) > 0 {
			continue
		}
		if !slices.ContainsFunc(l.bindingsOf(typ, path), func(b binding.Binding) bool { return b.Form() == binding.FormContains }) {
			continue
		}
		rest := d
		rest.on = maps.Clone(d.on)
		delete(rest.on, list)
		c := rest.on[path]
		c.missing = false
		rest.on[path] = c
		d = rest
	}
	return d
}

// dropUnbound handles a test of an attribute that no request carries.
func (l *lowering) dropUnbound(typ string, d disjunct, path string) {
	if !l.options.AllowStricter || len(d.on) == 1 {
		l.refuse(Refusal{Type: typ, Reason: l.whyUnbound(typ, path), At: l.at(d, []string{path})})
		return
	}
	l.widened = true
	l.note("stricter: the test of %s is left out, because no API request carries it", pretty(path))
	rest := d
	rest.on = map[string]constraint{}
	for p, c := range d.on {
		if p != path {
			rest.on[p] = c
		}
	}
	l.lowerCase(typ, rest)
}

// at is the place of the first test of one of the paths.
func (l *lowering) at(d disjunct, paths []string) diag.Place {
	for _, p := range paths {
		c := d.on[p]
		for _, a := range slices.Concat(c.pos, c.neg) {
			if a.at.Line > 0 {
				return a.at
			}
		}
	}
	return d.place
}

// finish orders the statements and states the fidelity.
func (l *lowering) finish() {
	out := l.out.Statements
	// What judges creations comes first: it bears the plain name.
	rank := func(s ir.Statement) int {
		if slices.ContainsFunc(s.Actions, func(a string) bool { return l.creates[a] }) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b ir.Statement) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), slices.Compare(a.Actions, b.Actions), slices.Compare(a.Resources, b.Resources), cmp.Compare(conditionText(a), conditionText(b)))
	})
	l.out.Statements = out
	l.out.Bypasses = slices.DeleteFunc(l.out.Bypasses, func(b ir.Bypass) bool {
		return slices.ContainsFunc(out, func(s ir.Statement) bool { return slices.Contains(s.Actions, b.Operation) })
	})
	slices.SortFunc(l.out.Bypasses, func(a, b ir.Bypass) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Attribute, b.Attribute))
	})
	l.out.Bypasses = slices.Compact(l.out.Bypasses)
	slices.SortFunc(l.out.Refusals, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Reason, b.Reason))
	})
	for _, path := range l.out.Messages {
		tested := false
		for _, reads := range l.out.Reads {
			tested = tested || slices.ContainsFunc(reads, func(r Read) bool { return r.Path == path })
		}
		if !tested {
			l.note("The message reads %s: where it is missing, the detection is silent and the guardrail denies all the same.", pretty(path))
		}
	}
	slices.Sort(l.out.Notes)
	switch {
	case len(out) == 0:
		l.out.Fidelity = ir.None
	case l.widened:
		l.out.Fidelity = ir.Stricter
	case l.skipped:
		l.out.Fidelity = ir.Looser
	}
}

// conditionText identifies a statement's conditions.
func conditionText(s ir.Statement) string {
	var b strings.Builder
	for _, c := range s.Conditions {
		fmt.Fprintf(&b, "%s\x00%s\x00%s\x01", c.Operator, c.Key, strings.Join(c.Values, "\x00"))
	}
	return b.String()
}
