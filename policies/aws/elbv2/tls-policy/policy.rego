# METADATA
# title: Load balancer listeners refuse TLS before 1.2
# description: >-
#   TLS 1.0 and 1.1 were withdrawn by the IETF in RFC 8996: their key exchange
#   and hashes are broken enough that a strong attacker reads the traffic. A
#   listener that still offers them can be talked down to them.
# custom:
#   id: aws-elbv2-tls-policy
#   severity: high
#   frameworks:
#     aws-fsbp: ["ELB.17"]
#   remediation: Set ssl_policy to "ELBSecurityPolicy-TLS13-1-2-2021-06" or a later one.
package parapet.aws.elbv2.tls_policy

import data.parapet.lib

# The predefined policies that offer TLS 1.0 or 1.1. The two digits of a name
# are the lowest version of TLS; some older names lack them:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
weak_policies := [
	"ELBSecurityPolicy-2015-05",
	"ELBSecurityPolicy-2016-08",
	"ELBSecurityPolicy-FS-1-1-*",
	"ELBSecurityPolicy-FS-2018-06",
	"ELBSecurityPolicy-TLS-1-0-*",
	"ELBSecurityPolicy-TLS-1-1-*",
	"ELBSecurityPolicy-TLS13-1-0-*",
	"ELBSecurityPolicy-TLS13-1-1-*",
]

deny contains violation if {
	input.resource.type in {"aws_alb_listener", "aws_lb_listener"}
	lib.matches_any(input.resource.values.ssl_policy, weak_policies)
	violation := {"msg": "offers TLS before 1.2", "attribute": "ssl_policy"}
}

# Without a policy of its own, a TLS listener that is created through the API
# gets ELBSecurityPolicy-2016-08, which offers TLS 1.0.
deny contains violation if {
	input.resource.type in {"aws_alb_listener", "aws_lb_listener"}
	input.resource.values.protocol in {"HTTPS", "TLS"}
	not input.resource.values.ssl_policy
	violation := {"msg": "leaves the TLS policy to a default that offers TLS 1.0", "attribute": "ssl_policy"}
}
