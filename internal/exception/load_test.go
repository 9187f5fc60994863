package exception

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/golden"
)

// TestLoad reads every case and compares the records, or what is said instead.
func TestLoad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a := golden.Open(t, filepath.ToSlash(file))
			records, ds := Load(a.Input("exceptions.yaml"), "exceptions.yaml")
			if ds.HasErrors() == (len(records) > 0) {
				t.Errorf("%d records with diagnostics %v", len(records), ds)
			}
			var b strings.Builder
			for _, r := range records {
				fmt.Fprintf(&b, "%+v\n", r)
			}
			if err := (diag.Writer{Out: &b}).Write(ds...); err != nil {
				t.Fatal(err)
			}
			a.Want("out/load", b.String())
		})
	}
}

// TestRefusals names, one by one, what no file may say.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const rest = "\n    policies: [\"*\"]\n    reason: r\n    owner: o\n"
	for _, tt := range []struct{ field, code string }{
		{`principals: ["*"]`, "exception-principal"},
		{`principals: ["**"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::*:role/*"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::111122223333:role/*/*"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::111122223333:user/*"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::111122223333:*"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::111122223333:root"]`, "exception-principal"},
		{`principals: ["arn:aws:sts::111122223333:assumed-role/a/session"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::1111:role/a"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::111122223333:group/a"]`, "exception-principal"},
		{`principals: ["arn:aws:iam:eu-west-1:111122223333:role/a"]`, "exception-principal"},
		{`principals: ["arn:amazon:iam::111122223333:role/a"]`, "exception-principal"},
		{`principals: ["role/a"]`, "exception-principal"},
		{`principals: ["arn:aws:iam::111122223333:role/${aws:username}"]`, "exception-principal"},
		{`principals: []`, "exception-empty"},
		{`principals: "arn:aws:iam::111122223333:role/a"`, "exception-type"},
		{`principals: [[a]]`, "exception-type"},
		{`permission_sets: ["Admin*"]`, "exception-permission-set"},
		{`principal_tags: {team: ["*"]}`, "exception-principal-tag"},
		{`principal_tags: {"*": ["a"]}`, "exception-principal-tag"},
		{`principal_tags: {team: a}`, "exception-type"},
		{`principal_tags: {}`, "exception-empty"},
		{`accounts: ["1111"]`, "exception-account"},
		{`accounts: ["*"]`, "exception-account"},
		{`org_paths: ["o-a1b2c3/*"]`, "exception-org-path"},
		{`org_paths: ["o-a1b2c3/r-ab12/*"]`, "exception-org-path"},
		{`resources: ["*"]`, "exception-resource"},
		{`resources: ["arn:aws:s3:::*"]`, "exception-resource"},
		{`resources: ["arn:aws:*:::bucket"]`, "exception-resource"},
		{`resources: ["arn:aws:s3"]`, "exception-resource"},
		{`accounts: ["111122223333"], expires: 2027-02-30`, "exception-expires"},
		{`accounts: ["111122223333"], expires: 31.03.2027`, "exception-expires"},
		{`accounts: ["111122223333"], expires: 0001-01-01`, "exception-expires"},
		{`accounts: ["111122223333"], expire: 2027-03-31`, "exception-field"},
		{`accounts: ["111122223333"], accounts: ["111122223333"]`, "exception-syntax"},
		{`ticket: T-1`, "exception-unlimited"},
		{`expires: 2027-03-31`, "exception-unlimited"},
	} {
		fields := strings.ReplaceAll(tt.field, "], ", "]\n    ")
		records, ds := Load([]byte("exceptions:\n  x:\n    "+fields+rest), "e.yaml")
		if len(records) > 0 || len(ds) == 0 || ds[0].Code != tt.code || ds[0].Subject.Line == 0 {
			t.Errorf("%s: got %+v, want %s with a line", tt.field, ds, tt.code)
		}
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)
	target := Target{Policy: "aws-s3-public-acl", Address: "module.site.aws_s3_bucket.a", ARN: "arn:aws:s3:::public-a", Account: "111122223333"}
	all := []string{"*"}
	role := []string{"arn:aws:iam::*:role/a"}
	for _, tt := range []struct {
		name string
		r    Record
		want bool
	}{
		{"address", Record{Policies: all, Resources: []string{"module.site.*"}}, true},
		{"ARN", Record{Policies: all, Resources: []string{"arn:aws:s3:::public-*"}}, true},
		{"another resource", Record{Policies: all, Resources: []string{"module.shop.*"}}, false},
		{"policy by pattern", Record{Policies: []string{"aws-s3-*"}, Resources: []string{"module.*"}}, true},
		{"another policy", Record{Policies: []string{"aws-s3"}, Resources: []string{"module.*"}}, false},
		{"account", Record{Policies: all, Accounts: []string{"111122223333"}}, true},
		{"another account", Record{Policies: all, Accounts: []string{"444455556666"}}, false},
		{"account and resource", Record{Policies: all, Accounts: []string{"444455556666"}, Resources: []string{"module.*"}}, false},
		{"callers only", Record{Policies: all, Principals: role}, false},
		{"callers or account", Record{Policies: all, Principals: role, Accounts: []string{"111122223333"}}, false},
		{"callers on a resource", Record{Policies: all, Principals: role, Resources: []string{"module.*"}}, true},
		{"organization path only", Record{Policies: all, OrgPaths: []string{"o-a1/r-ab12/ou-ab12-11111111/*"}}, false},
		{"expired at this instant", Record{Policies: all, Accounts: []string{"111122223333"}, Expires: now}, false},
		{"expires later", Record{Policies: all, Accounts: []string{"111122223333"}, Expires: now.Add(time.Nanosecond)}, true},
	} {
		if got := tt.r.Covers(target, now); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
	if (Record{Policies: all, Resources: []string{"?*"}}).Covers(Target{Policy: "a"}, now) {
		t.Error("a finding without address and ARN is covered by resource")
	}
	records := []Record{{ID: "a", Policies: all, Accounts: []string{"1"}}, {ID: "b", Policies: all, Accounts: []string{"111122223333"}}}
	if id, ok := Find(records, target, now); !ok || id.ID != "b" {
		t.Errorf("found %q", id)
	}
}

func TestIdle(t *testing.T) {
	records := []Record{
		{ID: "all", Policies: []string{"*"}},
		{ID: "some", Policies: []string{"aws-a", "aws-b-*", "aws-c", "aws-d-*"}},
	}
	var got []string
	for _, d := range Idle(records, "e.yaml", func(glob string) bool {
		return slices.ContainsFunc([]string{"aws-a", "aws-b-1"}, Record{Policies: []string{glob}}.CoversPolicy)
	}) {
		got = append(got, d.Code+" "+d.Error())
	}
	want := []string{
		`exception-matches-nothing e.yaml: exception "some" names "aws-c", which matches no policy: It exempts nothing.`,
		`exception-matches-nothing e.yaml: exception "some" names "aws-d-*", which matches no policy: It exempts nothing.`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)
	ds := Expired([]Record{{ID: "old", Owner: "me", Expires: now}, {ID: "new", Expires: now.Add(1)}, {ID: "ever"}}, "e.yaml", now)
	if len(ds) != 1 || ds[0].Severity != diag.Warning || !strings.Contains(ds[0].Summary, "old") {
		t.Errorf("got %v", ds)
	}
}

// FuzzLoad holds that no file makes Load panic, and that what it takes is
// limited: by a policy, by identities or resources, and with a reason.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, src, _ = bytes.Cut(src, []byte("-- exceptions.yaml --\n"))
		src, _, _ = bytes.Cut(src, []byte("-- out/load --\n"))
		f.Add(src)
	}
	f.Add([]byte("exceptions: &a\n  <<: *a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		records, ds := Load(src, "e.yaml")
		if ds.HasErrors() && records != nil {
			t.Error("records in spite of errors")
		}
		for _, r := range records {
			if len(r.Policies) == 0 || r.Reason == "" || r.Owner == "" || !r.NamesIdentities() && len(r.Resources) == 0 {
				t.Errorf("taken: %+v", r)
			}
		}
	})
}
