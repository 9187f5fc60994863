# METADATA
# title: EBS encryption by default is on
# description: >-
#   With encryption by default, every new volume and snapshot copy in the
#   account and Region is encrypted, also those that an image, a service or a
#   hurried person creates without asking for it.
# custom:
#   id: aws-ec2-ebs-default-encryption
#   severity: medium
#   frameworks:
#     cis-aws-5.0: ["5.1.1"]
#     aws-fsbp: ["EC2.7"]
#   remediation: Set enabled to true, in every Region that is in use.
package parapet.aws.ec2.ebs_default_encryption

# The provider's default is true: only a written false turns the setting off.
deny contains violation if {
	input.resource.type == "aws_ebs_encryption_by_default"
	input.resource.values.enabled == false
	violation := {"msg": "turns encryption by default off", "attribute": "enabled"}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "scp",
		"sid": "Ec2EbsDefaultEncryption",
		"actions": ["ec2:DisableEbsEncryptionByDefault"],
		"resources": ["*"],
		"fidelity": "exact",
		"trust": "documented",
		"note": "Removing the aws_ebs_encryption_by_default resource from a configuration is denied too, since the provider then turns the setting off.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "account",
		"setting": {
			"type": "aws_ebs_encryption_by_default",
			"name": "this",
			"values": {"enabled": true},
		},
		"fidelity": "exact",
		"trust": "documented",
		"note": "The setting holds for one Region: repeat it with a provider for each Region in use. Volumes that exist stay as they are.",
	}
}
