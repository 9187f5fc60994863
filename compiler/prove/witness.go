package prove

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
	"github.com/parapet-dev/parapet/internal/iamdata"
)

// familiar looks for a request that satisfies e and that a reader recognises:
// an ordinary role, an action and a resource that the statement names. Each
// wish is granted where it can be; the request that was found stands otherwise.
func (p *prover) familiar(e symbolic.Expr, st iam.Statement, found *simulate.Request, o symbolic.Options) *simulate.Request {
	account := cmp.Or(p.in.Account, verify.Account)
	wish := func(wishes ...symbolic.Expr) {
		for _, w := range wishes {
			r := symbolic.Solve(symbolic.And(e, w), o)
			if r.Verdict == symbolic.Satisfiable {
				e, found = symbolic.And(e, w), r.Witness
				return
			}
		}
	}
	var names []string
	var actions, resources []symbolic.Expr
	for _, a := range st.Actions {
		named := []string{a}
		if strings.ContainsAny(a, "*?") {
			named = iamdata.Load().ExpandActions(a)
		}
		for _, n := range named[:min(len(named), maxWishes)] {
			names, actions = append(names, n), append(actions, symbolic.Action(n))
		}
	}
	for _, r := range st.Resources {
		if r != "*" {
			resources = append(resources, symbolic.Resource(iam.Escape(verify.Concrete(r))))
		}
	}
	wish(actions...)
	wish(resources...)
	wish(symbolic.And(
		holds("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::"+account+":role/developer"),
		holds("StringEquals", "aws:PrincipalAccount", account),
	))
	if !p.in.Now.IsZero() {
		wish(holds("DateEquals", "aws:CurrentTime", p.in.Now.UTC().Format("2006-01-02T15:04:05Z")))
	}
	for _, c := range st.Conditions {
		wish(holds("Null", c.Key, "true"), symbolic.And(symbolic.Holds(c), holds("Null", c.Key, "false")))
	}
	// Case does not matter in the name of an action, but a reader knows one.
	if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, found.Action) }); i >= 0 {
		r := *found
		r.Action = names[i]
		found = &r
	}
	return found
}

// maxWishes bounds how many actions that a pattern names are tried.
const maxWishes = 8

// Describe writes a request in one line: principal, action, resource and keys.
func Describe(r *simulate.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s", cmp.Or(r.Action, "an action"), cmp.Or(r.Resource, "*"))
	if who := Caller(r); who != "" {
		fmt.Fprintf(&b, " by %s", who)
	}
	var keys []string
	for k, v := range Keys(r) {
		if !strings.EqualFold(k, "aws:PrincipalArn") {
			keys = append(keys, fmt.Sprintf("%s = %s", k, quoted(v)))
		}
	}
	slices.Sort(keys)
	if len(keys) > 0 {
		fmt.Fprintf(&b, " with %s", strings.Join(keys, ", "))
	}
	return b.String()
}

// Caller returns who makes a request, as far as it says.
func Caller(r *simulate.Request) string {
	for k, v := range Keys(r) {
		if strings.EqualFold(k, "aws:PrincipalArn") && len(v) == 1 {
			return v[0]
		}
	}
	return r.Principal
}

// quoted writes the values of a key.
func quoted(values []string) string {
	list := make([]string, len(values))
	for i, v := range values {
		text, _ := json.Marshal(v) // strings cannot fail
		list[i] = string(text)
	}
	if len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// Keys returns the condition keys of a request with their values.
func Keys(r *simulate.Request) map[string][]string {
	out := map[string][]string{}
	for k, v := range r.Context {
		if !v.Absent() && !v.IsUnknown() {
			out[k] = v.Strings()
		}
	}
	return out
}

// TestRequest makes the request of a test, by an ordinary role.
func TestRequest(t ir.TestRequest) *simulate.Request {
	account := cmp.Or(t.Account, verify.Account)
	who := "arn:aws:iam::" + account + ":role/parapet-verify"
	ctx := simulate.Context(t.Context)
	for k, v := range map[string]string{"aws:PrincipalArn": who, "aws:PrincipalAccount": account} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(ctx)), func(have string) bool { return strings.EqualFold(have, k) }) {
			ctx[k] = simulate.Single(v)
		}
	}
	return &simulate.Request{Principal: who, Action: t.Action, Resource: t.Resource, ResourceAccount: account, Context: ctx}
}
