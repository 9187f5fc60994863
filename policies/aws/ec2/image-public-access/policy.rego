# METADATA
# title: Images cannot be shared with everyone
# description: >-
#   A public image gives its disks to anybody: the code, the keys that were left
#   in it, the names of what it talks to. The block keeps an image from becoming
#   public by a wrong click.
# custom:
#   id: aws-ec2-image-public-access
#   severity: medium
#   frameworks: {}
#   remediation: Set state to "block-new-sharing".
package parapet.aws.ec2.image_public_access

# AWS blocks by default: only a written value lifts the block.
deny contains violation if {
	input.resource.type == "aws_ec2_image_block_public_access"
	input.resource.values.state == "unblocked"
	violation := {"msg": "lets images become public", "attribute": "state"}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "declarative",
		"policy_type": "DECLARATIVE_POLICY_EC2",
		"content": {"ec2_attributes": {"image_block_public_access": {"state": {"@@assign": "block_new_sharing"}}}},
		"fidelity": "exact",
		"trust": "documented",
		"note": "Blocks public sharing of images in every account and Region below a target; images that are public already stay so. No account can change it afterwards, so take aws_ec2_image_block_public_access out of configurations: applying it fails.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "account",
		"setting": {
			"type": "aws_ec2_image_block_public_access",
			"name": "this",
			"values": {"state": "block-new-sharing"},
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
		"sid": "Ec2ImagePublicAccess",
		"actions": ["ec2:DisableImageBlockPublicAccess"],
		"resources": ["*"],
		"fidelity": "exact",
		"trust": "documented",
		"note": "Where the block is off already it stays off: turn it on first.",
	}
}
