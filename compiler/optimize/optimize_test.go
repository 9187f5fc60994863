package optimize_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/optimize"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

func cond(op, key string, values ...string) iam.Condition {
	o, err := iam.ParseOperator(op)
	if err != nil {
		panic(err)
	}
	return iam.Condition{Operator: o, Key: key, Values: values}
}

func st(action, resource string, cs ...iam.Condition) ir.Statement {
	return ir.Statement{Actions: []string{action}, Resources: []string{resource}, Conditions: cs}
}

func TestStatements(t *testing.T) {
	equal := cond("StringEquals", "k", "v")
	for _, tt := range []struct {
		name     string
		in, want []ir.Statement
	}{
		{"the same twice", []ir.Statement{st("s:A", "*"), st("s:A", "*")}, []ir.Statement{st("s:A", "*")}},
		{
			"actions",
			[]ir.Statement{st("s:A", "*", equal), st("s:B", "*", equal)},
			[]ir.Statement{{Actions: []string{"s:A", "s:B"}, Resources: []string{"*"}, Conditions: []iam.Condition{equal}}},
		},
		{
			"resources",
			[]ir.Statement{st("s:A", "r1", equal), st("s:A", "r2", equal)},
			[]ir.Statement{{Actions: []string{"s:A"}, Resources: []string{"r1", "r2"}, Conditions: []iam.Condition{equal}}},
		},
		{
			"values of a positive operator",
			[]ir.Statement{st("s:A", "*", equal), st("s:A", "*", cond("StringEquals", "k", "w"))},
			[]ir.Statement{st("s:A", "*", cond("StringEquals", "k", "v", "w"))},
		},
		{"an unconditional one covers", []ir.Statement{st("s:A", "r", equal), st("s:A", "*")}, []ir.Statement{st("s:A", "*")}},
		{
			"the same and absence covers",
			[]ir.Statement{
				st("s:A", "*", cond("Bool", "k", "false")), st("s:A", "*", cond("BoolIfExists", "k", "false")), st("s:A", "*", cond("Null", "k", "true")),
			},
			[]ir.Statement{st("s:A", "*", cond("BoolIfExists", "k", "false"))},
		},
		{
			"fewer excluded values cover",
			[]ir.Statement{st("s:A", "*", cond("StringNotEquals", "k", "v", "w")), st("s:A", "*", cond("StringNotEquals", "k", "v"))},
			[]ir.Statement{st("s:A", "*", cond("StringNotEquals", "k", "v"))},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := optimize.Statements(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
	for name, in := range map[string][]ir.Statement{
		"values of a negated operator": {st("s:A", "*", cond("StringNotEquals", "k", "v")), st("s:A", "*", cond("StringNotEquals", "k", "w"))},
		"two keys in one Null":         {st("s:A", "*", cond("Null", "k", "true")), st("s:A", "*", cond("Null", "l", "true"))},
		"presence and absence":         {st("s:A", "*", cond("Null", "k", "true")), st("s:A", "*", cond("Null", "k", "false"))},
		"every value in a list":        {st("s:A", "*", cond("ForAllValues:StringEquals", "k", "v")), st("s:A", "*", cond("ForAllValues:StringEquals", "k", "w"))},
		"actions and resources":        {st("s:A", "r1"), st("s:B", "r2")},
	} {
		if got := optimize.Statements(in); !reflect.DeepEqual(got, in) {
			t.Errorf("%s must be left alone: %+v", name, got)
		}
	}
}

// FuzzSame: before and after, the same requests are denied.
func FuzzSame(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		pick := func(list ...string) string { return list[r.IntN(len(list))] }
		var in []ir.Statement
		for range 2 + r.IntN(6) {
			s := ir.Statement{Actions: []string{pick("s:A", "s:B", "s:*")}, Resources: []string{pick("arn:aws:s:::x", "arn:aws:s:::y", "*")}}
			for _, key := range []string{"k", "l"} {
				if r.IntN(2) == 0 {
					continue
				}
				op := pick("StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "Null", "Bool",
					"ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "ForAllValues:StringNotEquals")
				values := []string{pick("v", "w", "true", "false")}
				if op == "Null" || op == "Bool" {
					values = []string{pick("true", "false")}
				} else if r.IntN(2) == 0 {
					values = []string{"v", "w"}
				}
				s.Conditions = append(s.Conditions, cond(op, key, values...))
			}
			in = append(in, s)
		}
		out := optimize.Statements(in)
		before, after := compile(in), compile(out)
		states := []simulate.Value{{}, simulate.Single("v"), simulate.Single("w"), simulate.Single("true"), simulate.Single("false"), simulate.Set("v", "w"), simulate.Set("v", "x")}
		for _, action := range []string{"s:A", "s:B", "s:C"} {
			for _, resource := range []string{"arn:aws:s:::x", "arn:aws:s:::y", "arn:aws:s:::z"} {
				for _, k := range states {
					for _, l := range states {
						req := &simulate.Request{Principal: "arn:aws:iam::111122223333:role/r", Action: action, Resource: resource, Context: map[string]simulate.Value{"k": k, "l": l}}
						a, _ := before.Denies(req)
						b, _ := after.Denies(req)
						if a != b {
							t.Fatalf("seed %d: %v before, %v after on %+v\n%+v\n%+v", seed, a, b, req, in, out)
						}
					}
				}
			}
		}
	})
}

func compile(ss []ir.Statement) *simulate.DenySet {
	p := iam.Policy{Version: iam.Version2012}
	for _, s := range ss {
		p.Statements = append(p.Statements, iam.Statement{Effect: iam.Deny, Actions: s.Actions, Resources: s.Resources, Conditions: s.Conditions})
	}
	return simulate.CompileDenies(p)
}
