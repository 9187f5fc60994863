package cmd

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"slices"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
)

// judge is everything that an evaluation needs and that its flags decide:
// policies, exceptions, a baseline. It is made once and starts any number of
// runs.
type judge struct {
	Streams
	o          evaluation
	outputs    []output
	engine     *engine.Engine    // with the selected policies
	documents  *document.Program // likewise; nil: there are none
	exceptions func(inputPath string) (*exceptionFile, error)
	baseline   *finding.Baseline
	names      func(glob string) bool // whether it matches any policy, also of those that are left out
}

// judge reads the flags and what they name, before any input is read.
func (s Streams) judge(ctx context.Context, o evaluation) (*judge, error) {
	selection, err := o.check()
	if err != nil {
		return nil, err
	}
	outputs, err := o.outputs()
	if err != nil {
		return nil, err
	}
	baseline, err := readBaseline(o.baseline)
	if err != nil {
		return nil, err
	}
	named := o.sources
	named.v0 = o.documents.v0
	chosen, err := s.choosePolicies(ctx, named)
	if err != nil {
		return nil, err
	}
	docs, err := s.documents(o, chosen)
	if err != nil {
		return nil, err
	}
	whole, e := engine.None(), engine.None()
	switch {
	case docs == nil || chosen.parts.Policies:
		if whole, e, err = s.compileChoice(chosen, o.parameters, o.jobs); err != nil {
			return nil, err
		}
	case o.parameters != "":
		return nil, diag.Errorf("parameters-unused", "--parameters is given, and there are no policies about resources to take them").
			WithDetail("Policies about whole plans read data.").WithHint("see --data")
	}
	ids := []string{drift.Policy.ID} // which exceptions may name as well
	for _, p := range whole.Catalog() {
		ids = append(ids, p.ID)
	}
	if docs != nil {
		for _, p := range docs.Policies() {
			ids = append(ids, p.ID)
		}
	}
	names := named.names(ids)
	e, docs, err = choose(e, docs, selection)
	if err != nil {
		return nil, err
	}
	if err := traceable(o.trace, e, docs); err != nil {
		return nil, err
	}
	return &judge{
		Streams: s, o: o, outputs: outputs, engine: e, documents: docs, baseline: baseline, names: names,
		exceptions: s.exceptionsOf(o.exceptions, names),
	}, nil
}

// fork returns a judge for a run beside others: it reads the exceptions anew and
// says to w what it has to say.
func (j *judge) fork(w io.Writer) *judge {
	k := *j
	k.Err, k.ErrTerminal = w, false
	k.exceptions = k.exceptionsOf(j.o.exceptions, j.names)
	return &k
}

// run collects what a judge finds in some inputs.
type run struct {
	*judge
	inputs   []finding.Input
	findings []finding.Finding
	passed   int
	unread   int
	plans    int              // on which document policies were evaluated
	files    []*exceptionFile // that were read for the inputs
	extra    []finding.Policy // what speaks besides the policies
	code     *codes           // that the inputs were made of; nil: not to be looked for
}

func (j *judge) start() *run { return &run{judge: j, code: newCodes(j.o.source)} }

// add evaluates the policies on an input. The path says where the files are
// that stand beside it.
func (r *run) add(ctx context.Context, path string, in input.Result) error {
	r.unread += len(in.Unread())
	r.progress("evaluating %s on %s", plural(len(r.engine.Catalog()), "policy"), plural(len(in.Resources), "resource"))
	unread := slices.Concat(in.Incomplete, notCollected(r.engine, in))
	set := resource.NewSet(in.Resources, unread...)
	res, err := r.engine.Check(ctx, set)
	r.progressDone()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(r.engine.Catalog(), func(p engine.Policy) bool { return p.ID == r.o.trace }) {
		if err := r.engine.Trace(ctx, r.Err, r.o.trace, set); err != nil {
			return err
		}
	}
	whole, err := r.checkDocument(ctx, path, in)
	if err != nil {
		return err
	}
	before := len(r.findings)
	all := slices.Concat(res.Findings, r.engine.Unreadable(slices.Concat(unread, in.Gaps)), whole.Findings)
	if err := r.take(path, all, res.Passed+whole.Passed, in.Info); err != nil {
		return err
	}
	resources, again := in.Resources, r.reread(ctx, path, in)
	if again != nil {
		resources = in.Document.Changes
	}
	return r.code.locate(path, in.Info.Kind, resources, again, r.findings[before:], r.Now())
}

// take adds findings about inputs, after what exempts them beside a path.
func (r *run) take(path string, findings []finding.Finding, passed int, inputs ...input.Info) error {
	file, err := r.exceptions(path)
	if err != nil {
		return err
	}
	file.exempt(findings, r.Now())
	for _, in := range inputs {
		r.inputs = append(r.inputs, finding.Input(in))
	}
	r.files = append(r.files, file)
	r.findings = append(r.findings, findings...)
	r.passed += passed
	return nil
}

// notCollected returns the types that the policies read and that a snapshot was
// not asked for, as scopes of which nothing is known.
func notCollected(e *engine.Engine, in input.Result) []resource.Scope {
	if in.Collected == nil {
		return nil
	}
	var missing []resource.Scope
	seen := map[string]bool{"*": true}
	for _, p := range e.Policies() {
		for _, t := range slices.Concat(p.Types, p.Related) {
			if !seen[t] && !slices.Contains(in.Collected, t) {
				missing = append(missing, resource.Scope{Type: t, Status: "the snapshot was not asked for it"})
			}
			seen[t] = true
		}
	}
	return missing
}

// report is what the run has found, with the baseline applied.
func (r *run) report() finding.Report {
	if r.baseline != nil {
		r.baseline.Apply(r.findings)
	}
	rep := finding.NewReport(finding.Tool{Name: "parapet", Version: r.Version}, r.inputs, r.findings, r.passed)
	rep.Unread, rep.Time = r.unread, r.Now()
	rep.Policies = slices.Clone(r.extra)
	rep.Account, rep.Region = r.o.load.Account, r.o.load.Region
	for _, p := range r.engine.Catalog() {
		rep.Policies = append(rep.Policies, finding.Policy{
			ID: p.ID, Title: p.Title, Description: p.Description, Severity: p.Severity,
			Frameworks: p.Frameworks, Remediation: p.Remediation, File: p.File, Line: p.Line,
		})
	}
	rep.Policies = append(rep.Policies, r.documentPolicies()...)
	slices.SortFunc(rep.Policies, func(a, b finding.Policy) int { return cmp.Compare(a.ID, b.ID) })
	return rep
}

// conclude writes the report of a run and decides how the verb ends.
func (j *judge) conclude(r *run) error {
	rep := r.report()
	if err := j.writeReport(rep, j.outputs, func(id string) string { return j.o.where(j.engine, id) }); err != nil {
		return err
	}
	if err := j.keepBaseline(rep); err != nil {
		return err
	}
	j.unused(r, rep)
	if err := r.unevaluated(); err != nil {
		return err
	}
	return j.verdict(rep, j.o)
}

// unused tells which exceptions had nothing to exempt: what they let pass is
// gone, and they should go too. One that is about policies which this run left
// out, or that only guardrails can use, is not among them.
func (j *judge) unused(r *run, rep finding.Report) {
	var ids []string
	evaluated := map[string]bool{}
	for _, p := range rep.Policies {
		ids = append(ids, p.ID)
		evaluated[p.ID] = true
	}
	seen := map[*exceptionFile]bool{}
	for _, f := range r.files {
		if !seen[f] {
			seen[f] = true
			j.warn(exception.Unused(f.records, f.used, f.name, ids, j.Now())...)
		}
	}
	j.warn(r.code.finish(j.names, ids, j.Now())...)
	if j.baseline != nil {
		j.warn(baselineRest(j.baseline, rep.Findings, evaluated, filepath.ToSlash(j.o.baseline))...)
	}
}
