package drift

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

const account = "111122223333"

// of makes a resource from its values in JSON.
func of(t *testing.T, origin resource.Origin, typ, values string) *resource.Resource {
	t.Helper()
	r := &resource.Resource{Type: typ, Address: typ + ".a", Account: account, Region: "eu-west-1", Origin: origin}
	dec := json.NewDecoder(strings.NewReader(values))
	dec.UseNumber()
	if err := dec.Decode(&r.Values); err != nil {
		t.Fatal(err)
	}
	r.ID, _ = r.Values["id"].(string)
	r.ARN, _ = r.Values["arn"].(string)
	return r
}

func TestCompare(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		typ           string
		desired, live string
		filled        string // comma separated; empty: all
		want          string // the differences
	}{
		{"the same", "aws_instance", `{"id":"i-1","ebs_optimized":true}`, `{"id":"i-1","ebs_optimized":true}`, "", ""},
		{"an attribute", "aws_instance", `{"id":"i-1","ebs_optimized":true}`, `{"id":"i-1","ebs_optimized":false}`, "", "ebs_optimized: false, not true"},
		{"not set is not a difference", "aws_instance", `{"id":"i-1","a":false,"b":0,"c":"","d":[],"e":{}}`, `{"id":"i-1"}`, "", ""},
		{"a text and a number", "aws_instance", `{"id":"i-1","size":"8"}`, `{"id":"i-1","size":8}`, "", ""},
		{"what is not filled", "aws_instance", `{"id":"i-1","user_data":"x"}`, `{"id":"i-1"}`, "id", ""},
		{"what is filled below a block", "aws_instance", `{"id":"i-1","m":[{"tokens":"required","hops":1}]}`, `{"id":"i-1","m":[{"tokens":"optional"}]}`, "m[].tokens", "m[0].tokens: optional, not required"},
		{"a block that is gone", "aws_instance", `{"id":"i-1","m":[{"tokens":"required"}]}`, `{"id":"i-1"}`, "m", "m: <nil>, not [map[tokens:required]]"},
		{"sets have no order", "aws_instance", `{"id":"i-1","g":["a","b"],"r":[{"p":1},{"p":2}]}`, `{"id":"i-1","g":["b","a"],"r":[{"p":2},{"p":1}]}`, "", ""},
		{"one element of several", "aws_instance", `{"id":"i-1","r":[{"p":1},{"p":2}]}`, `{"id":"i-1","r":[{"p":2},{"p":3}]}`, "", "r[0].p: 3, not 1"},
		{"another element", "aws_instance", `{"id":"i-1","r":[{"p":1}]}`, `{"id":"i-1","r":[{"p":1},{"p":3}]}`, "", "r: [map[p:1] map[p:3]], not [map[p:1]]"},
		{"a policy in other words", "aws_sqs_queue", `{"id":"q","policy":"{\"Statement\":[{\"Action\":[\"sqs:*\"]}]}"}`, `{"id":"q","policy":"{ \"Statement\": {\"Action\":\"sqs:*\"} }"}`, "", ""},
		{
			"a condition that is false is not missing", "aws_sqs_queue",
			`{"id":"q","policy":"{\"C\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}}"}`, `{"id":"q","policy":"{\"C\":{}}"}`, "",
			`policy: {"C":{}}, not {"C":{"Bool":{"aws:SecureTransport":"false"}}}`,
		},
		{"tags of the provider", "aws_instance", `{"id":"i-1","tags":{"a":"1"},"tags_all":{"a":"1","team":"x"}}`, `{"id":"i-1","tags":{"a":"1","team":"x","aws:cf":"y"}}`, "tags", ""},
		{"a tag without value is a tag", "aws_instance", `{"id":"i-1","tags":{"a":""}}`, `{"id":"i-1","tags":{}}`, "tags", "tags.a: <nil>, not "},
		{
			"tags of the provider in a block", "aws_instance",
			`{"id":"i-1","disk":[{"size":8,"tags":{"a":"1"},"tags_all":{"a":"1","team":"x"}}]}`, `{"id":"i-1","disk":[{"size":8,"tags":{"a":"1","team":"x"}}]}`, "", "",
		},
		{
			"a tag in a block", "aws_instance",
			`{"id":"i-1","disk":[{"tags":{"a":"1"},"tags_all":{"a":"1"}}]}`, `{"id":"i-1","disk":[{"tags":{"a":"2"}}]}`, "", "disk[0].tags.a: 2, not 1",
		},
		{"what moves by itself", "aws_lambda_function", `{"id":"f","last_modified":"1","image":[{"digest":"a","tag":"1"}]}`, `{"id":"f","last_modified":"2","image":[{"digest":"b","tag":"2"}]}`, "", "image[0].tag: 2, not 1"},
	}
	for _, c := range cases {
		d, l := of(t, resource.OriginState, c.typ, c.desired), of(t, resource.OriginSnapshot, c.typ, c.live)
		if c.filled != "" {
			l.Filled = strings.Split(c.filled, ",")
		}
		r := Compare([]*resource.Resource{d}, Live{
			Resources: []*resource.Resource{l},
			Skip:      map[string][]string{"aws_lambda_function": {"last_modified", "image[].digest"}},
		})[0]
		var got []string
		for _, x := range r.Differences {
			got = append(got, fmt.Sprintf("%s: %v, not %v", x.Path, x.Live, x.Desired))
		}
		if s := strings.Join(got, "; "); s != c.want || (r.Status == Same) != (c.want == "") {
			t.Errorf("%s: %s %q, want %q", c.name, r.Status, s, c.want)
		}
	}
}

func TestSensitive(t *testing.T) {
	t.Parallel()
	d := of(t, resource.OriginState, "aws_db_instance", `{"id":"d","password":"old"}`)
	l := of(t, resource.OriginSnapshot, "aws_db_instance", `{"id":"d","password":"new"}`)
	d.Sensitive = map[string]any{"password": true}
	r := Compare([]*resource.Resource{d}, Live{Resources: []*resource.Resource{l}})[0]
	if len(r.Differences) != 1 || !r.Differences[0].Sensitive || r.Differences[0].Live != nil || r.Differences[0].Desired != nil {
		t.Errorf("%+v", r.Differences)
	}
}

// An attribute that a resource of its own manages is compared there.
func TestOverlap(t *testing.T) {
	t.Parallel()
	group := of(t, resource.OriginState, "aws_security_group", `{"id":"sg-1","ingress":[]}`)
	live := Live{Resources: []*resource.Resource{of(t, resource.OriginSnapshot, "aws_security_group", `{"id":"sg-1","ingress":[{"from_port":22}]}`)}}
	if r := Compare([]*resource.Resource{group}, live)[0]; r.Status != Changed {
		t.Errorf("alone: %s", r.Status)
	}
	for rule, want := range map[string]Status{
		`{"security_group_id":"sg-1"}`: Same,
		`{"security_group_id":"sg-2"}`: Changed,
		`{}`:                           Same, // not known yet: it may be the group
	} {
		r := Compare([]*resource.Resource{group, of(t, resource.OriginState, "aws_vpc_security_group_ingress_rule", rule)}, live)[0]
		if r.Status != want {
			t.Errorf("%s: %s, want %s", rule, r.Status, want)
		}
	}
}

// An argument without a live value is no drift, also where another resource could
// manage it.
func TestConfigOnly(t *testing.T) {
	t.Parallel()
	d := of(t, resource.OriginState, "aws_s3_bucket", `{"id":"b","acl":"public-read","policy":"{}"}`)
	l := of(t, resource.OriginSnapshot, "aws_s3_bucket", `{"id":"b","policy":"{\"a\":1}"}`)
	live := Live{
		Resources: []*resource.Resource{l}, Skip: map[string][]string{"aws_s3_bucket": {"acl"}},
		Overlap: map[string][]string{"aws_s3_bucket": {"acl", "policy"}},
	}
	r := Compare([]*resource.Resource{d}, live)[0]
	if len(r.Differences) != 1 || r.Differences[0].Path != "policy" {
		t.Errorf("%+v", r.Differences)
	}
}

// That a resource is gone is said only where all was read.
func TestGone(t *testing.T) {
	t.Parallel()
	d := of(t, resource.OriginState, "aws_instance", `{"id":"i-1"}`)
	plan := of(t, resource.OriginPlan, "aws_s3_bucket", `{"bucket":"b"}`)
	plan.Actions = []resource.Action{resource.ActionCreate}
	cases := []struct {
		name string
		r    *resource.Resource
		live Live
		want Status
	}{
		{"read whole", d, Live{Collected: []string{"aws_instance"}}, Gone},
		{"not asked for", d, Live{Collected: []string{"aws_s3_bucket"}}, Unknown},
		{"denied", d, Live{Incomplete: []resource.Scope{{Type: "aws_instance", Account: account, Region: "eu-west-1"}}}, Unknown},
		{"denied elsewhere", d, Live{Incomplete: []resource.Scope{{Type: "aws_instance", Account: account, Region: "eu-west-2"}}}, Gone},
		{"not created yet", plan, Live{}, Unknown},
	}
	for _, c := range cases {
		if got := Compare([]*resource.Resource{c.r}, c.live)[0].Status; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What may be one of several live resources is none of them, and not gone.
func TestSeveral(t *testing.T) {
	t.Parallel()
	live := func(typ, region, values string) *resource.Resource {
		r := of(t, resource.OriginSnapshot, typ, values)
		r.Region = region
		return r
	}
	const setting = "aws_ebs_encryption_by_default"
	settings := []*resource.Resource{live(setting, "eu-west-1", `{"enabled":true}`), live(setting, "eu-west-2", `{"enabled":false}`)}
	const logs = "aws_cloudwatch_log_group"
	cases := []struct {
		name, typ, region, values string
		live                      []*resource.Resource
		want                      Status
	}{
		{"a setting, of which Region is not known", setting, "", `{"id":"terraform-1","enabled":true}`, settings, Unknown},
		{"a setting of one of them", setting, "eu-west-1", `{"id":"terraform-1","enabled":true}`, settings, Same},
		{"a setting of another", setting, "eu-west-3", `{"id":"terraform-1","enabled":true}`, settings, Gone},
		{
			"a name in several Regions", logs, "", `{"name":"app"}`,
			[]*resource.Resource{live(logs, "eu-west-1", `{"id":"app","name":"app"}`), live(logs, "eu-west-2", `{"id":"app","name":"app"}`)},
			Unknown,
		},
		{
			"a part of several", "aws_security_group_rule", "", `{"id":"sgrule-1","security_group_id":"sg-1","type":"ingress","from_port":1,"to_port":1,"protocol":"tcp","self":true}`,
			[]*resource.Resource{live("aws_security_group", "eu-west-1", `{"id":"sg-1"}`), live("aws_security_group", "eu-west-2", `{"id":"sg-1"}`)},
			Unknown,
		},
	}
	for _, c := range cases {
		d := of(t, resource.OriginState, c.typ, c.values)
		d.Region = c.region
		r := Compare([]*resource.Resource{d}, Live{Resources: c.live})[0]
		if r.Status != c.want || (r.Why == "") == (c.want == Unknown) {
			t.Errorf("%s: %s %q, want %s", c.name, r.Status, r.Why, c.want)
		}
	}
}

// A rule that somebody adds beside the rules of the code is in no resource of
// it, and drift of the group all the same.
func TestStrayRules(t *testing.T) {
	t.Parallel()
	state := func(typ, v string) *resource.Resource { return of(t, resource.OriginState, typ, v) }
	const (
		in  = "aws_vpc_security_group_ingress_rule"
		out = "aws_vpc_security_group_egress_rule"
		old = "aws_security_group_rule"
	)
	group := state("aws_security_group", `{"id":"sg-1","ingress":[],"egress":[]}`)
	web := state(in, `{"id":"sgr-1","security_group_id":"sg-1","ip_protocol":"tcp","from_port":443,"to_port":443,"cidr_ipv4":"10.0.0.0/8"}`)
	all := state(out, `{"id":"sgr-2","security_group_id":"sg-1","ip_protocol":"-1","cidr_ipv4":"0.0.0.0/0"}`)
	self := state(old, `{"id":"sgrule-1","security_group_id":"sg-1","type":"ingress","protocol":"tcp","from_port":1,"to_port":2,"self":true,"cidr_blocks":["10.0.0.0/8","10.9.0.0/16"]}`)
	peer := state(old, `{"id":"sgrule-2","security_group_id":"sg-1","type":"ingress","protocol":"6","from_port":1,"to_port":2,"source_security_group_id":"sg-2"}`)
	lost := state(in, `{"ip_protocol":"tcp","from_port":22,"to_port":22,"cidr_ipv4":"0.0.0.0/0"}`) // of a group that is not known
	const (
		https = `{"protocol":"tcp","from_port":443,"to_port":443,"cidr_blocks":["10.0.0.0/8"]}`
		ssh   = `{"protocol":"tcp","from_port":22,"to_port":22,"cidr_blocks":["0.0.0.0/0"],"ipv6_cidr_blocks":["::/0"]}`
		every = `{"protocol":"-1","from_port":0,"to_port":0,"cidr_blocks":["0.0.0.0/0"]}`
		low   = `{"protocol":"tcp","from_port":1,"to_port":2,"cidr_blocks":["10.0.0.0/8","10.9.0.0/16"],"security_groups":["sg-2"],"self":true}`
	)
	for _, c := range []struct {
		name            string
		code            []*resource.Resource
		ingress, egress string
		want            string
	}{
		{"as it is", []*resource.Resource{group, web, all}, https, every, ""},
		{"a rule more", []*resource.Resource{group, web, all}, https + "," + ssh, every, "ingress: [tcp 22 0.0.0.0/0 tcp 22 ::/0], not <nil>"},
		{"in the other direction", []*resource.Resource{group, web, all}, https, every + "," + ssh, "egress: [tcp 22 0.0.0.0/0 tcp 22 ::/0], not <nil>"},
		{"several in one", []*resource.Resource{group, self, peer}, low, "", ""},
		{"one of several", []*resource.Resource{group, self}, low, "", "ingress: [tcp 1-2 sg-2], not <nil>"},
		{"one that may be of the code", []*resource.Resource{group, web, lost}, https + "," + ssh, "", ""},
	} {
		l := of(t, resource.OriginSnapshot, "aws_security_group", `{"id":"sg-1","ingress":[`+c.ingress+`],"egress":[`+c.egress+`]}`)
		live := Live{Resources: []*resource.Resource{l}, Collected: []string{"aws_security_group"}}
		compare := func() string {
			var got []string
			r := Compare(c.code, live)[0]
			for _, x := range r.Differences {
				got = append(got, fmt.Sprintf("%s: %v, not %v", x.Path, x.Live, x.Desired))
			}
			if (r.Status == Changed) != (len(got) > 0) {
				t.Errorf("%s: %s", c.name, r.Status)
			}
			return strings.Join(got, "; ")
		}
		if got := compare(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		l.Unknown = map[string]any{"ingress": true, "egress": true}
		if got := compare(); got != "" {
			t.Errorf("%s, where rules could not be read: %q", c.name, got)
		}
	}
}

// The surest key decides, and what could be several things is none.
func TestFind(t *testing.T) {
	t.Parallel()
	state := func(typ, v string) *resource.Resource { return of(t, resource.OriginState, typ, v) }
	cases := []struct {
		name  string
		r     *resource.Resource
		index []*resource.Resource
		want  int // position, -1: none
	}{
		{"by id", state("aws_instance", `{"id":"i-2"}`), []*resource.Resource{state("aws_instance", `{"id":"i-1"}`), state("aws_instance", `{"id":"i-2"}`)}, 1},
		{"by ARN before id", state("aws_kms_key", `{"id":"k","arn":"arn:2"}`), []*resource.Resource{state("aws_kms_key", `{"id":"k","arn":"arn:1"}`), state("aws_kms_key", `{"arn":"arn:2"}`)}, 1},
		{"another type", state("aws_instance", `{"id":"i-1"}`), []*resource.Resource{state("aws_eip", `{"id":"i-1"}`)}, -1},
		{"an id of Terraform's making", state("aws_iam_role_policy_attachment", `{"id":"r-2020","role":"r","policy_arn":"p"}`), []*resource.Resource{
			state("aws_iam_role_policy_attachment", `{"id":"r/p","role":"r","policy_arn":"p"}`),
		}, 0},
		{"a setting of the account", state("aws_ebs_encryption_by_default", `{"id":"terraform-2020"}`), []*resource.Resource{state("aws_ebs_encryption_by_default", `{"enabled":true}`)}, 0},
		{"by name, before there is an id", state("aws_iam_role", `{"name":"r"}`), []*resource.Resource{state("aws_iam_role", `{"id":"r","name":"r","arn":"arn:r"}`)}, 0},
		{"two of a name", state("aws_vpc_endpoint", `{"name":"r"}`), []*resource.Resource{state("aws_vpc_endpoint", `{"id":"1","name":"r"}`), state("aws_vpc_endpoint", `{"id":"2","name":"r"}`)}, -1},
		{"a name is no key of an instance", state("aws_instance", `{"name":"r"}`), []*resource.Resource{state("aws_instance", `{"id":"1","name":"r"}`)}, -1},
	}
	for _, c := range cases {
		got := NewIndex(c.index).Find(c.r)
		at := -1
		for i, r := range c.index {
			if r == got {
				at = i
			}
		}
		if at != c.want {
			t.Errorf("%s: %d, want %d", c.name, at, c.want)
		}
	}
	other := state("aws_iam_role", `{"name":"r"}`)
	other.Account = "444455556666"
	if NewIndex([]*resource.Resource{other}).Find(state("aws_iam_role", `{"name":"r"}`)) != nil {
		t.Error("found in another account")
	}
}

// What a resource is compared with itself is the same, whatever it holds.
func FuzzCompareSelf(f *testing.F) {
	f.Add(`{"id":"x","tags":{"a":""},"l":[{"a":[1]},{"a":[2]}],"p":"{\"A\":[\"b\"]}"}`)
	f.Fuzz(func(t *testing.T, src string) {
		var v map[string]any
		if json.Unmarshal([]byte(src), &v) != nil {
			t.Skip("no object")
		}
		if v == nil {
			v = map[string]any{}
		}
		v["id"] = "x"
		r := &resource.Resource{Type: "aws_x", ID: "x", Values: v, Origin: resource.OriginState}
		if got := Compare([]*resource.Resource{r}, Live{Resources: []*resource.Resource{r}}); got[0].Status != Same {
			t.Errorf("%+v", got[0].Differences)
		}
	})
}
