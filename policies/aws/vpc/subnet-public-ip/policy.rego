# METADATA
# title: Subnets give no public addresses by themselves
# description: >-
#   Where a subnet gives public addresses, everything started in it is on the
#   internet although nobody asked for it, and no check of the instance shows
#   it.
# custom:
#   id: aws-vpc-subnet-public-ip
#   severity: medium
#   frameworks:
#     aws-fsbp: ["EC2.15"]
#   remediation: Set map_public_ip_on_launch to false, and give addresses to what needs one.
package parapet.aws.vpc.subnet_public_ip

deny contains violation if {
	input.resource.type == "aws_subnet"
	input.resource.values.map_public_ip_on_launch == true
	violation := {"msg": "gives every instance a public address", "attribute": "map_public_ip_on_launch"}
}
