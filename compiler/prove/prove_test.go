package prove_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/compiler/prove"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

var now = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func cond(op, key string, values ...string) iam.Condition {
	parsed, err := iam.ParseOperator(op)
	if err != nil {
		panic(err)
	}
	return iam.Condition{Operator: parsed, Key: key, Values: values}
}

// program is two guardrails that judge an action both.
func program() ir.Program {
	return ir.Program{Guardrails: []ir.Guardrail{
		{ID: "acl", Layer: ir.SCP, Operations: []string{"s3:CreateBucket", "s3:PutBucketAcl"}, Statements: []ir.Statement{
			{Sid: "Acl", Guardrail: "acl", Actions: []string{"s3:CreateBucket", "s3:PutBucketAcl"}, Resources: []string{"*"}, Conditions: []iam.Condition{
				cond("StringEquals", "s3:x-amz-acl", "public-read", "public-read-write"),
			}},
			{Sid: "AclB", Guardrail: "acl", Actions: []string{"s3:PutBucketAcl"}, Resources: []string{"*"}, Conditions: []iam.Condition{
				cond("Null", "s3:x-amz-acl", "true"), cond("StringLike", "s3:x-amz-grant-read", "*AllUsers*"),
			}},
		}},
		{ID: "region", Layer: ir.SCP, Operations: []string{"s3:CreateBucket"}, Statements: []ir.Statement{
			{Sid: "Region", Guardrail: "region", Actions: []string{"s3:CreateBucket"}, Resources: []string{"*"}, Conditions: []iam.Condition{
				cond("StringNotEquals", "aws:RequestedRegion", "eu-west-1", "eu-central-1"),
			}},
		}},
	}}
}

var deadlines = []time.Time{now.AddDate(0, 1, 0), now.AddDate(0, 2, 0)}

func records() []exception.Record {
	return []exception.Record{
		{ID: "glass", Policies: []string{"*"}, Principals: []string{"arn:aws:iam::*:role/glass"}, Reason: "r", Owner: "o"},
		{ID: "soon", Policies: []string{"acl"}, Principals: []string{"arn:aws:iam::*:role/soon/*"}, Expires: deadlines[0], Reason: "r", Owner: "o"},
		{ID: "later", Policies: []string{"*"}, Accounts: []string{"444455556666"}, Expires: deadlines[1], Reason: "r", Owner: "o"},
		{ID: "site", Policies: []string{"acl"}, Principals: []string{"arn:aws:iam::*:role/site"}, Resources: []string{"arn:aws:s3:::site-*"}, Reason: "r", Owner: "o"},
	}
}

// documents packs a program's statements into one document.
func documents(p ir.Program) []pack.Document {
	d := pack.Document{Name: "scp-1", Layer: ir.SCP}
	for _, g := range p.Guardrails {
		d.Statements = append(d.Statements, slices.Clone(g.Statements)...)
	}
	return []pack.Document{d}
}

func set(t testing.TB) except.Set {
	t.Helper()
	s, ds := except.New(records(), except.Options{Now: now})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	return s
}

func TestProgramIsProved(t *testing.T) {
	p := program()
	rep, err := prove.Program(t.Context(), p, documents(p), set(t), prove.Options{})
	if err != nil || !rep.Holds() || len(rep.Guardrails) != 2 || len(rep.Conflicts) > 0 {
		t.Fatalf("%v %+v", err, rep)
	}
}

// covered is what a record means, said without any policy.
func covered(guardrail string, c call) bool {
	return slices.ContainsFunc(records(), func(r exception.Record) bool {
		reaches := slices.ContainsFunc(r.Policies, func(p string) bool { return iam.Match(p, guardrail) })
		who := slices.ContainsFunc(r.Principals, func(p string) bool { return iam.MatchARN(p, c.who) }) || slices.Contains(r.Accounts, c.account)
		on := len(r.Resources) == 0 || slices.ContainsFunc(r.Resources, func(p string) bool { return iam.MatchResource(p, c.resource) })
		return reaches && who && on && (r.Expires.IsZero() || c.at.Before(r.Expires))
	})
}

// call is a request.
type call struct {
	action, who, account, resource string
	at                             time.Time
	keys                           map[string][]string
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomCall(r *rand.Rand) call {
	c := call{
		action:   pick(r, "s3:CreateBucket", "s3:PutBucketAcl", "s3:GetObject"),
		account:  pick(r, "111122223333", "444455556666"),
		resource: pick(r, "arn:aws:s3:::site-a", "arn:aws:s3:::other"),
		at:       pick(r, deadlines...).Add(time.Duration(r.IntN(3)-1) * time.Second),
		keys:     map[string][]string{},
	}
	c.who = "arn:aws:iam::" + c.account + ":role/" + pick(r, "glass", "soon/x", "site", "dev", "friend")
	for key, values := range map[string][]string{
		"s3:x-amz-acl":        {"public-read", "public-read-write", "private", "PUBLIC-READ"},
		"s3:x-amz-grant-read": {"uri=AllUsers", "uri=LogDelivery"},
		"aws:RequestedRegion": {"eu-west-1", "eu-central-1", "us-east-1"},
	} {
		if r.IntN(2) == 0 {
			c.keys[key] = []string{pick(r, values...)}
		}
	}
	return c
}

func (c call) request() *simulate.Request {
	ctx := simulate.Context(c.keys)
	ctx["aws:PrincipalArn"] = simulate.Single(c.who)
	ctx["aws:PrincipalAccount"] = simulate.Single(c.account)
	ctx["aws:CurrentTime"] = simulate.Single(c.at.Format(time.RFC3339))
	return &simulate.Request{Principal: c.who, Action: c.action, Resource: c.resource, Context: ctx}
}

// mutate changes a document as a person might.
func mutate(r *rand.Rand, d *pack.Document) string {
	i := r.IntN(len(d.Statements))
	st := &d.Statements[i]
	st.Conditions = slices.Clone(st.Conditions)
	st.Actions = slices.Clone(st.Actions)
	switch r.IntN(8) {
	case 0:
		d.Statements = slices.Delete(d.Statements, i, i+1)
		return "a statement is deleted"
	case 1:
		st.Actions = st.Actions[1:]
		if len(st.Actions) == 0 {
			st.Actions = []string{"s3:GetObject"}
		}
		return "an action is removed"
	case 2:
		st.Actions = append(st.Actions, "s3:Get*")
		return "an action is added"
	case 3:
		st.Conditions = append(st.Conditions, cond("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/friend"))
		return "a friend is let off"
	case 4:
		st.Conditions = st.Conditions[1:]
		return "a condition is dropped"
	case 5:
		c := &st.Conditions[r.IntN(len(st.Conditions))]
		c.Values = append(slices.Clone(c.Values), pick(r, "private", "us-east-1", "false", "*Log*"))
		return "a value is added"
	case 6:
		c := &st.Conditions[r.IntN(len(st.Conditions))]
		c.Operator.IfExists = c.Operator.Base != "Null" && !c.Operator.IfExists
		return "IfExists is added"
	}
	c := &st.Conditions[r.IntN(len(st.Conditions))]
	if len(c.Values) > 1 {
		c.Values = c.Values[1:]
	}
	return "a value is dropped"
}

// FuzzEdited states the law of the package: of a document that was edited at
// random, either both claims are proved, and then no request that is tried tells
// it from what it must be; or one is refuted by a request that does.
func FuzzEdited(f *testing.F) {
	for seed := range uint64(120) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		p := program()
		docs := documents(p)
		what := mutate(r, &docs[0])
		exceptions := set(t)
		rep, err := prove.Program(t.Context(), p, docs, exceptions, prove.Options{})
		if err != nil {
			t.Fatal(err)
		}
		denies := simulate.CompileDenies(exceptions.Document(docs[0].Statements))
		wanted := map[string]*simulate.DenySet{}
		for _, g := range p.Guardrails {
			wanted[g.ID] = simulate.CompileDenies(except.Set{}.Document(g.Statements))
		}
		refuted := false
		for _, g := range rep.Guardrails {
			for name, c := range map[string]prove.Claim{"coverage": g.Coverage, "excess": g.Excess} {
				if c.Verdict == ir.Unknown {
					t.Errorf("%s: %s of %s is unknown: %s", what, name, g.ID, c.Reason)
				}
				if c.Verdict != ir.Refuted {
					continue
				}
				refuted = true
				denied, _ := denies.Denies(c.Witness)
				if denied != (name == "excess") {
					t.Errorf("%s: %s of %s: the witness is denied: %v: %s", what, name, g.ID, denied, prove.Describe(c.Witness))
				}
			}
		}
		if refuted == rep.Holds() {
			t.Errorf("%s: it holds: %v, but refuted: %v", what, rep.Holds(), refuted)
		}
		for range 300 {
			c := randomCall(r)
			got, _ := denies.Denies(c.request())
			want := false
			for id, w := range wanted {
				if d, _ := w.Denies(c.request()); d && !covered(id, c) {
					want = true
				}
			}
			if got != want && !refuted {
				t.Fatalf("%s: everything is proved, but denied: %v, want %v: %s", what, got, want, prove.Describe(c.request()))
			}
		}
	})
}

// What is not known is never proved.
func TestUnknown(t *testing.T) {
	p := program()
	in := prove.Input{Documents: documents(p), Exceptions: set(t), References: []prove.Reference{
		{Guardrail: p.Guardrails[0], Unknown: "the policy has changed"}, {Guardrail: p.Guardrails[1]},
	}}
	rep, err := prove.Check(t.Context(), in, prove.Options{})
	if err != nil || rep.Holds() || rep.Guardrails[0].Coverage.Verdict != ir.Unknown || rep.Guardrails[1].Coverage.Verdict != ir.Proved {
		t.Errorf("%v %+v", err, rep.Guardrails)
	}
	in.Unread = "main.tf has changed"
	if rep, _ = prove.Check(t.Context(), in, prove.Options{}); rep.Guardrails[1].Excess.Verdict != ir.Unknown {
		t.Errorf("%+v", rep.Guardrails)
	}
	in.Unread, in.References = "", in.References[1:]
	rep, _ = prove.Check(t.Context(), in, prove.Options{})
	if g := rep.Guardrails[0]; g.ID != "acl" || g.Excess.Verdict != ir.Refuted || !g.Excess.Guardrail {
		t.Errorf("statements of no guardrail: %+v", g)
	}
	in.References = append(in.References, prove.Reference{Guardrail: ir.Guardrail{ID: "empty", Layer: ir.SCP}})
	rep, _ = prove.Check(t.Context(), in, prove.Options{})
	if g := rep.Guardrails[1]; g.ID != "empty" || g.Coverage.Verdict != ir.Unknown {
		t.Errorf("a guardrail without statements: %+v", g)
	}
	if rep, _ = prove.Check(t.Context(), in, prove.Options{MaxStates: 1}); rep.Holds() {
		t.Error("everything is proved with a single state")
	}
}

func TestSettings(t *testing.T) {
	want := ir.Setting{Type: "aws_s3_account_public_access_block", Name: "this", Values: map[string]any{"a": true, "n": 1}}
	ref := []prove.Reference{{Guardrail: ir.Guardrail{ID: "s", Layer: ir.Account, Settings: []ir.Setting{want}}}}
	for name, c := range map[string]struct {
		have []ir.Setting
		want string
	}{
		"same":    {[]ir.Setting{{Type: want.Type, Name: "this", Values: map[string]any{"a": true, "n": 1.0}}}, ""},
		"missing": {nil, "the setting aws_s3_account_public_access_block.this is missing"},
		"off":     {[]ir.Setting{{Type: want.Type, Name: "this", Values: map[string]any{"a": false, "n": 1}}}, "aws_s3_account_public_access_block.this has a = false, and must have true"},
		"count":   {[]ir.Setting{{Type: want.Type, Name: "this", Values: map[string]any{"a": true, "n": 1, "count": 0}}}, "aws_s3_account_public_access_block.this has count = 0, and must have null"},
	} {
		rep, _ := prove.Check(t.Context(), prove.Input{References: ref, Settings: c.have}, prove.Options{})
		if got := rep.Guardrails[0].Coverage.Reason; got != c.want || rep.Holds() != (c.want == "") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestDeclarative(t *testing.T) {
	content := func(tokens string, more ...string) map[string]any {
		defaults := map[string]any{"http_tokens": map[string]any{"@@assign": tokens}}
		for _, m := range more {
			defaults[m] = map[string]any{"@@assign": "x"}
		}
		return map[string]any{"ec2_attributes": map[string]any{"instance_metadata_defaults": defaults}}
	}
	part := ir.DeclarativePolicy{PolicyType: "DECLARATIVE_POLICY_EC2", Content: content("required")}
	ref := []prove.Reference{{Guardrail: ir.Guardrail{ID: "d", Layer: ir.Declarative, Declaratives: []ir.DeclarativePolicy{part}}}}
	for name, c := range map[string]struct {
		have             map[string]any
		coverage, excess ir.Claim
	}{
		"same":     {content("required"), ir.Proved, ir.Proved},
		"weakened": {content("optional"), ir.Refuted, ir.Proved},
		"more":     {content("required", "http_endpoint"), ir.Proved, ir.Refuted},
		"empty":    {nil, ir.Refuted, ir.Proved},
	} {
		docs := []pack.Document{{Name: "d", Layer: ir.Declarative, PolicyType: part.PolicyType, Content: c.have}}
		rep, _ := prove.Check(t.Context(), prove.Input{References: ref, Documents: docs}, prove.Options{})
		if g := rep.Guardrails[0]; g.Coverage.Verdict != c.coverage || g.Excess.Verdict != c.excess {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestConflicts(t *testing.T) {
	p := program()
	rs := []exception.Record{
		{ID: "account", Policies: []string{"acl"}, Accounts: []string{"111122223333"}, Reason: "r", Owner: "o"},
		{ID: "ended", Policies: []string{"*"}, Accounts: []string{"111122223333"}, Expires: now.AddDate(0, 0, -1), Reason: "r", Owner: "o"},
		{ID: "nobody", Policies: []string{"region"}, Accounts: []string{"999988887777"}, Reason: "r", Owner: "o"},
		{ID: "stray", Policies: []string{"other"}, Accounts: []string{"111122223333"}, Reason: "r", Owner: "o"},
	}
	s, _ := except.New(rs, except.Options{Now: now})
	rep, _ := prove.Check(t.Context(), prove.Input{
		References: []prove.Reference{{Guardrail: p.Guardrails[0]}, {Guardrail: p.Guardrails[1]}},
		Documents:  documents(p), Exceptions: s, Records: rs, Account: "111122223333", Now: now,
	}, prove.Options{})
	var got []string
	for _, c := range rep.Conflicts {
		got = append(got, fmt.Sprintf("%s %s %.20s", c.Exception, c.Guardrail, c.What))
	}
	want := []string{
		"ended  it ended at 2026-11-", "account acl it exempts everybody", "nobody region it exempts nobody: n", "stray  it names no guardrai",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !rep.Holds() {
		t.Error("an exception that is of no use refutes nothing")
	}
}

func TestTests(t *testing.T) {
	p := program()
	p.Guardrails[0].Tests = []ir.TestRequest{
		{Name: "bad", Action: "s3:CreateBucket", Resource: "arn:aws:s3:::b", Context: map[string][]string{"s3:x-amz-acl": {"public-read"}, "aws:RequestedRegion": {"eu-west-1"}}, Deny: true},
		{Name: "good", Action: "s3:CreateBucket", Resource: "arn:aws:s3:::b", Context: map[string][]string{"s3:x-amz-acl": {"private"}, "aws:RequestedRegion": {"eu-west-1"}}},
	}
	docs := documents(p)
	docs[0].Statements[0].Conditions = []iam.Condition{cond("StringEquals", "s3:x-amz-acl", "private")}
	rep, _ := prove.Program(t.Context(), p, docs, set(t), prove.Options{})
	if g := rep.Guardrails[0]; g.Tests != 0 || len(g.Wrong) != 2 || g.Proved() {
		t.Errorf("%+v", g)
	}
	who := []verify.Identity{{Name: "root", ARN: "arn:aws:iam::111122223333:root"}}
	in := prove.Input{Documents: docs, Identities: who}
	if rep, _ = prove.Check(t.Context(), in, prove.Options{}); len(rep.Lockout) == 0 {
		t.Error("no word of lockout")
	}
}
