// Package verify checks a guardrail against the policy that it came from. It
// never trusts the lowering: it asks the original rule and the emitted
// statements about the same resources, through the bindings and the IAM
// simulator, and gives every disagreement as a counterexample.
//
// Two sources of resources are used: all combinations of the states of the
// attributes that the policy reads (missing, missing with its block there, each
// constant of the policy and its neighbours), and the policy's own examples.
package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Ask decides the original rule: whether the policy denies the input document.
type Ask func(ctx context.Context, input map[string]any) (denied bool, err error)

// Read is an attribute that the policy tests; see lower.Read.
type Read struct {
	Path      string
	Kind      string
	Constants []string
	Repeats   bool // stands in a block that may be there several times
}

// Subject is one guardrail to check.
type Subject struct {
	Statements []ir.Statement
	Reads      map[string][]Read // by resource type
	Ask        Ask
	Bindings   *binding.Table
	Doubtful   bool // bindings of doubtful trust are in use
	// Messages are the attributes that only messages read. They are put into
	// every state, so that no message silences the rule.
	Messages []string
}

// Denies reports whether the statements deny a request.
func (s Subject) Denies(r *simulate.Request) (bool, []string) { return compile(s.Statements).Denies(r) }

// Verdict is what the check found.
type Verdict struct {
	States   int
	Denied   int      // states that rule and statements both deny
	Stricter []string // denied, though the policy passes it
	Looser   []string // let through, though the policy denies it
	Notes    []string
}

// maxCounterexamples bounds how many are kept of each kind.
const maxCounterexamples = 5

// maxStates bounds the combinations that are tried for one type. Beyond it the
// states of any two attributes are combined, with the others at their first.
const maxStates = 4096

// The place and identity that requests are made with where nothing else names
// one. Neither is special to any guardrail.
const (
	Account   = "111122223333"
	Region    = "eu-west-1"
	principal = "arn:aws:iam::111122223333:role/parapet-verify"
)

// States compares rule and statements over the states of the attributes.
func States(ctx context.Context, s Subject) (Verdict, error) {
	var v Verdict
	denies := compile(s.Statements)
	types := make([]string, 0, len(s.Reads))
	for t := range s.Reads {
		types = append(types, t)
	}
	slices.Sort(types)
	for _, t := range types {
		if err := s.states(ctx, t, denies, &v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// compile makes the statements one deny document.
func compile(ss []ir.Statement) *simulate.DenySet {
	p := iam.Policy{Version: iam.Version2012}
	for _, s := range ss {
		p.Statements = append(p.Statements, iam.Statement{
			Sid: s.Sid, Effect: iam.Deny, Actions: s.Actions, Resources: s.Resources, Conditions: s.Conditions,
		})
	}
	return simulate.CompileDenies(p)
}

// states runs the comparison for one resource type.
func (s Subject) states(ctx context.Context, typ string, denies *simulate.DenySet, v *Verdict) error {
	ops := s.operations(typ)
	if len(ops) == 0 { // only changes of existing resources are judged
		return s.updates(ctx, typ, denies, v)
	}
	reads := s.withSiblings(typ, ops)
	missed := map[string]bool{} // operations that let something through
	exactOn := map[string]bool{}
	for _, op := range ops {
		exactOn[op] = true
	}
	looser := map[string][]string{}
	for _, st := range combinations(reads) {
		if err := ctx.Err(); err != nil {
			return err
		}
		v.States++
		want, err := s.Ask(ctx, s.document(typ, st))
		if err != nil {
			continue // the rule itself has no answer: the engine reports an error, never a pass
		}
		for _, op := range ops {
			got := false
			for _, r := range s.requests(typ, op, reads, st) {
				if d, _ := denies.Denies(r); d {
					got = true
					break
				}
			}
			switch {
			case got && want:
				v.Denied++
			case got && !want:
				add(&v.Stricter, fmt.Sprintf("%s %s: denied on %s, though the policy passes it", typ, st, op))
			case want && !got:
				missed[op] = true
				exactOn[op] = false
				l := looser[op]
				add(&l, fmt.Sprintf("%s %s: let through on %s, though the policy denies it", typ, st, op))
				looser[op] = l
			}
		}
	}
	// One operation that is guarded in full is the way in which Terraform makes
	// the resource; the others are told as notes.
	if slices.ContainsFunc(ops, func(op string) bool { return exactOn[op] }) {
		for _, op := range ops {
			if missed[op] {
				add(&v.Notes, fmt.Sprintf("%s can make %s as well and carries only some of the keys: %s", op, typ, looser[op][0]))
			}
		}
		return s.updates(ctx, typ, denies, v)
	}
	for _, op := range ops {
		for _, c := range looser[op] {
			add(&v.Looser, c)
		}
	}
	return s.updates(ctx, typ, denies, v)
}

func add(list *[]string, s string) {
	if len(*list) < maxCounterexamples && !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// operations lists the create operations that the statements judge and that
// carry an attribute of the type.
func (s Subject) operations(typ string) []string {
	var out []string
	judged := func(op string) bool {
		return slices.ContainsFunc(s.Statements, func(st ir.Statement) bool { return slices.Contains(st.Actions, op) })
	}
	for _, r := range s.Reads[typ] {
		for _, b := range s.bound(typ, r.Path) {
			if b.Phase == binding.Create && judged(b.Operation) && !slices.Contains(out, b.Operation) {
				out = append(out, b.Operation)
			}
		}
	}
	if ops, ok := s.Bindings.Operations(typ); ok && len(out) == 0 {
		for _, op := range ops.Create {
			if judged(op) {
				out = append(out, op)
			}
		}
	}
	slices.Sort(out)
	return out
}

// bound returns the usable bindings of a path.
func (s Subject) bound(typ, path string) []binding.Binding {
	attribute, ok := strings.CutPrefix(path, "resource.values.")
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Bindings.Bindings(typ, attribute)), func(b binding.Binding) bool {
		return b.Trust == binding.Doubtful && !s.Doubtful || b.Form() == binding.FormJSON
	})
}

// withSiblings adds the attributes that reach a judged operation under the same
// key, on the same kind of IAM resource, as one that the policy reads. Their
// blocks are judged by the same statements: a guardrail on root volumes also
// denies data volumes.
func (s Subject) withSiblings(typ string, ops []string) []Read {
	reads := slices.Clone(s.Reads[typ])
	for i, r := range reads {
		for _, b := range s.bound(typ, r.Path) { // what Terraform leaves out, and what the key renames
			for _, v := range slices.Concat(b.Omit, slices.Sorted(maps.Keys(b.Values))) {
				if !slices.Contains(reads[i].Constants, v) && !strings.ContainsAny(v, "*:") && v != "json" {
					reads[i].Constants = append(slices.Clip(reads[i].Constants), v)
				}
			}
		}
	}
	for _, r := range s.Reads[typ] {
		for _, b := range s.bound(typ, r.Path) {
			if b.Each == "" && !b.Multivalued || b.Phase != binding.Create || !slices.Contains(ops, b.Operation) {
				continue
			}
			for _, attribute := range s.Bindings.Attributes(typ) {
				path := "resource.values." + attribute
				shared := slices.ContainsFunc(s.bound(typ, path), func(o binding.Binding) bool {
					return o.Key == b.Key && o.Operation == b.Operation && slices.Equal(o.Resources, b.Resources)
				})
				known := slices.ContainsFunc(reads, func(o Read) bool { return strings.TrimSuffix(o.Path, "[]") == path })
				if shared && !known {
					reads = append(reads, Read{Path: path, Kind: r.Kind, Constants: r.Constants})
				}
			}
		}
	}
	return reads
}

// requests makes the calls of one create operation for a state, as the bindings
// say that Terraform makes them.
func (s Subject) requests(typ, op string, reads []Read, st state) []*simulate.Request {
	var out []*simulate.Request
	related := map[string]map[string]simulate.Value{}
	for _, q := range s.Bindings.Requests(binding.Target{
		Type: typ, Name: "example", Account: Account, Region: st.region(), Partition: "aws", Values: s.values(typ, st),
	}) {
		if q.Operation != op || q.Phase != binding.Create {
			continue
		}
		r := Request(q)
		maps.Copy(r.Context, st.context())
		for k := range always {
			if _, there := st.context()[k]; !there {
				delete(r.Context, k)
			}
		}
		s.withoutDefaults(typ, op, reads, st, r.Context)
		r.Principal = st.principal()
		out = append(out, r)
	}
	if len(out) > 0 {
		return out
	}
	// An operation beside Terraform's own: one request for each kind of resource.
	for _, read := range reads {
		for _, b := range s.bound(typ, read.Path) {
			if b.Operation != op || b.Phase != binding.Create {
				continue
			}
			for _, pattern := range b.Resources {
				if related[pattern] == nil {
					related[pattern] = st.context()
					out = append(out, &simulate.Request{
						Principal: st.principal(), Action: op, Resource: Concrete(pattern), ResourceAccount: Account, Context: related[pattern],
					})
				}
				send(related[pattern], b, st, read.Path)
			}
		}
	}
	return out
}

// withoutDefaults takes back the keys that AWS fills in for attributes that are
// missing: a rule is compared with its statements as it is written, and what a
// default adds is told in the binding's notes.
func (s Subject) withoutDefaults(typ, op string, reads []Read, st state, ctx map[string]simulate.Value) {
	for _, read := range reads {
		if _, there := st.value(read.Path); there {
			continue
		}
		for _, b := range s.bound(typ, read.Path) {
			if b.Operation == op && b.Absent.State == binding.AbsentDefault {
				delete(ctx, b.Key)
			}
		}
	}
}

// send puts the key of a binding into a request where the state has a value.
func send(ctx map[string]simulate.Value, b binding.Binding, st state, path string) {
	value, ok := st.value(path)
	if !ok {
		return
	}
	if b.Form() == binding.FormContains {
		ctx[b.Key] = simulate.Single(strconv.FormatBool(value == b.Element()))
		return
	}
	if value, ok = b.KeyValue(value); !ok {
		return
	}
	if b.Form() == binding.FormTemplate {
		value = strings.ReplaceAll(value, "*", "example") // what the template leaves open
	}
	if b.Multivalued {
		ctx[b.Key] = simulate.Set(value)
		return
	}
	ctx[b.Key] = simulate.Single(value)
}

// Concrete turns a pattern for ARNs into an ARN that it matches.
func Concrete(pattern string) string {
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) < 6 {
		return strings.ReplaceAll(pattern, "*", "example")
	}
	for i, with := range []string{"", "aws", "", Region, Account, "example"} {
		if with != "" {
			parts[i] = strings.ReplaceAll(parts[i], "*", with)
		}
	}
	return strings.Join(parts, ":")
}

// updates checks the calls that change one attribute: silence must never be
// denied, and a value only when the policy denies it in every state of the
// other attributes.
func (s Subject) updates(ctx context.Context, typ string, denies *simulate.DenySet, v *Verdict) error {
	for _, r := range s.Reads[typ] {
		for _, b := range s.bound(typ, r.Path) {
			if b.Phase != binding.Update || len(b.Resources) == 0 {
				continue
			}
			for _, value := range r.states() {
				st := state{{read: r, value: value}}
				v.States++
				req := &simulate.Request{
					Principal: principal, Action: b.Operation, Resource: Concrete(b.Resources[0]), ResourceAccount: Account, Context: st.context(),
				}
				send(req.Context, b, st, r.Path)
				got, _ := denies.Denies(req)
				if !got {
					continue
				}
				if value.absent {
					add(&v.Stricter, fmt.Sprintf("%s: %s is denied though it says nothing of %s", typ, b.Operation, short(r.Path)))
					continue
				}
				want, err := s.Ask(ctx, s.document(typ, st))
				if err == nil && want {
					v.Denied++
				}
				if err == nil && !want && len(s.Reads[typ]) == 1 {
					add(&v.Stricter, fmt.Sprintf("%s %s: denied on %s, though the policy passes it", typ, st, b.Operation))
				}
			}
		}
	}
	return nil
}

// Examples checks the policy's own examples.
type Examples struct {
	Good, Bad []*resource.Resource
}

// CheckExamples makes the requests of each example resource and compares the
// answers. Resources of types that the guardrail leaves out are not counted.
func CheckExamples(ctx context.Context, s Subject, ex Examples) (ir.Examples, []ir.TestRequest, []string, error) {
	var count ir.Examples
	var tests []ir.TestRequest
	var wrong []string
	denies := compile(s.Statements)
	good, bad := resource.NewSet(ex.Good), resource.NewSet(ex.Bad)
	for _, set := range []*resource.Set{bad, good} {
		for _, r := range set.All() {
			want, err := s.Ask(ctx, set.Input(r))
			if err != nil {
				return count, nil, nil, fmt.Errorf("example %s: %w", r.Address, err)
			}
			if _, guarded := s.Reads[r.Type]; !guarded {
				continue
			}
			if want && set == good || !want && set == bad {
				continue // not what the example is for
			}
			deny, made := s.judge(denies, r, want)
			tests = append(tests, made...)
			switch {
			case deny && want:
				count.Denied++
			case !deny && !want:
				count.Allowed++
			case want:
				wrong = append(wrong, fmt.Sprintf("example %s is bad, and its request is let through", r.Address))
			default:
				wrong = append(wrong, fmt.Sprintf("example %s is good, and its request is denied", r.Address))
			}
		}
	}
	return count, tests, wrong, nil
}

// judge makes the calls that would create a resource, or set the attributes that
// the policy reads, and asks the statements about each. Of a resource that is to
// be denied, the first call that is denied is kept as a test; of one that is to
// pass, all calls.
func (s Subject) judge(denies *simulate.DenySet, r *resource.Resource, want bool) (denied bool, tests []ir.TestRequest) {
	var attributes []string
	for _, read := range s.Reads[r.Type] {
		if a, ok := strings.CutPrefix(read.Path, "resource.values."); ok {
			attributes = append(attributes, a)
		}
	}
	target := binding.Target{Type: r.Type, Name: r.Name, Account: r.Account, Region: r.Region, Partition: r.Partition, Values: r.Values}
	for _, q := range Calls(s.Bindings, target, attributes) {
		d, _ := denies.Denies(Request(q))
		t := ir.TestRequest{Name: r.Address, Action: q.Operation, Resource: q.Resource, Account: q.Account, Context: q.Context, Deny: d}
		if d {
			return true, []ir.TestRequest{t}
		}
		if !want {
			tests = append(tests, t)
		}
	}
	return false, tests
}

// Calls lists the API calls that would create a resource, then those that would
// set the attributes of one that exists.
func Calls(table *binding.Table, t binding.Target, attributes []string) []binding.Request {
	return slices.Concat(table.Requests(t), table.Changes(t, attributes))
}

// Request turns an API call into a request of an ordinary role.
func Request(q binding.Request) *simulate.Request {
	who := "arn:aws:iam::" + q.Account + ":role/parapet-verify"
	ctx := simulate.Context(q.Context)
	ctx["aws:PrincipalArn"] = simulate.Single(who)
	ctx["aws:PrincipalAccount"] = simulate.Single(q.Account)
	return &simulate.Request{Principal: who, Action: q.Operation, Resource: q.Resource, ResourceAccount: q.Account, Context: ctx}
}
