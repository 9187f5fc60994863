package source

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

// TestDeep holds that what is nested as deep as is read exhausts no stack.
func TestDeep(t *testing.T) {
	t.Parallel()
	n := maxDepth - 10
	for name, text := range map[string]string{
		"lists":      "x = " + strings.Repeat("[", n) + strings.Repeat("]", n),
		"objects":    "x = " + strings.Repeat("{a=", n) + "1" + strings.Repeat("}", n),
		"calls":      "x = " + strings.Repeat("merge(", n) + strings.Repeat(")", n),
		"texts":      "x = " + strings.Repeat(`"${`, n) + "1" + strings.Repeat(`}"`, n),
		"signs":      "x = " + strings.Repeat("-", n) + "1",
		"conditions": "x = " + strings.Repeat("a ? b : ", maxOperators-10) + "c",
		"mixed":      "x = " + strings.Repeat("a ? b : a ? c : [", n-10) + strings.Repeat("]", n-10),
		"blocks":     strings.Repeat("b {\n", n) + strings.Repeat("}\n", n),
		"indexes":    "x = a" + strings.Repeat("[b]", maxOperators-10),
		"sums":       "x = a" + strings.Repeat("+1", maxOperators-10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, "main.tf", "resource \"aws_x\" \"y\" {\n"+text+"\n}\n")
			p, ok := c.Find(&resource.Resource{Address: "aws_x.y", Values: map[string]any{"x": "v"}, Sensitive: map[string]any{"y": true}}, []string{"x"})
			if ok && (p.Source.Line > 2 || p.Snippet(1, nil) == nil) {
				t.Errorf("found at %+v", p.Source)
			}
		})
	}
}

// TestTooDeep holds that deeper code is told apart from large code.
func TestTooDeep(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("# An open ( bracket and a - dash.\nresource \"a\" \"b\" {\n  x = a ? [1, -2] : \"a/b\"\n  y = \"${a + (b\n + c)}\"\n}\n", 20_000)
	large += "x = <<E\n" + strings.Repeat("(${a}\n", 2*maxOperators) + "E\n"
	large += "x = (\n" + strings.Repeat("# - (\n", 2*maxOperators) + "1)\n"
	if tooDeep([]byte(large), false) {
		t.Error("large code counts as deep")
	}
	for name, text := range map[string]string{
		"brackets":          strings.Repeat("[", maxDepth+1),
		"signs":             "x = " + strings.Repeat("- !", maxOperators),
		"lines in brackets": "x = (1" + strings.Repeat("\n+1", maxOperators),
		"lines in a text":   "x = \"${1" + strings.Repeat("\n+1", maxOperators),
		"sums of sums":      "x = " + strings.Repeat("1+1+1+1+1+1+1+1+(", 9*maxDepth/10),
	} {
		if !tooDeep([]byte(text), false) {
			t.Errorf("%s: deep code is read", name)
		}
	}
}
