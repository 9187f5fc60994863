package layer

import (
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// boundary is the permissions boundary: a managed policy of an account that
// allows everything but what the guardrails deny. It binds only the users and
// roles that carry it, and each carries one at most (IAM User Guide,
// "Permissions boundaries for IAM entities"), so that all guardrails must fit
// into one document.
var boundary = Layer{
	ID:          ir.Boundary,
	Title:       "permissions boundary",
	PolicyType:  "PERMISSIONS_BOUNDARY",
	Document:    "boundary-document",
	Attachments: "boundary-attachments",
	Binds:       []string{"the users and roles that carry it, in any account, the management account too"},
	Misses: []string{
		"every user and role that does not carry it",
		"root",
		"service-linked roles, which cannot carry one",
		"principals of other accounts",
	},
	Exceptions: "by identity, time and resource; or by not carrying it",
	allow:      true,
	check: func(g ir.Guardrail) diag.Diagnostics {
		return checkDenies(g, "a permissions boundary")
	},
}

// BoundaryRemovals are the calls that take a permissions boundary off a
// principal, or put another in its place. A boundary holds only as long as
// those who carry it may not make them (IAM User Guide, "Delegating
// responsibility to others using permissions boundaries").
var BoundaryRemovals = []string{
	"iam:DeleteRolePermissionsBoundary",
	"iam:DeleteUserPermissionsBoundary",
	"iam:PutRolePermissionsBoundary",
	"iam:PutUserPermissionsBoundary",
}

// BoundaryEdits are the calls that change what the boundary's policy says.
var BoundaryEdits = []string{
	"iam:CreatePolicyVersion",
	"iam:DeletePolicy",
	"iam:DeletePolicyVersion",
	"iam:SetDefaultPolicyVersion",
}
