package layer

import (
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// scp is the service control policy of AWS Organizations: denies that bind
// every principal of the accounts below a target, root included, but nobody in
// the management account and no service-linked role. Since 2025-09-19 it takes
// the whole policy language save Principal and NotPrincipal (AWS Security Blog,
// "AWS Organizations service control policies now support full IAM language").
// FullAWSAccess takes one place on every target.
var scp = Layer{
	ID:          ir.SCP,
	Title:       "service control policy",
	PolicyType:  "SERVICE_CONTROL_POLICY",
	Document:    "scp-document",
	Attachments: "scp-attachments",
	Attached:    1,
	check: func(g ir.Guardrail) diag.Diagnostics {
		var ds diag.Diagnostics
		if len(g.Settings) > 0 {
			ds = append(ds, unfit(g, 0, "a service control policy has no settings"))
		}
		if len(g.Statements) == 0 {
			ds = append(ds, unfit(g, 0, "it has no statement"))
		}
		for _, s := range g.Statements {
			ds = append(ds, checkStatement(g, s)...)
		}
		return ds
	},
}
