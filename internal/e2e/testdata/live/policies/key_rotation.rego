# METADATA
# title: Keys rotate
# custom:
#   id: live-key-rotation
#   severity: medium
package live.key_rotation

deny contains violation if {
	input.resource.type == "aws_kms_key"
	not input.resource.values.enable_key_rotation
	violation := {"msg": "does not rotate", "attribute": "enable_key_rotation"}
}
