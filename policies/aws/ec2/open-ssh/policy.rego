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

ssh_port := 22

deny contains violation if {
	input.resource.type in {
		"aws_default_security_group",
		"aws_security_group",
		"aws_security_group_rule",
		"aws_vpc_security_group_ingress_rule",
	}
	some rule in ingress_rules
	covers_ssh(rule)
	some range in rule.ranges
	is_world(range.cidr)
	violation := {"msg": sprintf("opens SSH to %s", [range.cidr]), "attribute": range.attribute}
}

# ingress_rules holds what lets traffic in, in one form: the protocol, the
# ports where they are given, and the address ranges, each with the attribute
# that names it. A configuration may write the protocol as a number and a port
# as a string; the provider converts them, so this does too.
ingress_rules contains rule if {
	input.resource.type in {"aws_security_group", "aws_default_security_group"}
	some i, block in input.resource.values.ingress
	rule := {
		"protocol": text(block.protocol),
		"ports": ports(block),
		"ranges": list_ranges(block, sprintf("ingress[%d].", [i])),
	}
}

ingress_rules contains rule if {
	input.resource.type == "aws_security_group_rule"
	input.resource.values.type == "ingress"
	rule := {
		"protocol": text(input.resource.values.protocol),
		"ports": ports(input.resource.values),
		"ranges": list_ranges(input.resource.values, ""),
	}
}

ingress_rules contains rule if {
	input.resource.type == "aws_vpc_security_group_ingress_rule"
	rule := {
		"protocol": text(input.resource.values.ip_protocol),
		"ports": ports(input.resource.values),
		"ranges": {range |
			some attribute in {"cidr_ipv4", "cidr_ipv6"}
			range := {"cidr": input.resource.values[attribute], "attribute": attribute}
		},
	}
}

text(value) := lower(sprintf("%v", [value]))

ports(values) := {"from": to_number(values.from_port), "to": to_number(values.to_port)}

# Rules for every protocol may leave the ports out.
ports(values) := {} if not values.from_port

list_ranges(values, prefix) := {range |
	some attribute in {"cidr_blocks", "ipv6_cidr_blocks"}
	some cidr in values[attribute]
	range := {"cidr": cidr, "attribute": concat("", [prefix, attribute])}
}

# EC2 ignores the ports of a rule for every protocol.
covers_ssh(rule) if rule.protocol in {"-1", "all"}

covers_ssh(rule) if {
	rule.protocol in {"tcp", "6"}
	rule.ports.from <= ssh_port
	rule.ports.to >= ssh_port
}

# A prefix of length 0 is every address, however it is written.
is_world(cidr) if endswith(cidr, "/0")
