package emit_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// keyed holds the values that a condition key takes in the random tests: in a
// policy and in a request.
type keyed struct {
	key              string
	operators        []string
	policy, requests []string
	many             bool // the key may have several values
}

var keys = []keyed{
	{
		key: "ec2:InstanceType", operators: []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"},
		policy: []string{"t3.*", "t3.micro", "m?.large", "T3.MICRO", "x(1)[a]$^", "a${*}b", "a${?}b", "${$}{x}"}, requests: []string{"t3.micro", "T3.micro", "m5.large", "x(1)[a]$^", "a*b", "axb", "a?b", "${x}", "t3xmicro"},
	},
	{key: "ec2:Encrypted", operators: []string{"Bool"}, policy: []string{"true", "false"}, requests: []string{"true", "false", "True"}},
	{
		key: "ec2:VolumeSize", operators: []string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
		policy: []string{"8", "10.5", "100"}, requests: []string{"8", "8.0", "9", "10.5", "200"},
	},
	{
		key: "aws:TokenIssueTime", operators: []string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
		policy: []string{"2027-01-01T00:00:00Z", "2028-01-01T12:00:00Z"}, requests: []string{"2027-01-01T00:00:00Z", "2026-12-31T23:59:59Z", "2028-01-01T12:00:01Z"},
	},
	{
		key: "ec2:Vpc", operators: []string{"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"},
		policy: []string{"arn:*:ec2:*:*:vpc/*", "arn:aws:ec2:eu-west-1:111122223333:vpc/a", "arn:aws:ec2:*:111122223333:*/?"}, requests: []string{"arn:aws:ec2:eu-west-1:111122223333:vpc/a", "arn:aws-cn:ec2:x:1:vpc/ab:c", "arn:aws:s3:::vpc/a"},
	},
	{
		key: "aws:SourceIp", operators: []string{"IpAddress", "NotIpAddress"},
		policy: []string{"10.0.0.0/8", "192.168.1.0/24", "203.0.113.7"}, requests: []string{"10.1.2.3", "192.168.1.200", "192.168.2.1", "203.0.113.7"},
	},
	{
		key: "aws:TagKeys", operators: []string{"ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringNotLike", "ForAllValues:StringNotEquals", "ForAnyValue:StringNotEquals"},
		policy: []string{"Owner", "team-*", "Env"}, requests: []string{"Owner", "team-a", "Env", "Other"}, many: true,
	},
}

// randomDecisions makes a program of random statements with one condition or
// two each, and requests whose answers are those of iam/simulate.
func randomDecisions(w *rand.Rand) (prog ir.Program, denied, allowed int) {
	pick := func(from []string) string { return from[w.IntN(len(from))] }
	for i := range 14 {
		id := fmt.Sprintf("guard-%d", i)
		st := ir.Statement{Sid: fmt.Sprintf("Guard%d", i), Guardrail: id, Actions: []string{"ec2:Run*", "ec2:CreateVolume"}, Resources: []string{"arn:*:ec2:*:*:instance/*", "arn:*:ec2:*:*:volume/*"}}
		read := []keyed{keys[i%len(keys)]}
		if other := keys[w.IntN(len(keys))]; other.key != read[0].key {
			read = append(read, other)
		}
		for _, k := range read {
			op := pick(k.operators)
			if w.IntN(4) == 0 && !strings.Contains(op, ":") {
				op += "IfExists"
			}
			values := []string{pick(k.policy), pick(k.policy)}
			if w.IntN(6) == 0 {
				op, values = "Null", []string{pick([]string{"true", "false"})}
			}
			st.Conditions = append(st.Conditions, cond(op, k.key, values...))
		}
		g := ir.Guardrail{ID: id, Layer: ir.SCP, Fidelity: ir.Exact, Trust: ir.Documented, Statements: []ir.Statement{st}}
		decider := simulate.CompileDenies(except.Set{}.Document(g.Statements))
		for n := range 12 {
			t := ir.TestRequest{
				Name: fmt.Sprint(n), Guardrail: id, Context: map[string][]string{},
				Action:   pick([]string{"ec2:RunInstances", "ec2:runinstances", "ec2:CreateVolume", "ec2:CreateVpc"}),
				Resource: pick([]string{"arn:aws:ec2:eu-west-1:111122223333:instance/*", "arn:aws:ec2:eu-west-1:111122223333:volume/v", "arn:aws:ec2:eu-west-1:111122223333:subnet/s"}),
			}
			for _, k := range read {
				switch w.IntN(5) {
				case 0: // absent
				case 1:
					if k.many {
						t.Context[strings.ToUpper(k.key)] = []string{pick(k.requests), pick(k.requests)}
						break
					}
					fallthrough
				default:
					t.Context[k.key] = []string{pick(k.requests)}
				}
			}
			t.Deny, _ = decider.Denies(&simulate.Request{Action: t.Action, Resource: t.Resource, Context: simulate.Context(t.Context)})
			if t.Deny {
				denied++
			} else {
				allowed++
			}
			g.Tests = append(g.Tests, t)
		}
		prog.Guardrails = append(prog.Guardrails, g)
	}
	return prog, denied, allowed
}

// The test module decides as the simulator does: the requests of random
// statements with every operator, with the simulator's answers, must pass.
func TestTerraformDecidesAsTheSimulator(t *testing.T) {
	tf := tftest.New(t)
	denials, requests := 0, 0
	for seed := range uint64(3) {
		prog, denied, allowed := randomDecisions(rand.New(rand.NewPCG(seed, 3)))
		denials, requests = denials+denied, requests+denied+allowed
		out, _ := compile(t, prog, nil)
		dir := t.TempDir()
		for _, f := range out.Files {
			path := filepath.Join(dir, filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		documents := filepath.Join(dir, "modules", "documents")
		tf.Init(documents)
		tf.Run(documents, "test", "-no-color")
	}
	if denials < 60 {
		t.Errorf("%d of %d requests are denied: too few to mean much", denials, requests)
	}
}

// A guardrail that no longer denies what it must, or denies what it must not,
// fails the module's own tests.
func TestTerraformTestsCanFail(t *testing.T) {
	tf := tftest.New(t)
	for name, change := range map[string][2]string{
		"denies nothing":        {`["ec2:RunInstances"]`, `["ec2:StopInstances"]`},
		"denies the compliant":  {`"ec2:MetadataHttpTokens" = ["required"]`, `"ec2:MetadataHttpTokens" = ["never"]`},
		"lets neighbours pass":  {`"aws:PrincipalArn", p])]`, `"aws:PrincipalArn", "${p}*"])]`},
		"exceptions do nothing": {`jsondecode(c.exempt)`, `slice(jsondecode(c.exempt), 0, 0)`},
		"exceptions never end":  {`c.after == "" ? []`, `true ? []`},
		"expired ones are in":   {`timecmp(local.ends[id], plantimestamp()) <= 0`, `false`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(write(t), "modules", "documents")
			changed := false
			for _, file := range []string{"statements.tf", "main.tf", "refusals.tf"} {
				path := filepath.Join(dir, file)
				src, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				next := bytes.Replace(src, []byte(change[0]), []byte(change[1]), 1)
				changed = changed || !bytes.Equal(src, next)
				if err := os.WriteFile(path, next, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if !changed {
				t.Fatal("nothing was changed")
			}
			tf.Init(dir)
			if _, all, err := tf.Try(dir, "test", "-no-color"); err == nil || !bytes.Contains(all, []byte(" failed")) {
				t.Errorf("the tests pass:\n%s", all)
			}
		})
	}
}
