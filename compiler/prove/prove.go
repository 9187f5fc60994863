// Package prove checks the documents of a module against what its guardrails
// are to deny, over all requests at once.
//
// The guardrails come as references: their statements as they were derived from
// the policies, before exceptions and before anything was merged or packed. The
// documents come as Terraform would make them. For each guardrail there are two
// claims:
//
//	coverage  whatever a reference statement matches, some statement of the
//	          documents denies, unless an exception covers the request
//	excess    whatever a statement of the guardrail denies, a reference
//	          statement matches, and no exception covers the request
//
// What an exception covers is said anew in meaning.go, from the record alone:
// its identities, and its time, and its resources. How compiler/except and the
// module's HCL expand it is not looked at, so a mistake there is found here.
//
// A claim is proved, refuted by a request, or unknown with the reason. A request
// is judged by the simulator before it is shown.
package prove

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

// Reference is a guardrail as it was derived from its policy.
type Reference struct {
	Guardrail ir.Guardrail
	Unknown   string // why the policy tells nothing of it; empty: it does

	stray bool // nobody asks for it: the documents alone have statements of it
}

// Input is what is proved.
type Input struct {
	References []Reference
	Documents  []pack.Document    // with statements before exceptions
	Exceptions except.Set         // in force
	Records    []exception.Record // all that there are; those not in force are told of
	Settings   []ir.Setting       // as they stand
	Account    string             // whose principals the documents bind; empty: any
	Now        time.Time
	Identities []verify.Identity // who must not be locked out
	// Unread says why the documents are not known to be what Terraform makes.
	// Nothing is proved then.
	Unread string
}

// Options steer a proof.
type Options struct {
	MaxStates int // for each question; 0: what package symbolic takes by itself
}

// Claim is the answer to one claim.
type Claim struct {
	Verdict   ir.Claim
	Statement string            // Sid of the statement that the answer is about; empty where it holds
	Reason    string            // of what is not proved, a sentence without its full stop
	Witness   *simulate.Request // of what is refuted; nil where no single request shows it
	Guardrail bool              // of excess: the statement belongs to no guardrail that is known
}

// Guardrail is what was found of one.
type Guardrail struct {
	ID         string
	Layer      ir.Layer
	Title      string
	Statements int // of the documents, exceptions worked in
	Coverage   Claim
	Excess     Claim
	Tests      int      // requests that were decided as they must be
	Wrong      []string // those that were not
}

// Proved reports whether everything about the guardrail holds.
func (g Guardrail) Proved() bool {
	return g.Coverage.Verdict == ir.Proved && g.Excess.Verdict == ir.Proved && len(g.Wrong) == 0
}

// Verdict is the short form for proof.json.
func (g Guardrail) Verdict() *ir.ProofVerdict {
	v := &ir.ProofVerdict{Coverage: g.Coverage.Verdict, Excess: g.Excess.Verdict}
	for _, c := range []Claim{g.Coverage, g.Excess} {
		if c.Verdict != ir.Proved {
			why := c.Reason
			if c.Witness != nil {
				why += ": " + Describe(c.Witness)
			}
			v.Why = append(v.Why, why)
		}
	}
	return v
}

// Report is everything that was found.
type Report struct {
	Guardrails []Guardrail // sorted by id and layer
	Lockout    []verify.Holding
	DenyAll    []verify.Wide
	Conflicts  []Conflict
}

// Holds reports whether everything that was to be proved is, and nobody is
// locked out for certain.
func (r Report) Holds() bool {
	return !slices.ContainsFunc(r.Guardrails, func(g Guardrail) bool { return !g.Proved() }) &&
		!slices.ContainsFunc(r.Lockout, verify.Holding.Blocks) &&
		!slices.ContainsFunc(r.DenyAll, func(w verify.Wide) bool { return w.Everything })
}

// Program proves a compiled program in memory: its guardrails as they are,
// against the documents that were made of them.
func Program(ctx context.Context, prog ir.Program, docs []pack.Document, set except.Set, o Options) (Report, error) {
	in := Input{Documents: docs, Exceptions: set, Account: prog.Account}
	for _, g := range prog.Guardrails {
		in.References = append(in.References, Reference{Guardrail: g})
		in.Settings = append(in.Settings, g.Settings...)
	}
	return Check(ctx, in, o)
}

// Check proves the documents of a module. The error is that of ctx.
func Check(ctx context.Context, in Input, o Options) (Report, error) {
	p := newProver(in, o)
	var out Report
	for _, ref := range p.references {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.Guardrails = append(out.Guardrails, p.guardrail(ref))
	}
	if len(in.Identities) > 0 {
		out.Lockout = verify.Lockout(p.denies, in.Identities, p.options(ir.SCP))
	}
	out.DenyAll = verify.DenyAll(p.denies)
	out.Conflicts = p.conflicts()
	return out, ctx.Err()
}

// prover is the work on one module.
type prover struct {
	in         Input
	max        int
	references []Reference
	denies     []verify.Deny // of the documents, exceptions worked in
	bare       []verify.Deny // the same before exceptions
}

func newProver(in Input, o Options) *prover {
	p := &prover{in: in, max: o.MaxStates, references: slices.Clone(in.References)}
	for _, d := range in.Documents {
		for _, st := range d.Statements {
			deny := verify.Deny{Document: d.Name, Layer: d.Layer, Guardrail: st.Guardrail, Base: st.Sid}
			for _, s := range in.Exceptions.Expand(st) {
				deny.Statement = s
				p.denies = append(p.denies, deny)
			}
			for _, s := range (except.Set{}).Expand(st) {
				deny.Statement = s
				p.bare = append(p.bare, deny)
			}
		}
	}
	// Statements of guardrails that nobody asks for are proved against nothing.
	for _, d := range p.denies {
		known := slices.ContainsFunc(p.references, func(r Reference) bool {
			return r.Guardrail.ID == d.Guardrail && r.Guardrail.Layer == d.Layer
		})
		if !known {
			p.references = append(p.references, Reference{Guardrail: ir.Guardrail{ID: d.Guardrail, Layer: d.Layer}, stray: true})
		}
	}
	slices.SortStableFunc(p.references, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Guardrail.ID, b.Guardrail.ID), cmp.Compare(a.Guardrail.Layer, b.Guardrail.Layer))
	})
	return p
}

// options are those of the questions about a layer. A resource control policy
// judges anonymous callers too; the others bind identities of an account.
func (p *prover) options(layer ir.Layer) symbolic.Options {
	o := symbolic.Options{MaxStates: p.max, Facts: symbolic.DefaultFacts()}
	if layer != ir.RCP {
		o.Facts = append(o.Facts, symbolic.Signed()...)
	}
	return o
}

// of returns the denies of a guardrail.
func of(g ir.Guardrail, denies []verify.Deny) []verify.Deny {
	return slices.DeleteFunc(slices.Clone(denies), func(d verify.Deny) bool {
		return d.Guardrail != g.ID || d.Layer != g.Layer
	})
}

// on returns the denies of a layer.
func on(layer ir.Layer, denies []verify.Deny) []verify.Deny {
	return slices.DeleteFunc(slices.Clone(denies), func(d verify.Deny) bool { return d.Layer != layer })
}

// guardrail proves one guardrail.
func (p *prover) guardrail(ref Reference) Guardrail {
	g := ref.Guardrail
	out := Guardrail{ID: g.ID, Layer: g.Layer, Title: g.Title, Statements: len(of(g, p.denies))}
	switch {
	case p.in.Unread != "":
		out.Coverage = Claim{Verdict: ir.Unknown, Reason: p.in.Unread}
		out.Excess = out.Coverage
	case ref.Unknown != "":
		out.Coverage = Claim{Verdict: ir.Unknown, Reason: ref.Unknown}
		out.Excess = out.Coverage
	case len(g.Settings) > 0:
		out.Coverage = p.settings(g)
		out.Excess = Claim{Verdict: ir.Proved} // a setting has no more than its arguments
	case g.Layer == ir.Declarative:
		out.Coverage, out.Excess = p.declarative(g)
	case len(g.Statements) == 0 && !ref.stray:
		out.Coverage = Claim{Verdict: ir.Unknown, Reason: "its policy gives no statement, so there is nothing to prove it by"}
		out.Excess = p.excess(g)
	default:
		out.Coverage = p.coverage(g)
		out.Excess = p.excess(g)
	}
	out.Tests, out.Wrong = p.tests(g)
	return out
}
