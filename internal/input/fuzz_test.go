package input

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/resource"
)

// twice loads the same input twice, bounded in time, and holds the laws of
// every loader: no panic, no resources beside an error, the same result for the
// same input.
func twice(t *testing.T, load func(context.Context) (Result, error)) (Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	one, err := load(ctx)
	two, again := load(ctx)
	if ctx.Err() != nil {
		t.Fatal("it takes longer than a minute")
	}
	if err != nil && len(one.Resources) > 0 {
		t.Error("an error comes with resources")
	}
	if errText(err) != errText(again) || !reflect.DeepEqual(one, two) {
		t.Errorf("two runs differ: %v and %v, %+v and %+v", err, again, one, two)
	}
	resource.NewSet(one.Resources)
	return one, err
}

// FuzzState holds that a state that is cut off is an error, besides the laws of
// all loaders.
func FuzzState(f *testing.F) {
	text, err := os.ReadFile(filepath.Join(plans, "changes", "terraform.tfstate"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text), 3000)
	f.Add(`{"version":4,"serial":1,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"index_key":"k","attributes":{"id":"i"},"sensitive_attributes":[[{"type":"get_attr","value":"x"}]]}]}]}`, 50)
	f.Add(`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"a.b","mode":"managed","values":{}}],"child_modules":[{}]}}}`, 50)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		load := func(text string) func(context.Context) (Result, error) {
			return func(ctx context.Context) (Result, error) {
				return Load(ctx, "-", strings.NewReader(text), Options{Kind: KindState})
			}
		}
		whole := strings.TrimRight(text, " \t\r\n")
		if _, err := twice(t, load(text)); err != nil || cut < 0 || cut >= len(whole) {
			return
		}
		if _, err := twice(t, load(whole[:cut])); err == nil {
			t.Errorf("the first %d bytes of %q are accepted", cut, whole)
		}
	})
}

// FuzzModules holds the laws for a module that another one calls.
func FuzzModules(f *testing.F) {
	f.Add(`module "m" {
  source = "./m"
  count  = 2
  v      = aws_x.x.id
}
resource "aws_x" "x" { a = module.m[*].o }`, `variable "v" {}
output "o" { value = [for i in range(3) : "${var.v}-${i}"] }`, "{}")
	f.Add(`module "m" {
  source    = "./m"
  for_each  = { a = 1, b = module.m["a"].o }
  providers = { aws = aws.x }
}`, `output "o" { value = path.module }`, `{"module":{"n":{"source":"../"}}}`)
	f.Fuzz(func(t *testing.T, root, child, inJSON string) {
		if len(root)+len(child)+len(inJSON) > 8192 {
			return
		}
		_, _ = twice(t, func(ctx context.Context) (Result, error) {
			return LoadFiles(ctx, map[string][]byte{
				"main.tf": []byte(root), "m/main.tf": []byte(child), "m/more.tf.json": []byte(inJSON),
			}, Options{})
		})
	})
}

// FuzzVars holds the laws for files with values, and that one that is cut off
// within a value is an error.
func FuzzVars(f *testing.F) {
	f.Add(`v = { a = [1, "x"] }`, "x", false)
	f.Add(`{"v": ["${a}", {"b": null}]}`, `["a"]`, true)
	f.Add(`v = [for i in [1, 2] : "${i}"]`, `[for a in [1]: a]`, false)
	f.Fuzz(func(t *testing.T, text, env string, isJSON bool) {
		if len(text)+len(env) > 8192 {
			return
		}
		name := "terraform.tfvars"
		if isJSON {
			name += ".json"
		}
		files := map[string][]byte{
			"main.tf": []byte("variable \"v\" {}\nvariable \"w\" { type = list(string) }\nresource \"aws_x\" \"x\" {\n  v = var.v\n  w = var.w\n}\n"),
			name:      []byte(text),
		}
		_, err := twice(t, func(ctx context.Context) (Result, error) {
			return LoadFiles(ctx, files, Options{Variable: func(n string) (string, bool) { return env, n == "w" }})
		})
		if err == nil && strings.TrimSpace(text) != "" && isJSON {
			files[name] = []byte(strings.TrimRight(text, " \t\r\n")[:len(strings.TrimRight(text, " \t\r\n"))-1])
			if _, err := LoadFiles(t.Context(), files, Options{}); err == nil {
				t.Errorf("%q is accepted without its last byte", text)
			}
		}
	})
}

// FuzzExpression holds the laws for one expression.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`[for a in range(100) : [for b in range(100) : "${a}${b}"]]`, `try(try(try(null.x, aws_kms_key.k.arn)))`,
		`replace(replace("aaaa", "a", "aaaaaaaa"), "a", "aaaaaaaa")`, `format("%99999999999s", "x")`, `setproduct([1], var.list)`,
		`yamldecode("a: &a [1]\nb: *a")`, `templatefile("x", {})`, `formatlist("%s", ["a"], "b")`, `matchkeys([1], ["a"], [null])`,
		`jsondecode("[1]")[0]`, `cidrsubnets("10.0.0.0/8", 1, 1)`, `merge({a = 1}, null)`, `sum([1e400, -1e400])`, `pow(10, 1e9)`,
		`data.aws_region.here[*].name`, `provider::a::b(1)`, `transpose({a = [null]})`, `element([], 0)`, `coalesce()`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		if len(expression) > 2048 {
			return
		}
		_, _ = twice(t, func(ctx context.Context) (Result, error) {
			text := surroundings + "resource \"aws_x\" \"x\" {\n  v = " + expression + "\n}\n"
			return LoadFiles(ctx, map[string][]byte{"main.tf": []byte(text)}, Options{})
		})
	})
}
