# METADATA
# title: Logs end
# custom:
#   id: live-log-retention
#   severity: medium
package live.log_retention

deny contains violation if {
	input.resource.type == "aws_cloudwatch_log_group"
	object.get(input.resource.values, "retention_in_days", 0) == 0
	violation := {"msg": "never ends", "attribute": "retention_in_days"}
}
