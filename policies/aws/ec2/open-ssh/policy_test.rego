package parapet.aws.ec2.open_ssh_test

import data.parapet.aws.ec2.open_ssh

attributes(type, values) := {v.attribute |
	some v in open_ssh.deny with input as {"resource": {"type": type, "values": values}}
}

group(block) := attributes("aws_security_group", {"ingress": [block]})

rule(values) := attributes("aws_vpc_security_group_ingress_rule", values)

test_ranges_of_ports if {
	open := {"protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
	count(group(object.union(open, {"from_port": 0, "to_port": 65535}))) == 1
	count(group(object.union(open, {"from_port": 22, "to_port": 22}))) == 1
	count(group(object.union(open, {"from_port": 23, "to_port": 65535}))) == 0
	count(group(object.union(open, {"from_port": 0, "to_port": 21}))) == 0
}

test_protocols if {
	open := {"from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}
	count(group(object.union(open, {"protocol": "6"}))) == 1
	count(group(object.union(open, {"protocol": "TCP"}))) == 1
	count(group(object.union(open, {"protocol": "udp"}))) == 0
	count(group({"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]})) == 1
	count(rule({"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"})) == 1
}

test_protocols_as_numbers if {
	count(rule({"ip_protocol": -1, "cidr_ipv4": "0.0.0.0/0"})) == 1
	count(rule({"ip_protocol": 6, "from_port": 22, "to_port": 22, "cidr_ipv4": "0.0.0.0/0"})) == 1
}

test_address_ranges if {
	ssh := {"ip_protocol": "tcp", "from_port": 22, "to_port": 22}
	rule(object.union(ssh, {"cidr_ipv4": "0.0.0.0/0"})) == {"cidr_ipv4"}
	rule(object.union(ssh, {"cidr_ipv6": "::/0"})) == {"cidr_ipv6"}
	rule(object.union(ssh, {"cidr_ipv4": "10.0.0.0/10"})) == set()
	rule(object.union(ssh, {"referenced_security_group_id": "sg-0123456789abcdef0"})) == set()
}

test_the_attribute_names_the_block if {
	quiet := {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}
	open := {"protocol": "tcp", "from_port": 22, "to_port": 22, "ipv6_cidr_blocks": ["::/0"]}
	attributes("aws_security_group", {"ingress": [quiet, open]}) == {"ingress[1].ipv6_cidr_blocks"}
}

test_default_group if {
	block := {"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
	count(attributes("aws_default_security_group", {"ingress": [block]})) == 1
}

test_nothing_is_open_in_an_empty_group if {
	attributes("aws_security_group", {}) == set()
	attributes("aws_security_group", {"ingress": []}) == set()
	rule({}) == set()
}

test_egress_rules_are_not_judged if {
	values := {"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}
	attributes("aws_security_group_rule", object.union(values, {"type": "egress"})) == set()
	attributes("aws_security_group_rule", object.union(values, {"type": "ingress"})) == {"cidr_blocks"}
}

test_rules_of_the_older_kind if {
	ssh := {"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22}
	https := object.union(ssh, {"from_port": 443, "to_port": 443})
	older := "aws_security_group_rule"
	attributes(older, object.union(ssh, {"cidr_blocks": ["0.0.0.0/0"]})) == {"cidr_blocks"}
	attributes(older, object.union(ssh, {"cidr_blocks": ["10.0.0.0/8"]})) == set()
	attributes(older, object.union(https, {"cidr_blocks": ["0.0.0.0/0"]})) == set()
}
