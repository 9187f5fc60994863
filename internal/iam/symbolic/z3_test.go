package symbolic

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
)

// z3 answers scripts of SMT-LIB 2 (smt-lib.org), one answer for each
// check-sat. It is a second opinion where it is installed.
func z3(t *testing.T, script string) []string {
	t.Helper()
	path, err := exec.LookPath("z3")
	if err != nil {
		t.Skip("z3 is not installed: its second opinion on the theories is left out")
	}
	cmd := exec.CommandContext(t.Context(), path, "-in", "-t:1000")
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("z3: %v\n%s", err, out.String())
	}
	return strings.Fields(out.String())
}

// regex writes a pattern as a term of the theory of strings.
func regex(pattern string) string {
	parts := []string{`(str.to_re "")`, `(str.to_re "")`}
	for _, r := range pattern {
		switch r {
		case '*':
			parts = append(parts, "re.all")
		case '?':
			parts = append(parts, "re.allchar")
		default:
			parts = append(parts, fmt.Sprintf("(str.to_re %q)", string(r)))
		}
	}
	return "(re.++ " + strings.Join(parts, " ") + ")"
}

func (p globProblem) script() string {
	var b strings.Builder
	b.WriteString("(push)\n(declare-const s String)\n")
	for _, list := range p.need {
		terms := "false"
		for _, pattern := range list {
			terms += " (str.in_re s " + regex(pattern) + ")"
		}
		fmt.Fprintf(&b, "(assert (or %s))\n", terms)
	}
	for _, pattern := range p.never {
		fmt.Fprintf(&b, "(assert (not (str.in_re s %s)))\n", regex(pattern))
	}
	return b.String() + "(check-sat)\n(pop)\n"
}

// compare counts agreement; z3 may not know.
func compare(t *testing.T, answers []string, ours []bool) {
	t.Helper()
	if len(answers) != len(ours) {
		t.Fatalf("z3 gave %d answers to %d questions", len(answers), len(ours))
	}
	count := map[string]int{}
	for i, a := range answers {
		if a == "sat" && !ours[i] || a == "unsat" && ours[i] {
			t.Errorf("question %d: z3 says %s, we say satisfiable=%t", i, a, ours[i])
		}
		count[a]++
	}
	t.Logf("z3 agrees: %v", count)
	if count["sat"] < 20 || count["unsat"] < 20 {
		t.Errorf("one-sided, or z3 knows too little: %v", count)
	}
}

func TestGlobsAgainstZ3(t *testing.T) {
	m := rand.New(rand.NewPCG(11, 1))
	var script strings.Builder
	var ours []bool
	for range 120 {
		p := randomGlobs(m, "ab:")
		script.WriteString(p.script())
		_, found, _, _ := p.question().search(100_000)
		ours = append(ours, found)
	}
	compare(t, z3(t, script.String()), ours)
}

// TestNumbersAgainstZ3 gives z3 the same conditions on a number that is there.
func TestNumbersAgainstZ3(t *testing.T) {
	operators := []struct{ base, smt string }{
		{"NumericEquals", "(= x %s)"},
		{"NumericNotEquals", "(not (= x %s))"},
		{"NumericLessThan", "(< x %s)"},
		{"NumericLessThanEquals", "(<= x %s)"},
		{"NumericGreaterThan", "(> x %s)"},
		{"NumericGreaterThanEquals", "(>= x %s)"},
	}
	m := rand.New(rand.NewPCG(12, 1))
	var script strings.Builder
	var ours []bool
	for range 500 {
		parts := []Expr{null("n", false)}
		script.WriteString("(push)\n(declare-const x Real)\n")
		for range 2 + m.IntN(6) {
			var clause []Expr
			terms := ""
			for range 1 + m.IntN(2) {
				op := operators[m.IntN(len(operators))]
				v := []string{"0.0", "1.0", "1.5", "2.0", "3.0"}[m.IntN(5)]
				l, term := condition(op.base, "n", v), fmt.Sprintf(op.smt, v)
				if m.IntN(3) == 0 {
					l, term = Not(l), "(not "+term+")"
				}
				clause, terms = append(clause, l), terms+" "+term
			}
			parts = append(parts, Or(clause...))
			fmt.Fprintf(&script, "(assert (or false %s))\n", terms)
		}
		script.WriteString("(check-sat)\n(pop)\n")
		o := Options{Facts: []Fact{Typed("the test", "n", iam.NumericFamily)}}
		ours = append(ours, Solve(And(parts...), o).Verdict == Satisfiable)
	}
	compare(t, z3(t, script.String()), ours)
}
