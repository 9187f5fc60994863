package set

deny := {msg | some rc in input.resource_changes; rc.type == "aws_sqs_queue"; msg := sprintf("%s queues", [rc.address])}

warn := set()
