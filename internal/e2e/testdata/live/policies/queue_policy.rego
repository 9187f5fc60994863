# METADATA
# title: Queues are not for everyone
# custom:
#   id: live-queue-policy
#   severity: medium
package live.queue_policy

deny contains violation if {
	input.resource.type == "aws_sqs_queue_policy"
	doc := json.unmarshal(input.resource.values.policy)
	some s in doc.Statement
	s.Effect == "Allow"
	s.Principal == "*"
	violation := {"msg": "is for everyone", "attribute": "policy"}
}
