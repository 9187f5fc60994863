# METADATA
# title: Load balancer listeners encrypt
# description: >-
#   On a listener without TLS, everyone on the way between client and load
#   balancer reads the sessions, passwords and data of its users, and can
#   change them.
# custom:
#   id: aws-elbv2-listener-protocol
#   severity: high
#   frameworks:
#     aws-fsbp: ["ELB.18"]
#   remediation: >-
#     Use HTTPS on an Application Load Balancer and TLS on a Network Load
#     Balancer. A listener that only redirects to HTTPS needs an exception.
package parapet.aws.elbv2.listener_protocol

# The protocols are named rather than excluded: a listener of a Gateway Load
# Balancer has none, and nothing is wrong with it.
deny contains violation if {
	input.resource.type in {"aws_alb_listener", "aws_lb_listener"}
	input.resource.values.protocol in {"HTTP", "TCP", "TCP_UDP", "UDP"}
	violation := {"msg": "does not encrypt", "attribute": "protocol"}
}
