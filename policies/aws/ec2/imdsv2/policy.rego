# METADATA
# title: EC2 instances accept only IMDSv2
# description: >-
#   IMDSv1 answers any request that reaches the instance's metadata address. A
#   web application that can be made to fetch a URL (SSRF) then hands over the
#   credentials of the instance's role. IMDSv2 asks for a session token that
#   such a request cannot obtain.
# custom:
#   id: aws-ec2-imdsv2
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["5.7"]
#     aws-fsbp: ["EC2.8", "EC2.170"]
#   remediation: Set metadata_options.http_tokens to "required".
package parapet.aws.ec2.imdsv2

deny contains violation if {
	input.resource.type in {"aws_instance", "aws_launch_template"}
	not input.resource.values.metadata_options[0].http_tokens == "required"
	violation := {"msg": "accepts IMDSv1", "attribute": "metadata_options[0].http_tokens"}
}
