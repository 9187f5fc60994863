package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// Explanation is a decision with what every layer and statement said.
type Explanation struct {
	Decision Decision
	Layers   []LayerExplanation // as AWS goes through them; those not given are left out
}

// LayerExplanation is what one layer, or one level of it, says by itself.
type LayerExplanation struct {
	Layer      Layer
	Target     string // of the level, for SCPs and RCPs
	Level      int    // its index, from the root
	Applies    bool   // false: the layer does not bear on this request
	Note       string // why it does not apply, or what decides beside its statements; may be empty
	Effect     Effect // of the layer alone; empty when it does not apply
	Statements []StatementExplanation
}

// Match says whether a statement matches a request.
type Match string

// Matches.
const (
	Matches        Match = "yes"
	MatchesNot     Match = "no"
	MatchesPerhaps Match = "depends" // on keys that are unknown
)

// StatementExplanation is what one statement says.
type StatementExplanation struct {
	Ref    StatementRef
	Effect iam.Effect
	Match  Match
	// Mismatches lists every element that does not match, or matches perhaps.
	Mismatches []Mismatch
}

// Mismatch is an element that does not match the request, and why.
type Mismatch struct {
	Element  string // Action, NotAction, Principal, NotPrincipal, Resource, NotResource or Condition
	Operator string // of a condition
	Key      string // of a condition
	Policy   []string
	Request  string // the request's value, quoted; absent or unknown without quotes
	Perhaps  bool   // it matches perhaps
}

// String tells the mismatch in a sentence.
func (m Mismatch) String() string {
	switch {
	case m.Element == "Condition" && m.Perhaps:
		return fmt.Sprintf("Condition: %s is %s: %s %s may hold", m.Key, m.Request, m.Operator, quote(m.Policy))
	case m.Element == "Condition":
		return fmt.Sprintf("Condition: %s is %s: %s %s does not hold", m.Key, m.Request, m.Operator, quote(m.Policy))
	case m.Perhaps:
		return fmt.Sprintf("%s: %s may match %s", m.Element, m.Request, quote(m.Policy))
	case strings.HasPrefix(m.Element, "Not"):
		return fmt.Sprintf("%s: %s is among %s", m.Element, m.Request, quote(m.Policy))
	}
	return fmt.Sprintf("%s: %s does not match %s", m.Element, m.Request, quote(m.Policy))
}

// quote lists values, the first few of many.
func quote(values []string) string {
	const most = 3
	if len(values) == 0 {
		return "anything"
	}
	quoted := make([]string, 0, most)
	for _, v := range values[:min(len(values), most)] {
		quoted = append(quoted, strconv.Quote(v))
	}
	out := strings.Join(quoted, ", ")
	if more := len(values) - most; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// Explain answers a request and says why. It judges every statement, so it is
// slower than [Evaluator.Decide]; the decision is the same.
func (e *Evaluator) Explain(r *Request) Explanation {
	s := e.bind(r)
	s.run()
	var x Explanation
	s.conclude(&x.Decision, false)
	for i := range e.blocks {
		if e.blocks[i].given {
			x.Layers = append(x.Layers, s.explainBlock(i))
		}
	}
	slices.SortStableFunc(x.Layers, func(a, b LayerExplanation) int {
		return cmp.Compare(precedence[a.Layer], precedence[b.Layer])
	})
	e.release(s)
	return x
}

func (s *scratch) explainBlock(i int) LayerExplanation {
	b := &s.e.blocks[i]
	x := LayerExplanation{Layer: b.layer, Target: b.target, Level: b.level, Applies: s.applies[i]}
	if !x.Applies {
		x.Note = s.exempt(b.layer)
		return x
	}
	state := &s.states[i]
	allow := state.allow[unnamed]
	if b.layer == LayerRCP {
		allow = yes
		x.Note = "RCPFullAWSAccess is always attached"
	}
	switch {
	case state.deny == yes:
		x.Effect = ExplicitlyDenied
	case state.deny == no && allow == no:
		x.Effect = ImplicitlyDenied
	case state.deny == maybe || allow == maybe:
		x.Effect = Depends
	default:
		x.Effect = Allowed
		if b.layer == LayerResource {
			x.Note = s.grantNote(state)
		}
	}
	for j := range s.e.statements {
		if st := &s.e.statements[j]; int(st.block) == i {
			x.Statements = append(x.Statements, s.explainStatement(st))
		}
	}
	return x
}

// grantNote says how far the resource's policy carries within the account.
func (s *scratch) grantNote(state *state) string {
	switch {
	case state.allow[directGrade] == yes:
		return ""
	case state.allow[byRole] == yes:
		return "it names the role, so boundary and session policy still limit the grant"
	}
	return "it names the account, so the account's own policies must allow too"
}

// exempt says why a layer that is given does not bear on the request.
func (s *scratch) exempt(l Layer) string {
	id, h := &s.caller, &s.e.hierarchy
	switch {
	case !id.inAccount() && l != LayerRCP:
		return "the caller is no identity of an account"
	case id.linked && (l == LayerSCP || l == LayerRCP):
		return "service-linked roles are exempt"
	case l == LayerSCP:
		return "the caller is in the management account"
	case l == LayerRCP && s.account != "" && s.account == h.ManagementAccount:
		return "the resource is in the management account"
	case l == LayerRCP:
		return "RCPs do not reach this action"
	}
	return "the root user has no policies of its own"
}

func (s *scratch) explainStatement(st *statement) StatementExplanation {
	x := StatementExplanation{Ref: st.ref, Effect: iam.Allow, Match: Matches}
	if st.deny {
		x.Effect = iam.Deny
	}
	add := func(result tri, m Mismatch) {
		if result == yes {
			return
		}
		m.Perhaps = result == maybe
		if !m.Perhaps {
			x.Match = MatchesNot
		} else if x.Match == Matches {
			x.Match = MatchesPerhaps
		}
		x.Mismatches = append(x.Mismatches, m)
	}
	src := &st.source
	covers := func(list []string) bool {
		return slices.ContainsFunc(list, func(a string) bool { return iam.MatchAction(a, s.action) })
	}
	action := strconv.Quote(s.action)
	if src.Actions != nil {
		add(truth(covers(src.Actions)), Mismatch{Element: "Action", Policy: src.Actions, Request: action})
	} else {
		add(truth(!covers(src.NotActions)), Mismatch{Element: "NotAction", Policy: src.NotActions, Request: action})
	}
	caller := "anonymous"
	if s.caller.kind != anonymous {
		caller = strconv.Quote(s.caller.text)
	}
	named := truth(s.grade(st) != unnamed)
	if src.NotPrincipal != nil {
		add(named, Mismatch{Element: "NotPrincipal", Policy: listed(src.NotPrincipal), Request: caller})
	} else {
		add(named, Mismatch{Element: "Principal", Policy: listed(src.Principal), Request: caller})
	}
	resource := Mismatch{Element: "Resource", Policy: src.Resources, Request: strconv.Quote(s.resource)}
	if src.NotResources != nil {
		resource.Element, resource.Policy = "NotResource", src.NotResources
	}
	add(s.judgeResource(st), resource)
	for _, i := range st.conditions {
		c := &s.e.conditions[i]
		add(s.condition(i), Mismatch{
			Element: "Condition", Operator: c.source.Operator.String(), Key: c.source.Key,
			Policy: c.source.Values, Request: s.values[c.slot].String(),
		})
	}
	return x
}

// listed returns the values of a Principal element.
func listed(p *iam.Principal) []string {
	if p == nil {
		return nil
	}
	if p.Any {
		return []string{"*"}
	}
	return slices.Concat(p.AWS, p.Service, p.Federated, p.CanonicalUser)
}
