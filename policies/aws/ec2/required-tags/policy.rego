# METADATA
# title: EC2 instances and volumes carry the required tags
# description: >-
#   A resource without an owner is nobody's to patch, to pay for or to answer
#   for in an incident. Tags are the only place that says whose it is, and they
#   are given at creation or not at all.
# custom:
#   id: aws-ec2-required-tags
#   severity: low
#   frameworks: {}
#   remediation: Add the missing tags.
#   parameters:
#     tags:
#       description: Keys of the tags that must be there. The value may be anything.
#       default: ["Owner", "CostCenter"]
package parapet.aws.ec2.required_tags

# Tags that the provider adds by default_tags are in tags_all alone.
deny contains violation if {
	input.resource.type in {"aws_instance", "aws_ebs_volume"}
	some tag in data.parameters["aws-ec2-required-tags"].tags
	not input.resource.values.tags[tag]
	not input.resource.values.tags_all[tag]
	violation := {
		"msg": sprintf("lacks the tag %s", [tag]),
		"attribute": concat(".", ["tags", tag]),
	}
}
