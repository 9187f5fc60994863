package parapet.aws.s3.public_access_block_test

import data.parapet.aws.s3.public_access_block

complete := {switch: true | some switch in public_access_block.switches}

denied(related) if {
	count(public_access_block.deny) == 1 with input as {
		"resource": {"type": "aws_s3_bucket", "values": {"bucket": "example"}},
		"related": related,
	}
}

blocks(list) := {"aws_s3_bucket_public_access_block": [{"values": values} | some values in list]}

test_no_block if {
	denied({})
	denied(blocks([]))
}

test_complete_block if not denied(blocks([complete]))

test_each_switch_matters if {
	every switch in public_access_block.switches {
		denied(blocks([object.union(complete, {switch: false})]))
		denied(blocks([object.remove(complete, {switch})]))
	}
}

test_other_relations_do_not_count if {
	denied({"aws_s3_bucket_acl": [{"values": complete}]})
}

test_guardrails_need_findings if {
	count(public_access_block.guardrail) == 0 with input as {"findings": []}
	count(public_access_block.guardrail) == 3 with input as {"findings": [{}]}
}
