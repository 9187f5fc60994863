package input

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
)

// TestConfigLimits holds that small hostile files are refused, and neither take
// all memory nor crash the process.
func TestConfigLimits(t *testing.T) {
	var doubling, sharing strings.Builder
	doubling.WriteString("locals {\n  l0 = \"0123456789abcdef\"\n  t0 = [\"x\"]\n")
	sharing.WriteString("locals {\n  l0 = [\"x\"]\n")
	for i := range 60 {
		fmt.Fprintf(&doubling, "  l%d = \"${local.l%d}${local.l%d}\"\n", i+1, i, i)
		fmt.Fprintf(&sharing, "  l%d = [local.l%d, local.l%d]\n", i+1, i, i)
	}
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	nested := "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]"
	for name, c := range map[string]struct{ text, file, code string }{
		"doubled texts":       {text: doubling.String() + "}", code: "config-too-large"},
		"shared lists":        {text: sharing.String() + "}", code: "config-too-large"},
		"nested loops":        {text: "locals { l = " + nested + " }", code: "config-too-large"},
		"conditions":          {text: "locals { l = [for a in range(1000) : a if length([for b in range(1000) : b if length([for c in range(1000) : c if false]) > 0]) > 0] }", code: "config-too-large"},
		"loops in a try":      {text: "locals { l = try(" + nested + ", 1) }", code: "config-too-large"},
		"loops in a default":  {text: `variable "v" { default = ` + strings.ReplaceAll(nested, "range(1000)", "["+many(1000, "1, ")+"]") + " }", code: "config-too-large"},
		"loops in JSON":       {text: `{"locals": {"l": "${` + nested + `}"}}`, file: "main.tf.json", code: "config-too-large"},
		"loop templates":      {text: `locals { l = "%{for a in range(1000)}%{for b in range(1000)}%{for c in range(1000)}x%{endfor}%{endfor}%{endfor}" }`, code: "config-too-large"},
		"replace":             {text: `locals { l = ` + many(12, "replace(") + `"aaaa"` + many(12, `, "a", "aaaaaaaa")`) + " }", code: "config-too-large"},
		"join":                {text: `locals { l = join(join(join("0123456789", range(1000)), range(1000)), range(1000)) }`, code: "config-too-large"},
		"setproduct":          {text: `locals { l = setproduct(` + many(20, "range(1000), ") + `range(2)) }`, code: "config-too-large"},
		"width":               {text: `locals { l = format("%999999999s", "x") }`, code: "config-too-large"},
		"indent":              {text: `locals { l = indent(999999999, "a\nb") }`, code: "config-too-large"},
		"parentheses":         {text: "locals { l = " + many(1_000_000, "("), code: "config-syntax"},
		"brackets":            {text: "locals { l = " + many(1_000_000, "["), code: "config-syntax"},
		"blocks":              {text: `resource "aws_x" "x" { ` + many(100_000, "a {\n"), code: "config-syntax"},
		"negations":           {text: "locals { l = " + many(1_000_000, "!") + "true }", code: "config-syntax"},
		"sums":                {text: "locals { l = 1" + many(1_000_000, "+1") + " }", code: "config-syntax"},
		"conditionals":        {text: "locals { l = " + many(100_000, "true ? 1 : ") + "2 }", code: "config-syntax"},
		"indexes":             {text: "locals { l = local.x" + many(100_000, "[local.y]") + " }", code: "config-syntax"},
		"interpolations":      {text: "locals { l = " + many(100_000, `"${`), code: "config-syntax"},
		"template ifs":        {text: `locals { l = "` + many(100_000, "%{if true}") + `" }`, code: "config-syntax"},
		"heredocs":            {text: "locals {\n l = <<E\n" + many(100_000, "${<<E\n"), code: "config-syntax"},
		"JSON":                {text: `{"locals":{"l":` + many(100_000, "["), file: "main.tf.json", code: "config-syntax"},
		"parentheses in JSON": {text: `{"locals":{"l":"${` + many(100_000, "(") + `}"}}`, file: "main.tf.json", code: "config-syntax"},
		"long chain": {text: func() string {
			var b strings.Builder
			b.WriteString("locals {\n  l0 = 1\n")
			for i := range 20_000 {
				fmt.Fprintf(&b, "  l%d = local.l%d\n", i+1, i)
			}
			return b.String() + "}"
		}(), code: "config-eval"},
	} {
		t.Run(name, func(t *testing.T) {
			file := c.file
			if file == "" {
				file = "main.tf"
			}
			res, err := LoadFiles(t.Context(), map[string][]byte{file: []byte(c.text)}, Options{work: maxWork / 64})
			ds := diag.From("other", err)
			if len(ds) == 0 || len(res.Resources) > 0 || ds[0].Code != c.code {
				text := fmt.Sprint(err)
				t.Errorf("%d resources, %s", len(res.Resources), text[:min(len(text), 500)])
			}
		})
	}
}

// TestConfigNested holds that honest nesting is not refused.
func TestConfigNested(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  list = [\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "    { a = %d - 1, b = !true || false, c = \"${%d}-x\", d = [for i in [1] : i][0] },\n", i, i)
	}
	b.WriteString("  ]\n  sum = " + strings.Repeat("1 + ", 300) + "1\n}\n")
	b.WriteString("resource \"aws_x\" \"x\" {\n  n = length(local.list) + local.sum\n  t = <<-EOT\n" +
		strings.Repeat("    %{if true}${upper(\"a\")}%{endif}\n", 50) + "  EOT\n}\n")
	res, err := LoadFiles(t.Context(), map[string][]byte{"main.tf": []byte(b.String())}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(res.Resources[0].Values["n"]); got != "3301" {
		t.Errorf("n is %v", got)
	}
}

func TestConfigStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	text := "locals { l = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c if false] if false ]] }"
	text = strings.Replace(text, "c if false", "c if length([for d in range(1000) : d if false]) > 0", 1)
	began := time.Now()
	_, err := LoadFiles(ctx, map[string][]byte{"main.tf": []byte(text)}, Options{})
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) && diag.From("x", err) == nil || took > 20*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}
