package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestCapabilities pins what policies may call: an upgrade of OPA must not add
// a builtin unseen.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, f := range capabilities().Builtins {
		if f.Nondeterministic {
			t.Errorf("policies may call %s, whose answer is not fixed", f.Name)
		}
		b.WriteString(f.Name + "\n")
	}
	golden.File(t, "testdata/builtins.txt", []byte(b.String()))
}

// crowd is many resources of some types.
func crowd(n int) []*resource.Resource {
	var rs []*resource.Resource
	for i := range n {
		r := &resource.Resource{
			Type: fmt.Sprintf("aws_%c", 'x'+i%3), Address: fmt.Sprintf("aws_%c.r%d", 'x'+i%3, i),
			Values: map[string]any{"i": json.Number(fmt.Sprint(i)), "a": []string{"on", "off"}[i%2]},
		}
		if i%5 == 0 {
			r.Unknown = map[string]any{"a": true}
			delete(r.Values, "a")
		}
		rs = append(rs, r)
	}
	return rs
}

const crowdRule = `deny contains {"msg": sprintf("%d", [input.resource.values.i]), "attribute": "a"} if {
	input.resource.type in {"aws_x", "aws_y"}
	not input.resource.values.a == "on"
}
`

func TestJobsDoNotMatter(t *testing.T) {
	t.Parallel()
	var want []byte
	for _, jobs := range []int{1, 2, 8} {
		e, ds := New(Options{Modules: []Module{rego("a", crowdRule), rego("b", crowdRule)}, Jobs: jobs})
		if err := ds.Err(); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(check(t, e, crowd(500)...))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if string(got) != string(want) {
			t.Errorf("%d jobs give another result", jobs)
		}
	}
	if !strings.Contains(string(want), `"unknown"`) || !strings.Contains(string(want), `"violation"`) {
		t.Error("the crowd has no violation or nothing unknown")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := mustNew(t, rego("a", crowdRule)).Check(ctx, resource.NewSet(crowd(10)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	slow := rego("slow", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	i * j == 0
}`)
	e, ds := New(Options{Modules: []Module{slow, rego("quick", imds)}, Timeout: 50 * time.Millisecond})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	res := check(t, e, &resource.Resource{Type: "aws_x", Address: "aws_x.a"})
	if len(res.Findings) != 1 || res.Findings[0].Status != finding.Error || res.Findings[0].Message != "the policy took longer than 50ms" {
		t.Errorf("got %+v", res.Findings)
	}
}

const sized = `# METADATA
# title: T
# custom:
#   id: sized
#   severity: low
#   parameters:
#     max: {description: the most, default: 5}
#     names: {description: allowed names, default: ["a", "b"]}
package test.sized

deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	input.resource.values.n > data.parameters.sized.max
}

deny contains {"msg": "n"} if {
	input.resource.type == "aws_x"
	not input.resource.values.name in data.parameters.sized.names
}
`

func TestParameters(t *testing.T) {
	t.Parallel()
	mods := []Module{{Path: "sized.rego", Source: []byte(sized)}}
	r := &resource.Resource{Type: "aws_x", Address: "aws_x.a", Values: map[string]any{"n": json.Number("7"), "name": "a"}}
	for _, tt := range []struct {
		name   string
		params map[string]map[string]any
		want   string // message, or code of the diagnostic
	}{
		{"defaults", nil, "m"},
		{"set", map[string]map[string]any{"sized": {"max": uint64(9)}}, ""},
		{"both", map[string]map[string]any{"sized": {"max": 9, "names": []any{"c"}}}, "n"},
		{"typed list", map[string]map[string]any{"sized": {"names": []string{"c"}}}, "parameter-type"},
		{"no such policy", map[string]map[string]any{"size": {"max": 9}}, "parameter-unknown-policy"},
		{"no such parameter", map[string]map[string]any{"sized": {"maximum": 9}}, "parameter-unknown"},
		{"another type", map[string]map[string]any{"sized": {"max": "9"}}, "parameter-type"},
		{"not JSON", map[string]map[string]any{"sized": {"names": []any{func() {}}}}, "parameter-type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, ds := New(Options{Modules: mods, Parameters: tt.params})
			if ds.HasErrors() {
				if ds[0].Code != tt.want {
					t.Errorf("got %s: %v, want %q", ds[0].Code, ds, tt.want)
				}
				return
			}
			var got string
			for _, f := range check(t, e, r).Findings {
				got += f.Message
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if v := e.Parameters("sized")["max"]; v == nil {
				t.Error("the parameter has no value")
			}
		})
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	low := Module{Path: "sized.rego", Source: []byte(sized)}
	e := mustNew(t, rego("a-one", imds), rego("a-two", imds), rego("b-one", imds), low)
	for _, tt := range []struct {
		sel  Selection
		want string // ids, or code of the diagnostic
	}{
		{Selection{}, "a-one a-two b-one sized"},
		{Selection{Only: []string{"a-*"}}, "a-one a-two"},
		{Selection{Only: []string{"*-one"}, Skip: []string{"a-*"}}, "b-one"},
		{Selection{Severity: finding.High}, "a-one a-two b-one"},
		{Selection{Only: []string{"sized"}, Severity: finding.High}, "no-policies"},
		{Selection{Skip: []string{"*"}}, "no-policies"},
		{Selection{Skip: []string{"c-*"}}, "no-such-policy"},
		{Selection{Only: []string{"a-one", "a-onee"}}, "no-such-policy"},
	} {
		view, ds := e.Select(tt.sel)
		got := ""
		if ds.HasErrors() {
			got = ds[0].Code
		} else {
			var ids []string
			for _, p := range view.Policies() {
				ids = append(ids, p.ID)
			}
			got = strings.Join(ids, " ")
		}
		if got != tt.want {
			t.Errorf("%+v gives %q, want %q", tt.sel, got, tt.want)
		}
	}
}

func TestGuardrails(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("a", imds+`
guardrail contains {"sid": sprintf("S%d", [i]), "accounts": {f.resource.account | some f in input.findings}} if {
	some i in [1, 2]
	count(input.findings) > 0
}
`), rego("b", imds))
	if p, _ := e.Policy("a"); !p.Guardrail {
		t.Error("the policy declares a guardrail")
	}
	account := "111122223333"
	got, err := e.Guardrails(t.Context(), "a", []finding.Finding{{Resource: finding.Subject{Account: &account}}})
	if want := "[map[accounts:[111122223333] sid:S1] map[accounts:[111122223333] sid:S2]]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := e.Guardrails(t.Context(), "a", nil); err != nil || len(got) != 0 {
		t.Errorf("no findings give %v, %v", got, err)
	}
	for _, id := range []string{"b", "c"} {
		if _, err := e.Guardrails(t.Context(), id, nil); err == nil {
			t.Errorf("policy %s has guardrails", id)
		}
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("a", imds))
	in := func(tokens string) map[string]any {
		return map[string]any{"resource": map[string]any{"type": "aws_instance", "values": map[string]any{
			"metadata_options": []any{map[string]any{"http_tokens": tokens}},
		}}}
	}
	for tokens, want := range map[string]bool{"required": false, "optional": true} {
		if got, err := e.Decide(t.Context(), "a", in(tokens)); err != nil || got != want {
			t.Errorf("%s: got %v, %v", tokens, got, err)
		}
	}
	if _, err := e.Decide(t.Context(), "b", in("required")); err == nil {
		t.Error("a policy that is not there decides")
	}
	if _, err := e.Decide(t.Context(), "a", map[string]any{"resource": func() {}}); err == nil {
		t.Error("an input that is not JSON is decided")
	}
}

func TestUnitTests(t *testing.T) {
	t.Parallel()
	tests := []Module{{Path: "a_test.rego", Source: []byte(`package test.a_test

import data.test.a

test_flags if count(a.deny) == 1 with input as {"resource": {"type": "aws_instance", "values": {}}}

test_wrong if {
	count(a.deny) == 2 with input as {"resource": {"type": "aws_instance", "values": {}}}
}

test_errors if json.unmarshal("{") == {}
`)}}
	got, ds := Test(t.Context(), []Module{rego("a", imds)}, tests)
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range got {
		names = append(names, fmt.Sprintf("%s:%d %s %v %v", r.File, r.Line, r.Name, r.Pass, r.Message != ""))
	}
	want := []string{"a_test.rego:5 test_flags true false", "a_test.rego:7 test_wrong false true", "a_test.rego:11 test_errors false true"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
	if _, ds := Test(t.Context(), []Module{rego("a", imds)}, []Module{{Path: "b_test.rego", Source: []byte("package b_test\n\ntest_x if nope(1)\n")}}); !ds.HasErrors() {
		t.Error("a test that does not compile runs")
	}
}

// FuzzCheck holds that no resource makes the engine panic, and that the same
// resource always gives the same answer.
func FuzzCheck(f *testing.F) {
	f.Add(`{"metadata_options":[{"http_tokens":"optional"}],"n":1e400}`, `{"metadata_options":[{"http_tokens":true}]}`, `{"n":true}`)
	f.Add(`{"a":[[[null]]],"":{"\u0000":0}}`, `true`, `[true]`)
	e := mustNew(f, rego("a", imds), rego("b", crowdRule), rego("c", `deny contains {"msg": "m"} if {
	some [p, v] in [[p, v] | [p, v] := walk(input.resource.values)]
	v == "x"
}`), Module{Path: "sized.rego", Source: []byte(sized)})
	f.Fuzz(func(t *testing.T, values, unknown, sensitive string) {
		r := &resource.Resource{Type: "aws_instance", Address: "aws_instance.a"}
		dec := json.NewDecoder(strings.NewReader(values))
		dec.UseNumber()
		if dec.Decode(&r.Values) != nil {
			return
		}
		if json.Unmarshal([]byte(unknown), &r.Unknown) != nil || json.Unmarshal([]byte(sensitive), &r.Sensitive) != nil {
			return
		}
		x := *r
		x.Type, x.Address = "aws_x", "aws_x.a"
		first := fmt.Sprintf("%+v", check(t, e, r, &x))
		if again := fmt.Sprintf("%+v", check(t, e, r, &x)); again != first {
			t.Errorf("%s, then %s", first, again)
		}
	})
}

// FuzzNew holds that no module makes the engine panic: policies may come from
// anybody. What compiles is evaluated once.
func FuzzNew(f *testing.F) {
	for _, body := range []string{imds, crowdRule} {
		f.Add(header("a", "test.a") + body)
	}
	for _, tt := range unknownCases {
		f.Add(string(unknownPolicy(tt.rule).Source))
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, ds := New(Options{Modules: []Module{{Path: "a.rego", Source: []byte(src)}}, Timeout: 100 * time.Millisecond})
		if (e == nil) != ds.HasErrors() {
			t.Fatalf("engine %v with %v", e, ds)
		}
		if e != nil {
			check(t, e, &resource.Resource{Type: "aws_x", Values: map[string]any{"l": []any{"a"}}, Unknown: map[string]any{"a": true}})
		}
	})
}
