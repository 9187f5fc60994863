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

# In a launch template the attribute is a string. EC2 judges every network
# interface of a launch by itself.
deny contains violation if {
	input.resource.type == "aws_launch_template"
	some interface in input.resource.values.network_interfaces
	lib.is_true(interface.associate_public_ip_address)
	violation := {"msg": "gives its instances a public address", "attribute": "network_interfaces"}
}
