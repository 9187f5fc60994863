package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/schema"
)

// TestFilled holds policies to what a collector says that it fills.
func TestFilled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, rule, values, filled string
		want                       string
	}{
		{"filled and absent", `not input.resource.values.a`, `{}`, "a", "violation"},
		{"filled and there", `not input.resource.values.a`, `{"a":"on"}`, "a", ""},
		{"nothing filled", `not input.resource.values.a`, `{}`, "", "unknown depends on a, not collected"},
		{"another filled", `not input.resource.values.a`, `{}`, "b", "unknown depends on a, not collected"},
		{"decided by what is filled", "input.resource.values.b == \"on\"\n\tnot input.resource.values.a", `{"b":"off"}`, "b", ""},
		{"a value that is there", `input.resource.values.a == "on"`, `{"a":"on"}`, "", "violation"},
		{"below a filled block", `not input.resource.values.l[0].a == "on"`, `{"l":[{}]}`, "l", "violation"},
		{"filled in a block", `not input.resource.values.l[0].a == "on"`, `{"l":[{"a":"on"}]}`, "l[].a", ""},
		{"filled in an absent block", `not input.resource.values.l[0].a == "on"`, `{}`, "l[].a", "violation"},
		{"not filled in a block", `not input.resource.values.l[0].b == "on"`, `{"l":[{"a":"on"}]}`, "l[].a", "unknown depends on l[0].b, not collected"},
		{"not filled in an absent block", `not input.resource.values.l[0].b == "on"`, `{}`, "l[].a", "violation"},
		{"iteration over a filled attribute", "some e in input.resource.values.l\n\te.a == \"on\"", `{"l":[{"a":"off"},{"a":"on"}]}`, "l[].a", "violation"},
		{"iteration over another", "some e in input.resource.values.l\n\te.b == \"on\"", `{"l":[{"a":"on"}]}`, "l[].a", "unknown depends on l[0].b, not collected"},
		{"two of an element", "some e in input.resource.values.l\n\te.a == \"on\"\n\tnot e.b", `{"l":[{"a":"on"}]}`, "l[].a", "unknown depends on l[0].b, not collected"},
		{"iteration over nothing", "some e in input.resource.values.l\n\te.b == \"on\"", `{}`, "l[].a", ""},
		{"the whole list", `count(input.resource.values.l) > 1`, `{"l":[{"a":"on"}]}`, "l[].a", "unknown depends on l, not collected"},
		{"a list of values", `"0.0.0.0/0" in input.resource.values.l`, `{"l":["0.0.0.0/0"]}`, "l", "violation"},
		{"tags", `not input.resource.values.tags.Owner`, `{"tags":{"x":"y"}}`, "tags", "violation"},
		{"tags not filled", `not input.resource.values.tags.Owner`, `{}`, "a", "unknown depends on tags.Owner, not collected"},
		{"keys of tags", "some k, _ in input.resource.values.tags\n\tk == \"x\"", `{"tags":{"x":"y"}}`, "tags", "violation"},
		{"all values", `count(input.resource.values) > 1`, `{"a":"on"}`, "a", "unknown depends on values not collected"},
		{"a path that cannot be read fills nothing", `not input.resource.values.a`, `{}`, "a..b]", "unknown depends on a, not collected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := mustNew(t, unknownPolicy(tt.rule))
			r := &resource.Resource{Type: "aws_x", Address: "aws_x.a", Values: object(t, tt.values), Filled: []string{}}
			if tt.filled != "" {
				r.Filled = strings.Split(tt.filled, " ")
			}
			got := ""
			for _, f := range check(t, e, r).Findings {
				got = string(f.Status)
				if f.Status == finding.Unknown {
					got += " " + f.Message
				}
				if v, there := f.Observed["a"]; there && v == nil && f.Status == finding.Unknown {
					t.Error("what was not collected is observed as absent")
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

const blockPolicy = `deny contains {"msg": "open"} if {
	input.resource.type == "aws_s3_bucket"
	not input.resource.values.closed
	not blocked
}

blocked if {
	some b in input.related.aws_s3_bucket_public_access_block
	b.values.block_public_acls == true
}`

// TestUnreadRelated: what may be related and was not read is left open.
func TestUnreadRelated(t *testing.T) {
	t.Parallel()
	const block = "aws_s3_bucket_public_access_block"
	here := resource.Scope{Type: block, Account: "111122223333", Region: "eu-west-1", Status: "denied by IAM"}
	unknown := "unknown depends on related." + block + ", not read: "
	for _, tt := range []struct {
		name   string
		policy string
		closed bool
		unread []string
		scope  resource.Scope
		want   string
	}{
		{name: "everything read", want: "violation"},
		{name: "scope incomplete", scope: here, want: unknown + "denied by IAM"},
		{name: "decided without it", scope: here, closed: true, want: ""},
		{name: "another type", scope: resource.Scope{Type: "aws_kms_key"}, want: "violation"},
		{name: "another region", scope: resource.Scope{Type: block, Region: "eu-west-2"}, want: "violation"},
		{name: "another account", scope: resource.Scope{Type: block, Account: "444455556666", Region: "eu-west-1"}, want: "violation"},
		{name: "a global scope", scope: resource.Scope{Type: block, Account: "111122223333"}, want: unknown[:len(unknown)-2]},
		{name: "for this resource", unread: []string{block}, want: unknown + "could not be read for this resource"},
		{name: "another for this resource", unread: []string{"aws_kms_key"}, want: "violation"},
		{
			name:   "types that cannot be told",
			policy: "deny contains {\"msg\": \"m\"} if {\n\tinput.resource.type == \"aws_s3_bucket\"\n\tcount(input.related) == 0\n}",
			scope:  here, want: unknown + "denied by IAM",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := mustNew(t, rego("bucket", cmpOr(tt.policy, blockPolicy)))
			b := &resource.Resource{
				Type: "aws_s3_bucket", Address: "aws_s3_bucket.b", Account: "111122223333", Region: "eu-west-1",
				Values: map[string]any{}, Unread: tt.unread,
			}
			if tt.closed {
				b.Values["closed"] = true
			}
			var incomplete []resource.Scope
			if tt.scope.Type != "" {
				incomplete = append(incomplete, tt.scope)
			}
			res, err := e.Check(t.Context(), resource.NewSet([]*resource.Resource{b}, incomplete...))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range res.Findings {
				got = string(f.Status)
				if f.Status == finding.Unknown {
					got += " " + f.Message
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// TestUnreadRelatedWithKnown: a known one does not hide that there may be more.
func TestUnreadRelatedWithKnown(t *testing.T) {
	t.Parallel()
	const rule = `deny contains {"msg": "many"} if {
	input.resource.type == "aws_s3_bucket"
	count(input.related.aws_s3_bucket_public_access_block) > 1
}`
	e := mustNew(t, rego("bucket", rule))
	bucket := &resource.Resource{Type: "aws_s3_bucket", Address: "aws_s3_bucket.b", Unread: []string{"aws_s3_bucket_public_access_block"}}
	block := &resource.Resource{Type: "aws_s3_bucket_public_access_block", Address: "x.b", Refs: []string{"aws_s3_bucket.b"}}
	res := check(t, e, bucket, block)
	if len(res.Findings) != 1 || res.Findings[0].Status != finding.Unknown {
		t.Errorf("%+v", res.Findings)
	}
}

// TestFilledOfRelated: what a collector does not fill of a related resource is
// unknown too.
func TestFilledOfRelated(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("bucket", blockPolicy))
	bucket := &resource.Resource{Type: "aws_s3_bucket", Address: "aws_s3_bucket.b", Values: map[string]any{}}
	block := &resource.Resource{
		Type: "aws_s3_bucket_public_access_block", Address: "x.b", Values: map[string]any{},
		Refs: []string{"aws_s3_bucket.b"}, Filled: []string{"bucket"},
	}
	got := ""
	for _, f := range check(t, e, bucket, block).Findings {
		got += string(f.Status) + " " + f.Message
	}
	if want := "unknown depends on x.b.block_public_acls, not collected"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFilledOfOtherTypes: what a type does not have is no gap of the collector's.
func TestFilledOfOtherTypes(t *testing.T) {
	t.Parallel()
	e, ds := New(Options{Schema: schema.AWS, Modules: []Module{{Path: "p.rego", Source: []byte(`# METADATA
# title: t
# custom:
#   id: p
#   severity: low
package p

deny contains "open" if {
	input.resource.type == "aws_security_group_rule"
	tcp(input.resource.values.protocol, input.resource.values)
	some attribute in {"cidr_blocks", "ipv6_cidr_blocks"}
	endswith(input.resource.values[attribute][_], "/0")
}

deny contains "open" if {
	input.resource.type == "aws_vpc_security_group_ingress_rule"
	tcp(input.resource.values.ip_protocol, input.resource.values)
	some attribute in {"cidr_ipv4", "cidr_ipv6"}
	endswith(input.resource.values[attribute], "/0")
}

tcp("-1", _)

tcp("tcp", rule) if rule.from_port <= 22
`)}}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	for _, tt := range []struct{ filled, ipv6, want string }{
		{"ip_protocol from_port cidr_ipv4 cidr_ipv6", "::/0", "violation open"},
		{"ip_protocol from_port cidr_ipv4 cidr_ipv6", "fd00::/8", ""},
		{"ip_protocol from_port cidr_ipv6", "fd00::/8", "unknown depends on cidr_ipv4, not collected"},
	} {
		r := &resource.Resource{
			Type: "aws_vpc_security_group_ingress_rule", Address: "r", Filled: strings.Fields(tt.filled),
			Values: map[string]any{"ip_protocol": "tcp", "from_port": 22, "cidr_ipv6": tt.ipv6},
		}
		got := ""
		for _, f := range check(t, e, r).Findings {
			got += string(f.Status) + " " + f.Message
		}
		if got != tt.want {
			t.Errorf("with %s: got %q, want %q", tt.filled, got, tt.want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("bucket", blockPolicy), rego("imds", imds))
	fs := e.Unreadable([]resource.Scope{
		{Type: "aws_instance", Account: "111122223333", Region: "eu-west-1", Status: "denied by SCP"},
		{Type: "aws_s3_bucket", Account: "111122223333"},
		{Type: "aws_kms_key"},
	})
	var got []string
	for _, f := range fs {
		got = append(got, fmt.Sprintf("%s %s %s: %s", f.Status, f.Policy, f.Resource.Type, f.Message))
		if f.Resource.Account == nil || *f.Resource.Account != "111122223333" {
			t.Errorf("%s does not name the account", f.Policy)
		}
	}
	want := []string{
		"unknown imds aws_instance: not read: denied by SCP",
		"unknown bucket aws_s3_bucket: not read",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// project keeps what is filled of v.
func project(v any, filled []access) (any, bool) {
	if slices.ContainsFunc(filled, func(f access) bool { return len(f) == 0 }) {
		return v, true
	}
	if len(filled) == 0 {
		return nil, false
	}
	switch t := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range t {
			if p, ok := project(e, below(filled, k)); ok {
				out[k] = p
			}
		}
		return out, true
	case []any:
		out := []any{}
		for i, e := range t {
			p, _ := project(e, below(filled, i))
			out = append(out, p)
		}
		return out, true
	}
	return nil, false
}

// embroider changes what is not filled of v at random.
func (a *author) embroider(v any, filled []access, depth int) any {
	if slices.ContainsFunc(filled, func(f access) bool { return len(f) == 0 }) {
		return v
	}
	switch t := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range []string{"a", "b", "l", "m", "t"} {
			f := below(filled, k)
			switch old, there := t[k]; {
			case len(f) > 0:
				if there {
					out[k] = a.embroider(old, f, depth+1)
				}
			case a.IntN(3) == 0:
			case k == "l" || k == "m":
				full, _ := a.object(min(depth+1, 2))
				out[k] = []any{full}
			case k == "t":
				out[k], _ = a.object(9)
			default:
				out[k] = pick[any](a.Rand, "on", "off", true, 7.0)
			}
		}
		return out
	case []any:
		out := []any{}
		for i, e := range t {
			out = append(out, a.embroider(e, below(filled, i), depth+1))
		}
		return out
	}
	return v
}

// checkFilled evaluates a random policy on the filled part of a random resource,
// and on resources that have the same filled part.
func checkFilled(t *testing.T, seed uint64) finding.Status {
	t.Helper()
	a := &author{Rand: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // a reproducible test
	policy := a.policy()
	e, ds := New(Options{Modules: []Module{unknownPolicy(policy)}})
	if ds.HasErrors() {
		return "" // a random policy may be unsafe or recursive
	}
	full, _ := a.object(0)
	r := &resource.Resource{Type: "aws_x", Address: "aws_x.a", Filled: []string{}}
	for _, path := range []string{"a", "b", "t", "l", "l[].a", "l[].b", "l[].m[].a", "l[].m", "m[].a"} {
		if a.IntN(2) == 0 {
			r.Filled = append(r.Filled, path)
		}
	}
	filled := filledOf(r)
	part, _ := project(full, filled)
	r.Values, _ = part.(map[string]any)
	status := finding.Status("pass")
	for _, f := range check(t, e, r).Findings {
		status = f.Status
	}
	if status != "pass" && status != finding.Violation {
		return status
	}
	for range 40 {
		values, _ := a.embroider(full, filled, 0).(map[string]any)
		denied, err := e.Decide(t.Context(), "p", map[string]any{
			"resource": (&resource.Resource{Type: "aws_x", Values: values}).Document(), "related": map[string]any{},
		})
		if err == nil && denied != (status == finding.Violation) {
			now, _ := json.Marshal(values)
			known, _ := json.Marshal(r.Values)
			t.Fatalf("seed %d: %s with %s filled, %s known, but denied is %v with\n%s\n%s", seed, status, r.Filled, known, denied, now, policy)
		}
	}
	return status
}

func TestFilledIsSound(t *testing.T) {
	t.Parallel()
	seen := map[finding.Status]int{}
	for seed := range uint64(400) {
		seen[checkFilled(t, seed)]++
	}
	for _, s := range []finding.Status{"pass", finding.Violation, finding.Unknown} {
		if seen[s] < 20 {
			t.Errorf("only %d answers of %s: the test says little (%v)", seen[s], s, seen)
		}
	}
}

func FuzzFilled(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkFilled(t, seed) })
}
