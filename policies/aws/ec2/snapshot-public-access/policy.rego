# METADATA
# title: EBS snapshots cannot be shared with everyone
# description: >-
#   A public snapshot is a disk that anybody copies: databases, keys, backups.
#   Shared snapshots are looked for all the time. The block keeps a snapshot from
#   becoming public, and makes those private that are.
# custom:
#   id: aws-ec2-snapshot-public-access
#   severity: high
#   frameworks: {}
#   remediation: Set state to "block-all-sharing".
package parapet.aws.ec2.snapshot_public_access

# Only a written value lifts the block.
deny contains violation if {
	input.resource.type == "aws_ebs_snapshot_block_public_access"
	input.resource.values.state == "unblocked"
	violation := {"msg": "lets snapshots become public", "attribute": "state"}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "declarative",
		"policy_type": "DECLARATIVE_POLICY_EC2",
		"content": {"ec2_attributes": {"snapshot_block_public_access": {"state": {"@@assign": "block_all_sharing"}}}},
		"fidelity": "exact",
		"trust": "documented",
		"note": "Blocks public sharing of snapshots in every account and Region below a target, and makes those private that are public: look for any that are so on purpose first. No account can change it afterwards, so take aws_ebs_snapshot_block_public_access out of configurations: applying it fails.",
	}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "account",
		"setting": {
			"type": "aws_ebs_snapshot_block_public_access",
			"name": "this",
			"values": {"state": "block-all-sharing"},
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
		"sid": "Ec2SnapshotPublicAccess",
		"actions": ["ec2:DisableSnapshotBlockPublicAccess"],
		"resources": ["*"],
		"fidelity": "exact",
		"trust": "documented",
		"note": "Where the block is off already it stays off: turn it on first.",
	}
}
