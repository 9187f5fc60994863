# METADATA
# title: Tables can be recovered
# custom:
#   id: live-recovery
#   severity: medium
package live.recovery

deny contains violation if {
	input.resource.type == "aws_dynamodb_table"
	not recoverable
	violation := {"msg": "cannot be recovered", "attribute": "point_in_time_recovery"}
}

recoverable if {
	some p in input.resource.values.point_in_time_recovery
	p.enabled == true
}
