package source

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parapet-dev/parapet/internal/resource"
)

// mapFS makes a file system of names and texts in turn.
func mapFS(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

func open(t testing.TB, files ...string) *Code {
	t.Helper()
	c, err := New(mapFS(files...), ".", ".")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lineOf returns "file: line of text" at a place, as the tests below write it.
func lineOf(t testing.TB, fsys fstest.MapFS, s resource.Source) string {
	t.Helper()
	f, ok := fsys[s.File]
	if !ok {
		t.Fatalf("there is no file %s", s.File)
	}
	lines := strings.Split(string(f.Data), "\n")
	if s.Line < 1 || s.Line > len(lines) {
		t.Fatalf("%s has no line %d", s.File, s.Line)
	}
	return s.File + ": " + strings.TrimSpace(lines[s.Line-1])
}

const shapes = `
resource "aws_instance" "web" {
  count = 2
  ami   = var.ami

  metadata_options {
    http_tokens = "optional"
  }

  ebs_block_device {
    device_name = "/dev/sdb"
    encrypted   = false # b
  }
  ebs_block_device {
    device_name = "/dev/sdc"
    encrypted   = false # c
  }

  tags = {
    Owner   = local.owner
    "a.b"   = "x"
    (var.k) = "y"
  }
  user_data = <<-EOT
    metadata_options {
      http_tokens = "required"
    }
  EOT
}

resource "aws_security_group" "sg" {
  ingress {
    from_port = 443
    cidr_blocks = ["10.0.0.0/8"]
  }
  dynamic "ingress" {
    for_each = var.rules
    content {
      from_port   = ingress.value.port
      cidr_blocks = ingress.value.cidrs # dynamic
    }
  }
  ingress {
    from_port = 22
    cidr_blocks = ["0.0.0.0/0"] # last
  }
  tags = merge(local.tags, { Name = "sg" })
}

resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:Get*" },
      {
        Effect = "Allow"
        Action = "*"
      },
    ]
  })
}

resource "aws_list" "attrs" {
  rule = [
    { port = 1 },
    { port = 2 },
  ]
  all   = concat([{ a = 1 }], var.more, [{ a = 3 }])
  every = [for p in var.ports : {
    port = p
  }]
  one = { x = 1 }
}

resource aws_bare words {
  a = 1
}

/* hidden from the index */ resource "aws_odd" "o" { a = 1 }
`

func TestFind(t *testing.T) {
	t.Parallel()
	fsys := mapFS("main.tf", shapes)
	c, err := New(fsys, ".", ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ address, attributes, want string }{
		{"aws_instance.web[0]", "", `resource "aws_instance" "web" {`},
		{"aws_instance.web[0]", "metadata_options[0].http_tokens", `http_tokens = "optional"`},
		{"aws_instance.web[0]", "metadata_options.http_tokens", `http_tokens = "optional"`},
		{"aws_instance.web[1]", "metadata_options[0].http_endpoint", `metadata_options {`},
		{"aws_instance.web[1]", "metadata_options[0]", `metadata_options {`},
		{"aws_instance.web[1]", "metadata_options", `metadata_options {`},
		{"aws_instance.web[1]", "metadata_options[1].http_tokens", `resource "aws_instance" "web" {`},
		{"aws_instance.web[1]", "monitoring", `resource "aws_instance" "web" {`},
		{"aws_instance.web[1]", "ebs_block_device[1].encrypted", `encrypted   = false # c`},
		{"aws_instance.web[1]", "tags.Owner", `Owner   = local.owner`},
		{"aws_instance.web[1]", "tags_all.Owner", `Owner   = local.owner`},
		{"aws_instance.web[1]", `tags["a.b"]`, `"a.b"   = "x"`},
		{"aws_instance.web[1]", `tags.Missing`, `tags = {`},
		{"aws_instance.web[1]", `tags[0]`, `tags = {`},
		{"aws_instance.web[1]", `no path [`, `resource "aws_instance" "web" {`},
		{"aws_instance.web[1]", "monitoring, ami", `ami   = var.ami`},
		{"aws_instance.web[1]", "monitoring, metadata_options[0].http_endpoint", `metadata_options {`},
		{"aws_instance.web[1]", "ami, tags.Owner", `ami   = var.ami`},
		{"aws_instance.web[1]", "user_data", `user_data = <<-EOT`},
		{"aws_security_group.sg", "ingress[0].cidr_blocks[0]", `cidr_blocks = ["10.0.0.0/8"]`},
		{"aws_security_group.sg", "ingress[1].cidr_blocks", `cidr_blocks = ingress.value.cidrs # dynamic`},
		{"aws_security_group.sg", "ingress[1].description", `dynamic "ingress" {`},
		{"aws_security_group.sg", "tags.Name", `tags = merge(local.tags, { Name = "sg" })`},
		{"aws_iam_policy.p", "policy", `policy = jsonencode({`},
		{"aws_iam_policy.p", "policy.Statement[1].Action", `Action = "*"`},
		{"aws_list.attrs", "rule[1].port", `{ port = 2 },`},
		{"aws_list.attrs", "rule[7].port", `rule = [`},
		{"aws_list.attrs", "all[0].a", `all   = concat([{ a = 1 }], var.more, [{ a = 3 }])`},
		{"aws_list.attrs", "every[3].port", `port = p`},
		{"aws_list.attrs", "one[0].x", `one = { x = 1 }`},
		{"aws_bare.words", "a", `a = 1`},
		{"aws_odd.o", "a", `/* hidden from the index */ resource "aws_odd" "o" { a = 1 }`},
	} {
		var attributes []string
		if tt.attributes != "" {
			attributes = strings.Split(tt.attributes, ", ")
		}
		p, ok := c.Find(&resource.Resource{Address: tt.address}, attributes)
		if !ok {
			t.Errorf("%s is not found", tt.address)
			continue
		}
		if got := lineOf(t, fsys, p.Source); got != "main.tf: "+tt.want {
			t.Errorf("%s %s is at %q, want %q", tt.address, tt.attributes, got, tt.want)
		}
	}
	for _, address := range []string{"", "aws_instance", "aws_instance.db", "data.aws_instance.web", "module.a.aws_instance.web", "module.a", "a.b.c.d", `aws_instance.web["`} {
		if p, ok := c.Find(&resource.Resource{Address: address}, nil); ok && address != `aws_instance.web["` {
			t.Errorf("%q is found at %v", address, p.Source)
		}
	}
	if ds := c.Diagnostics(); len(ds) > 0 {
		t.Errorf("diagnostics: %v", ds)
	}
}

// TestFindByValue holds that the values of a set tell its blocks apart.
func TestFindByValue(t *testing.T) {
	t.Parallel()
	fsys := mapFS("main.tf", shapes)
	c, _ := New(fsys, ".", ".")
	rule := func(port float64, cidr string) any {
		return map[string]any{"from_port": port, "cidr_blocks": []any{cidr}}
	}
	values := map[string]any{"ingress": []any{rule(22, "0.0.0.0/0"), rule(80, "0.0.0.0/0"), rule(81, "0.0.0.0/0"), rule(443, "10.0.0.0/8")}}
	for i, want := range []string{
		`cidr_blocks = ["0.0.0.0/0"] # last`, `cidr_blocks = ingress.value.cidrs # dynamic`,
		`cidr_blocks = ingress.value.cidrs # dynamic`, `cidr_blocks = ["10.0.0.0/8"]`,
	} {
		p, ok := c.Find(&resource.Resource{Address: "aws_security_group.sg", Values: values}, []string{fmt.Sprintf("ingress[%d].cidr_blocks", i)})
		if !ok {
			t.Fatal("not found")
		}
		if got := lineOf(t, fsys, p.Source); got != "main.tf: "+want {
			t.Errorf("ingress[%d] is at %q, want %q", i, got, want)
		}
	}
}
