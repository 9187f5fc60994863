# METADATA
# title: Passwords are long
# custom:
#   id: live-password-length
#   severity: medium
package live.password_length

deny contains violation if {
	input.resource.type == "aws_iam_account_password_policy"
	input.resource.values.minimum_password_length < 16
	violation := {"msg": "are short", "attribute": "minimum_password_length"}
}
