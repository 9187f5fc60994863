package cmd

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/schema"
)

// documentFlags say how policies are evaluated that see whole plans, as conftest
// runs them.
type documentFlags struct {
	wanted     bool // the verb evaluates them
	namespaces []string
	data       []string
	v0         bool
}

func (o *documentFlags) register(c *cobra.Command) {
	o.wanted = true
	f := c.Flags()
	f.StringSliceVar(&o.namespaces, "namespace", nil, "of policies about whole plans, evaluate the package `NAME` (repeatable; default all)")
	f.StringSliceVar(&o.data, "data", nil, "give policies about whole plans the JSON or YAML at `PATH` as data (repeatable)")
	f.BoolVar(&o.v0, "v0", false, "read policies about whole plans as Rego v0")
}

// documents compiles the document policies of a run; nil when there are none.
func (s Streams) documents(o evaluation, chosen *policyChoice) (*document.Program, error) {
	flags, parts := o.documents, chosen.parts
	if len(parts.Document) == 0 {
		if len(flags.namespaces) > 0 {
			return nil, diag.Errorf("no-such-namespace", "no package %s has rules to evaluate", flags.namespaces[0]).
				WithDetail("Neither --policy nor --bundle names policies about whole plans.")
		}
		if len(flags.data) > 0 {
			return nil, diag.Errorf("data-unused", "--data is given, and there are no policies about whole plans to read it").
				WithDetail("Policies about resources take parameters, and no other data.").WithHint("see --parameters")
		}
		return nil, nil
	}
	if !flags.wanted {
		s.warn(diag.Warningf("document-policies-skipped", "policies about whole plans are left out").
			At(diag.Place{File: parts.Document[0].Path}).
			WithDetail("They see plans only, so that %s cannot evaluate them.", o.verb).WithHint("use `parapet gate`"))
		return nil, nil
	}
	data, err := document.LoadData(flags.data)
	if err != nil {
		return nil, err
	}
	if data == nil {
		data = map[string]any{}
	}
	if err := chosen.addData(data); err != nil {
		return nil, err
	}
	p, ds := document.New(document.Options{
		Modules: parts.Document, V0: flags.v0 || len(chosen.v0) > 0, Namespaces: flags.namespaces, Data: data, Jobs: o.jobs,
	})
	if p != nil {
		provider, err := schema.AWS()
		if err != nil {
			return nil, err
		}
		ds = append(ds, p.CheckSchema(provider)...)
	}
	s.showDiagnostics(ds, parts.Document)
	if ds.HasErrors() {
		return nil, errReported
	}
	return p, nil
}

// choose applies a selection to the policies of both kinds. A glob that matches
// none of either is an error, and so is a selection of nothing.
func choose(e *engine.Engine, docs *document.Program, sel engine.Selection) (*engine.Engine, *document.Program, error) {
	if docs == nil {
		e, ds := e.Select(sel)
		return e, nil, ds.Err()
	}
	matches := func(glob string) (inEngine, inDocs bool) {
		inEngine = slices.ContainsFunc(e.Catalog(), func(p engine.Policy) bool { return engine.Match(glob, p.ID) })
		inDocs = slices.ContainsFunc(docs.Policies(), func(p finding.Policy) bool { return engine.Match(glob, p.ID) })
		return inEngine, inDocs
	}
	var missing diag.Diagnostics
	for _, glob := range slices.Concat(sel.Only, sel.Skip) {
		if inEngine, inDocs := matches(glob); !inEngine && !inDocs {
			missing = append(missing, diag.Errorf("no-such-policy", "no policy matches %q", glob).
				WithHint("of policies about whole plans the ids are PACKAGE.RULE, such as %s", docs.Policies()[0].ID))
		}
	}
	if len(missing) > 0 {
		return nil, nil, missing
	}
	forEngine := func(globs []string) []string {
		return slices.DeleteFunc(slices.Clone(globs), func(g string) bool {
			inEngine, inDocs := matches(g)
			return inDocs && !inEngine
		})
	}
	all := func(globs []string, id string) bool {
		return slices.ContainsFunc(globs, func(g string) bool { return engine.Match(g, id) })
	}
	docs = docs.Filter(func(p finding.Policy) bool {
		return (len(sel.Only) == 0 || all(sel.Only, p.ID)) && !all(sel.Skip, p.ID) &&
			(sel.Severity == "" || p.Severity.AtLeast(sel.Severity))
	})
	some := len(docs.Policies()) > 0
	own := engine.Selection{Only: forEngine(sel.Only), Skip: forEngine(sel.Skip), Severity: sel.Severity}
	if len(e.Catalog()) == 0 || len(sel.Only) > 0 && len(own.Only) == 0 {
		e = engine.None()
		if !some {
			return nil, nil, diag.Errorf("no-policies", "the selection leaves no policy to evaluate")
		}
		return e, docs, nil
	}
	narrowed, ds := e.Select(own)
	if ds.HasErrors() {
		if some && ds[0].Code == "no-policies" {
			return engine.None(), docs, nil
		}
		return nil, nil, ds.Err()
	}
	if !some {
		docs = nil
	}
	return narrowed, docs, nil
}

// loadOptions say what a run needs of an input. Resources are needed by the
// policies about them, and those with findings to find these in the Terraform
// code: where nothing else needs them, they are read when they are known.
func (j *judge) loadOptions(path string) input.Options {
	o := j.o.load
	if j.documents != nil {
		o.Document = j.documents.Projection()
		o.OnlyDocument = len(j.engine.Catalog()) == 0
		o.Again = j.o.source != "" || codeBeside(path)
	}
	return o
}

// codeBeside reports whether there is Terraform code beside an input.
func codeBeside(path string) bool {
	entries, err := os.ReadDir(filepath.Dir(path))
	return err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		name := e.Name()
		return strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, ".tf.json") || strings.HasSuffix(name, ".tofu")
	})
}

// traceable reports why a policy cannot be traced, before any input is read.
func traceable(id string, e *engine.Engine, docs *document.Program) error {
	if id == "" {
		return nil
	}
	if docs != nil && slices.ContainsFunc(docs.Policies(), func(p finding.Policy) bool { return p.ID == id }) {
		return nil
	}
	if !slices.ContainsFunc(e.Catalog(), func(p engine.Policy) bool { return p.ID == id }) {
		return diag.Errorf("no-such-policy", "there is no policy %q to trace", id).WithHint("`parapet policy list` shows the ids")
	}
	return nil
}

// checkDocument evaluates the document policies on an input. Inputs that are no
// plans have no document: that they were not evaluated is said and counted.
func (r *run) checkDocument(ctx context.Context, path string, in input.Result) (document.Result, error) {
	if r.documents == nil {
		return document.Result{}, nil
	}
	if in.Document == nil {
		r.unread++
		r.warn(diag.Warningf("document-not-evaluated", "policies about whole plans were not evaluated on %s", in.Info.Path).
			At(diag.Place{File: in.Info.Path}).
			WithDetail("It is a %s. These policies see the JSON of a plan and nothing else.", in.Info.Kind))
		return document.Result{}, nil
	}
	r.plans++
	abs, err := filepath.Abs(path)
	if err != nil {
		return document.Result{}, err
	}
	file := document.File{Name: filepath.Base(abs), Dir: filepath.Dir(abs)}
	if slices.ContainsFunc(r.documents.Policies(), func(p finding.Policy) bool { return p.ID == r.o.trace }) {
		if err := r.documents.Trace(ctx, r.Err, r.o.trace, in.Document, file); err != nil {
			return document.Result{}, err
		}
	}
	return r.documents.Check(ctx, in.Document, file)
}

// reread returns the resources of a plan of which only the document was read,
// those at the addresses and those whose sensitive values must not be shown; nil
// when all were read.
func (r *run) reread(ctx context.Context, path string, in input.Result) func(addresses map[string]bool) ([]*resource.Resource, error) {
	if in.Document == nil || in.Document.Changes == nil || in.Resources != nil {
		return nil
	}
	return func(addresses map[string]bool) ([]*resource.Resource, error) {
		secretive := in.Document.Secretive()
		o := r.o.load
		o.Only = func(a string) bool { return addresses[a] || secretive[a] }
		again, err := input.Load(ctx, path, nil, r.surroundings(o))
		if err == nil && again.Info.SHA256 != in.Info.SHA256 {
			err = diag.Errorf("input-changed", "%s was changed while it was read", in.Info.Path)
		}
		return again.Resources, err
	}
}

// unevaluated is the error of a run whose document policies met no plan.
func (r *run) unevaluated() error {
	if r.documents == nil || r.plans > 0 {
		return nil
	}
	return diag.Errorf("no-plan", "policies about whole plans were not evaluated, since no input is a plan").
		WithDetail("They see the JSON of a plan. Nothing is known of what they would say.").
		WithHint("give the plan: terraform show -json plan.tfplan > plan.json").
		WithHint("or leave them out: --skip '%s'", r.documents.Policies()[0].ID)
}

// documentPolicies describes the document policies of a run.
func (r *run) documentPolicies() []finding.Policy {
	if r.documents == nil {
		return nil
	}
	return r.documents.Policies()
}
