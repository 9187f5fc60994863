package input

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestConfigValues evaluates one attribute a case.
func TestConfigValues(t *testing.T) {
	for expression, want := range map[string]string{
		`"a-${var.env}"`:                         `"a-prod"`,
		`var.size * 2 + 1`:                       `7`,
		`12345678901234567890`:                   `12345678901234567890`,
		`0.1`:                                    `0.1`,
		`var.nothing`:                            `unknown`,
		`"x-${var.nothing}"`:                     `unknown`,
		`[1, var.nothing, 3]`:                    `[1,null,3]`,
		`null`:                                   `null`,
		`local.tags`:                             `{"env":"prod","team":"a"}`,
		`merge(local.tags, { team = "b" })`:      `{"env":"prod","team":"b"}`,
		`[for k, v in local.tags : "${k}=${v}"]`: `["env=prod","team=a"]`,
		`aws_kms_key.k.description`:              `"key"`,
		`aws_kms_key.k.arn`:                      `unknown`,
		`aws_sqs_queue.many[1].name`:             `"q1"`,
		`aws_sqs_queue.many[*].name`:             `["q0","q1"]`,
		`aws_sqs_queue.each["a.b"].name`:         `"a.b"`,
		`[for q in aws_sqs_queue.each : q.name]`: `["a.b","c"]`,
		`values(aws_sqs_queue.each)[*].arn`:      `[null,null]`,
		`aws_launch_template.t.metadata_options[0].http_tokens`: `"required"`,
		`aws_launch_template.t.metadata_options[0].absent_one`:  `unknown`,
		`data.aws_ami.a.id`:                          `unknown`,
		`data.aws_region.here.name`:                  `"eu-west-1"`,
		`data.aws_caller_identity.me.account_id`:     `"111122223333"`,
		`"arn:${data.aws_partition.p.partition}:s3"`: `"arn:aws:s3"`,
		`module.m.anything[0].at_all`:                `unknown`,
		`path.module`:                                `"."`,
		`terraform.workspace`:                        `"default"`,
		`var.secret`:                                 `"hush"`,
		`jsonencode({ a = [1, true], b = null })`:    `"{\"a\":[1,true],\"b\":null}"`,
		`jsonencode({ a = var.nothing })`:            `unknown`,
		`cidrsubnet("10.0.0.0/16", 8, 2)`:            `"10.0.2.0/24"`,
		`cidrsubnet("fd00::/48", 16, 65535)`:         `"fd00:0:0:ffff::/64"`,
		`cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)`:     `["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]`,
		`cidrhost("10.12.112.0/20", 268)`:            `"10.12.113.12"`,
		`cidrhost("10.0.0.0/24", -1)`:                `"10.0.0.255"`,
		`cidrnetmask("172.16.0.0/12")`:               `"255.240.0.0"`,
		`try(local.tags.none, "spare")`:              `"spare"`,
		`lookup(local.tags, "none", "spare")`:        `"spare"`,
		`coalesce("", null, "x")`:                    `"x"`,
		`length("naïve")`:                            `5`,
		`length({ a = 1 })`:                          `1`,
		`one([])`:                                    `null`,
		`sum([1, 2.5])`:                              `3.5`,
		`alltrue([true, false])`:                     `false`,
		`anytrue([false, true])`:                     `true`,
		`index(["a", "b"], "b")`:                     `1`,
		`replace("a1b2", "/[0-9]/", "-")`:            `"a-b-"`,
		`replace("a.b", ".", "-")`:                   `"a-b"`,
		`startswith("abc", "ab") && endswith("abc", "bc") && strcontains("abc", "b")`: `true`,
		`toset(["b", "a", "b"])`:                   `["a","b"]`,
		`tonumber("7")`:                            `7`,
		`base64decode(base64encode("hey"))`:        `"hey"`,
		`sha256("")`:                               `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`,
		`timestamp()`:                              `unknown`,
		`uuid()`:                                   `unknown`,
		`yamldecode("a: 1")`:                       `{"a":1}`,
		`yamldecode(yamlencode({b = [1]}))`:        `{"b":[1]}`,
		`provider::aws::arn_parse("x").id`:         `unknown`,
		`core::upper("x")`:                         `"X"`,
		`from_the_future(1)`:                       `unknown`,
		`file("none.txt")`:                         `unknown`,
		`path.cwd`:                                 `unknown`,
		`urldecode("a%20b")`:                       `"a b"`,
		`matchkeys(["x", "y"], ["a", "b"], ["b"])`: `["y"]`,
		`transpose({a = ["x", "y"], b = ["x"]})`:   `{"x":["a","b"],"y":["a"]}`,
		`timecmp("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")`: `-1`,
		`cidrcontains("10.0.0.0/8", "10.1.0.0/16")`:               `true`,
		`base64sha512("")`:                     `"z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="`,
		`replace("aa", "a", "${var.nothing}")`: `unknown`,
		`nonsensitive(var.secret)`:             `"hush"`,
		`var.list[0]`:                          `"x"`,
		`var.typed.port`:                       `80`,
		"<<-EOT\n  two\n  lines\nEOT\n":        `"two\nlines\n"`,
	} {
		res, err := LoadFiles(t.Context(), map[string][]byte{"main.tf": []byte(surroundings + "resource \"aws_x\" \"x\" {\n  v = " + expression + "\n}\n")}, Options{})
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		r := byAddress(t, res)["aws_x.x"]
		got := "unknown"
		if at(t, r.Unknown, "v") != true {
			text, err := json.Marshal(r.Values["v"])
			if err != nil {
				t.Fatal(err)
			}
			got = string(text)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

const surroundings = `
variable "env" { default = "prod" }
variable "size" { default = 3 }
variable "nothing" {}
variable "list" { default = ["x"] }
variable "secret" {
  default   = "hush"
  sensitive = true
}
variable "typed" {
  type    = object({ port = optional(number, 80) })
  default = {}
}
locals {
  team = "a"
  tags = { env = var.env, team = local.team }
}
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}
module "m" { source = "./m" }
data "aws_ami" "a" {}
data "aws_region" "here" {}
data "aws_caller_identity" "me" {}
data "aws_partition" "p" {}
resource "aws_kms_key" "k" { description = "key" }
resource "aws_sqs_queue" "many" {
  count = 2
  name  = "q${count.index}"
}
resource "aws_sqs_queue" "each" {
  for_each = toset(["a.b", "c"])
  name     = each.value
}
resource "aws_launch_template" "t" {
  metadata_options { http_tokens = "required" }
}
`

func TestConfigBlocks(t *testing.T) {
	res, err := LoadFiles(t.Context(), map[string][]byte{"net.tf": []byte(`
variable "ports" { default = { ssh = 22, web = 443 } }
variable "open" {}
variable "pw" {
  default   = "hush"
  sensitive = true
}
resource "aws_security_group" "a" {
  dynamic "ingress" {
    for_each = var.ports
    iterator = port
    content {
      description = port.key
      from_port   = port.value
      cidr_blocks = [for p in [0, 128] : "${p}.0.0.0/1"]
    }
  }
  ingress { description = "plain" }
  dynamic "egress" {
    for_each = var.open
    content { to_port = egress.value }
  }
  lifecycle { ignore_changes = [name] }
  timeouts { create = "1m" }
}
resource "aws_db_instance" "d" {
  password = var.pw
  tags     = { note = "pw is ${var.pw}" }
}
resource "aws_eks_cluster" "e" {
  encryption_config {
    provider { key_arn = aws_kms_key.k["x"].arn }
  }
}
resource "aws_kms_key" "k" {
  for_each = { x = 1, y = 2 }
}
resource "aws_kms_alias" "k" {
  for_each      = aws_kms_key.k
  target_key_id = aws_kms_key.k[each.key].id
}
resource "aws_sqs_queue" "some" {
  count = var.open
  name  = "q${count.index}"
}
`)}, Options{Name: "infra/net"})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	group := all["aws_security_group.a"]
	for path, want := range map[string]any{
		"ingress[0].description": "ssh", "ingress[0].from_port": json.Number("22"), "ingress[1].from_port": json.Number("443"),
		"ingress[2].description": "plain", "ingress[1].cidr_blocks[1]": "128.0.0.0/1", "egress": nil, "timeouts": nil, "lifecycle": nil,
	} {
		if got := at(t, group.Values, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if at(t, group.Unknown, "egress") != true || at(t, group.Unknown, "ingress") != nil {
		t.Errorf("unknown is %v", group.Unknown)
	}
	if group.Source.File != "infra/net/net.tf" || group.Source.Line != 8 {
		t.Errorf("source is %+v", group.Source)
	}
	db := all["aws_db_instance.d"]
	if at(t, db.Sensitive, "password") != true || at(t, db.Sensitive, "tags.note") != true || at(t, db.Sensitive, "tags_all.note") != true {
		t.Errorf("sensitive is %v", db.Sensitive)
	}
	for address, want := range map[string][]string{
		"aws_eks_cluster.e":    {`aws_kms_key.k["x"]`},
		`aws_kms_alias.k["y"]`: {`aws_kms_key.k["y"]`},
	} {
		if got := all[address].Refs; !slices.Equal(got, want) {
			t.Errorf("%s refers to %q, want %q", address, got, want)
		}
	}
	some := all["aws_sqs_queue.some"]
	if some == nil || at(t, some.Unknown, "name") != true {
		t.Errorf("%+v", some)
	}
	if len(res.Warnings) != 1 || res.Warnings[0].Code != "config-count-unknown" || res.Warnings[0].Subject.String() != "infra/net/net.tf:43:3" {
		t.Errorf("%v", res.Warnings)
	}
}

func TestConfigTags(t *testing.T) {
	res, err := LoadFiles(t.Context(), map[string][]byte{"main.tf": []byte(`
variable "unset" {}
provider "aws" {
  default_tags { tags = { env = "prod", owner = "all" } }
}
provider "aws" {
  alias  = "us"
  region = "us-east-1"
}
resource "aws_sqs_queue" "own" { tags = { owner = "me" } }
resource "aws_sqs_queue" "none" {}
resource "aws_sqs_queue" "us" {
  provider = aws.us
  tags     = { a = "b" }
}
resource "aws_sqs_queue" "open" { tags = var.unset }
resource "aws_iam_role_policy" "untaggable" {}
`)}, Options{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	for address, want := range map[string]string{
		"aws_sqs_queue.own": `{"env":"prod","owner":"me"}`, "aws_sqs_queue.none": `{"env":"prod","owner":"all"}`,
		"aws_sqs_queue.us": `{"a":"b"}`, "aws_sqs_queue.open": `null`, "aws_iam_role_policy.untaggable": `null`,
	} {
		got, err := json.Marshal(all[address].Values["tags_all"])
		if err != nil || string(got) != want {
			t.Errorf("tags_all of %s is %s, want %s", address, got, want)
		}
	}
	if at(t, all["aws_sqs_queue.open"].Unknown, "tags_all") != true {
		t.Error("tags_all of unknown tags is known")
	}
	if all["aws_sqs_queue.us"].Region != "us-east-1" || all["aws_sqs_queue.own"].Region != "eu-west-1" {
		t.Error("the regions are not those of the providers")
	}
}

func TestConfigPolicyDocument(t *testing.T) {
	load := func(principal string) *resource.Resource {
		res, err := LoadFiles(t.Context(), map[string][]byte{"main.tf": []byte(`
variable "unset" {}
data "aws_iam_policy_document" "base" {
  statement {
    sid     = "Base"
    actions = ["sts:GetCallerIdentity"]
  }
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    sid       = "Read"
    actions   = ["s3:List*", "s3:GetObject"]
    resources = ["arn:aws:s3:::b/&{aws:username}/*"]
    principals {
      type        = "AWS"
      identifiers = [` + principal + `]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-1"]
    }
  }
  statement {
    effect        = "Deny"
    not_actions   = ["iam:*"]
    not_resources = ["*"]
    not_principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
resource "aws_s3_bucket_policy" "p" { policy = data.aws_iam_policy_document.d.json }
`)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return res.Resources[0]
	}
	want := `{"Version":"2012-10-17","Statement":[{"Sid":"Base","Effect":"Allow","Action":"sts:GetCallerIdentity"},` +
		`{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:List*"],"Resource":"arn:aws:s3:::b/${aws:username}/*",` +
		`"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}},` +
		`{"Effect":"Deny","NotAction":"iam:*","NotResource":"*","NotPrincipal":"*"}]}`
	if got := load(`"arn:aws:iam::111122223333:root"`).Values["policy"]; got != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if r := load("var.unset"); at(t, r.Unknown, "policy") != true {
		t.Errorf("a document with an unknown principal is known: %v", r.Values)
	}
}

// TestConfigFiles reads a directory with several files, values, JSON syntax and
// functions that read files.
func TestConfigFiles(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	for name, text := range map[string]string{
		filepath.Join(dir, "a.tf"): `
variable "a" {}
variable "b" { default = "default" }
variable "c" {}
resource "aws_x" "x" {
  a = var.a
  b = var.b
  c = var.c
  d = file("${path.module}/d.txt")
  e = templatefile("e.tpl", { who = upper("you") })
  f = fileexists("none.txt")
}
`,
		filepath.Join(dir, "b.tf.json"): `{"resource":{"aws_security_group":{"j":{"name":"n-${var.a}","tags":{"t":"v"},
			"ingress":[{"from_port":22,"cidr_blocks":["0.0.0.0/0"]}],"egress":{"to_port":443},"count":1}}}}`,
		filepath.Join(dir, "terraform.tfvars"):   `a = "from tfvars"` + "\nc = \"tfvars\"\n",
		filepath.Join(dir, "z.auto.tfvars"):      `c = "auto"`,
		filepath.Join(dir, "x.auto.tfvars.json"): `{"b":"json"}`,
		filepath.Join(dir, "d.txt"):              "text",
		filepath.Join(dir, "e.tpl"):              "hello ${who}",
		filepath.Join(dir, "override.tf"):        `resource "aws_x" "x" { g = "over" }`,
		filepath.Join(dir, "t.tf"):               `resource "aws_x" "terraform" {}`,
		filepath.Join(dir, "t.tofu"):             `resource "aws_x" "tofu" {}`,
		filepath.Join(dir, ".hidden.tf"):         "not HCL {",
		outside:                                  "secret",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Load(t.Context(), dir, nil, Options{Name: "here"})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	for path, want := range map[string]any{
		"a": "from tfvars", "b": "json", "c": "auto", "d": "text", "e": "hello YOU", "f": false, "g": "over",
	} {
		if got := at(t, all["aws_x.x"].Values, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	group := all["aws_security_group.j[0]"]
	for path, want := range map[string]any{
		"name": "n-from tfvars", "tags.t": "v", "ingress[0].from_port": json.Number("22"), "egress[0].to_port": json.Number("443"), "count": nil,
	} {
		if got := at(t, group.Values, path); got != want {
			t.Errorf("%s of JSON is %v, want %v", path, got, want)
		}
	}
	if all["aws_x.terraform"] != nil || all["aws_x.tofu"] == nil {
		t.Error("a .tofu file does not stand for the .tf file of its name")
	}
	if res.Info.Kind != KindConfig || res.Info.Path != "here" || len(res.Info.SHA256) != 64 || all["aws_x.x"].Source.File != "a.tf" {
		t.Errorf("%+v %+v", res.Info, all["aws_x.x"].Source)
	}
	if len(res.Warnings) != 0 {
		t.Errorf("%v", res.Warnings)
	}
	again, err := Load(t.Context(), dir, nil, Options{})
	if err != nil || again.Info.SHA256 != res.Info.SHA256 {
		t.Errorf("the hash is not stable: %v", err)
	}

	// A link or a path out of the module is not followed.
	if err := os.Symlink(outside, filepath.Join(dir, "d.lnk")); err == nil {
		only := filepath.Join(dir, "only.tf")
		if err := os.WriteFile(only, []byte(`resource "aws_y" "y" { v = file("d.lnk") }`), 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := Load(t.Context(), only, nil, Options{})
		if err != nil || at(t, res.Resources[0].Unknown, "v") != true {
			t.Errorf("a link out of the module is followed: %v, %v", res.Resources, err)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, code, says, at string }{
		"syntax":             {`resource "aws_x" {`, "config-syntax", "", "main.tf:1"},
		"unknown block":      {`nonsense "x" {}`, "config-syntax", "nonsense", "main.tf:1"},
		"undeclared":         {"resource \"aws_x\" \"x\" {\n  a = aws_y.y.id\n}", "config-eval", "y", "main.tf:2"},
		"undeclared local":   {"resource \"aws_x\" \"x\" {\n  a = local.none\n}", "config-eval", "none", "main.tf:2"},
		"undeclared var":     {"resource \"aws_x\" \"x\" {\n  a = var.none\n}", "config-eval", "none", "main.tf:2"},
		"each without it":    {`resource "aws_x" "x" { a = each.key }`, "config-eval", "each", "main.tf:1"},
		"twice":              {"resource \"aws_x\" \"x\" {}\nresource \"aws_x\" \"x\" {}", "config-syntax", "aws_x.x", "main.tf:2"},
		"cycle of locals":    {"locals {\n a = local.b\n b = local.a\n}", "config-eval", "itself", "main.tf"},
		"cycle of resources": {"resource \"aws_x\" \"x\" { a = aws_x.y.id }\nresource \"aws_x\" \"y\" { a = aws_x.x.id }", "config-eval", "itself", "main.tf"},
		"bad count":          {`resource "aws_x" "x" { count = -1 }`, "config-eval", "whole number", "main.tf:1"},
		"huge count":         {`resource "aws_x" "x" { count = 1e12 }`, "config-eval", "whole number", "main.tf:1"},
		"for_each of a list": {`resource "aws_x" "x" { for_each = ["a"] }`, "config-eval", "set of strings", "main.tf:1"},
		"wrong type":         {"variable \"v\" {\n type = number\n default = \"x\"\n}", "config-eval", "var.v", "main.tf:3"},
		"failing function":   {`resource "aws_x" "x" { a = cidrsubnet("10.0.0.0/30", 8, 1) }`, "config-eval", "longer", "main.tf:1"},
		"no configuration":   {"", "config-empty", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{"main.tf": []byte(c.text)}
			if c.text == "" {
				files = nil
			}
			res, err := LoadFiles(t.Context(), files, Options{Name: "m"})
			ds := diag.From("other", err)
			if !ds.HasErrors() || len(res.Resources) != 0 {
				t.Fatalf("%v, %v", res.Resources, err)
			}
			i := slices.IndexFunc(ds, func(d diag.Diagnostic) bool {
				return d.Code == c.code && strings.Contains(d.Error(), c.says) && strings.HasPrefix(d.Subject.String(), strings.TrimSuffix("m/"+c.at, "/"))
			})
			if i < 0 {
				t.Errorf("got %q", ds)
			}
		})
	}
	_, err := Load(t.Context(), t.TempDir(), nil, Options{})
	if d, ok := errors.AsType[diag.Diagnostic](err); !ok || d.Code != "config-empty" {
		t.Errorf("an empty directory: %v", err)
	}
}

// FuzzConfig holds that no configuration makes the loader panic, and that an
// error comes without resources.
func FuzzConfig(f *testing.F) {
	f.Add(surroundings+`resource "aws_x" "x" { v = [for q in aws_sqs_queue.each : q.arn] }`, false)
	f.Add(`resource "a_b" "c" { dynamic "d" { for_each = { x = 1 } content { e = d.value } } }`, false)
	f.Add(`{"resource":{"aws_x":{"y":{"count":2,"a":"${count.index}","b":{"c":[{}]}}}},"locals":{"l":"${local.l}"}}`, true)
	f.Add(`data "aws_iam_policy_document" "d" { statement { principals { type = "*" identifiers = ["*"] } } }
		resource "aws_x" "x" { p = data.aws_iam_policy_document.d.json }`, false)
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		if len(text) > 4096 {
			return
		}
		name := "main.tf"
		if isJSON {
			name += ".json"
		}
		res, err := LoadFiles(t.Context(), map[string][]byte{name: []byte(text)}, Options{})
		if err != nil && len(res.Resources) > 0 {
			t.Error("an error comes with resources")
		}
		resource.NewSet(res.Resources)
	})
}
