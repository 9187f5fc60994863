package source

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

func TestParseIgnore(t *testing.T) {
	t.Parallel()
	r, err := parseIgnore(`parapet:ignore aws-s3-public-acl,aws-ec2-*  main.deny until=2027-01-31 reason="behind \"a\" firewall" owner=team`)
	if err != nil || !slices.Equal(r.Policies, []string{"aws-s3-public-acl", "aws-ec2-*", "main.deny"}) || r.Owner != "team" ||
		r.Reason != `behind "a" firewall` || !r.Expires.Equal(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v, %v", r, err)
	}
	for text, want := range map[string]string{
		`parapet:ignore`:                                  "names no policy",
		`parapet:ignore reason="x"`:                       "names no policy",
		`parapet:ignore a`:                                "gives no reason",
		`parapet:ignore a reason=" "`:                     "gives no reason",
		`parapet:ignore a reason=`:                        "the value is missing",
		`parapet:ignore a reason="x`:                      "the quote is not closed",
		`parapet:ignore a reason='x y'`:                   `written as "`,
		`parapet:ignore a reason="x" until=soon`:          `"soon" is neither a date`,
		`parapet:ignore a reason="x" until=2027-02-30`:    `"2027-02-30" is neither a date`,
		`parapet:ignore a reason="x" expires=2027-01-01`:  `"expires" is not a member`,
		`parapet:ignore a reason=x reason=y`:              "given twice",
		`parapet:ignore a: reason=x`:                      `"a:" is no policy id`,
		`parapet:ignored a reason=x`:                      `"parapet:ignored" is not known`,
		`parapet:skip a reason=x`:                         `"parapet:skip" is not known`,
		`parapet: ignore a reason=x`:                      "is not known",
		`parapet:ignore a reason="x" until = 2027-01-01`:  "no spaces around",
		`parapet:ignore a reason="x"until=2027-01-31 b$c`: `"b$c" is no policy id`,
	} {
		if _, err := parseIgnore(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

const commented = `# parapet:ignore p-top reason=r

# parapet:ignore p-above reason=r
# parapet:ignore p-above2 reason=r
// More words.
resource "aws_x" "a" { # parapet:ignore p-first reason=r
  # parapet:ignore p-inside reason=r

  // parapet:ignore p-attr reason=r
  attr = 1
  other = 2 # parapet:ignore p-end reason=r
  /* parapet:ignore p-tags reason=r */
  tags = {
    # parapet:ignore p-owner reason=r
    Owner = "x"
    Name  = "y" # parapet:ignore p-name reason=r

    /* Words first.
     * parapet:ignore p-intags reason=r
     */
  }
  block { # parapet:ignore p-block reason=r
    deep = 1
    # parapet:ignore p-last reason=r
  }
  block {
    deep = 2 // parapet:ignore p-deep reason=r
  } # parapet:ignore p-closing reason=r
  rules = [
    # parapet:ignore p-rule reason=r
    { port = 1 },
    { port = 2 },
  ]
  text = <<EOT
# parapet:ignore p-text reason=r
EOT
  # This is parapet:ignore in a sentence, and so is
  # parapet: a tool.
}

/*
parapet:ignore p-comment reason=r
*/
resource "aws_x" "b" {
  attr = 1
}
# parapet:ignore p-trailing reason=r

# parapet:ignore p-data reason=r
data "aws_y" "d" {
  a = 1
}

# parapet:ignore p-module reason=r
module "m" {
  source = "./m"
  arg    = 1 # parapet:ignore p-arg reason=r
}

locals {
  x = 1 # parapet:ignore p-local reason=r
}
resource "aws_x" "one" { attr = 1 } # parapet:ignore p-one reason=r
`

func commentedCode(t *testing.T) *Code {
	return open(t, "main.tf", commented, "m/m.tf", "resource \"aws_x\" \"in\" {\n  attr = 1\n  # parapet:ignore p-in reason=r\n}\n")
}

// TestCover holds each place of a comment to what it covers, and to nothing
// else.
func TestCover(t *testing.T) {
	t.Parallel()
	c := commentedCode(t)
	everything := []string{
		"aws_x.a", "aws_x.a attr", "aws_x.a other", "aws_x.a tags", "aws_x.a tags.Owner", "aws_x.a tags.Name", "aws_x.a block[0]", "aws_x.a block[0].deep",
		"aws_x.a block[0].absent", "aws_x.a block[1].deep", "aws_x.a block[1].absent", "aws_x.a rules[0].port", "aws_x.a rules[1].port", "aws_x.a text",
		"aws_x.a absent", "aws_x.a attr+other", "aws_x.a block[0].deep+block[1].deep",
		"aws_x.b", "aws_x.b attr", "data.aws_y.d a", "module.m.aws_x.in", "module.m.aws_x.in attr", "aws_x.one", "aws_x.one attr",
	}
	of := func(prefix string) []string {
		var out []string
		for _, e := range everything {
			if address, _, _ := strings.Cut(e, " "); address == prefix {
				out = append(out, e)
			}
		}
		return out
	}
	list := func(s ...string) []string { return s }
	for policy, want := range map[string][]string{
		"p-top": nil, "p-text": nil, "p-trailing": nil, "p-arg": nil, "p-local": nil,
		"p-above": of("aws_x.a"), "p-above2": of("aws_x.a"), "p-first": of("aws_x.a"), "p-inside": of("aws_x.a"),
		"p-attr": list("aws_x.a attr"), "p-end": list("aws_x.a other"),
		"p-tags":    list("aws_x.a tags", "aws_x.a tags.Owner", "aws_x.a tags.Name"),
		"p-intags":  list("aws_x.a tags", "aws_x.a tags.Owner", "aws_x.a tags.Name"),
		"p-owner":   list("aws_x.a tags.Owner"),
		"p-name":    list("aws_x.a tags.Name"),
		"p-block":   list("aws_x.a block[0]", "aws_x.a block[0].deep", "aws_x.a block[0].absent"),
		"p-last":    list("aws_x.a block[0]", "aws_x.a block[0].deep", "aws_x.a block[0].absent"),
		"p-deep":    list("aws_x.a block[1].deep"),
		"p-closing": list("aws_x.a block[1].deep", "aws_x.a block[1].absent"),
		"p-rule":    list("aws_x.a rules[0].port"),
		"p-comment": of("aws_x.b"),
		"p-data":    of("data.aws_y.d"),
		"p-module":  of("module.m.aws_x.in"),
		"p-in":      of("module.m.aws_x.in"),
		"p-one":     of("aws_x.one"),
	} {
		var got []string
		for _, e := range everything {
			address, names, _ := strings.Cut(e, " ")
			var attributes []string
			if names != "" {
				attributes = strings.Split(names, "+")
			}
			p, ok := c.Find(&resource.Resource{Address: address}, attributes)
			if !ok {
				t.Fatalf("%s is not found", address)
			}
			if p.Cover(policy, time.Time{}).Exempt() {
				got = append(got, e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s covers %q, want %q", policy, got, want)
		}
	}
	var detached []string
	for _, d := range c.Diagnostics() {
		if d.Code != "ignore-detached" || d.Severity != diag.Warning {
			t.Errorf("unexpected: %v", d)
		}
		line := strings.Split(commented, "\n")[d.Subject.Line-1]
		detached = append(detached, strings.Fields(line[strings.Index(line, "ignore"):])[1])
	}
	if want := list("p-top", "p-trailing", "p-arg", "p-local"); !slices.Equal(detached, want) {
		t.Errorf("detached are %q, want %q", detached, want)
	}
}

// TestCoverParts holds that one comment does not exempt what two are needed for,
// and that an expired one exempts nothing.
func TestCoverParts(t *testing.T) {
	t.Parallel()
	c := open(t, "main.tf", `resource "aws_x" "a" {
  one = 1 # parapet:ignore p* reason=r until=2027-01-31
  two = 2 # parapet:ignore p reason=r
}
# parapet:ignore q reason=r until=2027-01-31
resource "aws_x" "b" {
}
`)
	end := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	p, _ := c.Find(&resource.Resource{Address: "aws_x.a"}, []string{"one", "two"})
	if got := p.Cover("p", end.Add(-1)); !got.Exempt() || len(got.By) != 2 || len(got.Expired) != 0 || got.By[0].ID != "main.tf:2" {
		t.Errorf("before the end: %+v", got)
	}
	if got := p.Cover("p", end); got.Exempt() || len(got.By) != 1 || !slices.Equal(got.Open, []string{"one"}) || len(got.Expired) != 1 {
		t.Errorf("at the end: %+v", got)
	}
	if got := p.Cover("pq", end.Add(-1)); got.Exempt() || !slices.Equal(got.Open, []string{"two"}) {
		t.Errorf("another policy: %+v", got)
	}
	p, _ = c.Find(&resource.Resource{Address: "aws_x.b"}, nil)
	if got := p.Cover("q", end); got.Exempt() || len(got.Expired) != 1 {
		t.Errorf("expired: %+v", got)
	}
	if got := p.Cover("q", end.Add(-1)); !got.Exempt() {
		t.Errorf("in force: %+v", got)
	}
}

func TestIgnores(t *testing.T) {
	t.Parallel()
	c := commentedCode(t)
	var got []string
	for _, g := range c.Ignores() {
		got = append(got, g.Policies[0]+" "+g.ID+" "+g.Target)
	}
	if len(got) != 20 || got[0] != "p-in m/m.tf:3 aws_x.in" || got[1] != "p-above main.tf:3 aws_x.a" {
		t.Errorf("got %d: %q", len(got), got)
	}
	c = open(t, "main.tf", "# parapet:ignore\nresource \"aws_x\" \"a\" {}\n/*\n\n   parapet:ignore x */\n")
	if c.Ignores() != nil {
		t.Error("comments that are wrong count")
	}
	ds := c.Diagnostics()
	if len(ds) != 2 || !ds.HasErrors() || ds[0].Code != "ignore-syntax" || ds[0].Subject.Line != 1 || ds[1].Subject.Line != 5 {
		t.Errorf("diagnostics: %v", ds)
	}
}

// TestMisspelt: a comment that was meant for Parapet and exempts nothing is told;
// a sentence that begins with its name is not.
func TestMisspelt(t *testing.T) {
	t.Parallel()
	for line, told := range map[string]bool{
		`# PARAPET:IGNORE p reason=r`:          true,
		`# parapet-ignore p reason=r`:          true,
		`// Parapet: ignore p reason=r`:        true,
		`/* parapet :ignore p reason=r */`:     true,
		`# Parapet ignores tags here`:          false,
		`# parapet: the policies are in infra`: false,
		`# see parapet:ignore in the docs`:     false,
	} {
		c := open(t, "main.tf", "resource \"aws_x\" \"a\" {\n  one = 1 "+line+"\n}\n")
		p, ok := c.Find(&resource.Resource{Address: "aws_x.a"}, []string{"one"})
		if !ok {
			t.Fatal("the resource is not found")
		}
		if p.Cover("p", time.Time{}).Exempt() {
			t.Errorf("%s exempts", line)
		}
		ds := c.Diagnostics()
		if got := len(ds) == 1 && ds[0].Code == "ignore-misspelt" && ds[0].Severity == diag.Warning && ds[0].Subject.Line == 2; got != told || !told && len(ds) > 0 {
			t.Errorf("%s: %v", line, ds)
		}
	}
}
