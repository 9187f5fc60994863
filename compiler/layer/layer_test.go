package layer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/iam"
)

func cond(op, key string, values ...string) iam.Condition {
	parsed, err := iam.ParseOperator(op)
	if err != nil {
		panic(err)
	}
	return iam.Condition{Operator: parsed, Key: key, Values: values}
}

func TestCheck(t *testing.T) {
	statement := func(change func(*ir.Statement)) ir.Guardrail {
		st := ir.Statement{Sid: "Guard", Actions: []string{"ec2:RunInstances"}, Resources: []string{"*"}, Conditions: []iam.Condition{cond("Bool", "ec2:Encrypted", "false")}}
		change(&st)
		return ir.Guardrail{ID: "guard", Layer: ir.SCP, Statements: []ir.Statement{st}}
	}
	conditions := func(cs ...iam.Condition) ir.Guardrail {
		return statement(func(st *ir.Statement) { st.Conditions = cs })
	}
	setting := func(kind, name string) ir.Guardrail {
		return ir.Guardrail{ID: "guard", Layer: ir.Account, Settings: []ir.Setting{{Type: kind, Name: name}}}
	}
	for _, tc := range []struct {
		name string
		g    ir.Guardrail
		want string // part of the message; empty: none
	}{
		{"sound", statement(func(*ir.Statement) {}), ""},
		{"no conditions", conditions(), ""},
		{"layer", ir.Guardrail{ID: "guard", Layer: "wall"}, `layer "wall" is not one`},
		{"nothing", ir.Guardrail{ID: "guard", Layer: ir.SCP}, "no statement"},
		{"sid", statement(func(st *ir.Statement) { st.Sid = "a-b" }), `statement id "a-b"`},
		{"no action", statement(func(st *ir.Statement) { st.Actions = nil }), "no action"},
		{"action", statement(func(st *ir.Statement) { st.Actions = []string{"RunInstances"} }), "not an action"},
		{"wildcard action", statement(func(st *ir.Statement) { st.Actions = []string{"ec2:*Instance?"} }), ""},
		{"no resource", statement(func(st *ir.Statement) { st.Resources = nil }), "no resource"},
		{"resource", statement(func(st *ir.Statement) { st.Resources = []string{"instance/*"} }), "neither an ARN"},
		{"no value", conditions(cond("StringEquals", "k")), "no value"},
		{"twice", conditions(cond("StringEquals", "k", "a"), cond("StringEquals", "K", "b")), "twice"},
		{"twice negated", conditions(cond("StringNotEquals", "k", "a"), cond("StringNotEquals", "k", "b")), ""},
		{"twice any negated", conditions(cond("ForAnyValue:StringNotEquals", "k", "a"), cond("ForAnyValue:StringNotEquals", "k", "b")), "twice"},
		{"other operators", conditions(cond("StringEquals", "k", "a"), cond("StringLike", "k", "b")), ""},
		{"own clock", conditions(cond("DateGreaterThanEquals", "aws:currenttime", "2030-01-01T00:00:00Z")), "reads the clock"},
		{"setting", setting("aws_ebs_encryption_by_default", "this"), ""},
		{"no setting", ir.Guardrail{ID: "guard", Layer: ir.Account}, "no setting"},
		{"setting type", setting("aws_instance", "this"), "not a setting"},
		{"setting name", setting("aws_ebs_encryption_by_default", "a b"), "not a name"},
		{"setting in a document", ir.Guardrail{ID: "guard", Layer: ir.SCP, Settings: []ir.Setting{{}}, Statements: statement(func(*ir.Statement) {}).Statements}, "no settings"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ds := layer.Check(tc.g)
			if tc.want == "" && len(ds) > 0 || tc.want != "" && !strings.Contains(ds.Error(), tc.want) {
				t.Errorf("got %q, want %q", ds.Error(), tc.want)
			}
		})
	}
}

func TestLoadLimits(t *testing.T) {
	l, ds := layer.LoadLimits([]byte("scp-document: 5120 # before May 2026\n"), "limits.yaml")
	if len(ds) > 0 || l.Document(ir.SCP) != 5120 || l.Attachments(ir.SCP) != 10 {
		t.Errorf("%d and %d: %v", l.Document(ir.SCP), l.Attachments(ir.SCP), ds)
	}
	if d := layer.DefaultLimits(); d.Document(ir.SCP) != 10240 || d.Document(ir.Account) != 0 || d.Attachments(ir.Account) != 0 {
		t.Error("overrides changed the defaults, or the account layer has documents")
	}
	if l, ds = layer.LoadLimits([]byte(`{"scp-attachments": 5}`), "limits.json"); len(ds) > 0 || l.Attachments(ir.SCP) != 5 {
		t.Errorf("JSON: %d: %v", l.Attachments(ir.SCP), ds)
	}
	for src, code := range map[string]string{
		"scp-documents: 1": "limits-unknown",
		"scp-document: 0":  "limits-malformed",
		"scp-document: x":  "limits-malformed",
		"- 1":              "limits-malformed",
		"scp-document: [":  "limits-malformed",
	} {
		if _, ds := layer.LoadLimits([]byte(src), "limits.yaml"); !ds.HasErrors() || ds[0].Code != code || ds[0].Subject.File != "limits.yaml" {
			t.Errorf("%s: %v", src, ds)
		}
	}
}

// Quotas are dated: a reader must see how old they are.
func TestQuotasAreDated(t *testing.T) {
	for _, q := range layer.DefaultLimits().Quotas() {
		if _, err := time.Parse(time.DateOnly, q.Since); err != nil || !strings.HasPrefix(q.Source, "https://") || q.Value <= 0 {
			t.Errorf("%+v", q)
		}
	}
}
