# METADATA
# title: Networks are watched
# custom:
#   id: live-flow-logs
#   severity: medium
package live.flow_logs

deny contains violation if {
	input.resource.type == "aws_vpc"
	not input.related.aws_flow_log
	violation := {"msg": "has no flow log", "attribute": "id"}
}
