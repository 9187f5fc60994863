package cmd_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// organization is a fake of two Regions and a third that is off, in which every
// account has a volume in each. Below the root are the caller's account and an OU
// with an account that is active and one that is not.
func organization(t *testing.T) *tftest.AWS {
	t.Helper()
	fake := tftest.FakeAWS(t)
	fake.Always("account:POST /listRegions", tftest.Answer{Body: `{"Regions": [` +
		`{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"}, {"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},` +
		`{"RegionName": "ap-east-1", "RegionOptStatus": "DISABLED"}]}`})
	fake.On("ec2:DescribeVolumes", volumeOf)
	fake.Always("organizations:ListRoots", tftest.Answer{Body: `{"Roots": [{"Id": "r-ab12"}]}`})
	below := func(root, unit string) func(tftest.Call) tftest.Answer {
		return func(c tftest.Call) tftest.Answer {
			if strings.Contains(c.Body, "r-ab12") {
				return tftest.Answer{Body: root}
			}
			return tftest.Answer{Body: unit}
		}
	}
	fake.On("organizations:ListOrganizationalUnitsForParent", below(
		`{"OrganizationalUnits": [{"Id": "ou-ab12-11111111"}]}`, `{"OrganizationalUnits": []}`))
	fake.On("organizations:ListAccountsForParent", below(
		`{"Accounts": [{"Id": "111111111111", "Name": "root", "Status": "ACTIVE"}]}`,
		`{"Accounts": [{"Id": "222222222222", "Name": "app", "Status": "ACTIVE"}, {"Id": "333333333333", "Name": "old", "Status": "SUSPENDED"}]}`))
	fake.Always("organizations:ListAccounts", tftest.Answer{Body: `{"Accounts": [` +
		`{"Id": "111111111111", "Status": "ACTIVE"}, {"Id": "222222222222", "Status": "ACTIVE"}, {"Id": "333333333333", "Status": "SUSPENDED"}]}`})
	return fake
}

func volumeOf(c tftest.Call) tftest.Answer {
	return tftest.Answer{Body: fmt.Sprintf(`<DescribeVolumesResponse><volumeSet><item><volumeId>vol-%s-%s</volumeId><size>8</size>`+
		`<encrypted>false</encrypted></item></volumeSet></DescribeVolumesResponse>`, c.Account[:1], c.Region)}
}

// collects runs a command line at the real time, which request budgets need.
func collects(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return run(t, func(s *cmd.Streams) { s.Now = time.Now }, args...)
}

// scopes writes the scopes of a snapshot with their status, one a line.
func scopes(t *testing.T, dir string) string {
	t.Helper()
	m, _, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range m.Scopes {
		lines = append(lines, fmt.Sprintf("%s %s %s %d %s", e.Account, e.Region, e.Type, e.Resources, e.Status))
	}
	return strings.Join(lines, "\n")
}

// TestSnapshotMock: a mock on loopback takes no credentials and no Region, and
// what is collected is audited.
func TestSnapshotMock(t *testing.T) {
	t.Parallel()
	fake := organization(t)
	dir := filepath.Join(t.TempDir(), "snap")
	code, out, errs := collects(t, "snapshot", "--endpoint", fake.URL, "--types", "aws_ebs_volume", "--out", dir)
	if want := filepath.ToSlash(dir) + ": 2 resources of 1 type in 1 account\n2 scopes: 2 complete\n"; code != 0 || out != want || errs != "" {
		t.Fatalf("exit code %d\n%s%s\nwant\n%s", code, out, errs, want)
	}
	code, out, errs = run(t, nil, "audit", dir, "--select", "aws-ec2-ebs-encryption", "--format", "json")
	r, err := finding.Read([]byte(out), "stdout")
	if err != nil || code != 1 || r.Summary.Violation != 2 || *r.Findings[0].Resource.Account != "111111111111" {
		t.Errorf("exit code %d, %+v, %v\n%s", code, r.Summary, err, errs)
	}
	// The same in one step, of which nothing is kept.
	code, again, errs := collects(t, "audit", "--endpoint", fake.URL, "--select", "aws-ec2-ebs-encryption", "--format", "json", "--regions", "eu-west-1")
	if r, err := finding.Read([]byte(again), "stdout"); err != nil || code != 1 || r.Summary.Violation != 1 {
		t.Errorf("audit that collects: exit code %d, %v\n%s%s", code, err, again, errs)
	}
}

// TestSnapshotReach: which accounts and Regions are collected, and how they are
// signed in to.
func TestSnapshotReach(t *testing.T) {
	t.Parallel()
	all := []string{"111111111111 eu-west-1", "111111111111 us-east-1", "222222222222 eu-west-1", "222222222222 us-east-1"}
	for _, tt := range []struct {
		name  string
		args  []string
		want  []string
		roles string // that were assumed, with external id and session
		notes string
	}{
		{"the caller", nil, all[:2], "", ""},
		{"a Region", []string{"--regions", "us-east-1"}, all[1:2], "", ""},
		{"all Regions", []string{"--regions", "all"}, all[:2], "", ""},
		{"the caller by name", []string{"--accounts", "111111111111"}, all[:2], "", ""},
		{"the organization", []string{"--role", "Audit"}, all, "arn:aws:iam::222222222222:role/Audit  parapet", "account 333333333333 is left out: suspended"},
		{
			"an OU",
			[]string{"--role", "path/Audit", "--ous", "ou-ab12-11111111", "--external-id", "x:1", "--session-name", "nightly"},
			all[2:],
			"arn:aws:iam::222222222222:role/path/Audit x:1 nightly", "account 333333333333 is left out: suspended",
		},
		{
			"an account",
			[]string{"--role", "Audit", "--accounts", "222222222222", "--regions", "eu-west-1"},
			all[2:3],
			"arn:aws:iam::222222222222:role/Audit  parapet", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := organization(t)
			dir := filepath.Join(t.TempDir(), "snap")
			code, out, errs := collects(t, append([]string{"snapshot", "--endpoint", fake.URL, "--types", "aws_ebs_volume", "--out", dir}, tt.args...)...)
			if code != 0 {
				t.Fatalf("exit code %d\n%s%s", code, out, errs)
			}
			if got, want := scopes(t, dir), strings.Join(tt.want, " aws_ebs_volume 1 complete\n")+" aws_ebs_volume 1 complete"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			var roles []string
			for _, c := range fake.Calls("sts:AssumeRole") {
				roles = append(roles, c.Form.Get("RoleArn")+" "+c.Form.Get("ExternalId")+" "+c.Form.Get("RoleSessionName"))
			}
			if got := strings.Join(roles, "\n"); got != tt.roles {
				t.Errorf("assumed %s, want %s", got, tt.roles)
			}
			if m, _, err := snapshot.Open(dir); err != nil || strings.Join(m.Notes, "\n") != tt.notes {
				t.Errorf("notes: %v %v", m.Notes, err)
			}
		})
	}
}

// TestSnapshotRefused: credentials that reach nothing are a failure, and a Region
// or an account that cannot be entered is told.
func TestSnapshotRefused(t *testing.T) {
	t.Parallel()
	fake := organization(t)
	fake.On("ec2:DescribeVolumes", func(c tftest.Call) tftest.Answer {
		return tftest.EC2Error(403, "UnauthorizedOperation", "You are not authorized, with an explicit deny in a service control policy")
	})
	args := []string{"snapshot", "--endpoint", fake.URL, "--types", "aws_ebs_volume", "--regions", "eu-west-1", "--out"}
	code, _, errs := collects(t, append(args, filepath.Join(t.TempDir(), "snap"))...)
	if code != 2 || !strings.Contains(errs, "error[snapshot-nothing-read]: nothing could be read\n") || !strings.Contains(errs, "denied by SCP") || !strings.Contains(errs, "--print-policy") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	fake.On("sts:AssumeRole", func(c tftest.Call) tftest.Answer {
		return tftest.QueryError(403, "AccessDenied", "is not authorized to perform: sts:AssumeRole")
	})
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>"})
	dir := filepath.Join(t.TempDir(), "snap")
	code, out, errs := collects(t, append(append(args, dir), "--role", "Audit")...)
	if code != 0 || !strings.Contains(out, "denied by IAM  aws_ebs_volume  1 scope  STS AssumeRole: AccessDenied") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	want := "111111111111 eu-west-1 aws_ebs_volume 0 complete\n222222222222 eu-west-1 aws_ebs_volume 0 denied by IAM"
	if got := scopes(t, dir); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSnapshotTypes: the types that are collected follow from the policies, unless
// they are named. The read policy shows them without a call.
func TestSnapshotTypes(t *testing.T) {
	t.Parallel()
	own := t.TempDir()
	rego := "# METADATA\n# title: Queues have a name\n# custom:\n#   id: own-queue\n#   severity: low\npackage own.queue\n\n" +
		"deny contains {\"msg\": \"has no name\"} if {\n\tinput.resource.type == \"aws_sqs_queue\"\n\tnot input.resource.values.name\n}\n"
	if err := os.WriteFile(filepath.Join(own, "policy.rego"), []byte(rego), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		args     []string
		has, not []string // actions
	}{
		{"the library", nil, []string{"ec2:DescribeVolumes", "s3:GetBucketPublicAccessBlock", "iam:GetAccountAuthorizationDetails"}, []string{"ecs:ListClusters"}},
		{"selected", []string{"--select", "aws-ec2-ebs-*"}, []string{"ec2:DescribeVolumes"}, []string{"s3:ListAllMyBuckets"}},
		{"skipped", []string{"--skip", "aws-s3-*,aws-ec2-allowed-regions"}, []string{"ec2:DescribeVolumes"}, []string{"s3:GetBucketPublicAccessBlock"}},
		{"one's own", []string{"--policy", own, "--no-library"}, []string{"sqs:ListQueues"}, []string{"ec2:DescribeVolumes"}},
		{"beside the library", []string{"--policy", own, "--select", "own-*"}, []string{"sqs:ListQueues"}, []string{"ec2:DescribeVolumes"}},
		{"a bundle", []string{"--bundle", "cis-aws-5.0"}, []string{"iam:GetAccountAuthorizationDetails"}, []string{"sqs:ListQueues"}},
		{"named", []string{"--types", "aws_vpc", "--types", "aws_ebs_*"}, []string{"ec2:DescribeVpcs", "ec2:DescribeVolumes"}, []string{"iam:GetAccountPasswordPolicy"}},
		{"a type by another name", []string{"--types", "aws_alb"}, []string{"elasticloadbalancing:DescribeLoadBalancers"}, nil},
		{"all", []string{"--all"}, []string{"ecs:ListClusters", "ec2:DescribeVolumes", "organizations:ListRoots"}, []string{"sts:AssumeRole"}},
		{"a role", []string{"--types", "aws_vpc", "--role", "Audit"}, []string{"sts:AssumeRole"}, nil},
		{"gateways", []string{"--types", "aws_api*"}, []string{"apigateway:GET"}, []string{"ec2:DescribeVpcs"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := run(t, nil, append([]string{"snapshot", "--print-policy"}, tt.args...)...)
			if code != 0 {
				t.Fatalf("exit code %d\n%s", code, errs)
			}
			actions := readPolicy(t, out)
			for _, a := range tt.has {
				if !slices.Contains(actions, a) {
					t.Errorf("no %s in %v", a, actions)
				}
			}
			for _, a := range tt.not {
				if slices.Contains(actions, a) {
					t.Errorf("%s is not needed", a)
				}
			}
		})
	}
}

// reads are how actions are called that change nothing. API Gateway's are the
// methods of HTTP.
var reads = regexp.MustCompile(`^([a-z0-9-]+:(BatchGet|Describe|Get|List|Generate(CredentialReport|ServiceLastAccessedDetails)$)|apigateway:GET$)`)

// readPolicy holds a read policy to the IAM language, to reading, to its order and
// to the quota of a managed policy, and returns its actions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func readPolicy(t *testing.T, text string) []string {
	t.Helper()
	if _, ds := iam.Parse([]byte(text), "stdout", iam.ProfileIdentity); len(ds) > 0 {
		t.Errorf("no IAM policy: %v", ds)
	}
	var doc struct {
		Version   string
		Statement []struct {
			Sid, Effect string
			Action      []string
			Resource    any
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Version != "2012-10-17" {
		t.Fatalf("%v\n%s", err, text)
	}
	const quota = 6144 // characters, white space not counted
	if n := len(strings.Join(strings.Fields(text), "")); n > quota {
		t.Errorf("%d characters are more than a managed policy holds", n)
	}
	var actions []string
	for _, s := range doc.Statement {
		if !slices.IsSorted(s.Action) || len(slices.Compact(slices.Clone(s.Action))) != len(s.Action) {
			t.Errorf("not sorted, or twice: %v", s.Action)
		}
		for _, a := range s.Action {
			if !reads.MatchString(a) && (a != "sts:AssumeRole" || s.Resource != "arn:aws:iam::*:role/Audit") {
				t.Errorf("%s is no reading", a)
			}
		}
		if all := s.Resource == "*"; all && slices.Contains(s.Action, "apigateway:GET") {
			t.Error("apigateway:GET on everything reads the values of API keys")
		}
		actions = append(actions, s.Action...)
	}
	return actions
}

// TestSnapshotUsage: mistakes are told before anything is asked.
func TestSnapshotUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		want string
	}{
		{"", "--out DIR says where the snapshot goes"},
		{"--out s --accounts 12", `--accounts: "12" is not the id of an account (12 digits)`},
		{"--out s --regions europe", `--regions: "europe" is not the name of a Region, such as eu-west-1`},
		{"--out s --regions all,eu-west-1", "--regions: all and the names of some exclude each other"},
		{"--out s --ous ou-1 --role R", `--ous: "ou-1" is not the id of an OU or a root, such as ou-ab12-11111111 or r-ab12`},
		{"--out s --ous ou-ab12-11111111", "--ous needs --role: other accounts are entered by a role"},
		{"--out s --external-id abc", "--external-id needs --role"},
		{"--out s --session-name abc", "--session-name needs --role"},
		{"--out s --role arn:aws:iam::111122223333:role/R", "--role arn:aws:iam::111122223333:role/R is an ARN: give the name alone, with its path, which is the same in every account"},
		{"--out s --role R*", `--role "R*" is not the name of a role`},
		{"--out s --role R --session-name x", `--session-name "x" is not one that AWS takes: 2 to 64 letters, digits and any of _+=,.@-`},
		{"--out s --role R --external-id é", "--external-id is not one that AWS takes: 2 to 1224 letters, digits and any of _+=,.@:/-"},
		{"--out s --types [", `--types: "[" is no pattern`},
		{"--out s --types aws_nothing", `--types: no collector reads a type that matches "aws_nothing"`},
		{"--out s --types aws_vpc --all", "--all and --types exclude each other"},
		{"--out s --rate -1", "--rate -1 is not a number of requests"},
		{"--out s --jobs -1", "--jobs -1 is not a number of requests"},
		{"--resume", "--resume needs --out"},
		{"--out s extra", `unknown command "extra" for "parapet snapshot"`},
	} {
		code, out, errs := run(t, nil, append([]string{"snapshot"}, strings.Fields(tt.args)...)...)
		want := "error[usage]: " + tt.want + "\n  hint: parapet snapshot --help\n"
		if code != 2 || out != "" || errs != want {
			t.Errorf("%s: exit code %d\n%s%s\nwant\n%s", tt.args, code, out, errs, want)
		}
	}
	for _, tt := range []struct{ args, want string }{
		{"--out s --select nothing", "nothing"},
		{"--out s --endpoint 127.0.0.1:5000", "error[aws-endpoint]: the endpoint \"127.0.0.1:5000\" is not a URL\n  hint: write it as http://127.0.0.1:5000\n"},
	} {
		code, out, errs := run(t, nil, append([]string{"snapshot"}, strings.Fields(tt.args)...)...)
		if code != 2 || out != "" || !strings.Contains(errs, tt.want) || !strings.Contains(errs, "hint: ") {
			t.Errorf("%s: exit code %d\n%s%s", tt.args, code, out, errs)
		}
	}
}

// TestSnapshotProgress: a terminal shows what is running and what is left, and
// nothing of it stays; what is no terminal gets none of it.
func TestSnapshotProgress(t *testing.T) {
	t.Parallel()
	fake := organization(t)
	answer := tftest.Answer{Body: "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>", Delay: 150 * time.Millisecond}
	fake.Always("ec2:DescribeVolumes", answer)
	args := func() []string {
		return []string{"snapshot", "--endpoint", fake.URL, "--types", "aws_ebs_volume", "--role", "Audit", "--out", filepath.Join(t.TempDir(), "snap")}
	}
	code, _, errs := run(t, func(s *cmd.Streams) { s.Now, s.ErrTerminal = time.Now, true }, args()...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	for _, want := range []string{
		`^\r\x1b\[Kfinding accounts…\r\x1b\[K`,
		`\r\x1b\[Kcollected 0 of [24] scopes, account [12] of 2, \d running: (eu-west|us-east)-1 aws_ebs_volume…`,
		`\r\x1b\[Kcollected [1234] of 4 scopes, account 2 of 2, \d running`,
		`…\r\x1b\[K$`,
	} {
		if !regexp.MustCompile(want).MatchString(errs) {
			t.Errorf("no %s in %q", want, errs)
		}
	}
	if code, _, errs := collects(t, args()...); code != 0 || errs != "" {
		t.Errorf("no terminal: exit code %d\n%s", code, errs)
	}
}

// TestSnapshotResume: a snapshot that was not finished is gone on with as it was
// begun, without a word of how.
func TestSnapshotResume(t *testing.T) {
	t.Parallel()
	fake := organization(t)
	work := t.TempDir()
	plain, broken := filepath.Join(work, "plain"), filepath.Join(work, "broken")
	args := []string{"snapshot", "--endpoint", fake.URL, "--types", "aws_ebs_volume,aws_vpc", "--role", "Audit", "--external-id", "x1", "--regions", "eu-west-1,us-east-1", "--out"}
	fake.Always("ec2:DescribeVpcs", tftest.Answer{Body: "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"})
	if code, _, errs := collects(t, append(args, plain)...); code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	unfinish(t, plain, broken, 3)
	if code, _, errs := collects(t, append(args, broken)...); code != 2 || !strings.Contains(errs, "hint: finish it with --resume\n") {
		t.Errorf("begun again: exit code %d\n%s", code, errs)
	}
	if code, _, errs := collects(t, "snapshot", "--resume", "--out", broken, "--regions", "eu-west-1"); code != 2 ||
		!strings.Contains(errs, "error[snapshot-request]: "+filepath.ToSlash(broken)+" was begun with other accounts, Regions or types") {
		t.Errorf("other Regions: exit code %d\n%s", code, errs)
	}
	before := len(fake.Calls(""))
	if code, out, errs := collects(t, "snapshot", "--resume", "--out", broken); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	if got, want := snapshotContent(t, broken), snapshotContent(t, plain); !maps.Equal(got, want) {
		t.Errorf("the content is not the same: %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for _, c := range fake.Calls("")[before:] {
		if c.Operation == "sts:AssumeRole" && c.Form.Get("ExternalId") != "x1" {
			t.Errorf("assumed with %v", c.Form)
		}
		if c.Account == "111111111111" && c.Region == "eu-west-1" && strings.HasPrefix(c.Operation, "ec2:") {
			t.Errorf("asked again for %s", c.Operation)
		}
	}
	if code, _, errs := collects(t, "snapshot", "--resume", "--out", broken); code != 2 || !strings.Contains(errs, "error[snapshot-finished]") {
		t.Errorf("finished: exit code %d\n%s", code, errs)
	}
}

// unfinish copies a snapshot as a run would have left it that was killed after n
// scopes.
func unfinish(t *testing.T, from, to string, n int) {
	t.Helper()
	m, _, err := snapshot.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	w, err := snapshot.Create(to, m.Tool, m.Request, m.Types)
	if err != nil {
		t.Fatal(err)
	}
	run, err := os.ReadFile(filepath.Join(from, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Flags map[string][]string `json:"flags"`
	}
	if err := json.Unmarshal(run, &kept); err != nil || len(kept.Flags) == 0 {
		t.Fatalf("run.json keeps no flags: %v\n%s", err, run)
	}
	if err := w.Remember(kept.Flags); err != nil {
		t.Fatal(err)
	}
	all, err := snapshot.Read(t.Context(), from, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Scopes[:n] {
		list := slices.DeleteFunc(slices.Clone(all), func(r *resource.Resource) bool {
			return r.Type != e.Type || r.Account != e.Account || r.Region != e.Region
		})
		if err := w.Put(e, list); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// snapshotContent is the files of a snapshot but for what tells of the run.
func snapshotContent(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
