package main

retired := {"python2.7", "python3.6", "nodejs12.x", "go1.x"}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_lambda_function"
	rc.change.after.runtime in retired
	msg := sprintf("%s runs on %s", [rc.address, rc.change.after.runtime])
}
