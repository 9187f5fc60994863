# METADATA
# title: Instances stand behind closed groups
# custom:
#   id: live-open-instance
#   severity: medium
package live.open_instance

deny contains violation if {
	input.resource.type == "aws_instance"
	some group in input.related.aws_security_group
	some rule in group.values.ingress
	"0.0.0.0/0" in rule.cidr_blocks
	violation := {"msg": "is open to the world", "attribute": "vpc_security_group_ids"}
}
