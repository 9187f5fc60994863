package simulate_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// dice makes choices out of a fuzzer's bytes, so that the fuzzer can learn
// which choices lead where.
type dice struct {
	bytes []byte
}

func (d *dice) roll(n int) int {
	if len(d.bytes) == 0 {
		return 0
	}
	b := d.bytes[0]
	d.bytes = d.bytes[1:]
	return int(b) % n
}

func pick[T any](d *dice, list ...T) T { return list[d.roll(len(list))] }

// some returns one to three of a list.
func some(d *dice, list ...string) []string {
	out := []string{pick(d, list...)}
	for range d.roll(3) {
		out = append(out, pick(d, list...))
	}
	return out
}

var (
	principals = []string{
		"", roleARN, sessARN, userARN, fedARN, rootARN, account1, slrARN, "s3.amazonaws.com", "accounts.google.com",
		"arn:aws:iam::444455556666:user/eve", "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s", "arn:aws:iam::111122223333:oidc-provider/x", "*",
	}
	actions   = []string{"s3:GetObject", "S3:getobject", "s3:PutObject", "kms:Decrypt", "kms:RetireGrant", "sts:AssumeRole", "sts:GetCallerIdentity", "ec2:RunInstances", "nonsense"}
	patterns  = []string{"*", "s3:*", "s3:Get*", "S3:GetObject", "s3:?utObject", "kms:*t", "ec2:RunInstances", "sts:*", "*:*", "s3:G*t*", "kms:Decrypt", "*t"}
	resources = []string{"", "*", "arn:aws:s3:::b/alice/x", "arn:aws:s3:::b", keyARN, target, queue, "arn:aws:s3:::b/a:b/c"}
	covers    = []string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:*", "arn:aws:s3:::b/${aws:PrincipalTag/t, 'alice'}/?", "arn:aws:*:*:*:*", "arn:aws:s3:b", "arn:aws:kms:*:" + account1 + ":key/*", "arn:aws:iam::*:role/t*t"}
	keys      = []string{"aws:PrincipalArn", "aws:username", "k", "aws:PrincipalTag/t", "aws:TagKeys", "AWS:principalarn"}
	texts     = []string{
		"alice", "a*", "*", "", "?lice", "ALICE", "${aws:username}", "${aws:TagKeys}", "${aws:PrincipalTag/t, 'alice'}", "x${*}", "x*", roleARN,
		"arn:aws:iam::*:role/*", "arn:aws:iam::${k}:role/team/dev", account1, "1", "2", "1.5", "true", "FALSE", "2026-01-01", "2026-06-01T00:00:00Z", "1780000000",
		"10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "2001:db8::1", "YWJj", "!", "${", "$", "b/alice",
	}
)

func (d *dice) condition() iam.Condition {
	op := iam.Operator{Base: pick(d, iam.Operators()...)}
	if op.Base != "Null" {
		op.IfExists = d.roll(4) == 1
		op.Set = pick(d, iam.NoSet, iam.NoSet, iam.ForAnyValue, iam.ForAllValues)
	}
	c := iam.Condition{Operator: op, Key: pick(d, keys...), Values: []string{}}
	if d.roll(16) != 1 {
		c.Values = some(d, texts...)
	}
	if op.Base == "Null" {
		c.Values = some(d, "true", "False")
	}
	return c
}

func (d *dice) principal() *iam.Principal {
	switch d.roll(4) {
	case 0:
		return &iam.Principal{Any: true}
	case 1:
		return &iam.Principal{Service: []string{"s3.amazonaws.com"}, Federated: []string{"accounts.google.com"}}
	default:
		return &iam.Principal{AWS: some(d, principals[1:]...)}
	}
}

func (d *dice) statement(resource bool) iam.Statement {
	s := iam.Statement{Effect: pick(d, iam.Allow, iam.Deny), Sid: pick(d, "", "A")}
	if d.roll(5) == 1 {
		s.NotActions = some(d, patterns...)
	} else {
		s.Actions = some(d, patterns...)
	}
	switch d.roll(6) {
	case 1:
		s.NotResources = some(d, covers...)
	case 2:
	default:
		s.Resources = some(d, covers...)
	}
	if resource && d.roll(8) != 1 {
		s.Principal = d.principal()
		if d.roll(4) == 1 {
			s.Principal, s.NotPrincipal = nil, s.Principal
		}
	}
	for range d.roll(3) {
		s.Conditions = append(s.Conditions, d.condition())
	}
	return s
}

func (d *dice) policies(resource bool) []iam.Policy {
	out := []iam.Policy{}
	if d.roll(3) == 0 {
		out = append(out, simulate.FullAWSAccess())
	}
	for range d.roll(3) {
		p := iam.Policy{Version: pick(d, iam.Version2012, iam.Version2012, iam.Version2008)}
		for range 1 + d.roll(2) {
			p.Statements = append(p.Statements, d.statement(resource))
		}
		out = append(out, p)
	}
	return out
}

func (d *dice) hierarchy() simulate.Hierarchy {
	h := simulate.Hierarchy{ManagementAccount: pick(d, "", account2, account1), RCPServices: pick(d, nil, []string{"s3"})}
	given := d.roll(256)
	for i, into := range []*[]iam.Policy{&h.Identity, &h.Boundary, &h.Session, &h.Endpoint} {
		if given&(1<<i) != 0 {
			*into = d.policies(i == 3)
		}
	}
	for i, into := range []*[]simulate.Level{&h.SCP, &h.RCP} {
		if given&(16<<i) != 0 {
			for range 1 + d.roll(2) {
				*into = append(*into, simulate.Level{Target: "t", Policies: d.policies(i == 1)})
			}
		}
	}
	if given&64 != 0 {
		p := iam.Policy{Version: iam.Version2012}
		for range 1 + d.roll(3) {
			p.Statements = append(p.Statements, d.statement(true))
		}
		h.Resource = &p
	}
	return h
}

func (d *dice) value() simulate.Value {
	switch d.roll(6) {
	case 0:
		return simulate.Value{}
	case 1:
		return simulate.Set(some(d, texts...)...)
	case 2:
		return simulate.Set()
	default:
		return simulate.Single(pick(d, texts...))
	}
}

func (d *dice) request() *simulate.Request {
	r := &simulate.Request{
		Principal: pick(d, principals...), Action: pick(d, actions...), Resource: pick(d, resources...),
		ResourceAccount: pick(d, "", account1, account2), Context: map[string]simulate.Value{},
	}
	for _, k := range keys[:5] {
		r.Context[k] = d.value()
	}
	return r
}

func seeds(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		f.Add(randomBytes(random))
	}
}

func randomBytes(random *rand.Rand) []byte {
	b := make([]byte, 400)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// FuzzDecide holds the compiled evaluator to the naive one, and the three ways
// of asking it to one answer.
func FuzzDecide(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		d := &dice{b}
		h, r := d.hierarchy(), d.request()
		e := simulate.Compile(h)
		got := e.Decide(r)
		if want := decideNaively(h, r); got.Effect != want {
			t.Fatalf("got %+v, want %s\n%+v\n%s", got, want, r, describe(h))
		}
		x := e.Explain(r)
		if !reflect.DeepEqual(x.Decision, got) {
			t.Fatalf("explained as %+v, decided as %+v", x.Decision, got)
		}
		into := simulate.Decision{Statements: make([]simulate.StatementRef, 3), DependsOn: []string{"x"}}
		e.DecideInto(&into, r)
		if into.Effect != got.Effect || into.Layer != got.Layer || into.Target != got.Target ||
			!slices.Equal(into.Statements, got.Statements) || len(into.DependsOn) != 0 {
			t.Fatalf("decided into %+v, decided as %+v", into, got)
		}
		checkExplanation(t, x)
	})
}

// checkExplanation holds an explanation to itself: the statements that decided
// match, those that match have no mismatch, and the others have one.
func checkExplanation(t *testing.T, x simulate.Explanation) {
	t.Helper()
	for _, l := range x.Layers {
		if l.Applies != (l.Effect != "") || !l.Applies && (l.Note == "" || l.Statements != nil) {
			t.Fatalf("layer %+v", l)
		}
		for _, s := range l.Statements {
			if (s.Match == simulate.Matches) != (len(s.Mismatches) == 0) {
				t.Fatalf("statement %+v", s)
			}
			for _, m := range s.Mismatches {
				if m.String() == "" {
					t.Fatal("a mismatch without words")
				}
			}
			if slices.Contains(x.Decision.Statements, s.Ref) && s.Match == simulate.MatchesNot {
				t.Fatalf("%+v decided and does not match", s)
			}
		}
	}
}

// FuzzUnknown states what an answer with unknown keys promises: what is
// definite holds whatever the keys are.
func FuzzUnknown(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		d := &dice{b}
		hide := d.roll(31) + 1
		h, r := d.hierarchy(), d.request()
		var hidden []string
		for i, k := range keys[:5] {
			if hide&(1<<i) != 0 {
				hidden = append(hidden, k)
				r.Context[k] = simulate.Unknown()
			}
		}
		e := simulate.Compile(h)
		got := e.Decide(r)
		if (got.Effect == simulate.Depends) != (len(got.DependsOn) > 0) {
			t.Fatalf("got %+v", got)
		}
		for _, k := range got.DependsOn {
			if !slices.Contains(hidden, k) {
				t.Fatalf("depends on %s, which is known", k)
			}
		}
		checkExplanation(t, e.Explain(r))
		for range 16 {
			for _, k := range hidden {
				r.Context[k] = d.value()
			}
			full := e.Decide(r)
			agree := full.Effect == got.Effect
			switch got.Effect {
			case simulate.Depends:
				agree = full.Effect != simulate.Depends
			case simulate.ImplicitlyDenied:
				agree = full.Effect != simulate.Allowed
			case simulate.Allowed, simulate.ExplicitlyDenied:
			}
			if !agree {
				t.Fatalf("unknown: %+v; with %v: %+v\n%s", got, r.Context, full, describe(h))
			}
		}
	})
}

func describe(h simulate.Hierarchy) string {
	out := fmt.Sprintf("management %q, RCP services %v\n", h.ManagementAccount, h.RCPServices)
	for name, list := range map[string][]iam.Policy{"identity": h.Identity, "boundary": h.Boundary, "session": h.Session, "endpoint": h.Endpoint} {
		out += fmt.Sprintf("%s given %t\n", name, list != nil)
		for _, p := range list {
			out += "  " + string(p.JSON()) + "\n"
		}
	}
	for name, levels := range map[string][]simulate.Level{"scp": h.SCP, "rcp": h.RCP} {
		for _, l := range levels {
			out += name + " level\n"
			for _, p := range l.Policies {
				out += "  " + string(p.JSON()) + "\n"
			}
		}
	}
	if h.Resource != nil {
		out += "resource " + string(h.Resource.JSON()) + "\n"
	}
	return out
}

// TestRandom runs the laws of FuzzDecide over random choices, and makes sure
// that these reach every effect at every layer.
func TestRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for range 10_000 {
		d := &dice{randomBytes(random)}
		h, r := d.hierarchy(), d.request()
		got := simulate.Compile(h).Decide(r)
		if want := decideNaively(h, r); got.Effect != want {
			t.Fatalf("got %+v, want %s\n%+v\n%s", got, want, r, describe(h))
		}
		seen[string(got.Effect)+" "+string(got.Layer)]++
	}
	for _, want := range []string{
		"Allowed ", "Allowed identity", "Allowed resource", "ExplicitlyDenied rcp", "ExplicitlyDenied scp", "ExplicitlyDenied endpoint",
		"ExplicitlyDenied resource", "ExplicitlyDenied identity", "ExplicitlyDenied boundary", "ExplicitlyDenied session",
		"ImplicitlyDenied scp", "ImplicitlyDenied endpoint", "ImplicitlyDenied resource", "ImplicitlyDenied identity", "ImplicitlyDenied boundary", "ImplicitlyDenied session",
	} {
		if seen[want] == 0 {
			t.Errorf("no case of %q: %v", want, seen)
		}
	}
}
