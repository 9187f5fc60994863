package drift

import (
	"slices"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Rules of a security group may be resources of their own in the code. The
// group's attributes are not compared then, and each rule is; what is left is a
// rule that somebody has added. It is looked for permission by permission: one
// direction, protocol, range of ports and peer, since AWS merges rules.

// isRule reports whether resources of a type are rules of a security group.
func isRule(resourceType string) bool {
	return slices.ContainsFunc(overlaps, func(o overlap) bool {
		return o.resourceType == "aws_security_group" && o.by == resourceType
	})
}

// permissions are those of a rule or a block, of which the peers are what the
// values at these names hold.
func permissions(v map[string]any, protocol, group string, peers ...string) []string {
	for name, number := range protocols {
		if protocol == number && name != "all" {
			protocol = name
		}
	}
	what := protocol
	switch from, to := text(v["from_port"]), text(v["to_port"]); {
	case protocol == "all" || protocol == "-1":
		what = "all"
	case from == to:
		what += " " + from
	default:
		what += " " + from + "-" + to
	}
	var list []string
	for _, name := range peers {
		for _, peer := range elements(v[name]) {
			list = append(list, what+" "+peer)
		}
	}
	if v["self"] == true {
		list = append(list, what+" "+group)
	}
	return list
}

// rulePermissions are those of a rule, and its direction.
func rulePermissions(r *resource.Resource, group string) (list []string, direction string) {
	v := r.Values
	switch r.Type {
	case "aws_vpc_security_group_ingress_rule":
		direction = "ingress"
	case "aws_vpc_security_group_egress_rule":
		direction = "egress"
	default:
		return permissions(v, text(v["protocol"]), group,
			"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "source_security_group_id"), text(v["type"])
	}
	return permissions(v, text(v["ip_protocol"]), group,
		"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"), direction
}

// groupPermissions are those of a security group, of this id, in one direction.
func groupPermissions(r *resource.Resource, id, direction string) []string {
	blocks, _ := r.Values[direction].([]any)
	var list []string
	for _, b := range blocks {
		if v, ok := b.(map[string]any); ok {
			list = append(list, permissions(v, text(v["protocol"]), id,
				"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")...)
		}
	}
	return list
}

// strayRules returns the permissions of a live security group that neither the
// code's group nor its rules have, for the attributes that it shares with rules.
func strayRules(d, l *resource.Resource, desired []*resource.Resource, shared []string) []Difference {
	if l.Type != "aws_security_group" {
		return nil
	}
	var found []Difference
	for _, direction := range shared {
		at := resource.Path{direction}
		known, all := knownPermissions(d, l.ID, direction, desired)
		if !all || resource.Marked(l.Unknown, at) || resource.Marked(d.Unknown, at) {
			continue
		}
		var stray []any
		for _, p := range groupPermissions(l, l.ID, direction) {
			if !slices.Contains(known, p) && !slices.Contains(stray, any(p)) {
				stray = append(stray, p)
			}
		}
		if len(stray) > 0 {
			found = append(found, Difference{Path: direction, Live: stray})
		}
	}
	return found
}

// knownPermissions are those of the code for a group, and whether they are all:
// of a rule it may not be known yet whose it is, or what it allows.
func knownPermissions(d *resource.Resource, group, direction string, desired []*resource.Resource) (known []string, all bool) {
	known, all = groupPermissions(d, group, direction), true
	for _, r := range desired {
		if !isRule(r.Type) || r.Deleted() {
			continue
		}
		list, way := rulePermissions(r, group)
		switch of := text(r.Values["security_group_id"]); {
		case of != "" && of != group, way != direction:
		case of == "" || len(list) == 0 || r.Unknown != nil:
			all = false
		default:
			known = append(known, list...)
		}
	}
	return known, all
}
