package source

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parapet-dev/parapet/internal/resource"
)

// large is a module of 1,000 files with 10 resources each.
func large() fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := range 1000 {
		var b strings.Builder
		for j := range 10 {
			fmt.Fprintf(&b, `resource "aws_instance" "web_%d_%d" {
  ami           = "ami-123"
  instance_type = var.type

  metadata_options {
    http_tokens   = "optional"
    http_endpoint = "enabled"
  }
  tags = {
    Name  = "web-%d"
    Owner = local.owner
  }
  vpc_security_group_ids = [aws_security_group.x.id]
}

`, i, j, j)
		}
		fsys[fmt.Sprintf("f%d.tf", i)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return fsys
}

// BenchmarkFind10000 locates n of 10,000 resources, with the reading of the
// files.
func BenchmarkFind10000(b *testing.B) {
	fsys := large()
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := New(fsys, ".", ".")
				if err != nil {
					b.Fatal(err)
				}
				c.Ignores()
				for k := range n {
					k *= 10_000 / n
					r := &resource.Resource{Address: fmt.Sprintf("aws_instance.web_%d_%d", k/10, k%10)}
					if c.FileOf(r.Address) == "" {
						b.Fatal("in no file")
					}
					p, ok := c.Find(r, []string{"metadata_options[0].http_tokens"})
					if !ok || p.Snippet(2, nil) == nil {
						b.Fatal("not found")
					}
				}
			}
		})
	}
}
