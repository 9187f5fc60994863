// Package document evaluates document policies: Rego that sees a whole plan as
// its input, as conftest runs it. A document policy is a rule called deny,
// violation or warn, or one of these with a suffix such as deny_public, in a
// package without the METADATA that makes a policy of the engine.
//
// The flow is
//
//	modules ─► Split ─► New ─► Program.Projection ─► input.Load
//	                      └──► Program.Check(document) ─► findings
//
// What conftest says of a plan, a program says too, with three differences, all
// of them closed where conftest is open: a builtin that fails, a result that is
// no message and a rule that is no set of messages are findings of status
// error, where conftest takes them for passes.
//
// Policies are restricted as those of the engine are: no network, environment,
// clock or randomness.
package document

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
)

// DefaultTimeout bounds the evaluation of one rule on one document.
const DefaultTimeout = 2 * time.Minute

// Options say what a program evaluates.
type Options struct {
	Modules    []engine.Module
	V0         bool           // the modules are Rego v0, unless they say otherwise
	Namespaces []string       // packages without "data.", globs as in path.Match; empty: every one that has rules
	Data       map[string]any // what policies see as data besides themselves
	Jobs       int            // workers of Check; 0 or less: one per CPU
	Timeout    time.Duration  // per rule; 0: DefaultTimeout
	Memory     uint64         // bytes by which the heap may grow in a check; 0: DefaultMemoryLimit
}

// Program holds compiled document policies. It is safe for concurrent use.
type Program struct {
	*compiled
	rules []*rule // sorted by id
	reads func() *analysis
}

// compiled is what every view of a program shares.
type compiled struct {
	compiler  *ast.Compiler
	parsed    map[string]*ast.Module // as they are written
	data      map[string]any
	constants func() map[string]bool // the strings that stand in the modules
	jobs      int
	timeout   time.Duration
	memory    uint64
}

// rule is every rule of one name in one package.
type rule struct {
	finding.Policy
	namespace string
	name      string
	path      ast.Ref
	units     []*unit
	count     int      // rules of this name
	exception ast.Body // whether the policies exempt the rule
}

// unit is what is evaluated at once: one rule of a set, or all of a name when
// they define one value.
type unit struct {
	body  ast.Body
	value *ast.Term   // what the body gives: an element of the set, or the whole value
	whole bool        // value is all results, not one
	rules []*ast.Rule // that are evaluated
	about finding.Policy
}

// New compiles the modules. The program is nil when the diagnostics hold an
// error. It is an error when there are no rules to evaluate.
func New(o Options) (*Program, diag.Diagnostics) {
	mods, ds := parse(o.Modules, o.V0)
	if ds.HasErrors() {
		return nil, ds
	}
	c := ast.NewCompiler().WithCapabilities(engine.Capabilities(version(o.V0))).
		WithDefaultRegoVersion(version(o.V0)).SetErrorLimit(0)
	ds = append(ds, checkKinds(mods)...)
	if c.Compile(mods); c.Failed() {
		ds = append(ds, explain(c.Errors)...)
	}
	if ds.HasErrors() {
		ds.Sort()
		return nil, ds
	}
	cp := &compiled{
		compiler: c, parsed: mods, data: o.Data, jobs: o.Jobs, timeout: cmp.Or(o.Timeout, DefaultTimeout), memory: o.Memory,
		constants: sync.OnceValue(func() map[string]bool { return stringsIn(c.Modules) }),
	}
	if cp.jobs <= 0 {
		cp.jobs = runtime.GOMAXPROCS(0)
	}
	rules, more := cp.findRules(mods, o.Namespaces)
	ds = append(ds, more...)
	if ds.HasErrors() {
		return nil, ds
	}
	return cp.view(rules), ds
}

func (c *compiled) view(rules []*rule) *Program {
	p := &Program{compiled: c, rules: rules}
	p.reads = sync.OnceValue(p.analyse)
	return p
}

// Projection says what of a plan the policies can read.
func (p *Program) Projection() *input.Projection { return p.reads().projection() }

// Policies describes the rules, sorted by id.
func (p *Program) Policies() []finding.Policy {
	list := make([]finding.Policy, len(p.rules))
	for i, r := range p.rules {
		list[i] = r.Policy
	}
	return list
}

// Filter returns a view of the program with the rules for which keep holds. It
// may be empty.
func (p *Program) Filter(keep func(finding.Policy) bool) *Program {
	var rules []*rule
	for _, r := range p.rules {
		if keep(r.Policy) {
			rules = append(rules, r)
		}
	}
	return p.view(rules)
}

// findRules lists the rules of the chosen namespaces. A namespace that matches
// nothing is an error: it would pass everything.
func (c *compiled) findRules(mods map[string]*ast.Module, namespaces []string) ([]*rule, diag.Diagnostics) {
	var ds diag.Diagnostics
	found := map[string][]*ast.Module{}
	for _, name := range slices.Sorted(maps.Keys(mods)) {
		if m := mods[name]; slices.ContainsFunc(m.Rules, isDecision) {
			found[namespaceOf(m)] = append(found[namespaceOf(m)], m)
		}
	}
	for _, pattern := range namespaces {
		if _, err := path.Match(pattern, ""); err != nil {
			ds = append(ds, diag.Errorf("namespace-syntax", "%q is not a pattern of namespaces: %v", pattern, err))
		} else if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(ns string) bool { return chosen(ns, []string{pattern}) }) {
			d := diag.Errorf("no-such-namespace", "no package %s has rules to evaluate", pattern).
				WithDetail("The rules are called deny, violation or warn, or one of these with a suffix. The packages that have some: %s.",
					cmp.Or(strings.Join(slices.Sorted(maps.Keys(found)), ", "), "none"))
			ds = append(ds, d)
		}
	}
	var rules []*rule
	for _, ns := range slices.Sorted(maps.Keys(found)) {
		if len(namespaces) == 0 || chosen(ns, namespaces) {
			more, problems := c.rulesOf(ns, found[ns])
			rules, ds = append(rules, more...), append(ds, problems...)
		}
	}
	if len(rules) == 0 && len(ds) == 0 {
		ds = append(ds, diag.Errorf("no-policies", "there is no policy to evaluate").
			WithDetail("A document policy is a rule deny, violation or warn, or one of these with a suffix such as deny_public."))
	}
	slices.SortFunc(rules, func(a, b *rule) int { return cmp.Compare(a.ID, b.ID) })
	return rules, ds
}

func chosen(ns string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, ns)
		return err == nil && ok || p == ns
	})
}

// rulesOf lists the rules of one namespace.
func (c *compiled) rulesOf(ns string, mods []*ast.Module) ([]*rule, diag.Diagnostics) {
	var ds diag.Diagnostics
	byName := map[string]*rule{}
	for _, m := range mods {
		for _, r := range m.Rules {
			name := nameOf(r)
			if !isDecision(r) {
				continue
			}
			if byName[name] == nil {
				ref := m.Package.Path.Append(ast.StringTerm(name))
				byName[name] = &rule{namespace: ns, name: name, path: ref}
			}
			byName[name].count++
		}
	}
	var rules []*rule
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		r := byName[name]
		if err := c.prepare(r); err != nil {
			ds = append(ds, diag.From("policy-invalid", fmt.Errorf("%s.%s: %w", ns, name, err))...)
		}
		rules = append(rules, r)
	}
	return rules, ds
}
