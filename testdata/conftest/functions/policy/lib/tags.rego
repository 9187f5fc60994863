package lib.tags

required := {"owner", "env"}

missing(rc, wanted) := sort(wanted - object.keys(tags(rc)))

tags(rc) := rc.change.after.tags if is_object(rc.change.after.tags)

tags(rc) := {} if not is_object(rc.change.after.tags)
