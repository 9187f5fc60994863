// Package engine evaluates policies. With compiler/lower it is the only owner
// of Rego: it parses and compiles modules under restricted capabilities, reads
// each policy's metadata, and answers, per policy and resource, with nothing
// (the resource passes) or one finding.
//
// The flow is
//
//	modules ─► parse ─► compile ─► policies (metadata, parameters, reads)
//	resource.Set ─► per resource: the policies of its type ─► findings
//
// A resource whose attributes are all known is evaluated in the ordinary way.
// When a policy reads attributes that are known only after apply, it is
// evaluated partially over those paths, which gives a three-valued answer.
//
// The engine fails closed. A policy that errors, that takes too long or that
// gives what it must not give is a finding of status error, never a pass.
package engine

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/schema"
)

// DefaultTimeout bounds the evaluation of one policy on one resource.
const DefaultTimeout = 10 * time.Second

// Options say what an engine evaluates.
type Options struct {
	Modules    []Module
	Parameters map[string]map[string]any // policy id → parameter → JSON value, over the defaults
	Jobs       int                       // workers of Check; 0 or less: one per CPU
	Timeout    time.Duration             // per policy and resource; 0: DefaultTimeout
	// MemoryLimit is by how many bytes the heap may grow while one policy is
	// evaluated on one resource; 0: DefaultMemoryLimit.
	MemoryLimit uint64

	// Schema gives the provider that policies are held to; nil: they are not. It
	// is called when there is a policy that no test has checked, and for live
	// state, of which an attribute that the type does not have is never unknown.
	Schema func() (*schema.Provider, error)
}

// Engine holds compiled policies. It is safe for concurrent use.
type Engine struct {
	*program
	policies []*policy // sorted by id
	jobs     int
	timeout  time.Duration
	memory   uint64
	lazy     *lazy // for an engine whose policies sleep until they are needed
}

// program is what every view of an engine shares.
type program struct {
	compiler   *ast.Compiler
	store      storage.Store
	txn        storage.Transaction // one read transaction for every query; the store never changes
	sources    map[string][]byte
	parameters map[string]map[string]any
	constants  func() map[string]bool // the strings that stand in the modules
}

// New compiles the modules. The engine is nil when the diagnostics hold an
// error.
func New(o Options) (*Engine, diag.Diagnostics) {
	if allChecked(o.Modules) {
		return sleeping(o)
	}
	return build(o, nil)
}

// build makes an engine in which the policies of the named modules are awake;
// nil names them all.
func build(o Options, awake map[string]bool) (*Engine, diag.Diagnostics) {
	var (
		ds     diag.Diagnostics
		asleep []*policy
		files  = o.Modules
	)
	if awake != nil {
		files, asleep, ds = split(o.Modules, awake)
	}
	mods, more := parse(files)
	if ds = append(ds, more...); ds.HasErrors() {
		return nil, ds
	}
	found, more := findPolicies(mods, files, asleep)
	ds = append(ds, more...)
	compiler, more := compile(mods)
	ds = append(ds, more...)
	if ds.HasErrors() {
		ds.Sort()
		return nil, ds
	}
	params, more := bindParameters(found, o.Parameters)
	ds = append(ds, more...)
	ds = append(ds, checkRefs(compiler, found)...)
	if list := unchecked(found, o.Modules); o.Schema != nil && len(list) > 0 {
		ds = append(ds, checkSchema(compiler, o.Schema, list)...)
	}
	if ds.HasErrors() {
		ds.Sort()
		return nil, ds
	}
	store, txn, err := openStore(params)
	if err != nil {
		return nil, append(ds, diag.From("parameters", err)...)
	}
	p := &program{
		compiler: compiler, store: store, txn: txn, parameters: params,
		sources:   make(map[string][]byte, len(o.Modules)),
		constants: sync.OnceValue(func() map[string]bool { return stringsIn(compiler.Modules) }),
	}
	for _, m := range o.Modules {
		p.sources[m.Path] = m.Source
	}
	if awake != nil {
		p.constants = constantsOf(o.Modules)
	}
	for _, f := range found {
		if !f.asleep {
			f.prepare(compiler, o.Schema)
		}
	}
	e := &Engine{program: p, policies: found, jobs: o.Jobs, timeout: cmp.Or(o.Timeout, DefaultTimeout), memory: cmp.Or(o.MemoryLimit, DefaultMemoryLimit)}
	if e.jobs <= 0 {
		e.jobs = runtime.GOMAXPROCS(0)
	}
	return e, ds
}

// unchecked returns the policies of modules that no test has checked before.
func unchecked(list []*policy, mods []Module) []*policy {
	checked := map[string]bool{}
	for _, m := range mods {
		checked[m.Path] = m.Checked
	}
	return slices.DeleteFunc(slices.Clone(list), func(p *policy) bool { return checked[p.File] })
}

// Policies returns the policies of the engine, sorted by id.
func (e *Engine) Policies() []Policy {
	e = e.awake()
	list := make([]Policy, len(e.policies))
	for i, p := range e.policies {
		list[i] = p.Policy
	}
	return list
}

// Policy returns the policy with an id.
func (e *Engine) Policy(id string) (Policy, bool) {
	if p := e.awake().find(id); p != nil {
		return p.Policy, true
	}
	return Policy{}, false
}

func (e *Engine) find(id string) *policy {
	i, ok := slices.BinarySearchFunc(e.policies, id, func(p *policy, id string) int { return cmp.Compare(p.ID, id) })
	if !ok {
		return nil
	}
	return e.policies[i]
}

// Parameters returns the values that a policy sees as data.parameters[id].
func (e *Engine) Parameters(id string) map[string]any { return e.parameters[id] }

// Compiler returns the compiled modules.
func (e *Engine) Compiler() *ast.Compiler { return e.awake().compiler }

// Store returns the store that holds data.parameters. It must not be written.
func (e *Engine) Store() storage.Store { return e.store }

// Source returns the text of a module by its path.
func (e *Engine) Source(file string) ([]byte, bool) {
	src, ok := e.sources[file]
	return src, ok
}

// Selection narrows an engine to some of its policies. In globs, * matches any
// run of characters.
type Selection struct {
	Only     []string         // globs on ids; empty: every policy
	Skip     []string         // globs on ids
	Severity finding.Severity // the least severity; empty: every policy
}

// Select returns a view of the engine with fewer policies. A glob that matches
// no policy is an error, since a misspelt one would pass everything; so is a
// selection of nothing.
func (e *Engine) Select(s Selection) (*Engine, diag.Diagnostics) {
	var ds diag.Diagnostics
	for _, glob := range slices.Concat(s.Only, s.Skip) {
		if !slices.ContainsFunc(e.policies, func(p *policy) bool { return match(glob, p.ID) }) {
			ds = append(ds, diag.Errorf("no-such-policy", "no policy matches %q", glob).
				WithHint("`parapet policy list` shows the ids"))
		}
	}
	view := *e
	view.policies = nil
	for _, p := range e.policies {
		if len(s.Only) > 0 && !matchAny(s.Only, p.ID) || matchAny(s.Skip, p.ID) {
			continue
		}
		if s.Severity != "" && !p.Severity.AtLeast(s.Severity) {
			continue
		}
		view.policies = append(view.policies, p)
	}
	if len(view.policies) == 0 && len(ds) == 0 {
		ds = append(ds, diag.Errorf("no-policies", "the selection leaves no policy to evaluate"))
	}
	if ds.HasErrors() {
		return nil, ds
	}
	return &view, nil
}

func matchAny(globs []string, s string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return match(g, s) })
}

// match reports whether the glob matches all of s; * stands for any run.
func match(glob, s string) bool {
	star, back := -1, 0
	g, i := 0, 0
	for i < len(s) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, back = g, i
			g++
		case g < len(glob) && glob[g] == s[i]:
			g++
			i++
		case star >= 0:
			back++
			g, i = star+1, back
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}

// openStore holds the parameters as AST values and opens the one transaction.
func openStore(params map[string]map[string]any) (storage.Store, storage.Transaction, error) {
	store := newStore(params)
	txn, err := store.NewTransaction(context.Background())
	return store, txn, err
}
