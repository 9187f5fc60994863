package emit

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/parapet-dev/parapet/internal/diag"
)

// This file reads literals of HCL, native or JSON, with their places. Nothing
// is evaluated that would need Terraform: a reference or a function call is an
// error that says where it stands.

// place turns a range of HCL into ours.
func place(r hcl.Range) diag.Place {
	return diag.Place{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
}

// hclErrors takes over the diagnostics of HCL.
func (r *reader) hclErrors(ds hcl.Diagnostics) {
	for _, d := range ds {
		out := diag.Errorf("module-syntax", "%s", strings.TrimSuffix(d.Summary, ".")).WithDetail("%s", d.Detail)
		if d.Severity == hcl.DiagWarning {
			out.Severity = diag.Warning
		}
		if d.Subject != nil {
			out = out.At(place(*d.Subject))
		}
		r.ds = append(r.ds, out)
	}
}

// native parses a file of HCL, nil when it cannot be read.
func (r *reader) native(name string, must bool) *hclsyntax.Body {
	src, ok := r.file(name, must)
	if !ok {
		return nil
	}
	f, ds := hclsyntax.ParseConfig(src, path.Join(r.dir, name), hcl.InitialPos)
	r.hclErrors(ds)
	if ds.HasErrors() {
		return nil
	}
	body, _ := f.Body.(*hclsyntax.Body)
	return body
}

// values parses a file of variables' values, .tfvars or .tfvars.json.
func (r *reader) values(name string) hcl.Attributes {
	src, ok := r.file(name, true)
	if !ok {
		return nil
	}
	var f *hcl.File
	var ds hcl.Diagnostics
	if strings.HasSuffix(name, ".json") {
		f, ds = hcljson.Parse(src, path.Join(r.dir, name))
	} else {
		f, ds = hclsyntax.ParseConfig(src, path.Join(r.dir, name), hcl.InitialPos)
	}
	r.hclErrors(ds)
	if ds.HasErrors() {
		return nil
	}
	attrs, ds := f.Body.JustAttributes()
	r.hclErrors(ds)
	return attrs
}

// wrong reports an expression that is not what must stand there.
func (r *reader) wrong(e hcl.Expression, what string) {
	r.ds = append(r.ds, diag.Errorf("module-value", "%s", what).At(place(e.Range())).
		WithHint("write it out: only plain values are read here, no references and no functions"))
}

// pair is one member of an object as it was read.
type pair struct {
	name  string
	value hcl.Expression
	at    diag.Place
}

// members returns the members of an object that is written out. A name that
// stands twice is an error: Terraform would silently take the last.
func (r *reader) members(e hcl.Expression, what string) []pair {
	pairs, ds := hcl.ExprMap(e)
	if ds.HasErrors() {
		r.wrong(e, what+" is not an object that is written out")
		return nil
	}
	var out []pair
	seen := map[string]bool{}
	for _, p := range pairs {
		name, ok := r.text(p.Key, "the name of a member of "+what)
		if !ok {
			continue
		}
		if seen[name] {
			r.ds = append(r.ds, diag.Errorf("module-twice", "%q stands twice in %s", name, what).At(place(p.Key.Range())).
				WithDetail("Terraform would silently take the last."))
		}
		seen[name] = true
		out = append(out, pair{name, p.Value, place(p.Key.Range())})
	}
	return out
}

// value evaluates a literal.
func (r *reader) value(e hcl.Expression, what string) (cty.Value, bool) {
	v, ds := e.Value(nil)
	if ds.HasErrors() || !v.IsWhollyKnown() {
		r.wrong(e, what+" is not a plain value")
		return cty.NilVal, false
	}
	return v, true
}

// text reads a string. Numbers and truth values are strings to Terraform where
// it wants one.
func (r *reader) text(e hcl.Expression, what string) (string, bool) {
	v, ok := r.value(e, what)
	if !ok {
		return "", false
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() {
		r.wrong(e, what+" is not a string")
		return "", false
	}
	return s.AsString(), true
}

// texts reads a list of strings.
func (r *reader) texts(e hcl.Expression, what string) []string {
	items, ds := hcl.ExprList(e)
	if ds.HasErrors() {
		r.wrong(e, what+" is not a list that is written out")
		return nil
	}
	var out []string
	for _, item := range items {
		if s, ok := r.text(item, "a value of "+what); ok {
			out = append(out, s)
		}
	}
	return out
}

// truth reads a truth value.
func (r *reader) truth(e hcl.Expression, what string) bool {
	v, ok := r.value(e, what)
	if !ok {
		return false
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil || b.IsNull() {
		r.wrong(e, what+" is neither true nor false")
		return false
	}
	return b.True()
}

// absent reports whether an expression is null.
func absent(e hcl.Expression) bool {
	v, ds := e.Value(nil)
	return !ds.HasErrors() && v.IsNull()
}
