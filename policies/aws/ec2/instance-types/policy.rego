# METADATA
# title: EC2 instances are of allowed types
# description: >-
#   Large and accelerated instances are what an attacker starts first with
#   stolen credentials, to mine cryptocurrency at the owner's expense. A list
#   of types that teams really use bounds both that damage and honest mistakes.
# custom:
#   id: aws-ec2-instance-types
#   severity: medium
#   frameworks: {}
#   remediation: Choose one of the allowed instance types, or have the type added to the parameter.
#   parameters:
#     allowed:
#       description: Instance types that may run; an asterisk stands for any run of characters, a question mark for one.
#       default: ["t3.*", "t3a.*", "t4g.*", "m6i.*", "m7g.*"]
package parapet.aws.ec2.instance_types

import data.parapet.lib

# A launch template may leave the type to its user, and an instance may take it
# from a launch template: no type, no violation. The launch is then judged.
deny contains violation if {
	input.resource.type in {"aws_instance", "aws_launch_template"}
	not lib.matches_any(input.resource.values.instance_type, data.parameters["aws-ec2-instance-types"].allowed)
	violation := {"msg": "is of an instance type that is not allowed", "attribute": "instance_type"}
}
