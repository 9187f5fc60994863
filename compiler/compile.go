// Package compiler turns violations into guardrail modules. It is a row of
// passes over the modules that a compilation writes:
//
//	select  findings and policies → what each module must prevent
//	lower   deny rule → statements, merged; or the policy's declared guardrail
//	verify  statements against the original rule: states, examples, findings
//	place   guardrails → layers: the one that was asked for, or the least intrusive
//	pack    statements → documents under the layer's quotas
//	prove   documents against the guardrails, over all requests at once
//	emit    documents → Terraform, JSON or CloudFormation
//
// Verification stands before placing, since it decides what may be emitted at
// all: a guardrail that denies more than its policy is dropped unless it was
// asked for.
package compiler

import (
	"context"
	"slices"
	"time"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam"
)

// Scope says how findings are divided into modules.
type Scope string

// Scopes.
const (
	PerAccount      Scope = "account"      // one module for each account that findings name
	PerOU           Scope = "ou"           // one module for each of the Targets
	PerOrganization Scope = "organization" // one module for everything
)

// Auto lets every guardrail go to the layer that suits it best.
const Auto ir.Layer = "auto"

// Options steer a compilation.
type Options struct {
	Layer         ir.Layer // Auto, or the only layer to use
	Per           Scope
	Targets       []string // ids of OUs, accounts or the root to attach to
	Management    string   // the organization's management account, where it is known
	Limits        layer.Limits
	Format        emit.Format // of what is written; empty: a Terraform module
	AllowStricter bool        // emit guardrails that deny more than their policy
	AllowUntested bool        // use bindings that are doubtful
	Version       string
}

// Input is what a compilation reads.
type Input struct {
	Engine     *engine.Engine
	Bindings   *binding.Table
	Findings   []finding.Finding
	Policies   []string // policies to compile though no finding names them
	Examples   func(policy string) (verify.Examples, error)
	Exceptions []exception.Record
	Now        time.Time
	// Suggest gives the exceptions that live state suggests for a policy in an
	// account. It may be nil.
	Suggest func(account, policy string, findings []finding.Finding) ([]engine.Suggestion, error)
	// Previous gives the documents of the last compilation of a module: Sid →
	// document. It may be nil.
	Previous func(module string) map[string]string
	Options  Options
}

// Module is one compiled module.
type Module struct {
	Name      string // the account, or the scope: the name of its directory
	Program   ir.Program
	Documents []pack.Document
	Suggested []emit.Suggestion // exceptions that live state suggests, by policy
	Output    emit.Output

	wanted  []wanted
	targets []string // that it attaches to
	set     except.Set
}

// Expand returns the statements that the module emits for one of its
// guardrail's statements, with the exceptions worked in.
func (m Module) Expand(st ir.Statement) []iam.Statement { return m.set.Expand(st) }

// Result is everything that a compilation made.
type Result struct {
	Modules []Module
	// Unanswered are the violations that have neither a guardrail nor a stated
	// reason. There should be none.
	Unanswered []finding.Finding
}

// compilation is the state that the passes share.
type compilation struct {
	ctx     context.Context //nolint:containedctx // one compilation is one call of Compile
	in      Input
	modules []*Module
	derived map[string]derivation // by policy id
	ds      diag.Diagnostics
}

// pass is one row of the pass table.
type pass struct {
	name string
	run  func(*compilation) error
}

// passes are run in order. Each leaves the compilation valid for the next.
var passes = []pass{
	{"select", (*compilation).selectWanted},
	{"lower", (*compilation).lower},
	{"verify", (*compilation).verify},
	{"place", (*compilation).place},
	{"pack", (*compilation).pack},
	{"prove", (*compilation).prove},
	{"emit", (*compilation).emit},
}

// Compile compiles the violations among the findings, and the policies that
// are named, into modules. Diagnostics with an error mean that nothing should
// be written.
func Compile(ctx context.Context, in Input) (Result, diag.Diagnostics) {
	c := &compilation{ctx: ctx, in: in, derived: map[string]derivation{}}
	for _, p := range passes {
		if err := p.run(c); err != nil {
			c.ds = append(c.ds, diag.From("compile-"+p.name, err)...)
		}
		if c.ds.HasErrors() {
			break
		}
	}
	var out Result
	for _, m := range c.modules {
		out.Modules = append(out.Modules, *m)
	}
	out.Unanswered = unanswered(in.Findings, out.Modules)
	c.ds.Sort()
	return out, slices.CompactFunc(c.ds, func(a, b diag.Diagnostic) bool { return a.Error() == b.Error() && a.Code == b.Code })
}

// unanswered lists the violations that no module speaks of.
func unanswered(findings []finding.Finding, modules []Module) []finding.Finding {
	answered := map[string]bool{}
	for _, m := range modules {
		for _, g := range m.Program.Guardrails {
			for _, f := range g.Findings {
				answered[f] = true
			}
		}
		for _, n := range m.Program.NotPreventable {
			for _, f := range n.Findings {
				answered[f] = true
			}
		}
	}
	var out []finding.Finding
	for _, f := range findings {
		if f.Status == finding.Violation && !answered[f.Fingerprint] {
			out = append(out, f)
		}
	}
	return out
}
