# METADATA
# title: Lambda function URLs ask for authorization
# description: >-
#   A function URL with the authorization type NONE can be called by anyone who
#   finds it. The function then runs with its role's permissions, at the
#   owner's expense, for whatever input the internet sends.
# custom:
#   id: aws-lambda-url-auth
#   severity: critical
#   frameworks: {}
#   remediation: >-
#     Set authorization_type to "AWS_IAM". Publish open endpoints through API
#     Gateway or CloudFront, with limits and a firewall.
package parapet.aws.lambda.url_auth

deny contains violation if {
	input.resource.type == "aws_lambda_function_url"
	input.resource.values.authorization_type == "NONE"
	violation := {"msg": "can be called by anyone", "attribute": "authorization_type"}
}
