package array

deny := [sprintf("%s is public", [rc.address]) | some rc in input.resource_changes; rc.change.after.acl == "public-read"]
