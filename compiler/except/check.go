package except

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
)

// Check finds the exceptions that cannot be worked into the program's
// guardrails, with the price where that is the reason, and warns of those that
// reach none.
func (s Set) Check(prog ir.Program) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, g := range prog.Guardrails {
		ds = append(ds, s.misplaced(g)...)
		ds = append(ds, s.costly(g)...)
	}
	for _, r := range s.records {
		for _, p := range r.Policies {
			if d, found := unmatched(r, p, prog); found {
				ds = append(ds, d)
			}
		}
	}
	ds.Sort()
	return ds
}

// misplaced finds records limited to resources in a guardrail that targets
// resources itself. IAM statements have Resource or NotResource, never both,
// and leaving Resource out would deny on resources of other types.
func (s Set) misplaced(g ir.Guardrail) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, r := range s.For(g.ID) {
		i := slices.IndexFunc(g.Statements, func(st ir.Statement) bool {
			return !open(st) && overlap(r.Resources, st.Resources)
		})
		if i >= 0 {
			ds = append(ds, diag.Errorf("exception-misplaced", "exception %s is limited to resources, but guardrail %s targets resources itself", r.ID, g.ID).
				WithDetail("The guardrail holds for %s. A statement has Resource or NotResource, never both.", strings.Join(g.Statements[i].Resources, ", ")).
				WithHint("leave resources out, or limit policies to other guardrails"))
		}
	}
	return ds
}

// costly finds guardrails with more lists of resources than are worked in.
func (s Set) costly(g ir.Guardrail) diag.Diagnostics {
	lists, characters, statements := 0, 0, 0
	for _, st := range g.Statements {
		p := s.plan(st)
		lists = max(lists, len(p.lists))
		levels := p.cells[len(p.cells)-1].level + 1
		n := levels << min(len(p.lists), 30)
		statements += n
		characters += n * Set{}.Size(st)
	}
	if lists <= MaxLists {
		return nil
	}
	return diag.Diagnostics{diag.Errorf("exception-costly", "guardrail %s has exceptions with %d distinct lists of resources; %d are worked in at most", g.ID, lists, MaxLists).
		WithDetail("Every list doubles the guardrail's statements: this would take up to %d statements and %d characters.", statements, characters).
		WithHint("give exceptions the same list of resources, or drop some")}
}

func unmatched(r Record, glob string, prog ir.Program) (diag.Diagnostic, bool) {
	setting := ir.Guardrail{}
	for _, g := range prog.Guardrails {
		switch {
		case !iam.Match(glob, g.ID):
		case len(g.Statements) > 0:
			return diag.Diagnostic{}, false
		default:
			setting = g
		}
	}
	d := diag.Warningf("exception-unmatched", "exception %s names %q, which is no guardrail here", r.ID, glob)
	switch {
	case setting.Layer == ir.Declarative:
		d = d.WithDetail("%s is a declarative policy: it is excepted by account or OU only.", setting.ID)
	case setting.ID != "":
		d = d.WithDetail("%s is a setting of the account: it holds for everyone.", setting.ID)
	}
	return d, true
}

// Size returns the bytes that a statement takes in a document, exceptions
// worked in, without the comma before or after it.
func (s Set) Size(st ir.Statement) int {
	return len(s.Document([]ir.Statement{st}).TerraformJSON()) - len(s.Document(nil).TerraformJSON())
}

// Price returns how many characters each record adds to the documents, by id.
// characters counts those of all documents with a set worked in.
func (s Set) Price(characters func(Set) int) map[string]int {
	full := characters(s)
	price := make(map[string]int, len(s.records))
	for _, r := range s.records {
		price[r.ID] = full - characters(s.Without(r.ID))
	}
	return price
}

// overlap reports whether some ARN fits a pattern of each list, as far as the
// literal beginnings of their segments tell: it errs towards true.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool {
			hx, hy := heads(x), heads(y)
			for i := range hx {
				if !strings.HasPrefix(hx[i], hy[i]) && !strings.HasPrefix(hy[i], hx[i]) {
					return false
				}
			}
			return true
		})
	})
}

// heads returns the literal beginning of each of the six segments of a pattern.
func heads(pattern string) (out [6]string) {
	for i, segment := range strings.SplitN(pattern, ":", len(out)) {
		if end := strings.IndexAny(segment, "*?"); end >= 0 {
			segment = segment[:end]
		}
		out[i] = segment
	}
	return out
}

// ProtectedTags returns the principal tag keys that the program's guardrails
// protect, sorted: nobody outside their exceptions may give a role, a user or a
// session such a tag, by whichever call. An exception may rely on these.
func ProtectedTags(prog ir.Program) []string {
	covered := map[string]map[string]bool{} // key → call → denied
	for _, g := range prog.Guardrails {
		if g.Layer != ir.SCP {
			continue
		}
		for _, st := range g.Statements {
			if !open(st) || len(st.Conditions) != 1 {
				continue
			}
			for _, key := range taggedKeys(st.Conditions[0]) {
				if covered[key] == nil {
					covered[key] = map[string]bool{}
				}
				for _, call := range taggingCalls {
					if slices.ContainsFunc(st.Actions, func(a string) bool { return iam.MatchAction(a, call) }) {
						covered[key][call] = true
					}
				}
			}
		}
	}
	var out []string
	for key, calls := range covered {
		if len(calls) == len(taggingCalls) {
			out = append(out, key)
		}
	}
	return unique(out)
}

// taggingCalls are the calls that give a principal a tag.
var taggingCalls = []string{
	"iam:CreateRole", "iam:CreateUser", "iam:TagRole", "iam:TagUser", "sts:TagSession",
}

// taggedKeys returns the tag keys whose setting the condition catches.
func taggedKeys(c iam.Condition) []string {
	op := c.Operator
	if strings.EqualFold(c.Key, "aws:TagKeys") && op.Set == iam.ForAnyValue && op.Base == "StringEquals" {
		return c.Values
	}
	const request = "aws:RequestTag/"
	if len(c.Key) > len(request) && strings.EqualFold(c.Key[:len(request)], request) &&
		op == (iam.Operator{Base: "Null"}) && slices.Equal(c.Values, []string{"false"}) {
		return []string{c.Key[len(request):]}
	}
	return nil
}

// String tells a record in one line.
func (r Record) String() string {
	s := fmt.Sprintf("%s on %s", r.ID, strings.Join(r.Policies, ", "))
	if r.Until != "" {
		s += " until " + r.Until
	}
	return s
}
