# METADATA
# title: Load balancers are internal
# description: >-
#   An internet-facing load balancer publishes what is behind it. In accounts
#   for internal systems and data that is a mistake, and one that is seen from
#   outside first.
# custom:
#   id: aws-elbv2-internal
#   severity: high
#   frameworks: {}
#   remediation: Set internal to true. Publish services from the account that is meant for it.
package parapet.aws.elbv2.internal

# The default is an internet-facing load balancer, so silence is a violation.
deny contains violation if {
	input.resource.type in {"aws_alb", "aws_lb"}
	not input.resource.values.internal
	violation := {"msg": "faces the internet", "attribute": "internal"}
}
