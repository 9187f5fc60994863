package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type in {"aws_lb_listener", "aws_alb_listener"}
	rc.change.after.protocol == "HTTP"
	not redirects(rc.change.after)
	msg := sprintf("%s takes plain HTTP on port %d", [rc.address, rc.change.after.port])
}

redirects(listener) if listener.default_action[_].redirect[_].protocol == "HTTPS"
