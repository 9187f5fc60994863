package input

import (
	"encoding/json"
	"testing"
)

// TestConfigConforms: values have the kinds of the provider's schema, whatever
// the code writes. What does not convert is unknown, and nothing that the schema
// does not know is touched.
func TestConfigConforms(t *testing.T) {
	t.Parallel()
	res, err := LoadFiles(t.Context(), map[string][]byte{"main.tf": []byte(`
variable "flag" {
  type    = string
  default = "false"
}
variable "hush" {
  default   = "true"
  sensitive = true
}
resource "aws_ebs_volume" "text"    { encrypted = "false" }
resource "aws_ebs_volume" "through" { encrypted = var.flag }
resource "aws_ebs_volume" "secret"  { encrypted = var.hush }
resource "aws_ebs_volume" "wrong"   { encrypted = "flase" }
resource "aws_ebs_volume" "seen"    { encrypted = aws_ebs_volume.text.encrypted == false }
resource "aws_ebs_volume" "tagged" {
  size = "8"
  tags = { count = 3, on = true }
}
resource "aws_security_group" "rule" {
  name = 5
  ingress {
    from_port   = "22"
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "acme_thing" "other" { flag = "false" }
`)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	for _, c := range []struct{ address, path, want string }{
		{"aws_ebs_volume.text", "encrypted", `false`},
		{"aws_ebs_volume.through", "encrypted", `false`},
		{"aws_ebs_volume.secret", "encrypted", `true`},
		{"aws_ebs_volume.wrong", "encrypted", `null`},
		{"aws_ebs_volume.seen", "encrypted", `true`},
		{"aws_ebs_volume.tagged", "size", `8`},
		{"aws_ebs_volume.tagged", "tags", `{"count":"3","on":"true"}`},
		{"aws_ebs_volume.tagged", "tags_all", `{"count":"3","on":"true"}`},
		{"aws_security_group.rule", "name", `"5"`},
		{"aws_security_group.rule", "ingress", `[{"cidr_blocks":["0.0.0.0/0"],"from_port":22,"to_port":22}]`},
		{"acme_thing.other", "flag", `"false"`},
	} {
		got, err := json.Marshal(at(t, all[c.address].Values, c.path))
		if err != nil || string(got) != c.want {
			t.Errorf("%s.%s is %s, want %s (%v)", c.address, c.path, got, c.want, err)
		}
	}
	if at(t, all["aws_ebs_volume.wrong"].Unknown, "encrypted") != true {
		t.Error("a text that is no bool is known")
	}
	if at(t, all["aws_ebs_volume.secret"].Sensitive, "encrypted") != true {
		t.Error("the mark of a converted value is gone")
	}
}
