# METADATA
# title: The EC2 serial console is off
# description: >-
#   The serial console reaches an instance past its security groups and its
#   network, with a password of the operating system. Where nobody needs it to
#   repair instances, it is a way in that nobody watches.
# custom:
#   id: aws-ec2-serial-console
#   severity: low
#   frameworks: {}
#   remediation: Set enabled to false.
package parapet.aws.ec2.serial_console

# The provider's default is true: only a written false turns it off.
deny contains violation if {
	input.resource.type == "aws_ec2_serial_console_access"
	not input.resource.values.enabled == false
	violation := {"msg": "turns the serial console on", "attribute": "enabled"}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "declarative",
		"policy_type": "DECLARATIVE_POLICY_EC2",
		"content": {"ec2_attributes": {"serial_console_access": {"status": {"@@assign": "disabled"}}}},
		"fidelity": "exact",
		"trust": "documented",
		"note": "Turns the serial console off in every account and Region below a target. No account can change it afterwards, so take aws_ec2_serial_console_access out of configurations: applying it fails.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "account",
		"setting": {
			"type": "aws_ec2_serial_console_access",
			"name": "this",
			"values": {"enabled": false},
		},
		"fidelity": "exact",
		"trust": "documented",
		"note": "The setting holds for one Region: repeat it with a provider for each Region in use.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "scp",
		"sid": "Ec2SerialConsole",
		"actions": ["ec2:EnableSerialConsoleAccess"],
		"resources": ["*"],
		"fidelity": "exact",
		"trust": "documented",
		"note": "Where the console is on already it stays on: turn it off first.",
	}
}
