package layer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
)

// Move puts a guardrail of an SCP onto another layer of denies. A reason
// instead says why the layer cannot hold it as faithfully.
func Move(g ir.Guardrail, to ir.Layer) (moved ir.Guardrail, reason string) {
	if to == g.Layer {
		return g, ""
	}
	if g.Layer != ir.SCP || len(g.Statements) == 0 {
		return g, fmt.Sprintf("it is no deny of requests, which is all that the layer %s holds", to)
	}
	switch to {
	case ir.RCP:
		for _, s := range g.Statements {
			for _, a := range s.Actions {
				if why := rcpUnfit(a); why != "" {
					return g, why
				}
			}
		}
	case ir.Boundary:
	default:
		return g, fmt.Sprintf("the layer %s cannot hold a condition on requests; --layer auto would use an SCP", to)
	}
	g.Layer = to
	g.Notes = append(slices.Clone(g.Notes), moveNotes[to]...)
	return g, ""
}

// moveNotes are what a reviewer must know of a guardrail that was derived from
// a policy on resources and now lives on the layer.
var moveNotes = map[ir.Layer][]string{
	ir.RCP: {
		"As an RCP it also binds callers of other organizations, anonymous callers, and AWS services that call with their own principal: watch CloudTrail for the latter on the canary OU.",
	},
	ir.Boundary: {
		"As a permissions boundary it binds only the users and roles that carry it. Whoever may call " + strings.Join(BoundaryRemovals, ", ") + " can take it off: deny that to those who carry it, in an SCP.",
	},
}

// Why says in one sentence why a guardrail is on its layer when nothing else
// was asked for.
func Why(g ir.Guardrail) string {
	switch g.Layer {
	case ir.SCP:
		why := "An SCP holds the condition for every principal of the accounts below it, and changes no principal and no resource."
		if _, reason := Move(g, ir.RCP); reason != "" {
			return why + " An RCP is no choice: " + reason + "."
		}
		return why + " An RCP (--layer rcp) would bind outsiders and AWS services too."
	case ir.RCP:
		return "The policy is about who uses a resource, outsiders included, whom an SCP does not bind."
	case ir.Boundary:
		return "The policy is about principals that carry a boundary."
	case ir.Declarative:
		return "AWS itself keeps the setting in every account and Region below a target, and nobody there can change it: no call needs to be denied."
	case ir.Account:
		return "The account's own setting holds for everyone in it and denies no call of those who do not need what it forbids."
	}
	return ""
}
