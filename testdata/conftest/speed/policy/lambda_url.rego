package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_lambda_function_url"
	rc.change.after.authorization_type == "NONE"
	msg := sprintf("%s answers to everybody", [rc.address])
}
