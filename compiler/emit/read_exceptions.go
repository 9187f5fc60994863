package emit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
)

// inputs are the variables of the root that decide what the documents say.
var inputs = []string{"exceptions", "protected_principal_tags"}

// exceptions reads the records that the module's own files give to
// var.exceptions: the variable's default, then the files of values in the order
// in which Terraform reads them, the last of which wins. Values on the command
// line and in the environment are not known here.
func (r *reader) exceptions(now time.Time) {
	given := r.defaults()
	for _, name := range valueFiles(r.list(".")) {
		attrs := r.values(name)
		for _, in := range inputs {
			a := attrs[in]
			if a == nil {
				continue
			}
			given[in] = a.Expr
			if in == "exceptions" && name != edited && len(r.list("boundary")) > 0 {
				r.ds = append(r.ds, diag.Errorf("module-value", "the permissions boundary takes its exceptions from %s only", edited).At(place(a.NameRange)))
			}
		}
	}
	if r.ds.HasErrors() {
		return
	}
	if e := given["protected_principal_tags"]; e != nil {
		r.out.ProtectedTags = sorted(r.texts(e, "protected_principal_tags"))
	}
	if e := given["exceptions"]; e != nil {
		for _, p := range r.members(e, "exceptions") {
			r.out.places["exception "+p.name] = p.at
			if rec, ok := r.record(p); ok {
				r.out.Records = append(r.out.Records, rec)
			}
		}
	}
	slices.SortFunc(r.out.Records, func(a, b exception.Record) int { return cmp.Compare(a.ID, b.ID) })
	o := except.Options{Now: now, ProtectedTags: r.out.ProtectedTags}
	for _, rec := range r.out.Records {
		_, ds := except.New([]exception.Record{rec}, o)
		r.located(ds, r.out.ExceptionPlace(rec.ID))
	}
	r.out.Exceptions, _ = except.New(r.out.Records, o)
	if !r.ds.HasErrors() {
		r.located(r.out.Exceptions.Check(r.out.Program()), diag.Place{})
	}
}

// located adds diagnostics of package except, which know no places. Those that
// are about a record begin with its id.
func (r *reader) located(ds diag.Diagnostics, at diag.Place) {
	for _, d := range ds {
		d.Subject = at
		for _, rec := range r.out.Records {
			if at.File == "" && strings.HasPrefix(d.Summary, "exception "+rec.ID+" ") {
				d.Subject = r.out.ExceptionPlace(rec.ID)
			}
		}
		r.ds = append(r.ds, d)
	}
}

// valueFiles picks the files that Terraform reads values from by itself, in its
// order: terraform.tfvars, terraform.tfvars.json, then *.auto.tfvars and
// *.auto.tfvars.json by name
// (https://developer.hashicorp.com/terraform/language/values/variables).
func valueFiles(names []string) []string {
	var out []string
	for _, first := range []string{"terraform.tfvars", "terraform.tfvars.json"} {
		if slices.Contains(names, first) {
			out = append(out, first)
		}
	}
	for _, n := range names {
		if strings.HasSuffix(n, ".auto.tfvars") || strings.HasSuffix(n, ".auto.tfvars.json") {
			out = append(out, n)
		}
	}
	return out
}

// defaults reads the defaults of the inputs, and finds out whether the
// declarations of the variables are those that this version writes.
func (r *reader) defaults() map[string]hcl.Expression {
	out := map[string]hcl.Expression{}
	body := r.native(rootVariables, true)
	if body == nil {
		return out
	}
	for _, b := range body.Blocks {
		if b.Type != "variable" || len(b.Labels) != 1 || !slices.Contains(inputs, b.Labels[0]) {
			continue
		}
		if a := b.Body.Attributes["default"]; a != nil {
			out[b.Labels[0]] = a.Expr
		}
	}
	src, ok := r.file(rootVariables, true)
	want, err := staticFile("root/variables.tf")
	if err != nil {
		r.ds = append(r.ds, diag.From("module-unreadable", err)...)
	} else if ok && !bytes.Equal(declarations(unix(src)), declarations(want)) {
		r.out.Changed = append(r.out.Changed, r.at(rootVariables))
	}
	return out
}

// declarations returns what the inputs are declared as, without their defaults.
func declarations(src []byte) []byte {
	f, ds := hclwrite.ParseConfig(src, rootVariables, hcl.InitialPos)
	if ds.HasErrors() {
		return nil
	}
	var out bytes.Buffer
	for _, name := range inputs {
		b := f.Body().FirstMatchingBlock("variable", []string{name})
		if b == nil {
			return nil
		}
		b.Body().RemoveAttribute("default")
		b.Body().RemoveAttribute("description")
		out.Write(bytes.TrimSpace(hclwrite.Format(b.BuildTokens(nil).Bytes())))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// record reads one exception as var.exceptions takes it. What Terraform drops
// without a word, an attribute that the type does not have, is an error here:
// it might be a misspelt limit.
func (r *reader) record(p pair) (exception.Record, bool) {
	rec := exception.Record{ID: p.name}
	before := len(r.ds)
	what := "of exception " + p.name
	lists := map[string]*[]string{
		"policies": &rec.Policies, "principals": &rec.Principals, "permission_sets": &rec.PermissionSets,
		"accounts": &rec.Accounts, "org_paths": &rec.OrgPaths, "resources": &rec.Resources,
	}
	texts := map[string]*string{"reason": &rec.Reason, "owner": &rec.Owner, "ticket": &rec.Ticket}
	for _, m := range r.members(p.value, "exception "+p.name) {
		list, isList := lists[m.name]
		text, isText := texts[m.name]
		switch {
		case absent(m.value):
		case isList:
			*list = r.texts(m.value, m.name+" "+what)
		case isText:
			*text, _ = r.text(m.value, m.name+" "+what)
		case m.name == "principal_tags":
			rec.PrincipalTags = map[string][]string{}
			for _, k := range r.members(m.value, "principal_tags "+what) {
				rec.PrincipalTags[k.name] = r.texts(k.value, "principal tag "+k.name+" "+what)
			}
		case m.name == "expires":
			rec.Expires = r.instant(m, what)
		default:
			r.ds = append(r.ds, diag.Errorf("exception-field", "%q %s is not known", m.name, what).At(m.at).
				WithDetail("Terraform would silently drop it.").
				WithHint("an exception has policies, principals, permission_sets, principal_tags, accounts, org_paths, resources, reason, owner, ticket and expires"))
		}
	}
	return rec, len(r.ds) == before
}

// instant reads the end of an exception: a date, at its beginning in UTC, or an
// instant in UTC.
func (r *reader) instant(m pair, what string) time.Time {
	s, ok := r.text(m.value, "expires "+what)
	if !ok {
		return time.Time{}
	}
	for _, form := range []string{"2006-01-02", "2006-01-02T15:04:05Z"} {
		if t, err := time.Parse(form, s); err == nil && len(s) == len(form) {
			return t
		}
	}
	r.ds = append(r.ds, diag.Errorf("exception-malformed", "expires %q %s is not a date (2027-03-31) or an instant in UTC (2027-03-31T12:00:00Z)", s, what).At(place(m.value.Range())))
	return time.Time{}
}
