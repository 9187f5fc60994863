package except_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
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

// world makes random records, statements and requests that meet each other
// often.
type world struct{ *rand.Rand }

func pick[T any](w world, from ...T) T { return from[w.IntN(len(from))] }

// some returns each value with probability one in n.
func some[T any](w world, n int, from ...T) []T {
	var out []T
	for _, v := range from {
		if w.IntN(n) == 0 {
			out = append(out, v)
		}
	}
	return out
}

var deadlines = []time.Time{
	time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC),
	time.Date(2027, 6, 30, 12, 0, 0, 0, time.UTC),
	time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC),
}

var resourceLists = [][]string{
	{"arn:aws:s3:::public-*"},
	{"arn:aws:s3:::public-site", "arn:aws:s3:::logs-*"},
	{"arn:aws:s3:::*-tmp"},
	{"arn:aws:s3:::one"},
}

func (w world) record(i int) exception.Record {
	r := exception.Record{
		ID: fmt.Sprintf("r%d", i), Reason: "test", Owner: "test",
		Policies: []string{pick(w, "*", "guard", "gu*", "*rd", "other")},
		Principals: some(w, 4, "arn:aws:iam::*:role/break-glass", "arn:aws:iam::111122223333:role/team/*",
			"arn:*:iam::*:user/ci-?", "arn:aws:sts::111122223333:federated-user/ann"),
		PermissionSets: some(w, 4, "Admin", "Ops"),
		Accounts:       some(w, 6, "111122223333", "444455556666"),
		OrgPaths:       some(w, 6, "o-a1/r-ab12/ou-ab12-11111111/*", "o-a1/r-ab12/ou-ab12-22222222/"),
	}
	for _, k := range some(w, 5, "exempt", "team") {
		if r.PrincipalTags == nil {
			r.PrincipalTags = map[string][]string{}
		}
		r.PrincipalTags[k] = pick(w, []string{"true"}, []string{"a", "b"})
	}
	if len(r.Principals)+len(r.PermissionSets)+len(r.Accounts)+len(r.OrgPaths)+len(r.PrincipalTags) == 0 {
		r.Accounts = []string{"777788889999"}
	}
	if w.IntN(2) == 0 {
		r.Expires = pick(w, deadlines...)
	}
	if w.IntN(3) == 0 {
		r.Resources = pick(w, resourceLists...)
	}
	return r
}

func (w world) statement() ir.Statement {
	st := ir.Statement{Sid: "S", Guardrail: "guard", Actions: []string{"s3:PutBucketPolicy", "ec2:RunInstances"}, Resources: []string{"*"}}
	if w.IntN(4) == 0 {
		st.Resources = []string{"arn:*:ec2:*:*:instance/*"}
	}
	st.Conditions = some(w, 4,
		cond("StringNotEquals", "ec2:MetadataHttpTokens", "required"),
		cond("ArnNotLike", "aws:principalARN", "arn:aws:iam::*:role/janitor"),
		cond("StringNotEquals", "aws:PrincipalAccount", "111122223333"),
		cond("StringNotEquals", "aws:PrincipalTag/team", "b"),
		cond("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", "o-a1/r-ab12/ou-ab12-22222222/*"),
		cond("ArnNotLikeIfExists", "aws:PrincipalArn", "arn:aws:iam::*:role/team/*"),
		cond("DateGreaterThan", "aws:CurrentTime", "2027-06-30T00:00:00Z"),
	)
	return st
}

// caller is who asks, when, and for what: what a record is matched against.
type caller struct {
	arn, account string
	tags         map[string]string
	paths        []string
	at           time.Time
	resource     string
}

func (w world) caller() caller {
	c := caller{
		arn: pick(w, "arn:aws:iam::111122223333:role/break-glass", "arn:aws:iam::444455556666:role/break-glass",
			"arn:aws:iam::111122223333:role/break-glass-2", "arn:aws:iam::111122223333:role/team/deploy",
			"arn:aws:iam::444455556666:role/team/deploy", "arn:aws:iam::111122223333:user/ci-1",
			"arn:aws:sts::111122223333:federated-user/ann", "arn:aws:iam::111122223333:role/janitor",
			"arn:aws:iam::111122223333:root", "arn:aws-cn:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
			"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
			"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef",
			"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_Extra_0123456789abcdef",
			"arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef"),
		account:  pick(w, "111122223333", "444455556666", "777788889999"),
		tags:     map[string]string{},
		paths:    some(w, 2, "o-a1/r-ab12/ou-ab12-11111111/", "o-a1/r-ab12/ou-ab12-22222222/", "o-a1/r-ab12/ou-ab12-11111111/ou-ab12-33333333/"),
		at:       pick(w, deadlines...).Add(time.Duration(w.IntN(3)-1) * time.Second),
		resource: pick(w, "arn:aws:s3:::public-site", "arn:aws:s3:::public-tmp", "arn:aws:s3:::logs-1", "arn:aws:s3:::one", "arn:aws:s3:::two", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "*"),
	}
	for _, k := range some(w, 2, "exempt", "team") {
		c.tags[k] = pick(w, "true", "a", "b", "c")
	}
	if w.IntN(20) == 0 {
		c.arn = "" // an anonymous caller has no ARN
	}
	return c
}

func (c caller) request(w world) *simulate.Request {
	ctx := map[string][]string{"aws:CurrentTime": {c.at.Format(time.RFC3339)}, "aws:PrincipalAccount": {c.account}, "aws:PrincipalOrgPaths": c.paths}
	if c.arn != "" {
		ctx["aws:PrincipalArn"] = []string{c.arn}
	}
	for k, v := range c.tags {
		ctx["aws:PrincipalTag/"+k] = []string{v}
	}
	if w.IntN(2) == 0 {
		ctx["ec2:MetadataHttpTokens"] = []string{pick(w, "required", "optional")}
	}
	return &simulate.Request{
		Principal: c.arn, Action: pick(w, "s3:PutBucketPolicy", "ec2:RunInstances", "s3:GetObject"),
		Resource: c.resource, ResourceAccount: c.account, Context: simulate.Context(ctx),
	}
}

// covers is what a record means, said without any policy: it names one of the
// caller's identities, has not ended, and holds for the resource.
func covers(r exception.Record, c caller) bool {
	if !slices.ContainsFunc(r.Policies, func(p string) bool { return iam.Match(p, "guard") }) {
		return false
	}
	if !r.Expires.IsZero() && !c.at.Before(r.Expires) {
		return false
	}
	if len(r.Resources) > 0 && !slices.ContainsFunc(r.Resources, func(p string) bool { return iam.MatchResource(p, c.resource) }) {
		return false
	}
	if slices.ContainsFunc(r.Principals, func(p string) bool { return iam.MatchARN(p, c.arn) }) || slices.Contains(r.Accounts, c.account) {
		return true
	}
	for _, s := range r.PermissionSets {
		for _, partition := range []string{"aws", "aws-cn"} {
			for _, region := range []string{"", "eu-west-1/"} {
				if c.arn == "arn:"+partition+":iam::111122223333:role/aws-reserved/sso.amazonaws.com/"+region+"AWSReservedSSO_"+s+"_0123456789abcdef" {
					return true
				}
			}
		}
	}
	for k, values := range r.PrincipalTags {
		if v, ok := c.tags[k]; ok && slices.Contains(values, v) {
			return true
		}
	}
	return slices.ContainsFunc(r.OrgPaths, func(p string) bool {
		return slices.ContainsFunc(c.paths, func(path string) bool { return iam.Match(p, path) })
	})
}

// FuzzMeaning states the law of the package: the expanded statements deny a
// request exactly when the statement alone denies it and no record covers it.
func FuzzMeaning(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		w := world{rand.New(rand.NewPCG(seed, 1))}
		var records []exception.Record
		for i := range w.IntN(6) {
			records = append(records, w.record(i))
		}
		st := w.statement()
		set, ds := except.New(records, except.Options{Now: now, ProtectedTags: []string{"exempt", "team"}})
		ds = append(ds, set.Check(ir.Program{Guardrails: []ir.Guardrail{{ID: "guard", Layer: ir.SCP, Statements: []ir.Statement{st}}}})...)
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		alone := simulate.CompileDenies(except.Set{}.Document([]ir.Statement{st}))
		doc := set.Document([]ir.Statement{st})
		expanded := simulate.CompileDenies(doc)
		for range 60 {
			c := w.caller()
			r := c.request(w)
			condition, unknown := alone.Denies(r)
			got, more := expanded.Denies(r)
			if len(unknown)+len(more) > 0 {
				t.Fatalf("depends on %v %v", unknown, more)
			}
			exempt := slices.ContainsFunc(records, func(e exception.Record) bool { return covers(e, c) })
			if want := condition && !exempt; got != want {
				t.Fatalf("denied %v, want %v (statement alone: %v)\ncaller %+v\nrequest %+v\nrecords %+v\n%s", got, want, condition, c, r, records, doc.JSON())
			}
		}
	})
}
