package aws

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/resource"
)

type named string

func TestPlain(t *testing.T) {
	text, yes, n, f := "x", true, int32(7), 0.5
	tests := []struct{ in, want any }{
		{nil, nil},
		{&text, "x"},
		{(*string)(nil), nil},
		{named("Enabled"), "Enabled"},
		{&yes, true},
		{&n, json.Number("7")},
		{int64(1 << 40), json.Number("1099511627776")},
		{&f, json.Number("0.5")},
		{float32(0.1), json.Number("0.1")},
		{uint16(3), json.Number("3")},
		{time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600)), "2026-01-02T02:04:05Z"},
		{&time.Time{}, "0001-01-01T00:00:00Z"},
		{[]string(nil), nil},
		{[]string{}, []any{}},
		{[]named{"b", "a"}, []any{"b", "a"}},
		{map[string]string(nil), nil},
		{map[string]any{"a": &text, "b": (*bool)(nil), "c": []any{&n, nil}}, map[string]any{"a": "x", "c": []any{json.Number("7"), nil}}},
		{map[string]*string{"a": nil}, map[string]any{}},
		{[]map[string]any{{"a": 1}}, []any{map[string]any{"a": json.Number("1")}}},
		{struct{ A int }{1}, nil},
	}
	for _, tt := range tests {
		if got := Plain(tt.in); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Plain(%#v) = %#v, want %#v", tt.in, got, tt.want)
		}
	}
}

func TestPolicyJSON(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{ "b": 1,  "a": [ "x" ] }`, `{"a":["x"],"b":1}`},
		{`%7B%22a%22%3A%22b%20c%2B%22%7D`, `{"a":"b c+"}`},
		{`{"a": 12345678901234567890}`, `{"a":12345678901234567890}`},
		{`not json`, `not json`},
		{`{"a":1} {"b":2}`, `{"a":1} {"b":2}`},
	}
	for _, tt := range tests {
		if got := PolicyJSON(&tt.in); got != tt.want {
			t.Errorf("PolicyJSON(%s) = %v, want %s", tt.in, got, tt.want)
		}
	}
	if got := PolicyJSON(new(string)); got != nil {
		t.Errorf("an empty policy is %v", got)
	}
}

// FuzzPolicyJSON states that normalizing keeps the meaning and is done once.
func FuzzPolicyJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"<&>"]}`, `%7B%7D`, `{`, `{"a":1e400}`, "{\"\xff\":1}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := PolicyJSON(&s).(string)
		if !ok {
			return
		}
		if twice := PolicyJSON(&once); twice != once {
			t.Errorf("%q becomes %q and then %q", s, once, twice)
		}
	})
}

func TestSets(t *testing.T) {
	if got := Set([]named{"b", "a"}); !reflect.DeepEqual(got, []any{"a", "b"}) {
		t.Errorf("Set: %v", got)
	}
	if got := Set[string](nil); got == nil || len(got) != 0 {
		t.Errorf("the empty set is %#v", got)
	}
	got := SetOf([]int{2, 1}, func(i int) map[string]any { return map[string]any{"n": i} })
	want := []any{map[string]any{"n": json.Number("1")}, map[string]any{"n": json.Number("2")}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("SetOf: %v", got)
	}
	if got := Block(nil); got == nil || len(got) != 0 {
		t.Errorf("no block is %#v", got)
	}
}

func TestTags(t *testing.T) {
	type tag struct{ k, v string }
	got := Tags([]tag{{"a", "1"}, {"aws:x", "2"}}, func(t tag) (*string, *string) { return &t.k, &t.v })
	if want := map[string]any{"a": "1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("Tags: %v", got)
	}
	if got := TagMap(map[string]string{"aws:x": "2"}); got == nil || len(got) != 0 {
		t.Errorf("TagMap: %#v", got)
	}
}

func TestMarks(t *testing.T) {
	got := marks([]string{"tags", "a.b", "a.c", "list[].x", "list[].y.z"})
	want := map[string]any{"tags": true, "list": true, "a": map[string]any{"b": true, "c": true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("marks: %v", got)
	}
	if marks(nil) != nil {
		t.Error("no paths make marks")
	}
	for _, order := range [][]string{{"a", "a.b"}, {"a.b", "a"}} {
		if got := marks(order); !resource.Marked(got, resource.Path{"a", "c"}) {
			t.Errorf("marks(%v) = %v leaves a.c unmarked", order, got)
		}
	}
}

// TestAddress: addresses are unique within an account and can be taken apart.
func TestAddress(t *testing.T) {
	tests := []struct {
		r    resource.Resource
		want string
	}{
		{resource.Resource{Type: "aws_a", Region: "eu-west-1", ID: "x"}, `aws_a["eu-west-1/x"]`},
		{resource.Resource{Type: "aws_a", ID: "/x/"}, `aws_a["/x/"]`},
		{resource.Resource{Type: "aws_a", Region: "eu-west-1", ID: "/x/"}, `aws_a["eu-west-1//x/"]`},
		{resource.Resource{Type: "aws_a", Region: "eu-west-1"}, `aws_a["eu-west-1"]`},
		{resource.Resource{Type: "aws_a", Account: "111111111111"}, `aws_a["111111111111"]`},
		{resource.Resource{Type: "aws_a", ID: `q"]`}, `aws_a["q\"]"]`},
	}
	for _, tt := range tests {
		got := address(&tt.r)
		if got != tt.want {
			t.Errorf("address %s, want %s", got, tt.want)
		}
		if resource.StripInstanceKeys(got) != tt.r.Type {
			t.Errorf("%s is of type %s", got, resource.StripInstanceKeys(got))
		}
	}
}

func TestSelect(t *testing.T) {
	table := []Type{{Name: "aws_lb", StandsFor: []string{"aws_alb"}}, {Name: "aws_b"}, {Name: "aws_c"}}
	rows, missing := Select(table, []string{"aws_x", "aws_alb", "aws_b", "aws_x"})
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"aws_b", "aws_lb"}) || !slices.Equal(missing, []string{"aws_x"}) {
		t.Errorf("rows %v, missing %v", names, missing)
	}
}
