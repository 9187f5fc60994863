# METADATA
# title: Roles have policies of their own
# custom:
#   id: live-attached
#   severity: medium
package live.attached

deny contains violation if {
	input.resource.type == "aws_iam_role"
	count(object.get(input.related, "aws_iam_role_policy", [])) == 0
	violation := {"msg": "has none", "attribute": "name"}
}
