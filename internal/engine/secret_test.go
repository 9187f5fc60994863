package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestSecrets: no message and no attribute depends on a sensitive value but for
// the verdict itself, however the policy transforms it, and what does not
// depend on one stays as it is.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const test = `input.resource.type == "aws_x"` + "\n\tv := input.resource.values\n\t"
	deny := func(body, result string) string {
		return "deny contains violation if {\n\t" + test + body + "\n\tviolation := " + result + "\n}\n"
	}
	for _, tt := range []struct {
		name, policy, sensitive string
		message                 string
		attributes              []string
	}{
		{"verbatim", deny("v.password", `{"msg": sprintf("has %s", [v.password])}`), "", "has (sensitive)", nil},
		{"upper case", deny("v.password", `{"msg": sprintf("has %s", [upper(v.password)])}`), "", "has (SENSITIVE)", nil},
		{"encoded", deny("v.password", `{"msg": sprintf("has %s", [base64.encode(v.password)])}`), "", "Title of a", nil},
		{"a part", deny("v.password", `{"msg": sprintf("begins with %s", [substring(v.password, 0, 3)])}`), "", "Title of a", nil},
		{"its length", deny("v.password", `{"msg": sprintf("has %d characters", [count(v.password)])}`), "", "Title of a", nil},
		{"too short to be looked for", deny("v.pin", `{"msg": sprintf("pin %s", [v.pin])}`), "", "pin (sensitive)", nil},
		{"a number", deny("v.code", `{"msg": sprintf("code %d", [v.code])}`), "", "Title of a", nil},
		{"a value before the change", deny("v.user; old := input.resource.before.password", `{"msg": sprintf("had %s", [lower(old)])}`), "", "had (sensitive)", nil},
		{"a related resource", deny("v.user; some o in input.related.aws_y", `{"msg": sprintf("uses %s", [upper(o.values.token)])}`), "", "uses (SENSITIVE)", nil},
		{"a key of a sensitive map", deny("some k, _ in v.variables", `{"msg": sprintf("sets %s", [lower(k)])}`), "", "sets (sensitive)", nil},
		{"a key that the policy names", deny(`some k in {"OWNER"}; v.variables[k]`, `{"msg": sprintf("sets %s", [lower(k)])}`), "", "sets owner", nil},
		{"verbatim in the attribute", deny("v.password", `{"msg": "m", "attribute": sprintf("x.%s", [v.password])}`), "", "m", []string{"x.(sensitive)"}},
		{"transformed in the attribute", deny("v.password", `{"msg": "m", "attributes": ["password", sprintf("x.%s", [upper(v.password)]), base64.encode(v.password)]}`), "", "m", []string{"password", "x.(SENSITIVE)"}},
		{"a constant that only the value brings", deny(`startswith(v.password, "hunter")`, `{"msg": "is a known password", "attribute": "password"}`), "", "is a known password", []string{"password"}},
		{"a constant that only the placeholder brings", deny("v.password", `{"msg": base64.encode(v.password)}`) + deny(`not startswith(v.password, "hunter")`, `{"msg": "is good"}`), "", "Title of a", nil},
		{"beside a constant", deny("v.password", `{"msg": base64.encode(v.password)}`) + deny(`v.user`, `{"msg": "has a user"}`), "", "has a user", nil},
		{"what is not sensitive", deny("v.user", `{"msg": sprintf("user %s", [upper(v.user)]), "attribute": sprintf("u.%s", [v.user])}`), "", "user ROOT", []string{"u.root"}},
		{"the placeholder fails", deny(`json.unmarshal(v.document).a`, `{"msg": sprintf("document %s", [json.unmarshal(v.document).b])}`), "", "Title of a", nil},
		{"partly known", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	input.resource.values.later
}

deny contains {"msg": sprintf("has %s", [upper(input.resource.values.password)])} if {
	input.resource.type == "aws_x"
	input.resource.values.user == "root"
}`, "", "has (SENSITIVE)", nil},
		{"the whole resource", deny("v.user", `{"msg": upper(v.user)}`), `true`, "(SENSITIVE)", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sensitive := tt.sensitive
			if sensitive == "" {
				sensitive = `{"password": true, "pin": true, "code": true, "variables": true, "document": true}`
			}
			x := &resource.Resource{
				Type: "aws_x", Address: "aws_x.a", Refs: []string{"aws_y.b"}, Sensitive: tree(t, sensitive),
				Values: object(t, `{"password": "hunter2-Secret", "pin": "123", "code": 54321, "user": "root", "variables": {"DB_Secret": "x1", "OWNER": "me"},
					"document": "{\"a\": true, \"b\": \"hunter\"}"}`),
				Before: object(t, `{"password": "Old-Secret"}`),
			}
			if tt.name == "partly known" {
				x.Unknown = tree(t, `{"later": true}`)
			}
			y := &resource.Resource{Type: "aws_y", Address: "aws_y.b", Sensitive: tree(t, `{"token": true}`), Values: object(t, `{"token": "tok-Secret"}`)}
			res := check(t, mustNew(t, rego("a", tt.policy)), x, y)
			if len(res.Findings) != 1 {
				t.Fatalf("%d findings", len(res.Findings))
			}
			f := res.Findings[0]
			if f.Status != finding.Violation || f.Message != tt.message || !slices.Equal(f.Attributes, append([]string{}, tt.attributes...)) {
				t.Errorf("%s %q %q, want %q %q", f.Status, f.Message, f.Attributes, tt.message, tt.attributes)
			}
			text, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"secret", "hunter", "54321", "ahvud"} {
				if strings.Contains(strings.ToLower(string(text)), part) {
					t.Errorf("%s shows %q", text, part)
				}
			}
		})
	}
}

// TestSecretIdentity: an id or an ARN that is sensitive is not shown.
func TestSecretIdentity(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("a", `deny contains {"msg": "m"} if input.resource.type == "aws_x"`))
	res := check(t, e, &resource.Resource{
		Type: "aws_x", Address: "aws_x.a", ID: "id-Secret", ARN: "arn:aws:x:::Secret", Sensitive: tree(t, `{"id": true, "arn": true}`),
		Values: object(t, `{"id": "id-Secret", "arn": "arn:aws:x:::Secret"}`),
	}, &resource.Resource{Type: "aws_x", Address: "aws_x.b", ID: "i", Sensitive: tree(t, `{"password": true}`)})
	if len(res.Findings) != 2 {
		t.Fatalf("%+v", res)
	}
	if s := res.Findings[0].Resource; s.ID != nil || s.ARN != nil {
		t.Errorf("shows %v %v", s.ID, s.ARN)
	}
	if s := res.Findings[1].Resource; s.ID == nil || *s.ID != "i" {
		t.Errorf("the id is %v", s.ID)
	}
}

// TestSecretErrors: what a policy that fails says of a sensitive value.
func TestSecretErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`time.parse_rfc3339_ns(input.resource.values.password) > 0`:                                                               `a.rego:10: time.parse_rfc3339_ns: parsing time "(sensitive)" as "2006-01-02T15:04:05Z07:00": cannot parse "(sensitive)" as "2006"`,
		`time.parse_rfc3339_ns(upper(input.resource.values.password)) > 0`:                                                        `a.rego:10: time.parse_rfc3339_ns: parsing time "(SENSITIVE)" as "2006-01-02T15:04:05Z07:00": cannot parse "(SENSITIVE)" as "2006"`,
		`to_number(substring(input.resource.values.password, 0, 11)) > 0; substring(input.resource.values.password, 0, 1) == "h"`: "",
		`startswith(input.resource.values.password, "hunter"); to_number(substring(input.resource.values.password, 7, -1)) > 0`:   "the policy fails on a sensitive value, which is not shown",
	} {
		e := mustNew(t, rego("a", "deny contains {\"msg\": \"m\"} if {\n\tinput.resource.type == \"aws_x\"\n\t"+strings.ReplaceAll(body, "; ", "\n\t")+"\n}"))
		res := check(t, e, &resource.Resource{
			Type: "aws_x", Address: "aws_x.a", Sensitive: tree(t, `{"password": true}`), Values: object(t, `{"password": "hunter-Secret"}`),
		})
		if len(res.Findings) != 1 || res.Findings[0].Status != finding.Error {
			t.Errorf("%s: %+v", body, res.Findings)
			continue
		}
		got := res.Findings[0].Message
		if want != "" && got != want || strings.Contains(strings.ToLower(got), "secret") || strings.Contains(strings.ToLower(got), "hunter") {
			t.Errorf("%s\ngot  %s\nwant %s", body, got, want)
		}
	}
}

// TestSecretKeys: the keys of a sensitive map are sensitive too, but for those
// that the policy names itself.
func TestSecretKeys(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("a", `deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	input.resource.values.variables.OWNER
	some k, v in input.resource.values.variables
	k == v
}`))
	res := check(t, e, &resource.Resource{
		Type: "aws_x", Address: "aws_x.a", Sensitive: tree(t, `{"variables": true}`), Values: object(t, `{"variables": {"OWNER": "OWNER", "DB_Secret": "x"}}`),
	})
	if len(res.Findings) != 1 {
		t.Fatalf("%+v", res)
	}
	got := res.Findings[0].Observed
	if len(got) != 2 || got["variables.OWNER"] != finding.Redacted || got["variables"] != finding.Redacted {
		t.Errorf("observed %v", got)
	}
}
