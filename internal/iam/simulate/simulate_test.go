package simulate_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

func TestValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		v               simulate.Value
		text            string
		strings         []string
		absent, unknown bool
	}{
		{simulate.Value{}, "absent", nil, true, false},
		{one("a"), `"a"`, []string{"a"}, false, false},
		{many("a", "b"), `["a", "b"]`, []string{"a", "b"}, false, false},
		{many(), `[]`, nil, false, false},
		{unknown(), "unknown", nil, false, true},
	} {
		if tt.v.String() != tt.text || !slices.Equal(tt.v.Strings(), tt.strings) || tt.v.Absent() != tt.absent || tt.v.IsUnknown() != tt.unknown {
			t.Errorf("got %s %v %t %t, want %+v", tt.v, tt.v.Strings(), tt.v.Absent(), tt.v.IsUnknown(), tt)
		}
	}
	got := simulate.Context(map[string][]string{"none": {}, "one": {"a"}, "two": {"a", "b"}})
	if want := (values{"one": one("a"), "two": many("a", "b")}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 1, 0, 0, 0, time.FixedZone("", 3600))
	clock := map[string]string{"aws:CurrentTime": "2026-11-21T00:00:00Z", "aws:EpochTime": "1795219200"}
	person := func(kind, arn string, more ...string) map[string]string {
		out := map[string]string{"aws:PrincipalAccount": account1, "aws:PrincipalArn": arn, "aws:PrincipalType": kind, "aws:PrincipalIsAWSService": "false", "aws:ResourceAccount": account1}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	for _, tt := range []struct {
		name string
		r    simulate.Request
		want map[string]string
	}{
		{
			"user",
			simulate.Request{Principal: "arn:aws:iam::111122223333:user/team/bob", Action: "iam:GetUser"},
			person("User", "arn:aws:iam::111122223333:user/team/bob", "aws:username", "bob", "aws:RequestedRegion", "us-east-1"),
		},
		{"role", simulate.Request{Principal: roleARN, Action: "sqs:SendMessage", Resource: queue}, person("AssumedRole", roleARN, "aws:RequestedRegion", "eu-west-1")},
		{
			"session",
			simulate.Request{Principal: "arn:aws-cn:sts::111122223333:assumed-role/dev/alice", Action: "s3:GetObject", Resource: "arn:aws-cn:s3:::b/k"},
			person("AssumedRole", "arn:aws-cn:iam::111122223333:role/dev"),
		},
		{"federated user", simulate.Request{Principal: fedARN, Action: "s3:GetObject", ResourceAccount: account2}, person("FederatedUser", fedARN, "aws:ResourceAccount", account2)},
		{"root", simulate.Request{Principal: account1, Action: "s3:GetObject"}, person("Account", rootARN)},
		{"anonymous", simulate.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}, map[string]string{"aws:PrincipalType": "Anonymous"}},
		{
			"service",
			simulate.Request{Principal: "s3.amazonaws.com.cn", Action: "sqs:SendMessage", Resource: queue},
			map[string]string{"aws:PrincipalServiceName": "s3.amazonaws.com.cn", "aws:PrincipalIsAWSService": "true", "aws:ResourceAccount": account1, "aws:RequestedRegion": "eu-west-1"},
		},
		{"provider", simulate.Request{Principal: "accounts.google.com", Action: "sts:AssumeRoleWithWebIdentity", Resource: target}, map[string]string{"aws:PrincipalIsAWSService": "false", "aws:ResourceAccount": account1}},
		{
			"what is given stays",
			simulate.Request{Principal: account1, Action: "s3:GetObject", Context: values{"AWS:principalARN": one("x"), "aws:currenttime": simulate.Value{}}},
			map[string]string{"AWS:principalARN": "x", "aws:PrincipalAccount": account1, "aws:PrincipalType": "Account", "aws:PrincipalIsAWSService": "false", "aws:ResourceAccount": account1, "aws:CurrentTime": "", "aws:currenttime": "-"},
		},
	} {
		tt.r.Derive(now)
		want := maps.Clone(clock)
		maps.Copy(want, tt.want)
		for k, v := range want {
			if v == "" {
				delete(want, k)
			}
		}
		got := map[string]string{}
		for k, v := range tt.r.Context {
			if got[k] = "-"; !v.Absent() {
				got[k] = v.Strings()[0]
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", tt.name, got, want)
		}
	}
}

func TestDenySet(t *testing.T) {
	t.Parallel()
	p := parse(t, `{"Version":"2012-10-17","Statement":[
		{"Sid":"A","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"k":"${v}"}}},
		{"Sid":"B","Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::${b}","Condition":{"StringNotEquals":{"k":"x"}}},
		{"Sid":"C","Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"u":"true"}}}]}`)
	set := simulate.CompileDenies(p)
	for _, tt := range []struct {
		name    string
		context values
		want    bool
		depends []string
		sids    string
	}{
		{"both", values{"k": one("a"), "v": one("a"), "b": one("b")}, true, nil, "A B"},
		{"one for sure, one perhaps", values{"k": one("a"), "v": one("a"), "b": unknown()}, true, nil, "A"},
		{"perhaps by its value", values{"k": one("a"), "v": unknown()}, false, []string{"v"}, ""},
		{"perhaps by its resource", values{"k": one("a"), "b": unknown()}, false, []string{"b"}, ""},
		{"perhaps by key and value", values{"k": unknown(), "V": unknown()}, false, []string{"V", "k"}, ""},
		{"none", values{"k": one("x"), "u": unknown()}, false, nil, ""},
	} {
		r := &simulate.Request{Principal: "s3.amazonaws.com", Action: "s3:GetBucketAcl", Resource: "arn:aws:s3:::b", Context: tt.context}
		got, depends := set.Denies(r)
		if got != tt.want || !slices.Equal(depends, tt.depends) {
			t.Errorf("%s: got %t %v", tt.name, got, depends)
		}
		var sids []string
		for _, ref := range set.Matching(r) {
			sids = append(sids, ref.Sid)
		}
		slices.Sort(sids)
		if strings.Join(sids, " ") != tt.sids {
			t.Errorf("%s: got %v", tt.name, sids)
		}
	}
	if got, _ := simulate.CompileDenies().Denies(&simulate.Request{Action: "s3:GetObject"}); got {
		t.Error("nothing denies")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	p := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::${R}/*",
		"Condition":{"StringEquals":{"aws:Key":"${V}"},"Bool":{"AWS:key":"true"}}}}`)
	e := simulate.Compile(simulate.Hierarchy{Identity: list(p)})
	if got := e.Keys(); !slices.Equal(got, []string{"AWS:key", "R", "V"}) {
		t.Errorf("got %v", got)
	}
}

// TestUnusual decides by what the parser would refuse or warn of.
func TestUnusual(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, policy string
		r            simulate.Request
		want         bool
	}{
		{"a wildcard in the service", `"Action":"s?:Get*","Resource":"*"`, simulate.Request{Action: "S3:GetObject"}, true},
		{"no colon", `"Action":"s3*","Resource":"*"`, simulate.Request{Action: "s3:GetObject"}, true},
		{"a resource that is no ARN", `"Action":"*","Resource":"arn:aws:sqs:*:*:*"`, simulate.Request{Action: "sqs:A", Resource: "/1/q"}, false},
		{"an action shorter than the pattern", `"Action":"s3:GetObject*","Resource":"*"`, simulate.Request{Action: "s3:Get"}, false},
		{"another account", `"Action":"*","Resource":"*","Condition":{"ArnLike":{"k":"arn:aws:iam::1*:role/dev"}}`, simulate.Request{Action: "a:b", Context: values{"k": one("arn:aws:iam::2:role/dev")}}, false},
		{"no account", `"Action":"*","Resource":"*"`, simulate.Request{Principal: "12345678901x", Action: "a:b"}, true},
	} {
		p, _ := iam.Parse([]byte(`{"Statement":{"Effect":"Deny",`+tt.policy+`}}`), "", iam.ProfileAny)
		if p == nil { // what the parser refuses can still be built
			p = &iam.Policy{Statements: []iam.Statement{{Effect: iam.Deny, Actions: []string{strings.Split(tt.policy, `"`)[3]}}}}
		}
		if got, _ := simulate.Denies(*p, &tt.r); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}

// TestSpellings shows that of two spellings of a key always the same counts.
func TestSpellings(t *testing.T) {
	t.Parallel()
	p := parse(t, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"upper"}}}}`)
	for range 50 {
		if got, _ := simulate.Denies(p, &simulate.Request{Action: "a:b", Context: values{"k": one("lower"), "K": one("upper"), strings.Repeat("k", 300): one("")}}); !got {
			t.Fatal("the spelling that sorts first does not count")
		}
	}
}

func TestMismatchWords(t *testing.T) {
	t.Parallel()
	p, _ := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","NotPrincipal":{"AWS":"`+rootARN+`"},"Action":"sqs:A","Resource":["/1","/2","/3","/4","/5"]},
		{"Effect":"Allow","NotAction":"sqs:*","NotResource":"arn:aws:sqs:*:*:jobs","Principal":{"AWS":[]}},
		{"Effect":"Allow","Principal":{"AWS":"`+roleARN+`"},"Action":"*","Resource":"arn:aws:sqs:*:*:${q}","Condition":{"Bool":{"a":"true","b":"true"}}},
		{"Effect":"Allow","Principal":{"Service":"x"},"Action":"*"}]}`), "", iam.ProfileResource)
	if p == nil {
		t.Fatal("refused")
	}
	e := simulate.Compile(simulate.Hierarchy{Resource: p, SCP: []simulate.Level{{}}, ManagementAccount: account1})
	x := e.Explain(&simulate.Request{Principal: roleARN, Action: "sqs:SendMessage", Resource: queue, Context: values{"q": unknown(), "a": unknown()}})
	var got []string
	for _, l := range x.Layers {
		got = append(got, fmt.Sprintf("%s applies %t %s %s", l.Layer, l.Applies, l.Effect, l.Note))
		for _, s := range l.Statements {
			got = append(got, fmt.Sprintf(" %d %s", s.Ref.Statement, s.Match))
			for _, m := range s.Mismatches {
				got = append(got, "  "+m.String())
			}
		}
	}
	want := []string{
		"scp applies false  the caller is in the management account",
		"resource applies true ImplicitlyDenied ",
		" 0 no",
		`  Action: "sqs:SendMessage" does not match "sqs:A"`,
		`  NotPrincipal: "` + roleARN + `" is among "` + rootARN + `"`,
		`  Resource: "` + queue + `" does not match "/1", "/2", "/3" and 2 more`,
		" 1 no",
		`  NotAction: "sqs:SendMessage" is among "sqs:*"`,
		`  Principal: "` + roleARN + `" does not match anything`,
		`  NotResource: "` + queue + `" is among "arn:aws:sqs:*:*:jobs"`,
		" 2 no",
		`  Resource: "` + queue + `" may match "arn:aws:sqs:*:*:${q}"`,
		`  Condition: a is unknown: Bool "true" may hold`,
		`  Condition: b is absent: Bool "true" does not hold`,
		" 3 no",
		`  Principal: "` + roleARN + `" does not match "x"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestNotes shows why layers that are given do not apply, and what a resource
// policy's grant is worth.
func TestNotes(t *testing.T) {
	t.Parallel()
	level := []simulate.Level{{Policies: allowAll}}
	everything := simulate.Hierarchy{
		SCP: level, RCP: level, Identity: allowAll, Boundary: allowAll, Session: allowAll, Endpoint: allowAll, Resource: grant("*"), RCPServices: []string{"s3"},
	}
	notes := func(h simulate.Hierarchy, r simulate.Request) string {
		var out []string
		for _, l := range simulate.Compile(h).Explain(&r).Layers {
			if l.Note != "" {
				out = append(out, string(l.Layer)+": "+l.Note)
			}
		}
		return strings.Join(out, "; ")
	}
	inManagement := everything
	inManagement.ManagementAccount, inManagement.RCPServices = account1, nil
	for _, tt := range []struct {
		name string
		h    simulate.Hierarchy
		r    simulate.Request
		want string
	}{
		{
			"anonymous", everything,
			simulate.Request{Action: "s3:GetObject"},
			"rcp: RCPFullAWSAccess is always attached; scp: the caller is no identity of an account; identity: the caller is no identity of an account; boundary: the caller is no identity of an account; session: the caller is no identity of an account",
		},
		{
			"root", everything,
			simulate.Request{Principal: rootARN, Action: "sqs:A"},
			"rcp: RCPs do not reach this action; identity: the root user has no policies of its own; boundary: the root user has no policies of its own",
		},
		{
			"service-linked", everything,
			simulate.Request{Principal: slrARN, Action: "s3:GetObject"},
			"rcp: service-linked roles are exempt; scp: service-linked roles are exempt",
		},
		{
			"management", inManagement,
			simulate.Request{Principal: userARN, Action: "s3:GetObject"},
			"rcp: the resource is in the management account; scp: the caller is in the management account",
		},
		{
			"by role",
			simulate.Hierarchy{Resource: grant(roleARN)},
			simulate.Request{Principal: roleARN, Action: "s3:GetObject"},
			"resource: it names the role, so boundary and session policy still limit the grant",
		},
		{
			"by account",
			simulate.Hierarchy{Resource: grant(account1)},
			simulate.Request{Principal: roleARN, Action: "s3:GetObject"},
			"resource: it names the account, so the account's own policies must allow too",
		},
	} {
		if got := notes(tt.h, tt.r); got != tt.want {
			t.Errorf("%s: got %s", tt.name, got)
		}
	}
}

// TestDependsOnAllow hangs a grant on unknown keys at each side.
func TestDependsOnAllow(t *testing.T) {
	t.Parallel()
	when := func(key string, principal *iam.Principal) iam.Policy {
		p := statement(iam.Allow, principal, "*")
		p.Statements[0].Conditions = []iam.Condition{{Operator: iam.Operator{Base: "Bool"}, Key: key, Values: []string{"true"}}}
		return p
	}
	byRole := when("r", &iam.Principal{AWS: []string{roleARN}})
	r := &simulate.Request{Principal: roleARN, Action: "sqs:SendMessage", Resource: queue, Context: values{"i": unknown(), "r": unknown(), "b": unknown()}}
	for _, tt := range []struct {
		name  string
		h     simulate.Hierarchy
		want  simulate.Effect
		layer simulate.Layer
		keys  string
	}{
		{"identity", simulate.Hierarchy{Identity: list(when("i", nil))}, simulate.Depends, "identity", "i"},
		{"either side", simulate.Hierarchy{Identity: list(when("i", nil)), Resource: &byRole}, simulate.Depends, "resource", "i r"},
		{"the resource alone", simulate.Hierarchy{Identity: allowNone, Resource: &byRole}, simulate.Depends, "resource", "r"},
		{"identity in any case", simulate.Hierarchy{Identity: allowAll, Resource: &byRole}, simulate.Allowed, "identity", ""},
		{"the boundary", simulate.Hierarchy{Identity: allowAll, Boundary: list(when("b", nil))}, simulate.Depends, "boundary", "b"},
		{"never", simulate.Hierarchy{Identity: list(when("i", nil)), Boundary: allowNone}, simulate.ImplicitlyDenied, "boundary", ""},
	} {
		d := simulate.Compile(tt.h).Decide(r)
		if d.Effect != tt.want || d.Layer != tt.layer || strings.Join(d.DependsOn, " ") != tt.keys {
			t.Errorf("%s: got %+v", tt.name, d)
		}
	}
}

// TestManyPatterns compares lists long enough for the indexes with regular
// expressions, one value at a time.
func TestManyPatterns(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(8, 9))
	text := func(n int, alphabet ...string) string {
		var b strings.Builder
		for range 1 + random.IntN(n) {
			b.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	for _, op := range []string{"ArnLike", "StringLike", "StringEquals", "StringEqualsIgnoreCase"} {
		matched := 0
		for range 800 {
			prefix := "arn:aws:iam::111122223333:"
			if op != "ArnLike" {
				prefix = ""
			}
			var patterns, exprs []string
			for range random.IntN(16) {
				p := prefix + text(6, "a", "a", "b", "ab", "ü", "*", "*", "?")
				patterns = append(patterns, p)
				var expr string
				if strings.HasSuffix(op, "Like") {
					expr = strings.NewReplacer("*", ".*", "?", ".").Replace(p)
				} else {
					expr = regexp.QuoteMeta(p)
				}
				if strings.HasSuffix(op, "IgnoreCase") {
					expr = "(?i)" + expr
				}
				exprs = append(exprs, "^(?:"+expr+")$")
			}
			p := iam.Policy{Statements: []iam.Statement{{Effect: iam.Deny, Actions: []string{"*"}, Conditions: []iam.Condition{
				{Operator: iam.Operator{Base: op}, Key: "k", Values: patterns},
			}}}}
			set := simulate.CompileDenies(p)
			for range 4 {
				v := prefix + text(8, "a", "b", "ab", "ü", "B")
				want := slices.ContainsFunc(exprs, func(e string) bool { return regexp.MustCompile(e).MatchString(v) })
				got, _ := set.Denies(&simulate.Request{Action: "a:b", Context: values{"k": one(v)}})
				if got != want {
					t.Fatalf("%s %q on %q: got %t", op, patterns, v, got)
				}
				if want {
					matched++
				}
			}
		}
		if matched < 50 {
			t.Errorf("%s: only %d matched", op, matched)
		}
	}
}
