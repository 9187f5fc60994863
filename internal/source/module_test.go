package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parapet-dev/parapet/internal/resource"
)

var tree = []string{
	"live/main.tf", `
module "app" {
  source   = "../modules/app"
  for_each = var.apps
}
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.0.0"
}
module "gone" {
  source = "./gone"
}
module "elsewhere" {
  source = "git::https://example.com/x.git"
}
module "up" {
  source = "../../../../up"
}
`,
	"live/.terraform/modules/modules.json", `{"Modules":[{"Key":"","Source":"","Dir":"."},
		{"Key":"vpc","Source":"registry.terraform.io/terraform-aws-modules/vpc/aws","Version":"5.0.0","Dir":".terraform\\modules\\vpc"},
		{"Key":"app","Source":"../modules/app","Dir":"../stale"},
		{"Key":"vpc.sub","Source":"./modules/sub","Dir":".terraform/modules/vpc/modules/sub"}]}`,
	"live/.terraform/modules/vpc/main.tf", `
# parapet:ignore aws-* reason="the author says so"
resource "aws_vpc" "this" {
  cidr_block = var.cidr
}
module "sub" {
  source = "./modules/sub"
}
`,
	"live/.terraform/modules/vpc/modules/sub/main.tf", "resource \"aws_subnet\" \"s\" {\n}\n",
	"modules/app/main.tf", "\nmodule \"db\" {\n  source = \"./db\"\n}\n",
	"modules/app/db/db.tf", "\n\nresource \"aws_db_instance\" \"this\" {\n  engine = \"x\"\n}\n",
}

func TestModules(t *testing.T) {
	t.Parallel()
	c, err := New(mapFS(tree...), "live", "infra/live")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ address, attribute, want string }{
		{`module.app["a.b"].module.db[0].aws_db_instance.this["]"]`, "engine", "infra/modules/app/db/db.tf:4 app@infra/live/main.tf:2 db@infra/modules/app/main.tf:2"},
		{"module.vpc.aws_vpc.this", "cidr_block", "infra/live/.terraform/modules/vpc/main.tf:4 vpc@infra/live/main.tf:6"},
		{"module.vpc.module.sub.aws_subnet.s", "x", "infra/live/.terraform/modules/vpc/modules/sub/main.tf:1 vpc@infra/live/main.tf:6 sub@infra/live/.terraform/modules/vpc/main.tf:6"},
		{"module.gone.aws_vpc.this", "", ""},
		{"module.elsewhere.aws_vpc.this", "", ""},
		{"module.up.aws_vpc.this", "", ""},
		{"module.nowhere.aws_vpc.this", "", ""},
	} {
		p, ok := c.Find(&resource.Resource{Address: tt.address}, []string{tt.attribute})
		got := ""
		if ok {
			got = fmt.Sprintf("%s:%d", p.Source.File, p.Source.Line)
			for _, m := range p.Source.Modules {
				got += fmt.Sprintf(" %s@%s:%d", m.Name, m.File, m.Line)
			}
		}
		if got != tt.want {
			t.Errorf("%s is at %q, want %q", tt.address, got, tt.want)
		}
	}
	if got := c.Ignores(); len(got) != 0 {
		t.Errorf("comments of a downloaded module count: %v", got)
	}
	if ds := c.Diagnostics(); len(ds) > 0 {
		t.Errorf("diagnostics: %v", ds)
	}
}

// TestRecursiveModule holds that a module that calls itself ends.
func TestRecursiveModule(t *testing.T) {
	t.Parallel()
	c := open(t, "main.tf", "module \"a\" {\n  source = \"./\"\n}\nresource \"aws_x\" \"y\" {}\n")
	p, ok := c.Find(&resource.Resource{Address: strings.Repeat("module.a.", 50) + "aws_x.y"}, nil)
	if !ok || len(p.Source.Modules) != 50 {
		t.Errorf("found %v", p)
	}
	if c.Ignores() != nil {
		t.Error("comments from nowhere")
	}
}

// TestMerging holds that the attribute that counts is the one that is shown.
func TestMerging(t *testing.T) {
	t.Parallel()
	fsys := mapFS(
		"a_override.tf", "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"a_override\"\n}\nmodule \"m\" {\n  source = \"./m2\"\n}\n",
		"b_override.tf.json", `{"resource": {"aws_s3_bucket": {"b": {
  "acl": "b_override",
  "versioning": [{"enabled": true}]
}}}}`,
		"main.tf", "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"main\"\n  bucket = \"b\"\n  versioning {\n    enabled = false\n  }\n}\nmodule \"m\" {\n  source = \"./m1\"\n}\n",
		"m1/m.tf", "resource \"aws_x\" \"one\" {\n}\n",
		"m2/m.tf", "resource \"aws_x\" \"two\" {\n}\n",
		"twin.tf", "resource \"aws_x\" \"tf\" {\n}\n",
		"twin.tofu", "resource \"aws_x\" \"tofu\" {\n}\n",
		".hidden.tf", "resource \"aws_x\" \"hidden\" {\n}\n",
		"dir.tf/x", "",
	)
	c, err := New(fsys, ".", ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ address, attribute, want string }{
		{"aws_s3_bucket.b", "acl", `b_override.tf.json: "acl": "b_override",`},
		{"aws_s3_bucket.b", "bucket", `main.tf: bucket = "b"`},
		{"aws_s3_bucket.b", "versioning[0].enabled", `b_override.tf.json: "versioning": [{"enabled": true}]`},
		{"aws_s3_bucket.b", "tags", `main.tf: resource "aws_s3_bucket" "b" {`},
		{"module.m.aws_x.two", "", `m2/m.tf: resource "aws_x" "two" {`},
		{"aws_x.tofu", "", `twin.tofu: resource "aws_x" "tofu" {`},
	} {
		p, ok := c.Find(&resource.Resource{Address: tt.address}, []string{tt.attribute})
		if !ok {
			t.Errorf("%s is not found", tt.address)
		} else if got := lineOf(t, fsys, p.Source); got != tt.want {
			t.Errorf("%s %s is at %q, want %q", tt.address, tt.attribute, got, tt.want)
		}
	}
	for _, address := range []string{"module.m.aws_x.one", "aws_x.tf", "aws_x.hidden"} {
		if c.Declares(address) {
			t.Errorf("%s is found", address)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	const text = `{
  "//": "a comment",
  "resource": [{
    "aws_instance": {
      "web": {
        "ami": "ami-1",
        "metadata_options": {
          "http_tokens": "optional"
        },
        "ebs_block_device": [
          {"device_name": "b"},
          {"device_name": "c",
           "encrypted": false}
        ],
        "dynamic": {
          "network_interface": {
            "for_each": "${var.nics}",
            "content": {
              "device_index": "${network_interface.key}"
            }
          }
        },
        "tags": {"Owner": "me",
                 "a.b": "x"}
      }
    }},
    {"aws_x": [{"y": [{
      "z": 1}]}]
  }],
  "data": {"aws_ami": {"a": {
    "owners": ["self"]}}},
  "module": {
    "m": {"source": "./m"}
  }
}`
	fsys := mapFS("main.tf.json", text, "m/m.tofu.json", `{"resource": {"aws_x": {"in": {}}}}`)
	c, err := New(fsys, ".", ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ address, attribute, want string }{
		{"aws_instance.web", "", `"web": {`},
		{"aws_instance.web", "ami", `"ami": "ami-1",`},
		{"aws_instance.web", "metadata_options[0].http_tokens", `"http_tokens": "optional"`},
		{"aws_instance.web", "metadata_options[0].http_endpoint", `"metadata_options": {`},
		{"aws_instance.web", "ebs_block_device[1].encrypted", `"encrypted": false}`},
		{"aws_instance.web", "network_interface[2].device_index", `"device_index": "${network_interface.key}"`},
		{"aws_instance.web", `tags["a.b"]`, `"a.b": "x"}`},
		{"aws_x.y", "z", `"z": 1}]}]`},
		{"data.aws_ami.a", "owners[0]", `"owners": ["self"]}}},`},
	} {
		p, ok := c.Find(&resource.Resource{Address: tt.address}, []string{tt.attribute})
		if !ok {
			t.Errorf("%s is not found", tt.address)
		} else if got := lineOf(t, fsys, p.Source); got != "main.tf.json: "+tt.want {
			t.Errorf("%s %s is at %q, want %q", tt.address, tt.attribute, got, tt.want)
		}
	}
	p, ok := c.Find(&resource.Resource{Address: "module.m.aws_x.in"}, nil)
	if !ok || p.Source.File != "m/m.tofu.json" || p.Source.Modules[0] != (resource.ModuleCall{Name: "m", File: "main.tf.json", Line: 33}) {
		t.Errorf("in a module: %+v", p)
	}
}

// TestUnreadable holds that a file that cannot be read is a warning and the
// others count.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"a syntax error": "resource \"aws_x\" \"y\" {\n",
		"bad JSON":       `{"resource": {"aws_x": {"y": {}}`,
		"deep nesting":   "x = " + strings.Repeat("[", maxDepth+1),
		"conditions":     "x = " + strings.Repeat("a ? b : ", maxOperators+1),
	} {
		file := "bad.tf"
		if name == "bad JSON" {
			file = "bad.tf.json"
		}
		fsys := mapFS(file, bad, "good.tf", "resource \"aws_x\" \"z\" {\n}\n")
		fsys["folder.tf"] = &fstest.MapFile{Mode: 0o755 | 1<<31}
		c, err := New(fsys, ".", "shown")
		if err != nil {
			t.Fatal(err)
		}
		if c.Declares("aws_x.y") || !c.Declares("aws_x.z") {
			t.Errorf("%s: the wrong resources are found", name)
		}
		ds := c.Diagnostics()
		if len(ds) != 1 || ds[0].Code != "source-unreadable" || ds.HasErrors() || ds[0].Subject.File != "shown/"+file {
			t.Errorf("%s: diagnostics %v", name, ds)
		}
	}
	c := open(t, "x.tf", "", ".terraform/modules/modules.json", "{")
	if c.downloads(); len(c.Diagnostics()) != 1 {
		t.Errorf("diagnostics of a broken list: %v", c.Diagnostics())
	}
}

// TestManyFiles holds that files that were let go of are found again, also those
// whose blocks only the parser sees.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	var files []string
	for i := range 3 * keepParsed {
		files = append(files, fmt.Sprintf("f%d.tf", i), fmt.Sprintf("\n/* odd */ resource \"aws_x\" \"odd%d\" {}\nresource \"aws_x\" \"plain%d\" {}\n", i, i))
	}
	c := open(t, files...)
	for round := range 2 {
		for i := range 3 * keepParsed {
			for name, line := range map[string]int{"odd": 2, "plain": 3} {
				address := fmt.Sprintf("aws_x.%s%d", name, i)
				p, ok := c.Find(&resource.Resource{Address: address}, nil)
				if want := fmt.Sprintf("f%d.tf", i); !ok || p.Source.File != want || p.Source.Line != line || c.FileOf(address) != want {
					t.Fatalf("round %d: %s is at %+v", round, address, p)
				}
			}
		}
	}
	if len(c.parsed) != keepParsed {
		t.Errorf("%d files stay parsed", len(c.parsed))
	}
}

// TestOpen holds that a directory on disk is found however it is named, with the
// modules above it.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"live/main.tf": "module \"m\" {\n  source = \"../m\"\n}\n", "m/main.tf": "resource \"aws_x\" \"y\" {}\n"} {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, path := range []string{"live", "./live/", filepath.Join(dir, "live")} {
		c, err := Open(path, filepath.ToSlash(filepath.Clean(path)))
		if err != nil {
			t.Fatal(err)
		}
		p, ok := c.Find(&resource.Resource{Address: "module.m.aws_x.y"}, nil)
		if want := strings.TrimPrefix(filepath.ToSlash(filepath.Join(filepath.Dir(filepath.Clean(path)), "m/main.tf")), "./"); !ok || p.Source.File != want {
			t.Errorf("%s: found at %+v, want %s", path, p, want)
		}
	}
	if _, err := Open("nowhere", "nowhere"); err == nil {
		t.Error("a directory that is not there is opened")
	}
	if c, err := Open("m", "m"); err != nil || c.Empty() {
		t.Errorf("m is empty: %v", err)
	} else if c.Only("other.tf"); !c.Empty() {
		t.Error("a file that is not there is code")
	}
}
