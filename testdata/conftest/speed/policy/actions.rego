package main

creates_or_updates(rc) if rc.change.actions[_] in {"create", "update"}

deleted(rc) if rc.change.actions == ["delete"]

as_array(x) := x if is_array(x)

as_array(x) := [x] if not is_array(x)
