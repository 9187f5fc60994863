package layer

import (
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// scp is the service control policy of AWS Organizations: denies that bind
// every principal of the accounts below a target. Since 2025-09-19 it takes
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
	Binds:       []string{"every user and role of the accounts below a target, root and delegated administrators too"},
	Misses: []string{
		"the management account",
		"service-linked roles",
		"principals of other organizations, also where they use resources of these accounts",
		"resources that exist: it judges calls, not what is there",
	},
	Exceptions: "by identity, time and resource",
	check: func(g ir.Guardrail) diag.Diagnostics {
		return checkDenies(g, "a service control policy")
	},
}
