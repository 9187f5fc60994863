package input

import (
	"cmp"
	"io"
	"slices"
	"sync"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Document is a plan as the policies see it that are about the whole of it: the
// JSON that terraform show writes, nulls included and numbers as they are
// written, without what [Options.Document] leaves out.
type Document struct {
	Value *ast.Term
	// Types maps the addresses in resource_changes to resource types. Data
	// sources and deposed objects are not there.
	Types map[string]string
	// Changes are the resources without their values, for [Options.Again].
	Changes []*resource.Resource

	secrets []secret
}

// loadWith reads resources, the document or both, in one pass over the stream.
func loadWith(k kind, src *source) ([]*resource.Resource, *Document, error) {
	if k.name != KindPlan || src.options.Document == nil {
		resources, err := k.load(src)
		return resources, nil, err
	}
	if src.options.OnlyDocument && (src.file || !src.options.Again) {
		doc, err := loadDocument(src)
		return nil, doc, err
	}
	// The two want different parts in different forms: each has its own scanner,
	// and they run side by side on the same bytes.
	tail, head := io.Pipe()
	var (
		doc    *Document
		docErr error
		wg     sync.WaitGroup
	)
	other := *src
	other.warnings, other.r = nil, tail // what is wrong with the plan, the other one says
	wg.Go(func() {
		doc, docErr = loadDocument(&other)
		_, _ = io.Copy(io.Discard, tail) // so that the other one never waits
	})
	src.r = io.TeeReader(src.r, head)
	resources, err := k.load(src)
	head.CloseWithError(cmp.Or(err, io.EOF))
	wg.Wait()
	if err == nil {
		err = docErr
	}
	return resources, doc, err
}

// loadDocument reads the plan that comes next, once, and makes sure that it is
// one that a gate may rely on.
func loadDocument(src *source) (*Document, error) {
	sc := newScanner(src.r)
	r := &documentReader{builder: newBuilder(sc), plan: &planFile{complete: true}}
	wanted := src.options.Document.Merge(evidence(src.options.Document))
	if src.options.Again {
		wanted = wanted.Merge(pathProjection("resource_changes", "", "change", "actions", ""))
	}
	err := r.read(wanted)
	if err == nil {
		var clean bool
		if clean, err = sc.done(); err == nil && !clean {
			err = sc.syntax("the plan is followed by something else")
		}
	}
	if err != nil {
		return nil, src.planError(sc, err)
	}
	doc := &Document{Value: r.value, Types: r.types()}
	r.plan.managed = len(doc.Types)
	if err := r.plan.check(src); err != nil {
		return nil, err
	}
	r.plan.warnIncomplete(src)
	more, err := moreSecrets(doc.Value, r.secrets, src.options.Document)
	if src.options.Again {
		doc.Changes = r.changes()
	}
	doc.secrets = append(r.secrets, more...)
	return doc, err
}

// documentReader reads a plan into a document.
type documentReader struct {
	*builder
	plan  *planFile // what tells whether the plan is whole
	value *ast.Term
}

// plannedDepth is how deep modules are looked at for planned resources when
// planned_values are read for policies.
const plannedDepth = 8

// evidence is what must be read besides what policies read: what tells a whole
// plan from a cut one, what the changes are about, and which variables are
// sensitive.
func evidence(p *Projection) *Projection {
	var out *Projection
	for _, name := range []string{"format_version", "errored", "complete"} {
		out = out.Merge(pathProjection(name))
	}
	for _, name := range []string{"address", "type", "mode", "deposed"} {
		out = out.Merge(pathProjection("resource_changes", "", name))
	}
	if p.member("planned_values") != nil {
		steps := []string{"planned_values", "root_module"}
		for range plannedDepth {
			out = out.Merge(pathProjection(append(slices.Clip(steps), "resources", "", "mode")...))
			steps = append(steps, "child_modules", "")
		}
	}
	return out.Merge(secretEvidence(p))
}

func (r *documentReader) read(p *Projection) error {
	start := len(r.pairs)
	err := r.sc.object(func(key string) error {
		if len(r.plan.seen) < 16 {
			r.plan.seen = append(r.plan.seen, key)
		}
		member := p.member(key)
		if member == nil {
			if key == "planned_values" {
				r.plan.isPlan, r.plan.hasPlanned = true, true
				return r.plan.readPlanned(r.sc)
			}
			if key == "deferred_changes" {
				return r.plan.readDeferred(r.sc)
			}
			r.plan.isPlan = r.plan.isPlan || key == "configuration"
			return r.sc.skip()
		}
		name := r.key([]byte(key))
		r.path = append(r.path, hop{key: name})
		t, err := r.build(member)
		if err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
		r.set(start, name, t)
		return r.note(key, t)
	})
	r.value = r.objectFrom(start)
	return err
}

// note takes what a top-level member says of the plan itself.
func (r *documentReader) note(key string, t *ast.Term) error {
	text, isText := t.Value.(ast.String)
	truth, isTruth := t.Value.(ast.Boolean)
	_, isNull := t.Value.(ast.Null)
	switch key {
	case "format_version":
		if !isText && !isNull {
			return r.sc.syntax("format_version is not a string")
		}
		r.plan.format = string(text)
	case "errored", "complete":
		if !isTruth && !isNull {
			return r.sc.syntax("%s is not true or false", key)
		}
		if key == "errored" {
			r.plan.errored = bool(truth)
		} else {
			r.plan.complete = bool(truth)
		}
	case "resource_changes":
		if _, ok := t.Value.(*ast.Array); !ok && !isNull {
			return r.sc.syntax("resource_changes are not a list")
		}
		r.plan.isPlan, r.plan.hasChanges = true, true
	case "deferred_changes":
		each(t, func(*ast.Term) { r.plan.deferred++ })
	case "configuration":
		r.plan.isPlan = true
	case "planned_values":
		r.plan.isPlan, r.plan.hasPlanned = true, true
		r.plan.planned = plannedIn(memberOf(t, "root_module"))
	}
	return nil
}

// plannedIn reports whether a module of planned_values or one that it calls
// holds a managed resource.
func plannedIn(module *ast.Term) bool {
	found := false
	each(memberOf(module, "resources"), func(res *ast.Term) {
		found = found || textOf(res, "mode") != string(tfjson.DataResourceMode)
	})
	each(memberOf(module, "child_modules"), func(child *ast.Term) {
		found = found || plannedIn(child)
	})
	return found
}

// changes lists the resources that are changed, with what is done to them.
func (r *documentReader) changes() []*resource.Resource {
	list := []*resource.Resource{}
	each(memberOf(r.value, "resource_changes"), func(rc *ast.Term) {
		address := textOf(rc, "address")
		if !managed(rc) || address == "" {
			return
		}
		c := &resource.Resource{Address: address, Type: textOf(rc, "type"), Origin: resource.OriginPlan}
		each(memberOf(memberOf(rc, "change"), "actions"), func(a *ast.Term) {
			text, _ := a.Value.(ast.String)
			c.Actions = append(c.Actions, resource.Action(text))
		})
		list = append(list, c)
	})
	return list
}

// Secretive returns the addresses of the resources of which something is marked
// as sensitive.
func (d *Document) Secretive() map[string]bool {
	list := memberOf(d.Value, "resource_changes")
	out := map[string]bool{}
	for _, s := range d.secrets {
		if elements, ok := list.Value.(*ast.Array); ok && len(s.path) > 1 && isAt(s.path[0], "resource_changes") {
			out[textOf(elements.Elem(s.path[1].index), "address")] = true
		}
	}
	return out
}

// managed reports whether an element of resource_changes is about a resource:
// neither a data source nor a deposed object.
func managed(rc *ast.Term) bool {
	mode := textOf(rc, "mode")
	return (mode == "" || mode == string(tfjson.ManagedResourceMode)) && memberOf(rc, "deposed") == nil
}

// types lists what resource_changes are about.
func (r *documentReader) types() map[string]string {
	types := map[string]string{}
	each(memberOf(r.value, "resource_changes"), func(rc *ast.Term) {
		if address := textOf(rc, "address"); managed(rc) && address != "" {
			types[address] = textOf(rc, "type")
		}
	})
	return types
}

// memberOf returns a member of an object; nil where there is none.
func memberOf(t *ast.Term, name string) *ast.Term {
	if t == nil {
		return nil
	}
	if o, ok := t.Value.(ast.Object); ok {
		return o.Get(ast.InternedTerm(name))
	}
	return nil
}

func textOf(t *ast.Term, name string) string {
	if m := memberOf(t, name); m != nil {
		s, _ := m.Value.(ast.String)
		return string(s)
	}
	return ""
}

// each calls f for the elements of an array.
func each(t *ast.Term, f func(*ast.Term)) {
	if t == nil {
		return
	}
	if a, ok := t.Value.(*ast.Array); ok {
		a.Foreach(f)
	}
}
