package engine

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestBombs: what takes memory without end, or numbers that no computer can
// hold, is an error of that policy, and the others answer.
func TestBombs(t *testing.T) {
	const long = time.Minute // no bomb gets there
	for _, tt := range []struct {
		name, body, want string
		timeout          time.Duration
	}{
		{"range", `count(numbers.range(1, 100000000)) > 5`, "more than 64 MB of memory", long},
		{"array", `count([x | some x in numbers.range(1, 30000000)]) > 5`, "more than 64 MB of memory", long},
		{"square", "a := numbers.range(1, 6000)\n\tcount([[x, y] | some x in a; some y in a]) > 5", "more than 64 MB of memory", long},
		{"text", "a := numbers.range(1, 1500)\n\tcount(concat(\"\", [sprintf(\"%1000000d\", [x]) | some x in a])) > 5", "more than 64 MB of memory", long},
		{"doubling", doubling(26), "more than 64 MB of memory", long},
		{"endless", "a := numbers.range(1, 100000)\n\tcount([1 | some x in a; some y in a; x * y == 0]) > 5", "longer than 500ms", 500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, ds := New(Options{Modules: []Module{
				rego("bomb", "deny contains {\"msg\": \"m\"} if {\n\tinput.resource.type == \"aws_x\"\n\t"+tt.body+"\n}"),
				rego("fine", "deny contains {\"msg\": \"m\"} if input.resource.type == \"aws_x\""),
			}, MemoryLimit: 64 << 20, Timeout: tt.timeout})
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			res := check(t, e, &resource.Resource{Type: "aws_x", Address: "aws_x.a"})
			if len(res.Findings) != 2 || res.Findings[0].Status != finding.Error || res.Findings[1].Status != finding.Violation {
				t.Fatalf("%+v", res)
			}
			if !strings.Contains(res.Findings[0].Message, tt.want) {
				t.Error(res.Findings[0].Message)
			}
		})
	}
}

// doubling is a text that doubles with every line.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("a0 := \"xxxxxxxxxxxxxxxx\"\n")
	for i := range n {
		b.WriteString("\ta" + strconv.Itoa(i+1) + " := concat(a" + strconv.Itoa(i) + ", [\"\", \"\", \"\"])\n")
	}
	return b.String() + "\tcount(a" + strconv.Itoa(n) + ") > 5"
}
