# METADATA
# title: IAM policies do not allow everything
# description: >-
#   A policy that allows every action on every resource makes whoever it is
#   attached to an administrator. One leaked credential or one flaw in a
#   program then costs the whole account.
# custom:
#   id: aws-iam-wildcard-policy
#   severity: critical
#   frameworks:
#     cis-aws-5.0: ["1.15"]
#     aws-fsbp: ["IAM.1"]
#   remediation: Allow the actions that are needed on the resources that they are needed for.
#   instead: >-
#     No condition key of iam:CreatePolicy or iam:PutRolePolicy carries the
#     document, so no guardrail can tell this policy from another. Bound what
#     any policy can give: require permissions boundaries
#     (aws-iam-role-boundary), forbid attaching AdministratorAccess
#     (aws-iam-admin-attachment), keep this gate on every change, and watch with
#     IAM Access Analyzer's checks for new access.
package parapet.aws.iam.wildcard_policy

# A document that is no JSON is an error, not a pass.
deny contains violation if {
	input.resource.type in {
		"aws_iam_group_policy",
		"aws_iam_policy",
		"aws_iam_role_policy",
		"aws_iam_user_policy",
	}
	document := json.unmarshal(input.resource.values.policy)
	some statement in as_list(document.Statement)
	statement.Effect == "Allow"
	some action in as_list(statement.Action)
	action in {"*", "*:*"}
	"*" in as_list(statement.Resource)
	violation := {"msg": "allows every action on every resource", "attribute": "policy"}
}

# In a policy document, a list of one may be written without its brackets.
as_list(value) := value if is_array(value)

as_list(value) := [value] if not is_array(value)
