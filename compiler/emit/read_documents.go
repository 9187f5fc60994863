package emit

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
)

// locals returns the local values of a directory's files that are not among the
// fixed ones, by name: a person may have divided the data over several files.
func (r *reader) locals(dir, must string) map[string]*hclsyntax.Attribute {
	out := map[string]*hclsyntax.Attribute{}
	fixed := map[string]bool{}
	for _, c := range copies {
		fixed[c.to] = true
	}
	names := r.list(dir)
	if !slices.Contains(names, path.Base(must)) {
		r.file(must, true)
	}
	for _, name := range names {
		file := path.Join(dir, name)
		if path.Ext(name) != ".tf" || fixed[file] {
			continue
		}
		body := r.native(file, true)
		if body == nil {
			continue
		}
		for _, b := range body.Blocks {
			if b.Type != "locals" {
				continue
			}
			for n, a := range b.Body.Attributes {
				if prev := out[n]; prev != nil {
					r.ds = append(r.ds, diag.Errorf("module-twice", "the local value %s is also defined at %s", n, place(prev.NameRange)).At(place(a.NameRange)))
				}
				out[n] = a
			}
		}
	}
	return out
}

// documents reads the statements and the documents that they go into.
func (r *reader) documents() {
	locals := r.locals(documentsDir, statementsTF)
	if r.ds.HasErrors() {
		return
	}
	get := func(name string) []pair {
		a := locals[name]
		if a == nil {
			r.ds = append(r.ds, diag.Errorf("module-incomplete", "the local value %s is missing", name).At(r.at(statementsTF)))
			return nil
		}
		return r.members(a.Expr, name)
	}
	guardrails := map[string]bool{}
	for _, g := range get("guardrails") {
		guardrails[g.name] = true
	}
	statements := map[string]ir.Statement{}
	for _, p := range get("statements") {
		st := r.statement(p)
		if st.Guardrail != "" && !guardrails[st.Guardrail] {
			r.ds = append(r.ds, diag.Errorf("module-value", "statement %s belongs to %s, which is not among the guardrails", p.name, st.Guardrail).At(p.at))
		}
		statements[p.name] = st
		r.out.places["statement "+p.name] = p.at
	}
	placed := map[string]bool{}
	contents := map[string]map[string]any{}
	if locals["contents"] != nil {
		for _, p := range get("contents") {
			v, _ := r.plain(p.value, "the content of document "+p.name)
			contents[p.name], _ = v.(map[string]any)
		}
	}
	for _, p := range get("documents") {
		d := r.document(p, statements, placed)
		d.Content = contents[d.Name]
		r.out.Documents = append(r.out.Documents, d)
	}
	for sid := range statements {
		if !placed[sid] {
			r.ds = append(r.ds, diag.Warningf("module-unplaced", "statement %s is in no document", sid).
				At(r.out.places["statement "+sid]).WithDetail("It denies nothing."))
		}
	}
	slices.SortFunc(r.out.Documents, func(a, b pack.Document) int { return cmp.Compare(a.Name, b.Name) })
}

// statement reads one statement.
func (r *reader) statement(p pair) ir.Statement {
	st := ir.Statement{Sid: p.name}
	what := "of statement " + p.name
	missing := map[string]bool{"guardrail": true, "actions": true, "resources": true, "conditions": true}
	for _, m := range r.members(p.value, "statement "+p.name) {
		delete(missing, m.name)
		switch m.name {
		case "guardrail":
			st.Guardrail, _ = r.text(m.value, "the guardrail "+what)
		case "actions":
			st.Actions = sorted(r.texts(m.value, "the actions "+what))
		case "resources":
			st.Resources = sorted(r.texts(m.value, "the resources "+what))
		case "conditions":
			st.Conditions = r.conditions(m, what)
		default:
			r.ds = append(r.ds, diag.Warningf("module-ignored", "%s %s means nothing", m.name, what).At(m.at).
				WithDetail("The module's own code does not read it, so it changes nothing in AWS.").
				WithHint("a statement has guardrail, actions, resources and conditions"))
		}
	}
	for _, name := range []string{"guardrail", "actions", "resources", "conditions"} {
		if missing[name] {
			r.ds = append(r.ds, diag.Errorf("module-value", "statement %s has no %s", p.name, name).At(p.at))
		}
	}
	if !r.ds.HasErrors() && (len(st.Actions) == 0 || len(st.Resources) == 0) {
		r.ds = append(r.ds, diag.Errorf("module-value", "statement %s has an empty list of actions or resources", p.name).At(p.at).
			WithDetail("AWS refuses such a policy.").WithHint("remove the statement, from its document too"))
	}
	return st
}

// conditions reads a statement's own conditions.
func (r *reader) conditions(m pair, what string) []iam.Condition {
	var out []iam.Condition
	for _, op := range r.members(m.value, "the conditions "+what) {
		parsed, err := iam.ParseOperator(op.name)
		if err != nil {
			r.ds = append(r.ds, diag.Errorf("module-value", "%v", err).At(op.at))
			continue
		}
		for _, key := range r.members(op.value, op.name+" "+what) {
			values := sorted(r.texts(key.value, op.name+" "+key.name+" "+what))
			if len(values) == 0 && !r.ds.HasErrors() {
				// In the module's code a condition without values disappears.
				r.ds = append(r.ds, diag.Warningf("module-ignored", "%s %s %s has no values", op.name, key.name, what).At(key.at).
					WithDetail("The module's own code leaves such a condition out."))
				continue
			}
			out = append(out, iam.Condition{Operator: parsed, Key: key.name, Values: values})
		}
	}
	slices.SortFunc(out, iam.CompareConditions)
	return out
}

// document reads one document.
func (r *reader) document(p pair, statements map[string]ir.Statement, placed map[string]bool) pack.Document {
	d := pack.Document{Name: p.name}
	for _, m := range r.members(p.value, "document "+p.name) {
		switch m.name {
		case "type":
			kind, ok := r.text(m.value, "the type of document "+p.name)
			d.PolicyType = kind
			i := slices.IndexFunc(layer.Layers(), func(l layer.Layer) bool { return l.PolicyType == kind && kind != "" })
			if i >= 0 {
				d.Layer = layer.Layers()[i].ID
			} else if _, found := layer.LookupDeclarative(kind); found {
				d.Layer = ir.Declarative
			} else if ok {
				r.ds = append(r.ds, diag.Errorf("module-value", "%q is no type of policy that guardrails are written in", kind).At(m.at))
			}
		case "statements":
			for _, sid := range r.texts(m.value, "the statements of document "+p.name) {
				st, known := statements[sid]
				if !known {
					r.ds = append(r.ds, diag.Errorf("module-value", "document %s names statement %s, which is not there", p.name, sid).At(place(m.value.Range())))
					continue
				}
				placed[sid] = true
				d.Statements = append(d.Statements, st)
				d.Guardrails = append(d.Guardrails, st.Guardrail)
			}
		}
	}
	for _, known := range r.out.Proof.Documents {
		if known.Name == d.Name {
			d.Limit = known.Limit
		}
	}
	d.Guardrails = sorted(d.Guardrails)
	return d
}

// tests reads the requests that the module's own tests decide. They are
// evidence and no part of the guardrails, so a module without them is read too.
func (r *reader) tests() {
	body := r.native(requestsTF, false)
	if body == nil {
		return
	}
	for _, b := range body.Blocks {
		a := b.Body.Attributes["requests"]
		if b.Type != "locals" || a == nil {
			continue
		}
		for _, p := range r.members(a.Expr, "requests") {
			t := ir.TestRequest{Name: p.name, Context: map[string][]string{}}
			for _, m := range r.members(p.value, "request "+p.name) {
				switch m.name {
				case "guardrail":
					t.Guardrail, _ = r.text(m.value, "guardrail")
				case "action":
					t.Action, _ = r.text(m.value, "action")
				case "resource":
					t.Resource, _ = r.text(m.value, "resource")
				case "deny":
					t.Deny = r.truth(m.value, "deny")
				case "context":
					for _, k := range r.members(m.value, "context") {
						t.Context[k.name] = r.texts(k.value, k.name)
					}
				}
			}
			r.out.Tests = append(r.out.Tests, t)
		}
	}
}

// settings reads the account's settings.
func (r *reader) settings() {
	for _, name := range r.list("account") {
		if path.Ext(name) != ".tf" {
			continue
		}
		body := r.native(path.Join("account", name), true)
		if body == nil {
			continue
		}
		for _, b := range body.Blocks {
			if b.Type != "resource" || len(b.Labels) != 2 || layer.AccountSettings[b.Labels[0]] == "" {
				continue // a person's own
			}
			r.out.Settings = append(r.out.Settings, ir.Setting{Type: b.Labels[0], Name: b.Labels[1], Values: r.arguments(b.Body)})
			r.out.places["setting "+strings.Join(b.Labels, ".")] = place(b.DefRange())
		}
	}
	slices.SortFunc(r.out.Settings, func(a, b ir.Setting) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
}

// SettingPlace returns where a setting stands.
func (m Emitted) SettingPlace(s ir.Setting) diag.Place {
	return m.places["setting "+s.Type+"."+s.Name]
}

// meta are the arguments of a resource that are Terraform's own.
var meta = []string{"count", "for_each", "provider", "depends_on"}

// arguments reads a resource's values, as [arguments] writes them. Arguments
// that are Terraform's own are kept when they decide whether there is a
// resource at all.
func (r *reader) arguments(b *hclsyntax.Body) map[string]any {
	out := map[string]any{}
	for name, a := range b.Attributes {
		if slices.Contains(meta[2:], name) {
			continue
		}
		if v, ok := r.plain(a.Expr, name); ok {
			out[name] = v
		}
	}
	for _, inner := range b.Blocks {
		if inner.Type == "lifecycle" || inner.Type == "provisioner" {
			continue
		}
		list, _ := out[inner.Type].([]any)
		out[inner.Type] = append(list, any(r.arguments(inner.Body)))
	}
	return out
}

// plain reads a literal as a JSON value.
func (r *reader) plain(e hcl.Expression, what string) (any, bool) {
	v, ok := r.value(e, what)
	if !ok {
		return nil, false
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil || v.Type() == cty.DynamicPseudoType {
		r.wrong(e, what+" is not a plain value")
		return nil, false
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		r.wrong(e, what+" is not a plain value")
		return nil, false
	}
	return out, true
}
