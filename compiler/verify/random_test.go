package verify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/lower"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
)

// writer writes random policies in the idioms that authors use.
type writer struct {
	*rand.Rand
	helpers []string
}

func (w *writer) one(list ...string) string { return list[w.IntN(len(list))] }

// texts, flags and numbers are attributes of each kind by resource type.
var (
	texts = map[string][]string{
		"aws_instance":          {`metadata_options[0].http_tokens`, `instance_type`, `tags.Owner`, `metadata_options[0].http_endpoint`},
		"aws_ebs_volume":        {`type`, `tags.Owner`, `kms_key_id`},
		"aws_autoscaling_group": {`launch_configuration`, `tags.Owner`},
	}
	lists   = map[string][]string{"aws_autoscaling_group": {`target_group_arns`, `load_balancers`}}
	flags   = map[string][]string{"aws_instance": {`ebs_optimized`}, "aws_ebs_volume": {`encrypted`}, "aws_autoscaling_group": {`capacity_rebalance`}}
	numbers = map[string][]string{"aws_instance": {}, "aws_ebs_volume": {`iops`, `size`}, "aws_autoscaling_group": {`max_size`}}
)

// condition is one line or more that may hold or not.
func (w *writer) condition(typ string, depth int) string {
	const v = "input.resource.values."
	text := v + w.one(texts[typ]...)
	flag := v + w.one(flags[typ]...)
	literal := func() string { return w.one(`"a"`, `"b.c"`, `"ab"`) }
	not := w.one("", "not ")
	forms := []func() string{
		func() string { return not + text + " == " + literal() },
		func() string { return text + " != " + literal() },
		func() string { return not + text + " in {" + literal() + ", " + literal() + "}" },
		func() string { return not + "startswith(" + text + ", " + literal() + ")" },
		func() string { return not + "endswith(" + text + ", " + literal() + ")" },
		func() string { return not + "contains(" + text + ", " + literal() + ")" },
		func() string { return not + "regex.match(`^(a|b).*$`, " + text + ")" },
		func() string { return not + `glob.match("a*", null, ` + text + ")" },
		func() string { return not + "lower(" + text + `) == "ab"` },
		func() string { return not + text },
		func() string { return not + flag },
		func() string { return not + flag + " == " + w.one("true", "false") },
		func() string { return flag + " != " + w.one("true", "false") },
		func() string {
			return `object.get(input.resource.values, "` + w.one(flags[typ]...) + `", ` + w.one("true", "false") + ") == " + w.one("true", "false")
		},
		func() string { return `some t in ["Owner", "Team"]` + "\n\tnot " + v + "tags[t]" },
		func() string {
			return `count([t | some t in ["Owner", "Team"]; not ` + v + `tags[t]]) ` + w.one("> 0", "== 2", "< 2", "!= 1")
		},
		func() string { return `count({"Owner", "Team"} - {k | some k, _ in ` + v + "tags}) > 0" },
		func() string { return `not "Owner" in {k | some k, _ in ` + v + "tags}" },
		func() string { return `every t in ["Owner", "Team"] { ` + not + v + "tags[t] }" },
		func() string { return fmt.Sprintf("x%d := %s\n\t%sx%d == %s", depth, text, not, depth, literal()) },
		func() string { return "not input.resource.region in {\"eu-west-1\", \"eu-north-1\"}" },
	}
	if list := lists[typ]; len(list) > 0 {
		l := v + w.one(list...)
		forms = append(forms,
			func() string { return not + literal() + " in " + l },
			func() string { return fmt.Sprintf("some e%d in %s\n\t%se%d == %s", depth, l, not, depth, literal()) },
			func() string { return fmt.Sprintf("some e%d in %s\n\te%d != %s", depth, l, depth, literal()) },
			func() string {
				return fmt.Sprintf("some e%d in %s\n\tstartswith(e%d, %s)\n\t%sendswith(e%d, %s)", depth, l, depth, literal(), not, depth, literal())
			},
			func() string { return fmt.Sprintf("every e%d in %s { %se%d == %s }", depth, l, not, depth, literal()) },
			func() string { return l + "[_] == " + literal() },
			func() string { return l + "[0] == " + literal() },
			func() string {
				return fmt.Sprintf("count([e%d | some e%d in %s; %se%d == %s]) > 0", depth, depth, l, not, depth, literal())
			},
		)
	}
	if typ == "aws_instance" {
		forms = append(forms,
			func() string {
				return fmt.Sprintf("some b%d in %sebs_block_device\n\t%sb%d.encrypted", depth, v, not, depth)
			},
			func() string {
				return fmt.Sprintf("some b%d in %sebs_block_device\n\tb%d.encrypted == false\n\t%sb%d.volume_type == %s", depth, v, depth, not, depth, literal())
			},
			func() string { return "not " + v + "root_block_device[0].encrypted" },
		)
	}
	if list := numbers[typ]; len(list) > 0 {
		n := v + w.one(list...)
		forms = append(forms,
			func() string { return not + n + w.one(" > ", " >= ", " < ", " <= ", " == ") + w.one("10", "100") },
			func() string { return n + " > {\"gp3\": 10, \"io1\": 100}[" + v + "type]" },
		)
	}
	if depth < 2 {
		forms = append(forms,
			func() string { return not + w.helper(typ, depth+1) },
			func() string { return not + w.helper(typ, depth+1) },
			func() string { return not + w.function(typ, depth+1) },
		)
	}
	return forms[w.IntN(len(forms))]()
}

// helper writes a rule with several bodies, a default or an else.
func (w *writer) helper(typ string, depth int) string {
	name := fmt.Sprintf("h%d", len(w.helpers))
	w.helpers = append(w.helpers, "")
	at := len(w.helpers) - 1
	var b strings.Builder
	if w.IntN(3) == 0 {
		fmt.Fprintf(&b, "default %s := false\n", name)
	}
	fmt.Fprintf(&b, "%s if {\n\t%s\n}\n", name, w.condition(typ, depth))
	switch w.IntN(3) {
	case 0:
		fmt.Fprintf(&b, "%s if {\n\t%s\n}\n", name, w.condition(typ, depth))
	case 1:
		b.Reset()
		fmt.Fprintf(&b, "%s := true if {\n\t%s\n} else := %s if {\n\t%s\n}\n", name, w.condition(typ, depth), w.one("true", "false"), w.condition(typ, depth))
	}
	w.helpers[at] = b.String()
	return name
}

// function writes a function of one attribute.
func (w *writer) function(typ string, _ int) string {
	name := fmt.Sprintf("f%d", len(w.helpers))
	w.helpers = append(w.helpers, fmt.Sprintf("%s(x) if x == %s\n%s(x) if %s\n", name, w.one(`"a"`, "true"), name,
		w.one(`startswith(x, "b")`, `x in {"ab", "b.c"}`, `not x == "a"`, `x == "true"`)))
	return name + "(input.resource.values." + w.one(append(texts[typ], flags[typ]...)...) + ")"
}

// policy writes a whole policy.
func (w *writer) policy(typ string) string {
	w.helpers = nil
	var b strings.Builder
	for range 1 + w.IntN(2) {
		fmt.Fprintf(&b, "deny contains v if {\n\tinput.resource.type == %q\n", typ)
		for range 1 + w.IntN(2) {
			fmt.Fprintf(&b, "\t%s\n", w.condition(typ, 0))
		}
		b.WriteString("\tv := {\"msg\": \"m\"}\n}\n")
	}
	return "package p.random\n" + strings.Join(w.helpers, "") + b.String()
}

// TestRandomPolicies: what lowering calls exact, verification must not refute.
func TestRandomPolicies(t *testing.T) {
	n := 200
	if testing.Short() {
		n = 30
	}
	counts := map[ir.Fidelity]int{}
	for seed := range n {
		checkRandom(t, uint64(seed), counts)
	}
	t.Logf("fidelity: %v", counts)
	if counts[ir.Exact] < n/5 {
		t.Errorf("only %d of %d are exact: the generator has lost its point", counts[ir.Exact], n)
	}
}

func checkRandom(t *testing.T, seed uint64, counts map[ir.Fidelity]int) {
	t.Helper()
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1))}
	typ := w.one("aws_instance", "aws_ebs_volume", "aws_autoscaling_group")
	src := w.policy(typ)
	m, err := ast.ParseModule("policy.rego", src)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, src)
	}
	c := ast.NewCompiler()
	if c.Compile(map[string]*ast.Module{"policy.rego": m}); c.Failed() {
		return // a variable that is not safe, say
	}
	store := inmem.New()
	res, err := lower.Lower(t.Context(), lower.Policy{
		ID: "random", Package: m.Package.Path, Types: []string{typ}, File: "policy.rego", Line: 1, Compiler: c, Store: store,
	}, binding.Library(), lower.Options{AllowUntested: true})
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, src)
	}
	query, err := rego.New(rego.Query("data.p.random.deny = x"), rego.Compiler(c), rego.Store(store)).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := verify.Subject{Statements: res.Statements, Reads: map[string][]verify.Read{}, Bindings: binding.Library(), Doubtful: true, Messages: res.Messages}
	s.Ask = func(ctx context.Context, input map[string]any) (bool, error) {
		rs, err := query.Eval(ctx, rego.EvalInput(input))
		if err != nil || len(rs) == 0 {
			return false, err
		}
		set, ok := rs[0].Bindings["x"].([]any)
		return ok && len(set) > 0, nil
	}
	for _, r := range res.Reads[typ] {
		s.Reads[typ] = append(s.Reads[typ], verify.Read(r))
	}
	v, err := verify.States(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	counts[res.Fidelity]++
	// Another block that shares the key is the verifier's own find.
	v.Stricter = slices.DeleteFunc(v.Stricter, func(c string) bool {
		return strings.Contains(c, "root_block_device") != strings.Contains(src, "root_block_device") ||
			strings.Contains(c, "ebs_block_device") != strings.Contains(src, "ebs_block_device")
	})
	if len(v.Stricter) > 0 || res.Fidelity == ir.Exact && len(v.Looser) > 0 {
		t.Errorf("seed %d: lowered as %s, and verification says\n stricter %v\n looser %v\n%s\n%v", seed, res.Fidelity, v.Stricter, v.Looser, src, res.Statements)
	}
	told := slices.ContainsFunc(res.Notes, func(n string) bool { return strings.HasPrefix(n, "looser") })
	if res.Fidelity != ir.Exact && len(res.Refusals) == 0 && len(res.Statements) > 0 && !told {
		t.Errorf("seed %d: %s without a reason\n%s", seed, res.Fidelity, src)
	}
}
