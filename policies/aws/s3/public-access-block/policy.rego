# METADATA
# title: S3 buckets block public access
# description: >-
#   The four switches of the public access block overrule every public ACL and
#   every public bucket policy, those of today and those that somebody writes
#   by mistake next year. Three of four leave a way open.
# custom:
#   id: aws-s3-public-access-block
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["2.1.4"]
#     aws-fsbp: ["S3.8"]
#   remediation: Add an aws_s3_bucket_public_access_block for the bucket with all four switches true.
package parapet.aws.s3.public_access_block

switches := {
	"block_public_acls",
	"block_public_policy",
	"ignore_public_acls",
	"restrict_public_buckets",
}

deny contains violation if {
	input.resource.type == "aws_s3_bucket"
	not blocks_public_access
	violation := {"msg": "does not block public access", "attribute": "bucket"}
}

# The switches are false where they are left out.
blocks_public_access if {
	some block in input.related.aws_s3_bucket_public_access_block
	every switch in switches {
		block.values[switch] == true
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "account",
		"setting": {
			"type": "aws_s3_account_public_access_block",
			"name": "this",
			"values": {
				"block_public_acls": true,
				"block_public_policy": true,
				"ignore_public_acls": true,
				"restrict_public_buckets": true,
			},
		},
		"fidelity": "exact",
		"trust": "documented",
		"note": "Holds for every bucket of the account, whatever the bucket's own settings are: look for buckets that are public on purpose before you apply it. The findings stay until the buckets have blocks of their own.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "scp",
		"sid": "S3AccountPublicAccessBlock",
		"actions": ["s3:PutAccountPublicAccessBlock"],
		"resources": ["*"],
		"fidelity": "looser",
		"trust": "documented",
		"note": "Keeps the account setting as it is; by itself it blocks nothing. Deleting the setting needs the same permission and is denied too. Apply the account setting first, or except the role that applies it.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "declarative",
		"policy_type": "S3_POLICY",
		"content": {"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}},
		"fidelity": "exact",
		"trust": "reported",
		"note": "Holds for every bucket of every account below a target, and no account can change it. Look for buckets that are public on purpose before you attach it: nobody is excepted but whole accounts and OUs.",
	}
}
