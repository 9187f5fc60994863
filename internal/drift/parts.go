package drift

import (
	"cmp"
	"maps"
	"slices"

	"github.com/parapet-dev/parapet/internal/resource"
)

// aliases lists the types that mean the live resources of another type.
var aliases = map[string]string{
	"aws_alb":                         "aws_lb",
	"aws_alb_listener":                "aws_lb_listener",
	"aws_alb_listener_certificate":    "aws_lb_listener_certificate",
	"aws_alb_listener_rule":           "aws_lb_listener_rule",
	"aws_alb_target_group":            "aws_lb_target_group",
	"aws_alb_target_group_attachment": "aws_lb_target_group_attachment",
	"aws_ami_copy":                    "aws_ami",
	"aws_ami_from_instance":           "aws_ami",
	"aws_default_network_acl":         "aws_network_acl",
	"aws_default_route_table":         "aws_route_table",
	"aws_default_security_group":      "aws_security_group",
	"aws_default_subnet":              "aws_subnet",
	"aws_default_vpc":                 "aws_vpc",
	"aws_ebs_snapshot_copy":           "aws_ebs_snapshot",
	"aws_ebs_snapshot_import":         "aws_ebs_snapshot",
	"aws_s3_bucket_object":            "aws_s3_object",
}

// kind is the type under which a resource is live.
func kind(resourceType string) string { return cmp.Or(aliases[resourceType], resourceType) }

// part says how to find a resource that has no live resource of its own: AWS
// tells it as a block of another one.
type part struct {
	whole, via string // type of the other, and the attribute that names it
	block      func(values map[string]any) string
	// tell lists the attributes that tell the blocks apart, and gather those of
	// which a block holds at least what the part does: AWS merges rules.
	tell, gather []string
	names        map[string]string // attributes that the block calls otherwise
}

var parts = map[string]part{
	"aws_route": {
		whole: "aws_route_table", via: "route_table_id",
		block: func(map[string]any) string { return "route" },
		tell:  []string{"destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"},
		names: map[string]string{"destination_cidr_block": "cidr_block", "destination_ipv6_cidr_block": "ipv6_cidr_block"},
	},
	"aws_network_acl_rule": {
		whole: "aws_network_acl", via: "network_acl_id",
		block: func(v map[string]any) string {
			if text(v["egress"]) == "true" {
				return "egress"
			}
			return "ingress"
		},
		tell:  []string{"rule_number"},
		names: map[string]string{"rule_number": "rule_no", "rule_action": "action"},
	},
	"aws_security_group_rule": {
		whole: "aws_security_group", via: "security_group_id",
		block:  func(v map[string]any) string { return text(v["type"]) },
		tell:   []string{"from_port", "to_port", "protocol"},
		gather: []string{"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "source_security_group_id", "self"},
		names:  map[string]string{"source_security_group_id": "security_groups"},
	},
}

// protocols are the numbers of those that code may name.
// https://www.iana.org/assignments/protocol-numbers
var protocols = map[string]string{"all": "-1", "icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}

// plain writes a value of a block so that two which mean the same are the same.
func plain(attribute string, v any) string {
	if s := text(v); attribute == "protocol" && s != "" {
		return cmp.Or(protocols[s], s)
	}
	return canonical(v, false)
}

// compare looks for the blocks of the part in the live resource that holds it.
// The result names no live resource: what that one violates is told of itself.
func (p part) compare(d *resource.Resource, index *Index, live Live) Result {
	r := Result{Desired: d}
	whole := *d
	whole.Type, whole.ARN = p.whole, ""
	whole.ID = text(d.Values[p.via])
	whole.Values = map[string]any{"id": whole.ID}
	if whole.ID == "" {
		r.Status, r.Why = Unknown, "the code does not say what it belongs to"
		return r
	}
	l, several := index.find(&whole)
	if several {
		return ambiguous(d)
	}
	if l == nil {
		r.absent(&whole, live)
		return r
	}
	name := p.block(d.Values)
	inside, filled := parseFilled(l.Filled).below(name)
	if !filled || resource.Marked(l.Unknown, resource.Path{name}) {
		r.Status, r.Why = Unknown, name+" of "+l.ID+" was not read"
		return r
	}
	blocks := p.told(d, l.Values[name], inside)
	if len(blocks) == 0 {
		r.Status, r.Why = absence(&whole, Live{}) // the whole is there, and was read
		return r
	}
	if len(p.gather) > 0 {
		r.Differences = p.gathered(d, blocks)
	} else {
		r.Differences = p.differences(d, blocks[0])
	}
	r.Status = Same
	if len(r.Differences) > 0 {
		r.Status = Changed
	}
	return r
}

// told returns the blocks that are the part's.
func (p part) told(d *resource.Resource, list any, filled filledPaths) []map[string]any {
	all, _ := filled.project(list).([]any)
	var found []map[string]any
	for _, e := range all {
		block, ok := e.(map[string]any)
		ok = ok && !slices.ContainsFunc(p.tell, func(a string) bool {
			return plain(a, d.Values[a]) != plain(a, block[cmp.Or(p.names[a], a)])
		})
		if ok {
			found = append(found, block)
		}
	}
	return found
}

// differences compares the part with its block on what that holds.
func (p part) differences(d *resource.Resource, block map[string]any) []Difference {
	ours := map[string]string{}
	for a, b := range p.names {
		ours[b] = a
	}
	var list []Difference
	for _, b := range slices.Sorted(maps.Keys(block)) {
		a := cmp.Or(ours[b], b)
		want, set := d.Values[a]
		switch {
		case resource.Marked(d.Unknown, resource.Path{a}), !set && d.Origin == resource.OriginConfig:
		case plain(a, want) != plain(a, block[b]):
			list = append(list, Difference{Path: a, Live: block[b], Desired: want})
		}
	}
	return list
}

// gathered tells what of the part none of the blocks holds.
func (p part) gathered(d *resource.Resource, blocks []map[string]any) []Difference {
	var list []Difference
	for _, a := range p.gather {
		if resource.Marked(d.Unknown, resource.Path{a}) {
			continue
		}
		have := map[string]bool{}
		for _, b := range blocks {
			for _, v := range elements(b[cmp.Or(p.names[a], a)]) {
				have[v] = true
			}
		}
		want := elements(d.Values[a])
		there := slices.DeleteFunc(slices.Clone(want), func(v string) bool { return !have[v] })
		if len(there) < len(want) {
			list = append(list, Difference{Path: a, Live: anys(there), Desired: d.Values[a]})
		}
	}
	return list
}

// elements are the texts of a list, or of a scalar that is set.
func elements(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		if s := text(e); s != "" && s != "false" {
			out = append(out, s)
		}
	}
	return out
}

func anys(list []string) any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// holder returns the resource of the code which manages r as a block of its own:
// a rule in a security group, a policy in a role, the root volume of an instance.
// Where the code has resources of their own for such parts, a part that is none
// of these is nobody's.
func (x *Index) holder(r *resource.Resource) *resource.Resource {
	if r.Type == "aws_ebs_volume" { // made with its instance; other volumes may be attached by hand
		return x.roots[r.ID]
	}
	for _, o := range overlaps {
		if o.by != r.Type {
			continue
		}
		name := text(r.Values[o.via])
		if name == "" || x.apart[o.by+"\x00"+name] {
			continue
		}
		whole := x.Find(&resource.Resource{
			Type: o.resourceType, ID: name, Account: r.Account, Region: r.Region,
			Values: map[string]any{"id": name, "name": name, "bucket": name},
		})
		if whole != nil && canonical(whole.Values[o.attribute], false) != "" {
			return whole
		}
	}
	return nil
}
