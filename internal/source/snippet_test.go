package source

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

const secrets = `resource "aws_other" "before" {}
resource "aws_db_instance" "db" {
  engine   = "mysql"
  username = "admin-root"
  password = "hunter2!"
  env = {
    API_TOKEN = "abcd"
    PLAIN     = "plain"
  }
  login {
    key = <<-EOT
      first line of the key
      second line of the key
    EOT
    url = "mysql://hunter2!@host" # hunter2! again
  }
  login { key = var.key }
  pin     = "42"
  master_password = var.password
  foreign = "from-elsewhere"
  tags    = local.tags
  labels  = { "Sec" = "s1", Open = "o1" }
  escape  = "` + "\x1b[31m" + `"
}
resource "aws_other" "after" {}
`

// TestSnippet holds that the lines are those of the block and that no sensitive
// value is among them.
func TestSnippet(t *testing.T) {
	t.Parallel()
	c := open(t, "main.tf", secrets)
	r := &resource.Resource{
		Address: "aws_db_instance.db",
		Values: map[string]any{
			"password": "hunter2!", "username": "admin-root", "pin": "42",
			"login": []any{map[string]any{"key": "first line of the key\nsecond line of the key\n"}, map[string]any{"key": "k2"}},
		},
		Sensitive: map[string]any{
			"password": true, "pin": true, "login": []any{map[string]any{"key": true}, false},
			"tags": map[string]any{"Secret": true}, "labels": map[string]any{"Sec": true},
		},
	}
	p, _ := c.Find(r, []string{"engine"})
	s := p.Snippet(100, func(s string) bool { return s == "from-elsewhere" })
	got := strings.Join(s.Lines, "\n")
	const want = `resource "aws_db_instance" "db" {
  engine   = "mysql"
  username = "admin-root"
  password = (sensitive)
  env = {
    API_TOKEN = (sensitive)
    PLAIN     = "plain"
  }
  login {
    key = (sensitive)
      (sensitive)
      (sensitive)
    (sensitive)
    url = (sensitive) # (sensitive) again
  }
  login { key = (sensitive) }
  pin     = (sensitive)
  master_password = var.password
  foreign = (sensitive)
  tags    = (sensitive)
  labels  = { "Sec" = (sensitive), Open = "o1" }
  escape  = "` + "\ufffd[31m" + `"
}`
	if s.Start != 2 || got != want {
		t.Errorf("from line %d:\n%s\nwant\n%s", s.Start, got, want)
	}
	if s := p.Snippet(1, nil); s.Start != 2 || len(s.Lines) != 3 {
		t.Errorf("around one line: %+v", s)
	}
	r.Sensitive = true
	if s := p.Snippet(1, nil); s != nil {
		t.Errorf("of what is sensitive as a whole: %+v", s)
	}
}

// TestSnippetJSON holds the same where everything stands on one line.
func TestSnippetJSON(t *testing.T) {
	t.Parallel()
	c := open(t, "main.tf.json", `{"resource": {"aws_x": {"secret": {"password": "p1"}, "a": {"key": "k1", "token": "t1", "l": [{"key": "k2"}], "b": "x"}}}}`)
	r := &resource.Resource{Address: "aws_x.a", Values: map[string]any{"key": "k1", "b": "x"}, Sensitive: map[string]any{"key": true}}
	p, _ := c.Find(r, []string{"b"})
	s := p.Snippet(5, nil)
	if want := `"a": {"key": (sensitive), "token": (sensitive), "l": [{"key": "k2"}], "b": "x"}`; len(s.Lines) != 1 || strings.TrimSpace(s.Lines[0]) != want {
		t.Errorf("got %q", s.Lines)
	}
}

func TestSnippetLong(t *testing.T) {
	t.Parallel()
	c := open(t, "main.tf", "resource \"aws_x\" \"a\" {\r\n  b = \""+strings.Repeat("é", 300)+"\"\r\n}\r\n")
	p, _ := c.Find(&resource.Resource{Address: "aws_x.a"}, []string{"b"})
	s := p.Snippet(0, nil)
	if len(s.Lines) != 1 || s.Start != 2 || len([]rune(s.Lines[0])) != maxLine || !strings.HasSuffix(s.Lines[0], "é…") {
		t.Errorf("got %+v", s)
	}
}
