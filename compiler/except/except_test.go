package except_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
)

// rec makes a record that is sound but for what change does to it.
func rec(id string, change func(*exception.Record)) exception.Record {
	r := exception.Record{ID: id, Policies: []string{"*"}, Principals: []string{"arn:aws:iam::*:role/" + id}, Reason: "why", Owner: "who"}
	change(&r)
	return r
}

func plain(*exception.Record) {}

func until(i int) func(*exception.Record) {
	return func(r *exception.Record) { r.Expires = deadlines[i] }
}

func on(lists ...string) func(*exception.Record) {
	return func(r *exception.Record) { r.Resources = lists }
}

var openStatement = ir.Statement{
	Sid: "Keys", Guardrail: "guard", Actions: []string{"kms:ScheduleKeyDeletion"}, Resources: []string{"*"},
	Conditions: []iam.Condition{cond("NumericLessThan", "kms:ScheduleKeyDeletionPendingWindowInDays", "30")},
}

var targeted = ir.Statement{
	Sid: "Imds", Guardrail: "guard", Actions: []string{"ec2:RunInstances"}, Resources: []string{"arn:*:ec2:*:*:instance/*"},
	Conditions: []iam.Condition{cond("StringNotEquals", "ec2:MetadataHttpTokens", "required")},
}

func TestStatements(t *testing.T) {
	for _, tc := range []struct {
		name    string
		records []exception.Record
		want    []string // Sids
	}{
		{"none", nil, []string{"Keys"}},
		{"plain ones share a statement", []exception.Record{rec("a", plain), rec("b", plain), rec("c", plain)}, []string{"Keys"}},
		{"a deadline adds one", []exception.Record{rec("a", until(0)), rec("b", plain)}, []string{"Keys", "KeysFrom20270331"}},
		{
			"each deadline adds one, not each record",
			[]exception.Record{rec("a", until(0)), rec("b", until(0)), rec("c", until(1)), rec("d", until(2))},
			[]string{"Keys", "KeysFrom20270331", "KeysFrom20270630T120000", "KeysFrom20280101"},
		},
		{"a list adds one", []exception.Record{rec("a", on("arn:aws:kms:*:*:key/1"))}, []string{"Keys", "KeysOff1"}},
		{
			"the same list in another order is the same",
			[]exception.Record{
				rec("a", on("arn:aws:kms:*:*:key/1", "arn:aws:kms:*:*:key/2")),
				rec("b", on("arn:aws:kms:*:*:key/2", "arn:aws:kms:*:*:key/1", "module.x.aws_kms_key.k")),
			},
			[]string{"Keys", "KeysOff1"},
		},
		{
			"lists multiply",
			[]exception.Record{rec("a", on("arn:aws:kms:*:*:key/1")), rec("b", on("arn:aws:kms:*:*:key/2"))},
			[]string{"Keys", "KeysOff1", "KeysOff2", "KeysOff12"},
		},
		{
			"what an unlimited record says again collapses",
			[]exception.Record{rec("a", plain), rec("b", func(r *exception.Record) {
				r.Principals, r.Expires, r.Resources = []string{"arn:aws:iam::*:role/a"}, deadlines[0], []string{"arn:aws:kms:*:*:key/1"}
			})},
			[]string{"Keys"},
		},
		{
			"time and resources of one record need not meet",
			[]exception.Record{rec("a", func(r *exception.Record) { r.Expires, r.Resources = deadlines[0], []string{"arn:aws:kms:*:*:key/1"} })},
			[]string{"Keys", "KeysOff1", "KeysFrom20270331"},
		},
		{"other policies do not count", []exception.Record{rec("a", func(r *exception.Record) { r.Policies, r.Expires = []string{"other"}, deadlines[0] })}, []string{"Keys"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, ds := except.New(tc.records, except.Options{Now: now})
			if len(ds) > 0 {
				t.Fatal(ds)
			}
			var sids []string
			for _, st := range set.Expand(openStatement) {
				sids = append(sids, st.Sid)
			}
			if !slices.Equal(sids, tc.want) {
				t.Errorf("statements %v, want %v", sids, tc.want)
			}
		})
	}
}

func codes(ds diag.Diagnostics) []string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Code)
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

func TestNewRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*exception.Record)
		want   string // code; empty: accepted
	}{
		{"sound", plain, ""},
		{"session", func(r *exception.Record) { r.Principals = []string{"arn:aws:sts::111122223333:assumed-role/a/b"} }, "exception-session"},
		{"everyone", func(r *exception.Record) { r.Principals = []string{"*"} }, "exception-too-broad"},
		{"every role", func(r *exception.Record) { r.Principals = []string{"arn:aws:iam::111122223333:role/*"} }, "exception-too-broad"},
		{"every path", func(r *exception.Record) { r.Principals = []string{"arn:aws:iam::*:role/*/?*"} }, "exception-too-broad"},
		{"every permission set", func(r *exception.Record) {
			r.Principals = []string{"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_*"}
		}, "exception-too-broad"},
		{"a path of roles", func(r *exception.Record) { r.Principals = []string{"arn:aws:iam::*:role/team/*"} }, ""},
		{"no ARN", func(r *exception.Record) { r.Principals = []string{"break-glass"} }, "exception-malformed"},
		{"variable", func(r *exception.Record) { r.Principals = []string{"arn:aws:iam::*:role/${aws:username}"} }, "exception-malformed"},
		{"permission set", func(r *exception.Record) { r.PermissionSets = []string{"Admin*"} }, "exception-malformed"},
		{"account", func(r *exception.Record) { r.Accounts = []string{"12345"} }, "exception-malformed"},
		{"organization", func(r *exception.Record) { r.OrgPaths = []string{"o-a1b2c3/*"} }, "exception-malformed"},
		{"root's accounts alone", func(r *exception.Record) { r.OrgPaths = []string{"o-a1b2c3/r-ab12/"} }, ""},
		{"tag", func(r *exception.Record) { r.PrincipalTags = map[string][]string{"safe": {"yes"}} }, ""},
		{"tag without value", func(r *exception.Record) { r.PrincipalTags = map[string][]string{"safe": nil} }, "exception-malformed"},
		{"tag in another normal form", func(r *exception.Record) { r.PrincipalTags = map[string][]string{"safe": {"e\u0301"}} }, "exception-malformed"},
		{"unprotected tag", func(r *exception.Record) { r.PrincipalTags = map[string][]string{"team": {"yes"}} }, "exception-unprotected-tag"},
		{"resource", on("arn:aws:s3"), "exception-malformed"},
		{"every resource of a service", on("arn:aws:s3:::*"), "exception-too-broad"},
		{"all resources said", on("*", "arn:aws:s3:::a"), ""},
		{"addresses only", on("module.site.*"), "exception-gate-only"},
		{"no reason", func(r *exception.Record) { r.Reason = " " }, "exception-unexplained"},
		{"no owner", func(r *exception.Record) { r.Owner = "" }, "exception-unexplained"},
		{"no policy", func(r *exception.Record) { r.Policies = nil }, "exception-malformed"},
		{"policy", func(r *exception.Record) { r.Policies = []string{"a b"} }, "exception-malformed"},
		{"id", func(r *exception.Record) { r.ID = "a b" }, "exception-malformed"},
		{"nobody", func(r *exception.Record) { r.Principals = nil }, "exception-nobody"},
		{"nobody for a time", func(r *exception.Record) {
			r.Principals, r.Resources, r.Expires = nil, []string{"arn:aws:s3:::a"}, deadlines[0]
		}, "exception-nobody"},
		{"nobody on resources", func(r *exception.Record) { r.Principals, r.Resources = nil, []string{"arn:aws:s3:::a"} }, "exception-gate-only"},
		{"ended this instant", func(r *exception.Record) { r.Expires = now }, "exception-expired"},
		{"ends in a second", func(r *exception.Record) { r.Expires = now.Add(time.Second) }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, ds := except.New([]exception.Record{rec("r", tc.change)}, except.Options{Now: now, ProtectedTags: []string{"safe"}})
			if got := strings.Join(codes(ds), " "); got != tc.want {
				t.Errorf("codes %q, want %q: %v", got, tc.want, ds)
			}
			if in := len(set.Records()) == 1; in != (tc.want == "") {
				t.Errorf("taken in: %v", in)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	prog := ir.Program{Guardrails: []ir.Guardrail{
		{ID: "guard", Layer: ir.SCP, Statements: []ir.Statement{openStatement, targeted}},
		{ID: "setting", Layer: ir.Account, Settings: []ir.Setting{{Type: "aws_ebs_encryption_by_default", Name: "this"}}},
	}}
	var five []exception.Record
	for _, k := range []string{"1", "2", "3", "4", "5"} {
		five = append(five, rec("k"+k, on("arn:aws:kms:*:*:key/"+k)))
	}
	for _, tc := range []struct {
		name    string
		records []exception.Record
		want    string
	}{
		{"sound", []exception.Record{rec("a", plain)}, ""},
		{"on resources elsewhere", []exception.Record{rec("a", on("arn:aws:s3:::a"))}, ""},
		{"on another type", []exception.Record{rec("a", on("arn:aws:ec2:*:*:volume/v-1"))}, ""},
		{"on the type that is targeted", []exception.Record{rec("a", on("arn:aws:ec2:*:*:instance/i-1"))}, "exception-misplaced"},
		{"perhaps on the type", []exception.Record{rec("a", on("arn:aws:ec2:*:*:*/i-1"))}, "exception-misplaced"},
		{"four lists", five[:4], ""},
		{"five lists", five, "exception-costly"},
		{"unknown policy", []exception.Record{rec("a", func(r *exception.Record) { r.Policies = []string{"gard"} })}, "exception-unmatched"},
		{"a setting", []exception.Record{rec("a", func(r *exception.Record) { r.Policies = []string{"setting"} })}, "exception-unmatched"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, ds := except.New(tc.records, except.Options{Now: now})
			if len(ds) > 0 {
				t.Fatal(ds)
			}
			ds = set.Check(prog)
			if got := strings.Join(codes(ds), " "); got != tc.want {
				t.Errorf("codes %q, want %q: %v", got, tc.want, ds)
			}
		})
	}
	set, _ := except.New(five, except.Options{Now: now})
	// Whoever expands a refused set all the same gets denials, not holes.
	for _, st := range set.Expand(openStatement) {
		for _, c := range st.Conditions {
			if slices.Contains(c.Values, "arn:aws:iam::*:role/k5") {
				t.Errorf("%s exempts the fifth list's identity", st.Sid)
			}
		}
	}
	if d := set.Check(prog)[0]; !strings.Contains(d.Detail, "33 statements") {
		t.Errorf("the price is missing: %s", d.Detail)
	}
}

func TestPrice(t *testing.T) {
	set, _ := except.New([]exception.Record{rec("a", plain), rec("b", until(0))}, except.Options{Now: now})
	price := set.Price(func(s except.Set) int { return len(s.Document([]ir.Statement{openStatement}).TerraformJSON()) })
	// "a" is named in both statements that "b" makes of one.
	if want := 2 * len(`"arn:aws:iam::*:role/a",`); price["a"] < want || price["a"] > want+len(`"ArnNotLike":{"aws:PrincipalArn":[]},`) {
		t.Errorf("a costs %d", price["a"])
	}
	without := len(set.Without("b").Document([]ir.Statement{openStatement}).TerraformJSON())
	with := len(set.Document([]ir.Statement{openStatement}).TerraformJSON())
	if price["b"] != with-without || price["b"] < 300 {
		t.Errorf("b costs %d, the documents say %d", price["b"], with-without)
	}
	if got := set.Size(openStatement); got != with-len(`{"Statement":[],"Version":"2012-10-17"}`) {
		t.Errorf("size %d of a document of %d", got, with)
	}
}

func TestProtectedTags(t *testing.T) {
	guard := func(actions []string, c ...iam.Condition) ir.Program {
		return ir.Program{Guardrails: []ir.Guardrail{{ID: "tags", Layer: ir.SCP, Statements: []ir.Statement{
			{Sid: "T", Guardrail: "tags", Actions: actions, Resources: []string{"*"}, Conditions: c},
		}}}}
	}
	all := []string{"iam:Create*", "iam:Tag*", "sts:TagSession"}
	keys := cond("ForAnyValue:StringEquals", "aws:TagKeys", "exempt", "team")
	for _, tc := range []struct {
		name string
		prog ir.Program
		want []string
	}{
		{"by tag keys", guard(all, keys), []string{"exempt", "team"}},
		{"by request tag", guard(all, cond("Null", "aws:RequestTag/exempt", "false")), []string{"exempt"}},
		{"sessions left open", guard(all[:2], keys), nil},
		{"under a further condition", guard(all, keys, cond("StringEquals", "aws:RequestedRegion", "eu-west-1")), nil},
		{"absence of a tag", guard(all, cond("Null", "aws:RequestTag/exempt", "true")), nil},
	} {
		if got := except.ProtectedTags(tc.prog); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}
