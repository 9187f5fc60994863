package input

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// write makes files below a new directory.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// estate is a root module in envs/prod, with modules above, below, nested and
// fetched.
var estate = map[string]string{
	"envs/prod/main.tf": `
variable "names" { default = ["a", "b"] }
variable "unset" {}
provider "aws" { region = "eu-west-1" }
provider "aws" {
  alias               = "us"
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
  default_tags { tags = { from = "us" } }
}
module "app" {
  source   = "../../modules/app"
  for_each = toset(var.names)
  name     = "n-${each.key}"
  key_arn  = aws_kms_key.k.arn
  queues   = [aws_sqs_queue.q.arn]
}
module "us" {
  source    = "./local"
  providers = { aws = aws.us, aws.home = aws }
}
module "fetched" {
  source = "acme/thing/aws"
}
module "stale" {
  source = "acme/other/aws"
}
module "absent" {
  source = "git::https://example.com/x.git"
}
module "counted" {
  source = "./local"
  count  = var.unset
}
module "none" {
  source = "./local"
  count  = 0
}
resource "aws_kms_key" "k" {}
resource "aws_sqs_queue" "q" { name = module.app["a"].bucket_name }
resource "aws_sqs_queue" "all" { name = join(",", values(module.app)[*].bucket_name) }
resource "aws_sqs_queue" "none" { name = length(module.none) == 0 ? "empty" : module.none[0].region }
resource "aws_sqs_queue" "absent" { name = module.absent.anything }
resource "aws_s3_bucket_policy" "p" { bucket = module.app["b"].bucket_id }
resource "aws_s3_bucket_policy" "each" {
  for_each = module.app
  bucket   = each.value.bucket_id
}
`,
	"modules/app/main.tf": `
variable "name" { type = string }
variable "key_arn" {}
variable "queues" {}
variable "size" {
  default  = 3
  nullable = false
}
resource "aws_s3_bucket" "b" { bucket = var.name }
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule { kms_master_key_id = var.key_arn }
}
module "inner" {
  source = "./inner"
  count  = 2
  bucket = aws_s3_bucket.b.id
  index  = count.index
}
output "bucket_name" { value = aws_s3_bucket.b.bucket }
output "bucket_id" { value = aws_s3_bucket.b.id }
`,
	"modules/app/inner/main.tf": `
variable "bucket" {}
variable "index" {}
resource "aws_s3_bucket_versioning" "v" {
  bucket = var.bucket
  note   = "${path.module} ${var.index} ${file("${path.module}/n.txt")}"
}
`,
	"modules/app/inner/n.txt": "text",
	"envs/prod/local/main.tf": `
data "aws_region" "here" {}
resource "aws_sqs_queue" "q" {}
resource "aws_sqs_queue" "home" { provider = aws.home }
output "region" { value = data.aws_region.here.name }
`,
	"envs/prod/.terraform/modules/modules.json": `{"Modules":[{"Key":"","Source":"","Dir":"."},
		{"Key":"fetched","Source":"registry.terraform.io/acme/thing/aws","Version":"1.0.0","Dir":".terraform/modules/fetched"},
		{"Key":"fetched.deep","Source":"registry.terraform.io/acme/deep/aws","Version":"1.0.0","Dir":".terraform/modules/fetched.deep/sub"},
		{"Key":"stale","Source":"registry.terraform.io/acme/old/aws","Dir":".terraform/modules/stale"}]}`,
	"envs/prod/.terraform/modules/fetched/main.tf":          `module "deep" { source = "acme/deep/aws" }`,
	"envs/prod/.terraform/modules/fetched.deep/sub/main.tf": `resource "aws_kms_key" "deep" {}`,
	"envs/prod/.terraform/modules/stale/main.tf":            `resource "aws_kms_key" "stale" {}`,
}

func TestModules(t *testing.T) {
	dir := write(t, estate)
	t.Chdir(dir)
	res, err := Load(t.Context(), filepath.Join("envs", "prod"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	for _, c := range []struct{ address, path, want string }{
		{`module.app["a"].aws_s3_bucket.b`, "bucket", "n-a"},
		{`module.app["b"].module.inner[1].aws_s3_bucket_versioning.v`, "note", "../../modules/app/inner 1 text"},
		{"aws_sqs_queue.q", "name", "n-a"},
		{"aws_sqs_queue.all", "name", "n-a,n-b"},
		{"aws_sqs_queue.none", "name", "empty"},
	} {
		if all[c.address] == nil {
			t.Errorf("%s is not there", c.address)
		} else if got := at(t, all[c.address].Values, c.path); got != c.want {
			t.Errorf("%s of %s is %v, want %v", c.path, c.address, got, c.want)
		}
	}
	if at(t, all["aws_sqs_queue.absent"].Unknown, "name") != true {
		t.Error("the output of a module that is not there is known")
	}
	for address, want := range map[string]string{
		"module.us.aws_sqs_queue.q": "us-east-1 111122223333", "module.us.aws_sqs_queue.home": "eu-west-1 ",
		"module.counted.aws_sqs_queue.q": "eu-west-1 ", "module.fetched.module.deep.aws_kms_key.deep": "eu-west-1 ",
	} {
		if r := all[address]; r == nil || r.Region+" "+r.Account != want {
			t.Errorf("%s: %+v", address, r)
		}
	}
	if got := at(t, all["module.us.aws_sqs_queue.q"].Values, "tags_all.from"); got != "us" {
		t.Errorf("the default tags of the provider are %v", got)
	}
	deep := all[`module.app["a"].module.inner[0].aws_s3_bucket_versioning.v`]
	want := resource.Source{File: "modules/app/inner/main.tf", Line: 4, Modules: []resource.ModuleCall{
		{Name: "app", File: "envs/prod/main.tf", Line: 11}, {Name: "inner", File: "modules/app/main.tf", Line: 14},
	}}
	if deep.Source.File != want.File || deep.Source.Line != want.Line || !slices.Equal(deep.Source.Modules, want.Modules) {
		t.Errorf("source is %+v", deep.Source)
	}
	set := resource.NewSet(res.Resources)
	for address, want := range map[string][]string{
		`module.app["a"].aws_s3_bucket.b`: {
			`aws_s3_bucket_policy.each["a"]`, "aws_sqs_queue.all", "aws_sqs_queue.q",
			`module.app["a"].aws_s3_bucket_server_side_encryption_configuration.b`,
			`module.app["a"].module.inner[0].aws_s3_bucket_versioning.v`, `module.app["a"].module.inner[1].aws_s3_bucket_versioning.v`,
		},
		`aws_s3_bucket_policy.p`: {`module.app["b"].aws_s3_bucket.b`},
		"aws_kms_key.k": {
			`module.app["a"].aws_s3_bucket_server_side_encryption_configuration.b`,
			`module.app["b"].aws_s3_bucket_server_side_encryption_configuration.b`,
		},
	} {
		var got []string
		for _, o := range set.Related(all[address]) {
			got = append(got, o.Address)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is related to %q, want %q", address, got, want)
		}
	}
	var warned []string
	for _, w := range res.Warnings {
		warned = append(warned, w.Code+" "+w.Subject.String())
	}
	if want := []string{
		"config-module-skipped envs/prod/main.tf:25:1", "config-module-skipped envs/prod/main.tf:28:1", "config-count-unknown envs/prod/main.tf:33:3",
	}; !slices.Equal(warned, want) {
		t.Errorf("warnings are %q, want %q", warned, want)
	}
	if len(res.Unread()) != 2 {
		t.Errorf("unread is %v", res.Unread())
	}

	// With an absolute path, places are relative to the root module.
	abs, err := Load(t.Context(), filepath.Join(dir, "envs", "prod"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := byAddress(t, abs)[deep.Address].Source; s.File != "../../modules/app/inner/main.tf" || s.Modules[0].File != "main.tf" {
		t.Errorf("source is %+v", s)
	}
	if abs.Info.SHA256 != res.Info.SHA256 {
		t.Error("the hash depends on the path")
	}
}

func TestModulesRefused(t *testing.T) {
	chain := map[string]string{"main.tf": `module "m" { source = "./m" }`}
	for i, dir := 0, "m"; i < 70; i, dir = i+1, dir+"/m" {
		chain[dir+"/main.tf"] = `module "m" { source = "./m" }`
	}
	bomb := map[string]string{"main.tf": `module "m" { source = "./m1" }`}
	for _, d := range []struct{ dir, next string }{{"m1", "m2"}, {"m2", "m3"}, {"m3", "m4"}} {
		bomb[d.dir+"/main.tf"] = `module "m" {
  source = "../` + d.next + `"
  count  = 100000
}
`
	}
	bomb["m4/main.tf"] = `resource "aws_x" "x" {}`
	for name, c := range map[string]struct {
		files map[string]string
		code  string
		says  string
	}{
		"itself": {map[string]string{"main.tf": `module "a" { source = "./." }`}, "config-syntax", "calls itself"},
		"through another": {map[string]string{
			"main.tf": `module "a" { source = "./a" }`, "a/main.tf": `module "b" { source = "../" }`,
		}, "config-syntax", "calls itself"},
		"deep":      {chain, "config-syntax", "64 deep"},
		"instances": {bomb, "config-too-large", "100000 instances"},
		"argument":  {map[string]string{"main.tf": "module \"a\" {\n  source = \"./a\"\n  x = 1\n}", "a/main.tf": "locals {}"}, "config-eval", `no variable "x"`},
		"output":    {map[string]string{"main.tf": "module \"a\" { source = \"./a\" }\nlocals { x = module.a.none }", "a/main.tf": "locals {}"}, "config-eval", "none"},
		"cycle": {map[string]string{
			"main.tf": "module \"a\" {\n  source = \"./a\"\n  v = module.a.o\n}", "a/main.tf": "variable \"v\" {}\noutput \"o\" { value = var.v }",
		}, "config-eval", "itself"},
		"exponent":           {map[string]string{"main.tf": "locals {\n  n = 1e99999\n}"}, "config-syntax", "main.tf:2:7"},
		"exponent in JSON":   {map[string]string{"main.tf.json": "{\"locals\":\n{\"n\":1E99999999}}"}, "config-syntax", "exponent of this number"},
		"syntax in a module": {map[string]string{"main.tf": `module "a" { source = "./a" }`, "a/main.tf": "{"}, "config-syntax", ""},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := Load(t.Context(), write(t, c.files), nil, Options{})
			ds := diag.From("other", err)
			if len(res.Resources) > 0 || !slices.ContainsFunc(ds, func(d diag.Diagnostic) bool {
				return d.Code == c.code && strings.Contains(d.Error(), c.says)
			}) {
				t.Errorf("%d resources, %v", len(res.Resources), err)
			}
		})
	}

	// A link to the directory itself makes ever new names of it.
	dir := write(t, map[string]string{"main.tf": `module "a" { source = "./loop" }`})
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err == nil {
		if _, err := Load(t.Context(), dir, nil, Options{}); err == nil || !strings.Contains(err.Error(), "calls itself") {
			t.Errorf("a loop of links: %v", err)
		}
	}
}

// TestNumbersOutOfRange: a number that is computed, and would have more digits
// than there is memory, is unknown.
func TestNumbersOutOfRange(t *testing.T) {
	t.Parallel()
	res, err := Load(t.Context(), write(t, map[string]string{"main.tf": `resource "aws_x" "x" {
  a = 1e9999 * 1e9999
  b = tonumber("1e99999999")
  c = 1e-9999 / 1e9999
  d = 1e30
}`}), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := res.Resources[0]
	unknown, _ := r.Unknown.(map[string]any)
	if unknown["a"] != true || unknown["b"] != true || unknown["c"] != true || unknown["d"] != nil || r.Values["d"] != json.Number("1000000000000000000000000000000") || len(r.Values) != 1 {
		t.Errorf("%v, unknown %v", r.Values, unknown)
	}
}

// TestVarFiles holds the precedence of values: the environment, the files that
// are read by themselves, then the files that are named, in their order.
func TestVarFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"c/main.tf": `
variable "env" {}
variable "list" { type = list(number) }
variable "tfvars" {}
variable "auto" {}
variable "named" {}
variable "json" {}
variable "typed" {
  type    = map(string)
  default = {}
}
resource "aws_x" "x" { v = [var.env, var.list[1], var.tfvars, var.auto, var.named, var.json, var.typed] }
`,
		"c/terraform.tfvars": "tfvars = \"tfvars\"\nauto = \"tfvars\"\nnamed = \"tfvars\"\n",
		"c/a.auto.tfvars":    "auto = \"auto\"\nnamed = \"auto\"\n",
		"one.tfvars":         "named = \"one\"\njson = \"one\"\nnone = 1\n",
		"two.tfvars.json":    `{"json": "${two}", "typed": {"a": 1}}`,
	})
	env := map[string]string{"env": "[x", "list": "[1, 2]", "tfvars": "env"}
	o := Options{
		VarFiles: []string{filepath.Join(dir, "one.tfvars"), filepath.Join(dir, "two.tfvars.json")},
		Variable: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}
	res, err := Load(t.Context(), filepath.Join(dir, "c"), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(res.Resources[0].Values["v"]), "[[x 2 tfvars auto one ${two} map[a:1]]"; got != want {
		t.Errorf("values are %s, want %s", got, want)
	}
	if len(res.Warnings) != 1 || res.Warnings[0].Code != "variable-undeclared" || res.Warnings[0].Subject.Line != 3 {
		t.Errorf("%v", res.Warnings)
	}
	plain, err := Load(t.Context(), filepath.Join(dir, "c"), nil, Options{})
	if err != nil || plain.Info.SHA256 == res.Info.SHA256 {
		t.Errorf("the hash does not tell the values apart, %v", err)
	}
	o.VarFiles = []string{filepath.Join(dir, "absent.tfvars")}
	_, err = Load(t.Context(), filepath.Join(dir, "c"), nil, o)
	if ds := diag.From("other", err); len(ds) != 1 || ds[0].Code != "variables-unreadable" {
		t.Errorf("%v", err)
	}
	env["list"] = "[1"
	if _, err = Load(t.Context(), filepath.Join(dir, "c"), nil, Options{Variable: o.Variable}); err == nil || !strings.Contains(err.Error(), "TF_VAR_list") {
		t.Errorf("%v", err)
	}
}

// TestConfigJSONBlocks reads dynamic blocks, providers and types in JSON.
func TestConfigJSONBlocks(t *testing.T) {
	res, err := LoadFiles(t.Context(), map[string][]byte{
		"main.tf.json": []byte(`{
		"variable": {"p": {"type": "list(number)", "default": [22, 443]}, "t": {"default": "${not a template}"}, "o": {}},
		"provider": {"aws": [{"region": "eu-west-1"}, {"alias": "us", "region": "us-east-1"}]},
		"module": {"m": {"source": "./m", "providers": {"aws": "aws.us"}, "for_each": "${toset([\"k\"])}"}},
		"resource": {"aws_security_group": {"g": {"provider": "aws.us", "description": "${var.t}",
			"dynamic": {"ingress": {"for_each": "${var.p}", "iterator": "port", "content": {"from_port": "${port.value}", "cidr_blocks": ["10.0.0.0/8"]}},
				"egress": [{"for_each": "${var.o}", "content": [{"to_port": 1}]}]}}}}}`),
		"m/main.tf": []byte(`resource "aws_sqs_queue" "q" {}`),
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	g := all["aws_security_group.g"]
	for path, want := range map[string]any{
		"ingress[0].from_port": json.Number("22"), "ingress[1].from_port": json.Number("443"), "ingress[1].cidr_blocks[0]": "10.0.0.0/8",
		"description": "${not a template}", "dynamic": nil,
	} {
		if got := at(t, g.Values, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if at(t, g.Unknown, "egress") != true || g.Region != "us-east-1" || all[`module.m["k"].aws_sqs_queue.q`].Region != "us-east-1" {
		t.Errorf("%+v", g)
	}
}
