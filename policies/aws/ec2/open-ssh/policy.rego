# METADATA
# title: SSH is not open to the world
# description: >-
#   A port 22 that anyone can reach is tried with stolen keys and guessed
#   passwords within minutes, and every flaw of the SSH server is then a way
#   in. Session Manager or EC2 Instance Connect need no open port.
# custom:
#   id: aws-ec2-open-ssh
#   severity: critical
#   frameworks:
#     cis-aws-5.0: ["5.3", "5.4"]
#     aws-fsbp: ["EC2.13"]
#   remediation: >-
#     Remove the rule and use Session Manager, or name the networks that need
#     it.
#   instead: >-
#     No condition key of ec2:AuthorizeSecurityGroupIngress carries a port or
#     an address range, so no guardrail can tell this rule from another. Keep
#     this gate on every change, let only a network role change rules of
#     security groups, and switch on VPC Block Public Access where nothing has
#     to be reached from the internet.
package parapet.aws.ec2.open_ssh

# A rule inside a security group.
deny contains violation if {
	input.resource.type in {"aws_default_security_group", "aws_security_group"}
	some i, rule in input.resource.values.ingress
	reaches_ssh(rule.protocol, rule)
	some attribute in {"cidr_blocks", "ipv6_cidr_blocks"}
	some range in rule[attribute]
	is_world(range)
	violation := {
		"msg": sprintf("opens SSH to %s", [range]),
		"attribute": sprintf("ingress[%d].%s", [i, attribute]),
	}
}

# A rule of its own, of the older kind.
deny contains violation if {
	input.resource.type == "aws_security_group_rule"
	input.resource.values.type == "ingress"
	reaches_ssh(input.resource.values.protocol, input.resource.values)
	some attribute in {"cidr_blocks", "ipv6_cidr_blocks"}
	some range in input.resource.values[attribute]
	is_world(range)
	violation := {"msg": sprintf("opens SSH to %s", [range]), "attribute": attribute}
}

# A rule of its own, of the newer kind.
deny contains violation if {
	input.resource.type == "aws_vpc_security_group_ingress_rule"
	reaches_ssh(input.resource.values.ip_protocol, input.resource.values)
	some attribute in {"cidr_ipv4", "cidr_ipv6"}
	range := input.resource.values[attribute]
	is_world(range)
	violation := {"msg": sprintf("opens SSH to %s", [range]), "attribute": attribute}
}

# EC2 ignores the ports of a rule for every protocol. A configuration may write
# the number of a protocol as a number; the provider makes a string of it.
reaches_ssh(protocol, _) if protocol in {"-1", -1, "all"}

reaches_ssh(protocol, rule) if {
	protocol in {"tcp", "TCP", "6", 6}
	rule.from_port <= 22
	rule.to_port >= 22
}

# A prefix of length 0 is every address, however it is written.
is_world(range) if endswith(range, "/0")
