package input

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func loadWhole(t *testing.T, plan string, p *Projection) *Document {
	t.Helper()
	res, err := Load(context.Background(), "-", strings.NewReader(plan), Options{Document: p, OnlyDocument: true})
	if err != nil {
		t.Fatal(err)
	}
	return res.Document
}

// FuzzDocument holds the loader to encoding/json: with everything kept, the
// document is what OPA makes of what encoding/json reads.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`null`, `{}`, `[]`, `{"a":null,"b":[null,{}]}`, `{"a":1,"b":2,"a":{"c":3}}`, `123456789012345678901234567890`,
		`1.50`, `-0`, `1e3`, `1E2345678901234567890`, `1e-0009999`, `"\u00e9\ud83d\ude00 \ud800 \"q\""`, `[1,2,3,[4,[5]]]`, `{"":{"":[]}}`, `{"sensitive":true,"value":"x","default":1}`,
		`{"after":{"a":1},"after_sensitive":{"a":true}}`, "\"\xff\"", `{"a":1,}`, `[1,`, `{"a"`, `{"a":1 "b":2}`, `[1 2]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		plan := `{"format_version":"1.2","planned_values":{},"resource_changes":[],"x":` + value + `}`
		var want any
		dec := json.NewDecoder(strings.NewReader(plan))
		dec.UseNumber()
		valid := dec.Decode(&want) == nil && json.Valid([]byte(plan))
		res, err := Load(context.Background(), "-", strings.NewReader(plan), Options{Document: Everything(), OnlyDocument: true})
		if !valid {
			if err == nil {
				t.Fatalf("%q is no JSON, but was read as %v", plan, res.Document.Value)
			}
			return
		}
		if err != nil && strings.Contains(err.Error(), "the exponent of this number") {
			return
		}
		if err != nil {
			m := want.(map[string]any)
			if m["format_version"] != "1.2" || len(m) != 4 || strings.Count(plan, "{") > 100 || strings.Count(plan, "[") > 100 {
				return // the value ended the plan and began another one, or nests too deep
			}
			t.Fatalf("%q: %v", plan, err)
		}
		if v := ast.MustInterfaceToValue(want); v.Compare(res.Document.Value.Value) != 0 {
			t.Fatalf("read %v, want %v", res.Document.Value, v)
		}
	})
}

// Objects of more members than are compared one by one keep the last of a name.
func TestDocumentNamesTwice(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString(`{"format_version":"1.2","planned_values":{},"resource_changes":[],"x":{`)
	for i := range 3 * maxLinear {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(strings.Repeat("n", i%(2*maxLinear)+1))
		b.Write(name)
		b.WriteByte(':')
		b.WriteString(strings.Repeat("1", i+1))
	}
	b.WriteString(`}}`)
	var want any
	dec := json.NewDecoder(bytes.NewReader(b.Bytes()))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if got := loadWhole(t, b.String(), Everything()); got.Value.Value.Compare(ast.MustInterfaceToValue(want)) != 0 {
		t.Errorf("got %v", got.Value)
	}
}

const secretPlan = `{"format_version":"1.2","variables":{"open":{"value":"o"},"token":{"value":"t"}},
"planned_values":{"outputs":{"pw":{"sensitive":true,"value":{"k":"v"}}},"root_module":{}},
"resource_changes":[
 {"address":"aws_x.a","mode":"managed","type":"aws_x","name":"a","change":{"actions":["create"],"before":null,
  "after":{"list":["a","b"],"map":{"known":"x","hidden":1},"n":7,"open":"o","b":true,"none":null},"after_unknown":{},"before_sensitive":false,
  "after_sensitive":{"list":[false,true],"map":true,"n":true,"b":true,"none":true}}},
 {"address":"data.aws_y.b","mode":"data","type":"aws_y","name":"b","change":{"actions":["read"],"after":{}}},
 {"address":"aws_x.a","mode":"managed","type":"aws_x","name":"a","deposed":"1234","change":{"actions":["delete"],"after":null}}],
"configuration":{"root_module":{"variables":{"open":{},"token":{"sensitive":true}}}}}`

func TestDocumentMasked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		projection *Projection
		want       string // of what is masked; empty: nothing is
		at         string
	}{
		{"everything", Everything(), `{"b": false, "list": ["a", "-"], "map": {"-": "-", "known": "-"}, "n": 0, "none": null, "open": "o"}`, "resource_changes.0.change.after"},
		{"outputs", Everything(), `{"-": "-"}`, "planned_values.outputs.pw.value"},
		{"variables", Everything(), `{"open": {"value": "o"}, "token": {"value": "-"}}`, "variables"},
		{"only variables", pathProjection("variables", "", "value"), `"-"`, "variables.token.value"},
		{"what is read is not sensitive", pathProjection("resource_changes", "", "change", "after", "open"), "", ""},
		{"one attribute", pathProjection("resource_changes", "", "change", "after", "n"), `{"n": 0}`, "resource_changes.0.change.after"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := loadWhole(t, secretPlan, tt.projection)
			masked, differs := doc.Masked("-", func(s string) bool { return s == "known" })
			if differs != (tt.want != "") {
				t.Fatalf("differs: %v", differs)
			}
			if !differs {
				return
			}
			v := masked
			for step := range strings.SplitSeq(tt.at, ".") {
				if a, ok := v.Value.(*ast.Array); ok {
					v = a.Elem(int(step[0] - '0'))
				} else {
					v = memberOf(v, step)
				}
			}
			if v.String() != tt.want {
				t.Errorf("got %v, want %v", v, tt.want)
			}
		})
	}
}

func TestDocumentTypes(t *testing.T) {
	t.Parallel()
	doc := loadWhole(t, secretPlan, pathProjection("variables"))
	if len(doc.Types) != 1 || doc.Types["aws_x.a"] != "aws_x" {
		t.Errorf("types are %v", doc.Types)
	}
}

// Both readings of one stream give what each gives alone, and an error of either
// is an error.
func TestDocumentBeside(t *testing.T) {
	t.Parallel()
	load := func(plan string) (Result, error) {
		return Load(context.Background(), "-", strings.NewReader(plan), Options{Document: Everything()})
	}
	res, err := load(secretPlan)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Resources) != 1 || res.Document.Value.Value.Compare(loadWhole(t, secretPlan, Everything()).Value.Value) != 0 {
		t.Errorf("%d resources, document %v", len(res.Resources), res.Document.Value)
	}
	for name, plan := range map[string]string{
		"cut":                 secretPlan[:len(secretPlan)/2],
		"followed":            secretPlan + "x",
		"only the document":   strings.Replace(secretPlan, `"variables":{"open"`, `"errored":"no","variables":{"open"`, 1),
		"long after an error": strings.Replace(secretPlan, `{"format_version":"1.2"`, `{"format_version":7,"x":"`+strings.Repeat("y", 1<<20)+`"`, 1),
	} {
		if _, err := load(plan); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A plan that was cut is told from a whole one, whatever the policies read.
func TestDocumentWithoutChanges(t *testing.T) {
	t.Parallel()
	deep := `{"resources":[{"address":"aws_x.a","type":"aws_x","mode":"managed"}]}`
	for range 3 {
		deep = `{"child_modules":[` + deep + `]}`
	}
	for _, tt := range []struct {
		plan string
		ok   bool
	}{
		{`{"format_version":"1.2","planned_values":{"root_module":` + deep + `}}`, false},
		{`{"format_version":"1.2","planned_values":{"root_module":` + deep + `},"resource_changes":[]}`, false},
		{`{"format_version":"1.2","planned_values":{"root_module":` + strings.ReplaceAll(deep, "managed", "data") + `}}`, true},
		{`{"format_version":"1.2","planned_values":{"root_module":{}}}`, true},
		{`{"format_version":"1.2","configuration":{}}`, false},
		{`{"format_version":"9.0","planned_values":{}}`, false},
		{`{"format_version":"1.2","planned_values":{},"errored":true}`, false},
	} {
		for name, p := range map[string]*Projection{
			"nothing": pathProjection("x"), "everything": Everything(), "planned": pathProjection("planned_values", "outputs"),
		} {
			_, err := Load(context.Background(), "-", strings.NewReader(tt.plan), Options{Document: p, OnlyDocument: true})
			if (err == nil) != tt.ok {
				t.Errorf("%s, %s: %v", name, tt.plan, err)
			}
		}
	}
}

func TestProjectionMerge(t *testing.T) {
	t.Parallel()
	p := pathProjection("a", "", "b").Merge(pathProjection("a", "x")).Merge(pathProjection("", "c"))
	doc := loadWhole(t, `{"format_version":"1.2","planned_values":{},"a":{"x":{"b":1,"d":2},"y":{"b":[1],"d":2},"c":3},"z":{"c":4,"d":5},"l":[{"c":1}]}`, p)
	for name, want := range map[string]string{
		"a": `{"c": 3, "x": {"b": 1}, "y": {"b": []}}`, "z": `{"c": 4}`, "l": `[]`,
	} {
		if got := memberOf(doc.Value, name).String(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
