package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// author writes random policies in the idioms of Rego that people use, and
// random resources to go with them.
type author struct {
	*rand.Rand
	helpers []string
	locals  int
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (a *author) local() string { a.locals++; return fmt.Sprintf("v%d", a.locals) }

// place is a reference to a value, from a base that is an object.
func (a *author) place(base string) string {
	return base + pick(a.Rand, ".a", ".b", ".l[0].a", ".l[1].b", ".t.a", ".l[_].a", ".l[0].m[0].a", ".l[_].m[_].a")
}

func (a *author) scalar() string { return pick(a.Rand, `"on"`, `"off"`, "true", "7") }

// test is one condition on a value.
func (a *author) test(place string) string {
	not := pick(a.Rand, "", "", "not ")
	if strings.Contains(place, "[_]") {
		not = "" // Rego asks for the iteration to stand outside of a negation
	}
	switch a.IntN(6) {
	case 0:
		return not + place
	case 1:
		return not + place + " != " + a.scalar()
	case 2:
		return not + place + " in {" + a.scalar() + ", " + a.scalar() + "}"
	default:
		return not + place + " == " + a.scalar()
	}
}

// condition is one or more lines on the object at base.
func (a *author) condition(base string, depth int) string {
	if depth > 2 {
		return a.test(a.place(base))
	}
	v := a.local()
	switch a.IntN(17) {
	case 0:
		return fmt.Sprintf("some %s in %s.l\n\t%s", v, base, a.element(v))
	case 1:
		return fmt.Sprintf("some %s, %s in %s.t\n\t%s", a.local(), v, base, a.test(v))
	case 2:
		return fmt.Sprintf("every %s in %s.l { %s }", v, base, a.test(v+".a"))
	case 3:
		return fmt.Sprintf("count([%s | some %s in %s.l; %s]) %s 0", v, v, base, a.test(v+".a"), pick(a.Rand, "==", ">"))
	case 4:
		return fmt.Sprintf("object.get(%s, %q, %s) == %s", base, pick(a.Rand, "a", "b"), a.scalar(), a.scalar())
	case 5:
		return fmt.Sprintf("%s := %s\n\t%s", v, a.place(base), a.test(v))
	case 6:
		return fmt.Sprintf("some %s in [\"a\", \"b\", \"t\"]\n\t%s", v, a.test(base+"["+v+"]"))
	case 7:
		return fmt.Sprintf("%s := {k | some k, _ in %s.t}\n\tcount({\"a\", \"b\"} - %s) > 0", v, base, v)
	case 8:
		name := a.helper("if {\n\t" + a.condition("input.resource.values", depth+1) + "\n}")
		return pick(a.Rand, "", "not ") + name
	case 9:
		arg := a.local()
		name := a.helper("(" + arg + ") if {\n\t" + a.condition(arg, depth+1) + "\n}")
		return pick(a.Rand, "", "not ") + name + "(" + base + ")"
	case 10:
		name := a.helper("contains " + v + " if {\n\tsome " + v + " in input.resource.values.l\n}")
		e := a.local()
		return fmt.Sprintf("some %s in %s\n\t%s", e, name, a.test(e+".a"))
	case 11:
		name := a.helper(":= input.resource.values." + pick(a.Rand, "l", "t"))
		return fmt.Sprintf("some %s in %s\n\t%s", v, name, pick(a.Rand, a.element(v), a.test(v)))
	case 12:
		name := a.helper("(x) := [e | some e in x.l; " + a.test("e.a") + "]")
		return fmt.Sprintf("some %s in %s(%s)\n\t%s", v, name, base, a.element(v))
	case 13:
		name := a.helper("(x) := object.get(x, \"a\", " + a.scalar() + ")")
		return fmt.Sprintf("%s(%s) == %s", name, base, a.scalar())
	case 14:
		k := a.local()
		return fmt.Sprintf("some %s, %s in %s\n\t%s", k, v, base, pick(a.Rand, a.test(v), a.test(v+".a"), k+" == \"t\"\n\t"+a.test(v+".a")))
	default:
		return a.test(a.place(base))
	}
}

func (a *author) element(v string) string {
	if a.IntN(3) == 0 {
		e := a.local()
		return fmt.Sprintf("some %s in %s.m\n\t%s", e, v, a.test(e+".a"))
	}
	return a.test(v + pick(a.Rand, ".a", ".b"))
}

func (a *author) helper(rest string) string {
	name := fmt.Sprintf("h%d", len(a.helpers))
	sep := " "
	if strings.HasPrefix(rest, "(") {
		sep = ""
	}
	a.helpers = append(a.helpers, name+sep+rest)
	if a.IntN(3) == 0 && sep == " " && strings.HasPrefix(rest, "if") {
		a.helpers = append(a.helpers, name+" if input.resource.values.b == \"on\"")
	}
	return name
}

func (a *author) policy() string {
	var rules []string
	for range 1 + a.IntN(2) {
		var lines []string
		for range 1 + a.IntN(2) {
			lines = append(lines, a.condition("input.resource.values", 0))
		}
		rules = append(rules, "deny contains {\"msg\": \"m\"} if {\n\tinput.resource.type == \"aws_x\"\n\t"+strings.Join(lines, "\n\t")+"\n}")
	}
	return strings.Join(append(rules, a.helpers...), "\n\n") + "\n"
}

// object is a random object with what is unknown in it.
func (a *author) object(depth int) (map[string]any, map[string]any) {
	values, marks := map[string]any{}, map[string]any{}
	for _, k := range []string{"a", "b"} {
		switch a.IntN(4) {
		case 0:
			marks[k] = true
		case 1:
		default:
			values[k] = pick[any](a.Rand, "on", "off", true, 7.0)
		}
	}
	if depth == 0 && a.IntN(2) == 0 {
		t, m := a.object(9)
		values["t"], marks["t"] = t, m
	}
	if depth > 1 {
		return values, marks
	}
	key := pick(a.Rand, "l", "l", "m")
	if depth == 1 {
		key = "m"
	}
	if a.IntN(6) == 0 {
		marks[key] = true
		return values, marks
	}
	var list, listMarks []any
	for range a.IntN(3) {
		v, m := a.object(depth + 1)
		list, listMarks = append(list, v), append(listMarks, m)
	}
	if list != nil {
		values[key], marks[key] = list, listMarks
	}
	return values, marks
}

// checkSound evaluates one random policy on one random resource with unknown
// values, and on the resource with the values filled in.
func checkSound(t *testing.T, seed uint64) finding.Status {
	t.Helper()
	a := &author{Rand: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // a reproducible test
	policy := a.policy()
	e, ds := New(Options{Modules: []Module{unknownPolicy(policy)}})
	if ds.HasErrors() {
		return "" // a random policy may be unsafe or recursive
	}
	values, marks := a.object(0)
	r := &resource.Resource{Type: "aws_x", Address: "aws_x.a", Values: values, Unknown: marks}
	res := check(t, e, r)
	status := finding.Status("pass")
	if len(res.Findings) > 0 {
		status = res.Findings[0].Status
	}
	if status != "pass" && status != finding.Violation {
		return status
	}
	paths := leaves(marks, nil)
	text, _ := json.Marshal(values)
	for range 60 {
		filled := object(t, string(text))
		for _, p := range paths {
			fill(t, filled, p, pick(a.Rand, completions...))
		}
		denied, err := e.Decide(t.Context(), "p", map[string]any{
			"resource": (&resource.Resource{Type: "aws_x", Values: filled}).Document(), "related": map[string]any{},
		})
		if err == nil && denied != (status == finding.Violation) {
			now, _ := json.Marshal(filled)
			open, _ := json.Marshal(marks)
			t.Fatalf("seed %d: %s with unknown %s, but denied is %v with\n%s\nbefore\n%s\n%s", seed, status, open, denied, now, text, policy)
		}
	}
	return status
}

func TestSoundOnRandomPolicies(t *testing.T) {
	t.Parallel()
	seen := map[finding.Status]int{}
	for seed := range uint64(400) {
		seen[checkSound(t, seed)]++
	}
	for _, s := range []finding.Status{"pass", finding.Violation, finding.Unknown} {
		if seen[s] < 20 {
			t.Errorf("only %d answers of %s: the test says little (%v)", seen[s], s, seen)
		}
	}
}

func FuzzSound(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkSound(t, seed) })
}
