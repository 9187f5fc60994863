# METADATA
# title: EC2 instances get no public address
# description: >-
#   An instance with a public address is reachable from the whole internet as
#   soon as one security group rule is too wide. Behind a load balancer or a
#   NAT gateway the same mistake stays inside the network.
# custom:
#   id: aws-ec2-public-ip
#   severity: high
#   frameworks:
#     aws-fsbp: ["EC2.9", "EC2.25"]
#   remediation: >-
#     Set associate_public_ip_address to false. Publish services through a load
#     balancer and reach instances through Systems Manager.
package parapet.aws.ec2.public_ip

import data.parapet.lib

# Where nothing is said, the subnet decides: see aws-vpc-subnet-public-ip.
deny contains violation if {
	input.resource.type == "aws_instance"
	input.resource.values.associate_public_ip_address == true
	violation := {"msg": "gets a public address", "attribute": "associate_public_ip_address"}
}

# EC2 gives a public address at launch only to an instance with one network
# interface, so the first interface is the one to look at. In a launch template
# the attribute is a string.
deny contains violation if {
	input.resource.type == "aws_launch_template"
	lib.is_true(input.resource.values.network_interfaces[0].associate_public_ip_address)
	violation := {
		"msg": "gives its instances a public address",
		"attribute": "network_interfaces[0].associate_public_ip_address",
	}
}
