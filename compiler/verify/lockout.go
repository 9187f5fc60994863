package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

// Identity is somebody who must stay able to change or remove the guardrails.
type Identity struct {
	Name string // "pipeline"
	ARN  string // of a role, a user or a root user; * allowed
}

// Holding says what a module's denies do to one kind of call by one identity.
type Holding struct {
	Identity Identity
	Need     string   // what the calls are needed for
	Actions  []string // patterns
	Denied   []Denied // that some such call meets, by Sid; none: nothing is in the way
	Reason   string   // why it is not known, else empty
}

// Denied is a statement that meets calls that are needed.
type Denied struct {
	Sid       string
	Guardrail string
	Actions   []string // of the statement, those that are needed
	Always    []string // of those, the ones that are denied whatever the call asks
}

// Blocks reports whether calls that are needed to take the guardrails back are
// denied whatever they ask.
func (h Holding) Blocks() bool {
	return slices.ContainsFunc(h.Denied, func(d Denied) bool { return len(d.Always) > 0 }) && !h.advisory()
}

// advisory reports whether the calls are not needed to take guardrails back,
// only to keep up the roles that do.
func (h Holding) advisory() bool { return h.Need == needs[len(needs)-1].what }

// needs are the calls that changing and removing guardrails takes. SCPs, RCPs
// and declarative policies are changed through AWS Organizations, with
// credentials of the management account, whom none of them binds, or of a
// delegated administrator, whom they do bind
// (Organizations User Guide, orgs_delegate_policies).
var needs = []struct {
	what    string
	actions []string
}{
	{"change or remove the policies", []string{
		"organizations:AttachPolicy", "organizations:CreatePolicy", "organizations:DeletePolicy", "organizations:DescribePolicy",
		"organizations:DetachPolicy", "organizations:ListPolicies", "organizations:ListPoliciesForTarget",
		"organizations:ListTagsForResource", "organizations:ListTargetsForPolicy", "organizations:TagResource",
		"organizations:UntagResource", "organizations:UpdatePolicy",
	}},
	{"take the roles that do", []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:GetCallerIdentity", "sts:TagSession"}},
	{"keep up the roles that do", []string{"iam:*"}},
}

// Lockout finds out what the denies do to the identities that must stay able to
// take them back.
func Lockout(denies []Deny, identities []Identity, o symbolic.Options) []Holding {
	var out []Holding
	for _, who := range identities {
		by := symbolic.Holds(iam.Condition{Operator: iam.Operator{Base: "ArnLike"}, Key: "aws:PrincipalArn", Values: []string{who.ARN}})
		for _, n := range needs {
			out = append(out, hold(denies, who, by, n.what, n.actions, o))
		}
	}
	return out
}

// hold judges one kind of call by one identity.
func hold(denies []Deny, who Identity, by symbolic.Expr, need string, actions []string, o symbolic.Options) Holding {
	h := Holding{Identity: who, Need: need, Actions: actions}
	note := func(r symbolic.Result) bool {
		if r.Verdict == symbolic.Unknown {
			h.Reason = r.Reason
		}
		return r.Verdict == symbolic.Satisfiable
	}
	for _, d := range Meeting(denies, actions) {
		if d.Layer == ir.Boundary && strings.HasSuffix(who.ARN, ":root") {
			continue // a root user carries no boundary
		}
		hit := Denied{Sid: d.Statement.Sid, Guardrail: d.Guardrail}
		for _, a := range needed(d.Statement.Actions, actions) {
			call := symbolic.And(by, symbolic.Action(a))
			matches := symbolic.Matches(d.Statement)
			if !note(symbolic.Solve(symbolic.And(call, matches), o)) {
				continue
			}
			hit.Actions = append(hit.Actions, a)
			free := symbolic.Solve(symbolic.And(call, symbolic.Not(matches)), o)
			if note(free); free.Verdict == symbolic.Unsatisfiable {
				hit.Always = append(hit.Always, a)
			}
		}
		if len(hit.Actions) > 0 {
			h.Denied = append(h.Denied, hit)
		}
	}
	slices.SortFunc(h.Denied, func(a, b Denied) int { return cmp.Compare(a.Sid, b.Sid) })
	return h
}

// needed returns the actions that both lists name, in the narrower spelling of
// the two. A statement with NotAction has no list: all that is needed may meet
// it.
func needed(of, need []string) []string {
	if len(of) == 0 {
		return need
	}
	var out []string
	for _, a := range of {
		for _, n := range need {
			switch {
			case iam.MatchAction(n, a): // also where n is the wider pattern
				out = append(out, a)
			case iam.MatchAction(a, n):
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Wide is a statement that denies whole services to everybody but for
// exceptions.
type Wide struct {
	Sid        string
	Guardrail  string
	Everything bool     // every action of every service
	Actions    []string // the patterns that are as wide
}

// DenyAll finds statements that deny every action, or every one of a service,
// whatever is asked, to everybody but for exceptions.
func DenyAll(denies []Deny) []Wide {
	var out []Wide
	for _, d := range denies {
		w := Wide{Sid: d.Statement.Sid, Guardrail: d.Guardrail}
		for _, a := range d.Statement.Actions {
			service, name, _ := strings.Cut(a, ":")
			everything := strings.Trim(service, "*") == "" && strings.Trim(name, "*") == ""
			if !everything && (name == "" || strings.Trim(name, "*") != "") {
				continue
			}
			w.Everything = w.Everything || everything
			w.Actions = append(w.Actions, a)
		}
		if len(w.Actions) > 0 && slices.Contains(d.Statement.Resources, "*") && onlyIdentity(d.Statement.Conditions) {
			out = append(out, w)
		}
	}
	return out
}

// onlyIdentity reports whether conditions look at who calls and when, and not
// at what is asked.
func onlyIdentity(cs []iam.Condition) bool {
	return !slices.ContainsFunc(cs, func(c iam.Condition) bool {
		k := strings.ToLower(c.Key)
		return !strings.HasPrefix(k, "aws:principal") && k != "aws:currenttime" && k != "aws:username" && k != "aws:userid"
	})
}
