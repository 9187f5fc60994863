# METADATA
# title: CloudTrail trails keep logging
# description: >-
#   Stopping the trail is among the first things that an intruder does: what
#   happens afterwards leaves no trace. A trail that is stopped looks configured
#   in every list and records nothing.
# custom:
#   id: aws-cloudtrail-logging
#   severity: critical
#   frameworks:
#     cis-aws-5.0: ["3.1"]
#     aws-fsbp: ["CloudTrail.1"]
#   remediation: Set enable_logging to true, or leave it out.
package parapet.aws.cloudtrail.logging

# The default is true: only a written false stops the trail.
deny contains violation if {
	input.resource.type == "aws_cloudtrail"
	input.resource.values.enable_logging == false
	violation := {"msg": "does not log", "attribute": "enable_logging"}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "scp",
		"sid": "CloudtrailLogging",
		"actions": [
			"cloudtrail:DeleteTrail",
			"cloudtrail:PutEventSelectors",
			"cloudtrail:StopLogging",
			"cloudtrail:UpdateTrail",
		],
		"resources": ["*"],
		"fidelity": "looser",
		"trust": "documented",
		"note": "Trails that log cannot be stopped, deleted or redirected. No condition key is sent with cloudtrail:CreateTrail, so a new trail that never starts to log is still possible. Except the role that manages trails; Control Tower and landing zone roles need it too.",
	}
}
