package iam_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/iam"
)

// TestDiagnostics prints what is wrong with the policies of the archives. An
// archive is named after a profile, with a number where there are several.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			profile, err := iam.ParseProfile(strings.TrimRight(name, "0123456789"))
			if err != nil {
				profile = iam.ProfileAny // an archive of the language itself
			}
			a := golden.Open(t, filepath.ToSlash(file))
			src := a.Input("policy.json")
			p, ds := iam.Parse(src, "policy.json", profile)
			if (p == nil) != ds.HasErrors() {
				t.Errorf("policy %v with diagnostics %v", p, ds)
			}
			var b bytes.Buffer
			w := diag.Writer{Out: &b, Sources: func(string) ([]byte, bool) { return src, true }}
			if err := w.Write(ds...); err != nil {
				t.Fatal(err)
			}
			a.Want("out/diagnostics", b.String())
			for _, d := range ds {
				if d.Code == "" || d.Subject.Line == 0 {
					t.Errorf("no code or no place: %+v", d)
				}
			}
		})
	}
}

// accepted lists policies as AWS takes them, with their canonical form.
var accepted = []struct {
	name    string
	profile iam.Profile
	src     string
	want    string
}{
	{"empty", iam.ProfileAny, `{"Statement":[]}`, `{"Statement":[]}`},
	{
		"one statement without a list", iam.ProfileIdentity,
		`{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`,
		`{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`,
	},
	{
		"lists are sorted", iam.ProfileIdentity,
		`{"Version":"2012-10-17","Id":"x","Statement":[{"Resource":["b","*","b"],"Action":["s3:Put*","ec2:Run*","s3:Put*"],"Effect":"Deny","Sid":"S"}]}`,
		``,
	},
	{
		"operators in any case", iam.ProfileIdentity,
		`{"Statement":{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"foranyvalue:STRINGLIKEIFEXISTS":{"aws:TagKeys":["b","a"]},"null":{"k":true},"numericlessthan":{"n":[2,1.50]}}}}`,
		`{"Statement":[{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a","b"]},"Null":{"k":"true"},"NumericLessThan":{"n":["1.50","2"]}}}]}`,
	},
	{
		"all kinds of principals", iam.ProfileResource,
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":["s3.amazonaws.com"],"AWS":["111122223333","*"],"Federated":"accounts.google.com","CanonicalUser":"79a59d"},"Action":"s3:*"},{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::b/*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*","111122223333"],"CanonicalUser":"79a59d","Federated":"accounts.google.com","Service":"s3.amazonaws.com"},"Action":"s3:*"},{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::b/*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
	},
	{
		"variables", iam.ProfileIdentity,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/${*}","Condition":{"StringEquals":{"k":"${aws:PrincipalTag/t, 'x'}"}}}}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/${*}","Condition":{"StringEquals":{"k":"${aws:PrincipalTag/t, 'x'}"}}}]}`,
	},
	{
		"trust policy", iam.ProfileTrust,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/x"},"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"x:aud":"sts.amazonaws.com"}}}}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"x:aud":"sts.amazonaws.com"}}}]}`,
	},
	{
		"the RCP that allows", iam.ProfileRCP,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
	},
	{
		"SCP since 2025", iam.ProfileSCP,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"s3:*Public*","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"aws:SecureTransport":true}}},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"s3:*Public*","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"aws:SecureTransport":"true"}}},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b"}]}`,
	},
	{
		"empty conditions", iam.ProfileIdentity,
		`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{}},{"Effect":"Deny","Action":"*:*","Resource":"*","Condition":{"StringEquals":{}}},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":[]}}}]}`,
		`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":[]}}}]}`,
	},
	{
		"text beyond ASCII", iam.ProfileResource,
		`{"Statement":[{"Sid":"Größe <&> \u2028","Effect":"Deny","Principal":{"AWS":[]},"Action":"s3:*","Resource":"*"}]}`,
		`{"Statement":[{"Sid":"Größe <&> \u2028","Effect":"Deny","Principal":{},"Action":"s3:*","Resource":"*"}]}`,
	},
}

// TestParsePrint reads each policy, prints it and reads it again.
func TestParsePrint(t *testing.T) {
	t.Parallel()
	for _, tt := range accepted {
		p, ds := iam.Parse([]byte(tt.src), "policy.json", tt.profile)
		if tt.want == "" { // refused by the profile, taken by the language
			if p != nil {
				t.Errorf("%s: accepted as %s", tt.name, tt.profile)
			}
			continue
		}
		if p == nil {
			t.Errorf("%s: %v", tt.name, ds)
			continue
		}
		if got := string(p.JSON()); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		checkPrinting(t, *p)
	}
}

// checkPrinting states the laws of printing.
func checkPrinting(t *testing.T, p iam.Policy) {
	t.Helper()
	canonical := p.Canonical()
	for _, src := range [][]byte{p.JSON(), p.TerraformJSON()} {
		again, ds := iam.Parse(src, "printed.json", iam.ProfileAny)
		if again == nil {
			t.Fatalf("printed as %s, which is refused: %v", src, ds)
		}
		if !reflect.DeepEqual(*again, canonical) {
			t.Fatalf("printed as %s, which reads as\n%#v, not\n%#v", src, *again, canonical)
		}
	}
	if !reflect.DeepEqual(canonical.Canonical(), canonical) {
		t.Fatalf("%#v is not canonical", canonical)
	}
	if a, b := p.JSON(), canonical.JSON(); !bytes.Equal(a, b) {
		t.Fatalf("the canonical form prints as %s, the policy as %s", b, a)
	}
}

// TestTerraformJSON compares with encoding/json on the same object, which is
// how jsonencode prints: keys sorted, <, > and & escaped.
func TestTerraformJSON(t *testing.T) {
	t.Parallel()
	p := iam.Policy{Version: iam.Version2012, ID: "x<y>", Statements: []iam.Statement{
		{
			Sid: "A", Effect: iam.Deny, Actions: []string{"s3:Put*", "ec2:Run*"}, NotResources: []string{"arn:aws:s3:::a&b/*"},
			Principal: &iam.Principal{Service: []string{"b", "a"}, AWS: []string{"*"}},
			Conditions: []iam.Condition{
				{Operator: iam.Operator{Base: "StringEquals"}, Key: "k", Values: []string{"v"}},
				{Operator: iam.Operator{Base: "ArnNotLike", IfExists: true}, Key: "aws:PrincipalArn", Values: []string{"b", "a", "b"}},
				{Operator: iam.Operator{Base: "StringEquals"}, Key: "a", Values: []string{"\u2028"}},
			},
		},
		{Effect: iam.Allow, NotPrincipal: &iam.Principal{Any: true}, NotActions: []string{"iam:*"}, Resources: []string{"*"}},
	}}
	type object = map[string]any
	want, err := json.Marshal(object{
		"Version": "2012-10-17", "Id": "x<y>", "Statement": []any{
			object{
				"Sid": "A", "Effect": "Deny", "Action": []string{"ec2:Run*", "s3:Put*"}, "NotResource": []string{"arn:aws:s3:::a&b/*"},
				"Principal": object{"AWS": []string{"*"}, "Service": []string{"a", "b"}},
				"Condition": object{
					"StringEquals":       object{"a": []string{"\u2028"}, "k": []string{"v"}},
					"ArnNotLikeIfExists": object{"aws:PrincipalArn": []string{"a", "b"}},
				},
			},
			object{"Effect": "Allow", "NotPrincipal": "*", "NotAction": []string{"iam:*"}, "Resource": []string{"*"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.TerraformJSON(); !bytes.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestPlaces finds statements, elements, values and keys in the source.
func TestPlaces(t *testing.T) {
	t.Parallel()
	src := `{"Statement": [
  {"Effect": "Deny",
   "Action": ["s3:A",
              "s3:B"], "Resource": "*",
   "Condition": {"StringNotEquals": {"ü": "x", "k": "v"},
     "Bool": {"b": "true"}}}
]}`
	p, places, ds := iam.ParsePlaces([]byte(src), "p.json", iam.ProfileAny)
	if len(ds) != 0 {
		t.Fatal(ds)
	}
	s := places.Statements[0]
	for _, tt := range []struct{ got, want string }{
		{s.Statement.String(), "p.json:2:3"},
		{s.Elements["Effect"].String(), "p.json:2:14"},
		{s.Values["Action"][1].String(), "p.json:4:15"},
		{s.Values["Resource"][0].String(), "p.json:4:36"},
		{p.Statements[0].Conditions[0].Key + s.Keys[0].String(), "bp.json:6:15"},
		{p.Statements[0].Conditions[1].Key + s.Keys[1].String(), "kp.json:5:48"},
		{p.Statements[0].Conditions[2].Key + s.Keys[2].String(), "üp.json:5:38"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// TestCheck applies a profile to a policy without source.
func TestCheck(t *testing.T) {
	t.Parallel()
	p := iam.Policy{Statements: []iam.Statement{{
		Effect: iam.Allow, NotPrincipal: &iam.Principal{Any: true}, Actions: []string{"ec2"}, Resources: []string{"*"},
		Conditions: []iam.Condition{{Operator: iam.Operator{Base: "Bool"}, Key: "k", Values: []string{"${a}"}}},
	}}}
	var codes []string
	for _, d := range iam.Check(p, iam.ProfileRCP) {
		codes = append(codes, d.Code)
		if d.Subject != (diag.Place{}) {
			t.Errorf("a place without source: %+v", d)
		}
	}
	if got, want := strings.Join(codes, " "), "iam-action iam-layer iam-layer iam-principal iam-variable"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := iam.ParseProfile("policy"); err == nil || !strings.Contains(err.Error(), "boundary, endpoint, identity") {
		t.Errorf("got %v", err)
	}
}

// TestCanonicalNil keeps a condition without values apart from no condition.
func TestCanonicalNil(t *testing.T) {
	t.Parallel()
	checkPrinting(t, iam.Policy{Statements: []iam.Statement{{
		Effect: iam.Deny, Actions: []string{"*"}, Conditions: []iam.Condition{{Operator: iam.Operator{Base: "Bool"}, Key: "k"}},
	}}})
}

// FuzzParse states that parsing never panics, and that what is accepted comes
// back from its print.
func FuzzParse(f *testing.F) {
	for _, tt := range accepted {
		f.Add([]byte(tt.src), string(tt.profile))
	}
	files, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, src, _ := strings.Cut(string(data), "-- policy.json --\n")
		src, _, _ = strings.Cut(src, "-- out/")
		f.Add([]byte(src), "scp")
	}
	f.Fuzz(func(t *testing.T, src []byte, profile string) {
		p, ds := iam.Parse(src, "fuzz.json", iam.Profile(profile))
		if (p == nil) != ds.HasErrors() {
			t.Fatalf("policy %v with %v", p, ds)
		}
		for _, d := range ds {
			if d.Code == "" || d.Subject.Line < 1 || d.Subject.Column < 1 {
				t.Fatalf("no code or no place: %+v", d)
			}
		}
		if p != nil {
			checkPrinting(t, *p)
		}
	})
}
