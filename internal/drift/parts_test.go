package drift

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

// TestParts: what AWS tells as a block of something else is looked for there.
func TestParts(t *testing.T) {
	t.Parallel()
	const (
		table = `{"id":"rtb-1","route":[{"cidr_block":"0.0.0.0/0","gateway_id":"igw-1","ipv6_cidr_block":""},{"cidr_block":"10.0.0.0/8","nat_gateway_id":"nat-1"}]}`
		acl   = `{"id":"acl-1","ingress":[{"rule_no":100,"protocol":"6","action":"allow","cidr_block":"10.0.0.0/8","from_port":22,"to_port":22}],"egress":[{"rule_no":100,"protocol":"-1","action":"allow"}]}`
		group = `{"id":"sg-1","ingress":[{"from_port":443,"to_port":443,"protocol":"tcp","cidr_blocks":["10.0.0.0/8","10.1.0.0/16"],"security_groups":[],"self":false},` +
			`{"from_port":443,"to_port":443,"protocol":"tcp","cidr_blocks":[],"security_groups":["sg-2"],"self":true,"description":"x"}],"egress":[]}`
	)
	for _, tt := range []struct {
		name, typ, code, whole, live string
		want                         string
	}{
		{"route", "aws_route", `{"id":"r-1","route_table_id":"rtb-1","destination_cidr_block":"0.0.0.0/0","gateway_id":"igw-1","state":"active"}`, "aws_route_table", table, "same"},
		{"route elsewhere", "aws_route", `{"id":"r-1","route_table_id":"rtb-1","destination_cidr_block":"0.0.0.0/0","gateway_id":"igw-2"}`, "aws_route_table", table, "changed gateway_id: igw-1, not igw-2"},
		{"route that is gone", "aws_route", `{"id":"r-1","route_table_id":"rtb-1","destination_cidr_block":"10.9.0.0/16"}`, "aws_route_table", table, "gone"},
		{"route of a table that is gone", "aws_route", `{"id":"r-1","route_table_id":"rtb-2","destination_cidr_block":"0.0.0.0/0"}`, "aws_route_table", table, "gone"},
		{"route of no table yet", "aws_route", `{"destination_cidr_block":"0.0.0.0/0"}`, "aws_route_table", table, "unknown the code does not say what it belongs to"},
		{"rule of an ACL", "aws_network_acl_rule", `{"id":"n","network_acl_id":"acl-1","rule_number":100,"egress":false,"protocol":"tcp","rule_action":"allow","cidr_block":"10.0.0.0/8","from_port":22,"to_port":22}`, "aws_network_acl", acl, "same"},
		{"rule of the other direction", "aws_network_acl_rule", `{"id":"n","network_acl_id":"acl-1","rule_number":100,"egress":true,"protocol":"all","rule_action":"deny"}`, "aws_network_acl", acl, "changed rule_action: allow, not deny"},
		{"rule of a group", "aws_security_group_rule", `{"id":"s","type":"ingress","security_group_id":"sg-1","from_port":443,"to_port":443,"protocol":"6","cidr_blocks":["10.1.0.0/16"],"self":false}`, "aws_security_group", group, "same"},
		{"rule for a group", "aws_security_group_rule", `{"id":"s","type":"ingress","security_group_id":"sg-1","from_port":443,"to_port":443,"protocol":"tcp","source_security_group_id":"sg-2","self":true}`, "aws_security_group", group, "same"},
		{"a range less", "aws_security_group_rule", `{"id":"s","type":"ingress","security_group_id":"sg-1","from_port":443,"to_port":443,"protocol":"tcp","cidr_blocks":["10.0.0.0/8","10.2.0.0/16"]}`, "aws_security_group", group, "changed cidr_blocks: [10.0.0.0/8], not [10.0.0.0/8 10.2.0.0/16]"},
		{"rule that is gone", "aws_security_group_rule", `{"id":"s","type":"egress","security_group_id":"sg-1","from_port":443,"to_port":443,"protocol":"tcp","cidr_blocks":["10.0.0.0/8"]}`, "aws_security_group", group, "gone"},
	} {
		d, l := of(t, resource.OriginState, tt.typ, tt.code), of(t, resource.OriginSnapshot, tt.whole, tt.live)
		compare := func(live Live) string {
			r := Compare([]*resource.Resource{d}, live)[0]
			got := string(r.Status) + " " + r.Why
			for _, x := range r.Differences {
				got += fmt.Sprintf("%s: %v, not %v", x.Path, x.Live, x.Desired)
			}
			return strings.TrimSpace(got)
		}
		if got := compare(Live{Resources: []*resource.Resource{l}}); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		// Nothing is said of what was not read.
		l.Filled = []string{"id"}
		if got := compare(Live{Resources: []*resource.Resource{l}}); strings.HasPrefix(got, "same") || strings.HasPrefix(got, "changed") {
			t.Errorf("%s, not read: %s", tt.name, got)
		}
		denied := Live{Incomplete: []resource.Scope{{Type: tt.whole, Account: account, Region: "eu-west-1", Status: "denied by IAM"}}}
		if got := compare(denied); !strings.HasPrefix(got, "unknown") {
			t.Errorf("%s, denied: %s", tt.name, got)
		}
	}
}

// TestAliases: two names of Terraform for one thing of AWS are compared.
func TestAliases(t *testing.T) {
	t.Parallel()
	live := Live{
		Collected: []string{"aws_lb", "aws_security_group", "aws_vpc"},
		Resources: []*resource.Resource{
			of(t, resource.OriginSnapshot, "aws_lb", `{"id":"arn:lb","arn":"arn:lb","internal":true}`),
			of(t, resource.OriginSnapshot, "aws_vpc", `{"id":"vpc-1"}`),
			of(t, resource.OriginSnapshot, "aws_security_group", `{"id":"sg-1","ingress":[{"from_port":22}]}`),
		},
	}
	for _, tt := range []struct {
		typ, values string
		want        Status
	}{
		{"aws_alb", `{"id":"arn:lb","arn":"arn:lb","internal":true}`, Same},
		{"aws_alb", `{"id":"arn:lb","arn":"arn:lb","internal":false}`, Changed},
		{"aws_default_vpc", `{"id":"vpc-1"}`, Same},
		{"aws_default_vpc", `{"id":"vpc-2"}`, Gone},
		{"aws_default_security_group", `{"id":"sg-1","ingress":[]}`, Changed},
		{"aws_default_subnet", `{"id":"subnet-1"}`, Unknown},
	} {
		r := Compare([]*resource.Resource{of(t, resource.OriginState, tt.typ, tt.values)}, live)[0]
		if r.Status != tt.want || r.Uncollected != (tt.want == Unknown) {
			t.Errorf("%s %s: %s %s, want %s", tt.typ, tt.values, r.Status, r.Why, tt.want)
		}
	}
	// A rule of its own is not compared twice.
	group := of(t, resource.OriginState, "aws_default_security_group", `{"id":"sg-1","ingress":[]}`)
	rule := of(t, resource.OriginState, "aws_vpc_security_group_ingress_rule", `{"id":"sgr-1","security_group_id":"sg-1"}`)
	if r := Compare([]*resource.Resource{group, rule}, live)[0]; r.Status != Same {
		t.Errorf("with a rule of its own: %s", r.Status)
	}
}

// TestOwner: a part that has no resource of its own in the code belongs to what
// holds it, and to nobody where the code has such parts apart.
func TestOwner(t *testing.T) {
	t.Parallel()
	state := func(typ, v string) *resource.Resource { return of(t, resource.OriginState, typ, v) }
	const in = "aws_vpc_security_group_ingress_rule"
	inline := state("aws_default_security_group", `{"id":"sg-1","ingress":[{"from_port":22}]}`)
	empty := state("aws_security_group", `{"id":"sg-1","ingress":[]}`)
	rule := state(in, `{"id":"sgr-1","security_group_rule_id":"sgr-1","security_group_id":"sg-1"}`)
	role := state("aws_iam_role", `{"id":"r","name":"r","arn":"arn:aws:iam::1:role/r","inline_policy":[{"name":"p"}]}`)
	server := state("aws_instance", `{"id":"i-1","root_block_device":[{"volume_id":"vol-1"}],"ebs_block_device":[{"volume_id":"vol-2"}]}`)
	live := func(typ, v string) *resource.Resource { return of(t, resource.OriginSnapshot, typ, v) }
	stray := live(in, `{"id":"sgr-2","security_group_rule_id":"sgr-2","security_group_id":"sg-1"}`)
	for _, tt := range []struct {
		name string
		code []*resource.Resource
		live *resource.Resource
		want *resource.Resource
	}{
		{"itself", []*resource.Resource{inline, rule}, live(in, `{"id":"sgr-1","security_group_rule_id":"sgr-1","security_group_id":"sg-1"}`), rule},
		{"in a group", []*resource.Resource{inline}, stray, inline},
		{"by hand, beside rules of the code", []*resource.Resource{inline, rule}, stray, nil},
		{"by hand, in a group without rules", []*resource.Resource{empty}, stray, nil},
		{"of another group", []*resource.Resource{inline}, live(in, `{"id":"sgr-2","security_group_id":"sg-2"}`), nil},
		{"a disk of an instance", []*resource.Resource{inline, server}, live("aws_ebs_volume", `{"id":"vol-1"}`), server},
		{"another disk", []*resource.Resource{server}, live("aws_ebs_volume", `{"id":"vol-2"}`), nil},
		{"in a role", []*resource.Resource{role}, live("aws_iam_role_policy", `{"id":"r:p","role":"r","name":"p"}`), role},
	} {
		if got, sure := NewIndex(tt.code).Owner(tt.live); got != tt.want || !sure {
			t.Errorf("%s: %+v (%v)", tt.name, got, sure)
		}
	}
	// Of two that may be it, none is known to be.
	a, b := state("aws_cloudwatch_log_group", `{"name":"app"}`), state("aws_cloudwatch_log_group", `{"name":"app"}`)
	a.Region, b.Region = "", ""
	if got, sure := NewIndex([]*resource.Resource{a, b}).Owner(live("aws_cloudwatch_log_group", `{"id":"app","name":"app"}`)); got != nil || sure {
		t.Errorf("%+v (%v)", got, sure)
	}
}
