package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// unknownCases are policies with resources of which something is known only
// after apply. The law that TestUnknownIsSound holds them to is: an answer of
// pass or violation stands whatever the values turn out to be, even absent.
var unknownCases = []struct {
	name    string
	rule    string // body of deny after the type test, or whole rules when it begins with deny
	values  string
	unknown string
	want    finding.Status // empty: pass
	depends string
}{
	{"negated presence", `not input.resource.values.a`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"negated equality", `not input.resource.values.a == "on"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"inequality", `input.resource.values.a != "on"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"equality", `input.resource.values.a == "on"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"bound to a variable", "a := input.resource.values.a\n\ta == \"on\"", `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"bound and negated", "a := input.resource.values.a\n\tnot a == \"on\"", `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"bound and not used", "_ = input.resource.values.a", `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"resource bound", "r := input.resource\n\tnot r.values.a", `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"values bound", "v := input.resource.values\n\tv.a == \"on\"", `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"object.get", `object.get(input.resource.values, "a", "off") == "off"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"object.get path", `object.get(input.resource.values, ["l", 0, "a"], "off") == "off"`, `{"l":[{}]}`, `{"l":[{"a":true}]}`, finding.Unknown, "l[0].a"},
	{"object.get of another", `object.get(input.resource.values, "b", "off") == "off"`, `{}`, `{"a":true}`, finding.Violation, ""},
	{"not read", `not input.resource.values.b`, `{}`, `{"a":true}`, finding.Violation, ""},
	{"not read and passes", `input.resource.values.b == "on"`, `{}`, `{"a":true}`, "", ""},
	{"decided by a known conjunct", "input.resource.values.b == \"on\"\n\tnot input.resource.values.a", `{"b":"off"}`, `{"a":true}`, "", ""},
	{"left by a known conjunct", "input.resource.values.b == \"on\"\n\tnot input.resource.values.a", `{"b":"on"}`, `{"a":true}`, finding.Unknown, "a"},
	{"another body violates", `deny contains {"msg": "b"} if {
	input.resource.type == "aws_x"
	input.resource.values.b == "on"
}

deny contains {"msg": "a"} if {
	input.resource.type == "aws_x"
	input.resource.values.a == "on"
}`, `{"b":"on"}`, `{"a":true}`, finding.Violation, ""},
	{"whole list unknown", `some e in input.resource.values.l
	e.a == "on"`, `{}`, `{"l":true}`, finding.Unknown, "l"},
	{"one element unknown", `some e in input.resource.values.l
	e.a == "on"`, `{"l":[{"a":"off"},{}]}`, `{"l":[false,{"a":true}]}`, finding.Unknown, "l[1].a"},
	{"another element decides", `some e in input.resource.values.l
	e.a == "on"`, `{"l":[{"a":"on"},{}]}`, `{"l":[false,{"a":true}]}`, finding.Violation, ""},
	{"old iteration", `input.resource.values.l[_].a == "on"`, `{"l":[{"a":"off"},{}]}`, `{"l":[false,{"a":true}]}`, finding.Unknown, "l[1].a"},
	{"every", `every e in input.resource.values.l { e.a == "on" }`, `{"l":[{"a":"on"},{}]}`, `{"l":[false,{"a":true}]}`, finding.Unknown, "l[1].a"},
	{"count", `count(input.resource.values.l) == 0`, `{}`, `{"l":true}`, finding.Unknown, "l"},
	{"count of a comprehension", `count([e | some e in input.resource.values.l; e.a == "on"]) == 0`, `{"l":[{}]}`, `{"l":[{"a":true}]}`, finding.Unknown, "l[0].a"},
	{"unknown scalar in a list", `"on" in input.resource.values.l`, `{"l":["off",null]}`, `{"l":[false,true]}`, finding.Unknown, "l[1]"},
	{"tag unknown", `not input.resource.values.tags.Owner`, `{"tags":{"x":"y"}}`, `{"tags":{"Owner":true}}`, finding.Unknown, "tags.Owner"},
	{"other tag unknown", `not input.resource.values.tags.Owner`, `{"tags":{"x":"y"}}`, `{"tags":{"Else":true}}`, finding.Violation, ""},
	{"tags by a list", `some t in ["Owner", "Env"]
	not input.resource.values.tags[t]`, `{"tags":{"Env":"y"}}`, `{"tags":{"Owner":true}}`, finding.Unknown, "tags.Owner"},
	{"all tags unknown", `not input.resource.values.tags.Owner`, `{}`, `{"tags":true}`, finding.Unknown, "tags"},
	{"set difference", `missing := {"Owner"} - {k | some k, _ in input.resource.values.tags}
	count(missing) > 0`, `{"tags":{}}`, `{"tags":{"Owner":true}}`, finding.Unknown, "tags.Owner"},
	{"helper rule", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	not fine
}

fine if input.resource.values.a == "on"

fine if input.resource.values.b == "on"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"helper rule decided", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	not fine
}

fine if input.resource.values.a == "on"

fine if input.resource.values.b == "on"`, `{"b":"on"}`, `{"a":true}`, "", ""},
	{"helper function", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	not is_on(input.resource.values.a)
}

is_on(v) if v == "on"

is_on(v) if v == true`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"helper takes the values", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	off(input.resource.values, "a")
}

off(v, k) if not v[k]`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"default rule", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	state == "off"
}

default state := "off"

state := input.resource.values.a`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"else", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	state == "off"
}

state := "on" if {
	input.resource.values.a == "on"
} else := "off"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"number", `input.resource.values.n > 5`, `{}`, `{"n":true}`, finding.Unknown, "n"},
	{"negated number", `not input.resource.values.n > 5`, `{}`, `{"n":true}`, finding.Unknown, "n"},
	{"two unknowns", "input.resource.values.a == \"on\"\n\tnot input.resource.values.b", `{}`, `{"a":true,"b":true}`, finding.Unknown, "a, b"},
	{"contradiction", "not input.resource.values.a\n\tinput.resource.values.b == \"on\"\n\tinput.resource.values.b == \"off\"", `{}`, `{"a":true,"b":true}`, finding.Unknown, ""},
	{"message reads it", `msg := sprintf("is %v", [input.resource.values.a])`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"dynamic key", `some k in ["a", "b"]
	input.resource.values[k] == "on"`, `{"b":"off"}`, `{"a":true}`, finding.Unknown, "a"},
	{"walk", `[_, v] := walk(input.resource.values)
	v == "on"`, `{"b":"off"}`, `{"a":true}`, finding.Unknown, "a"},
	{"everything unknown", `not input.resource.values.a`, `{}`, `true`, finding.Unknown, ""},
	{"with", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	on with data.test.p.want as input.resource.values.a
}

want := "on"

on if want == "on"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"nested comprehension calls a rule", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	count([1 | open]) == 1
}

open if not input.resource.values.a`, `{}`, `{"a":true}`, finding.Unknown, "a"},
	{"split string", `input.resource.values.l[0].cidr[_] == "0.0.0.0/0"`, `{"l":[{"cidr":["0.0.0.0/0",null]}]}`, `{"l":[{"cidr":[false,true]}]}`, finding.Violation, ""},
	{"json document", `json.unmarshal(input.resource.values.a).b == "on"`, `{}`, `{"a":true}`, finding.Unknown, "a"},
}

// completions are what an unknown value may turn out to be.
var completions = []string{"", `"on"`, `"off"`, `true`, `false`, `7`, `3`, `[]`, `["on"]`, `[{"a":"on"}]`, `[{"a":"off"},{}]`, `{}`, `{"Owner":"me"}`, `{"b":"on"}`}

func unknownPolicy(rule string) Module {
	if !strings.HasPrefix(rule, "deny") {
		if !strings.Contains(rule, "msg :=") {
			rule += "\n\tmsg := \"m\""
		}
		rule = "deny contains {\"msg\": msg} if {\n\tinput.resource.type == \"aws_x\"\n\t" + rule + "\n}\n"
	}
	return Module{Path: "p.rego", Source: []byte(header("p", "test.p") + rule)}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range unknownCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := mustNew(t, unknownPolicy(tt.rule))
			r := &resource.Resource{Type: "aws_x", Address: "aws_x.a", Values: object(t, tt.values), Unknown: tree(t, tt.unknown)}
			res := check(t, e, r)
			var got finding.Status
			if len(res.Findings) > 0 {
				got = res.Findings[0].Status
			}
			if got != tt.want {
				t.Fatalf("status %q, want %q: %+v", got, tt.want, res.Findings)
			}
			if tt.depends != "" {
				if got := strings.Join(res.Findings[0].DependsOn, ", "); got != tt.depends {
					t.Errorf("depends on %q, want %q", got, tt.depends)
				}
			}
		})
	}
}

// TestUnknownIsSound completes every case in every way and compares.
func TestUnknownIsSound(t *testing.T) {
	t.Parallel()
	for _, tt := range unknownCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := mustNew(t, unknownPolicy(tt.rule))
			for _, paths := range [][]resource.Path{leaves(tree(t, tt.unknown), nil)} {
				complete(t, tt.values, paths, func(values map[string]any) {
					denied, err := e.Decide(t.Context(), "p", map[string]any{
						"resource": (&resource.Resource{Type: "aws_x", Values: values}).Document(),
						"related":  map[string]any{},
					})
					text, _ := json.Marshal(values)
					switch {
					case tt.want == "" && (denied || err != nil):
						t.Errorf("passes, but with %s it is denied (%v)", text, err)
					case tt.want == finding.Violation && !denied && err == nil:
						t.Errorf("is a violation, but with %s it passes", text)
					}
				})
			}
		})
	}
}

// leaves lists the marked paths of a tree.
func leaves(tree any, at resource.Path) []resource.Path {
	var list []resource.Path
	access{}.marks(tree, at, func(p resource.Path) { list = append(list, p) })
	return list
}

// complete calls use with every way to fill the paths.
func complete(t *testing.T, values string, paths []resource.Path, use func(map[string]any)) {
	t.Helper()
	choice := make([]int, len(paths))
	for {
		v := object(t, values)
		for i, p := range paths {
			if c := completions[choice[i]]; len(p) == 0 {
				if m, ok := tree(t, c).(map[string]any); ok {
					v = m
				}
			} else {
				fill(t, v, p, c)
			}
		}
		use(v)
		i := 0
		for ; i < len(choice); i++ {
			if choice[i]++; choice[i] < len(completions) {
				break
			}
			choice[i] = 0
		}
		if i == len(choice) {
			return
		}
	}
}

// fill sets the value at a path; an empty text leaves it absent.
func fill(t *testing.T, v any, p resource.Path, text string) {
	t.Helper()
	parent, ok := resource.Lookup(v, p[:len(p)-1])
	if !ok {
		t.Fatalf("no parent of %s", p)
	}
	switch step := p[len(p)-1].(type) {
	case string:
		if text != "" {
			parent.(map[string]any)[step] = tree(t, text)
		}
	case int:
		parent.([]any)[step] = tree(t, text)
	}
}

func TestUnknownOfRelated(t *testing.T) {
	t.Parallel()
	const rule = `deny contains {"msg": "open"} if {
	input.resource.type == "aws_s3_bucket"
	not blocked
}

blocked if {
	some b in input.related.aws_s3_bucket_public_access_block
	b.values.block_public_acls == true
}`
	for _, tt := range []struct {
		name, values, unknown string
		want                  string
	}{
		{"known and on", `{"block_public_acls":true}`, `{"bucket":true}`, "[]"},
		{"known and off", `{"block_public_acls":false}`, `{"bucket":true}`, "[violation []]"},
		{"unknown", `{}`, `{"bucket":true,"block_public_acls":true}`, "[unknown [aws_s3_bucket_public_access_block.b.block_public_acls]]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := mustNew(t, rego("bucket", rule))
			bucket := &resource.Resource{Type: "aws_s3_bucket", Address: "aws_s3_bucket.b", Values: map[string]any{}}
			block := &resource.Resource{
				Type: "aws_s3_bucket_public_access_block", Address: "aws_s3_bucket_public_access_block.b",
				Values: object(t, tt.values), Unknown: tree(t, tt.unknown), Refs: []string{"aws_s3_bucket.b"},
			}
			got := []string{}
			for _, f := range check(t, e, bucket, block).Findings {
				got = append(got, fmt.Sprint(f.Status), fmt.Sprint(f.DependsOn))
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

// TestWholeUnknown: a resource of which nothing is known has no path to name.
func TestWholeUnknown(t *testing.T) {
	e := mustNew(t, rego("a", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	input.resource.values.open
}`))
	res := check(t, e, &resource.Resource{Type: "aws_x", Address: "aws_x.a", Unknown: true})
	if len(res.Findings) != 1 {
		t.Fatalf("%+v", res)
	}
	f := res.Findings[0]
	if f.Status != finding.Unknown || f.Message != "depends on values known only after apply" || len(f.DependsOn)+len(f.Attributes) > 0 {
		t.Errorf("%+v", f)
	}
}
