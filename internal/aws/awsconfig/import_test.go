package awsconfig

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/resource"
)

const (
	account = "111122223333"
	sample  = "testdata/111122223333_Config_eu-west-1_ConfigSnapshot_20260301T120000Z_6a1d6f5e-0000-4000-8000-000000000001.json"
)

// memory keeps outcomes.
type memory struct {
	expected map[aws.Scope]bool
	got      map[aws.Scope]aws.Outcome
	stop     func() error
}

func (m *memory) Enter(_ aws.Account, scopes []aws.Scope) error {
	for _, s := range scopes {
		m.expected[s] = true
	}
	return nil
}

func (m *memory) Done(aws.Scope) bool { return false }

func (m *memory) Put(o aws.Outcome) error {
	if _, twice := m.got[o.Scope]; twice || !m.expected[o.Scope] {
		return fmt.Errorf("scope %v is put twice, or was not announced", o.Scope)
	}
	m.got[o.Scope] = o
	if m.stop != nil {
		return m.stop()
	}
	return nil
}

func importAll(t *testing.T, path string, o Options) (*memory, error) {
	t.Helper()
	if o.Types == nil {
		o.Types = Types()
	}
	m := &memory{expected: map[aws.Scope]bool{}, got: map[aws.Scope]aws.Outcome{}}
	found, err := Find(t.Context(), path)
	if err != nil {
		return m, err
	}
	plan, err := NewPlan(found.Files, o)
	if err != nil {
		return m, err
	}
	err = Import(t.Context(), plan, o, m)
	if err == nil && len(m.got) != len(m.expected) {
		t.Errorf("%d of %d scopes ended", len(m.got), len(m.expected))
	}
	return m, err
}

// TestSample holds what is made of an item of each type, and what is known of it.
func TestSample(t *testing.T) {
	m, err := importAll(t, sample, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	var scopes []aws.Scope
	for s := range m.got {
		scopes = append(scopes, s)
	}
	slices.SortFunc(scopes, func(a, b aws.Scope) int { return strings.Compare(a.Type+a.Region, b.Type+b.Region) })
	for _, s := range scopes {
		o := m.got[s]
		fmt.Fprintf(&b, "%s %q: %s %s\n", s.Type, s.Region, o.Status, o.Detail)
		for _, g := range o.Gaps {
			fmt.Fprintf(&b, "  gap: %s %s may have %s: %s\n", g.Type, g.ID, g.Related, g.Detail)
		}
		if o.Status == aws.Complete && len(o.Resources) == 0 {
			t.Errorf("the sample has nothing of %s", s.Type)
		}
		for _, r := range o.Resources {
			values, err := json.MarshalIndent(r.Values, "  ", "  ")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "  %s %s\n  %s\n  filled: %s\n", r.Address, r.ARN, values, strings.Join(r.Filled, " "))
		}
	}
	golden.File(t, "testdata/sample.golden", b.Bytes())
}

// TestFilled holds what is imported to what collectors say of the same types: a
// path that neither fills would be a misspelt one.
func TestFilled(t *testing.T) {
	collected := map[string]aws.Type{}
	for _, row := range collect.Types() {
		collected[row.Name] = row
	}
	// What the recorder asks for and the collector does not.
	more := map[string]bool{"aws_iam_policy.description": true, "aws_iam_policy.policy_id": true, "aws_iam_policy.tags": true}
	shared := 0
	for _, row := range Types() {
		c, ok := collected[row.Name]
		if !ok {
			continue
		}
		shared++
		if row.Reach != c.Reach {
			t.Errorf("%s: %v in one table, %v in the other", row.Name, row.Reach, c.Reach)
		}
		tops := map[string]bool{}
		for _, p := range c.Filled {
			tops[topOf(p)] = true
		}
		for _, p := range row.Filled {
			if !tops[topOf(p)] {
				if !more[row.Name+"."+p] {
					t.Errorf("%s.%s is imported and not collected", row.Name, p)
				}
			}
		}
	}
	if shared < 6 {
		t.Errorf("only %d types are in both tables", shared)
	}
}

// fileOf writes a snapshot, and returns its path.
func fileOf(t *testing.T, dir, region, at string, packed bool, items ...string) string {
	t.Helper()
	src := []byte(`{"configurationItems":[` + strings.Join(items, ",") + `],"fileVersion":"1.0"}`)
	name := fmt.Sprintf("%s_Config_%s_ConfigSnapshot_%s_x.json", account, region, at)
	if packed {
		name += ".gz"
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(src); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		src = b.Bytes()
	}
	dir = filepath.Join(dir, "AWSLogs", account, "Config", region, "ConfigSnapshot")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func itemOf(typ, id, region, configuration, more string) string {
	return fmt.Sprintf(`{"resourceType":%q,"resourceId":%q,"awsAccountId":%q,"awsRegion":%q,"ARN":"arn:aws:x:::%s","configurationItemStatus":"OK","configuration":%s%s}`,
		typ, id, account, region, id, configuration, more)
}

func volume(id, region, more string) string {
	return itemOf("AWS::EC2::Volume", id, region, `{"volumeId":"`+id+`"`+more+`}`, "")
}

func user(name string) string {
	return itemOf("AWS::IAM::User", "AIDA"+name, "global", `{"userName":"`+name+`","userPolicyList":[],"attachedManagedPolicies":[]}`, "")
}

// TestUnknown: what an item does not hold, or holds in a form that is not
// understood, is unknown; null is known.
func TestUnknown(t *testing.T) {
	group := func(rules string) string {
		return itemOf("AWS::EC2::SecurityGroup", "sg-1", "eu-west-1", `{"groupId":"sg-1","groupName":"a","ownerId":"1","ipPermissions":[`+rules+`]}`, "")
	}
	bucket := func(extra string) string {
		return itemOf("AWS::S3::Bucket", "b", "eu-west-1", `{"name":"b"}`, `,"tags":{},"supplementaryConfiguration":{`+extra+`}`)
	}
	for _, c := range []struct {
		name, item, typ string
		filled          string // those of interest that are
		not             string // and those that are not
		values          string
	}{
		{
			"absent and null", volume("v", "eu-west-1", `,"kmsKeyId":null,"size":"8","iops":1e400,"encrypted":"maybe"`), "aws_ebs_volume",
			"kms_key_id size", "encrypted iops throughput tags", `{"size":8}`,
		},
		{"empty tags of a type without tags", itemOf("AWS::EC2::Volume", "v", "eu-west-1", `{"volumeId":"v"}`, `,"tags":{}`), "aws_ebs_volume", "", "tags", `{}`},
		{"empty tags twice", itemOf("AWS::EC2::Volume", "v", "eu-west-1", `{"volumeId":"v","tags":[]}`, `,"tags":{}`), "aws_ebs_volume", "tags", "", `{"tags":{}}`},
		{"tags of AWS", itemOf("AWS::EC2::Volume", "v", "eu-west-1", `{"volumeId":"v"}`, `,"tags":{"aws:x":"1","a":"2"}`), "aws_ebs_volume", "tags", "", `{"tags":{"a":"2"}}`},
		{"tags as no texts", itemOf("AWS::EC2::Volume", "v", "eu-west-1", `{"volumeId":"v","tags":[{"key":1}]}`, ``), "aws_ebs_volume", "", "tags", `{}`},
		{
			"rules of 2016", group(`{"ipProtocol":"tcp","fromPort":22,"toPort":22,"userIdGroupPairs":[],"ipRanges":["0.0.0.0/0"],"prefixListIds":[]}`), "aws_security_group",
			"name", "ingress egress", `{}`,
		},
		{
			"rules in another form", group(`{"ipProtocol":"tcp","fromPort":"x","ipv4Ranges":[],"ipv6Ranges":[],"userIdGroupPairs":[],"prefixListIds":[]}`), "aws_security_group",
			"name", "ingress", `{}`,
		},
		{"no rules", group(``), "aws_security_group", "ingress", "egress", `{"ingress":[]}`},
		{
			"instance without metadata options", itemOf("AWS::EC2::Instance", "i", "eu-west-1", `{"instanceId":"i","metadataOptions":{"httpTokens":"required"},"iamInstanceProfile":null}`, ""), "aws_instance",
			"metadata_options[].http_tokens iam_instance_profile", "metadata_options[].http_endpoint metadata_options monitoring", `{"metadata_options":[{"http_tokens":"required"}]}`,
		},
		{
			"null block", itemOf("AWS::Lambda::Function", "f", "eu-west-1", `{"functionName":"f","deadLetterConfig":null,"vpcConfig":null,"kmskeyArn":""}`, ""), "aws_lambda_function",
			"dead_letter_config vpc_config kms_key_arn", "tracing_config environment", `{"dead_letter_config":[],"vpc_config":[]}`,
		},
		{
			"document as it is", itemOf("AWS::IAM::Role", "R", "global", `{"roleName":"r","assumeRolePolicyDocument":{"Version":"1"},"rolePolicyList":[{"policyName":"p","policyDocument":[{"b":1,"a":2}]}]}`, ""), "aws_iam_role",
			"assume_role_policy inline_policy", "managed_policy_arns permissions_boundary", `{"assume_role_policy":"{\"Version\":\"1\"}","inline_policy":[{"name":"p","policy":"{\"a\":2,\"b\":1}"}]}`,
		},
		{"time of another form", itemOf("AWS::IAM::Role", "R", "global", `{"roleName":"r","createDate":"Mar 1, 2020 1:00:00 PM"}`, ""), "aws_iam_role", "name", "create_date", `{}`},
		{
			"encoded three times", bucket(`"PublicAccessBlockConfiguration":"\"{\\\"blockPublicAcls\\\":true,\\\"blockPublicPolicy\\\":true,\\\"ignorePublicAcls\\\":true,\\\"restrictPublicBuckets\\\":true}\""`),
			"aws_s3_bucket_public_access_block", "block_public_acls", "", `{"block_public_acls":true}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := importAll(t, fileOf(t, t.TempDir(), "eu-west-1", "20260301T120000Z", false, c.item), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var all []*resource.Resource
			for s, o := range m.got {
				if s.Type == c.typ {
					all = append(all, o.Resources...)
				}
			}
			if len(all) != 1 {
				t.Fatalf("%d resources", len(all))
			}
			r := all[0]
			for p := range strings.FieldsSeq(c.filled) {
				if !slices.Contains(r.Filled, p) {
					t.Errorf("%s is not filled: %v", p, r.Filled)
				}
			}
			for p := range strings.FieldsSeq(c.not) {
				if _, has := r.Values[p]; has && p != "metadata_options" || slices.Contains(r.Filled, p) {
					t.Errorf("%s is filled: %v", p, r.Values[p])
				}
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(c.values), &want); err != nil {
				t.Fatal(err)
			}
			for k, v := range want {
				got, _ := json.Marshal(r.Values[k])
				expected, _ := json.Marshal(v)
				if !bytes.Equal(got, expected) {
					t.Errorf("%s is %s, want %s", k, got, expected)
				}
			}
		})
	}
}

// TestParts: a part of a bucket that was recorded as unset is absent; one that was
// not recorded, or in another form, is a gap.
func TestParts(t *testing.T) {
	for extra, want := range map[string]string{
		`"BucketVersioningConfiguration":{"status":"Off","isMfaDeleteEnabled":null}`:        "complete 0 0",
		`"BucketVersioningConfiguration":{"status":"Suspended","isMfaDeleteEnabled":false}`: "complete 1 0",
		`"BucketVersioningConfiguration":{"status":"Paused","isMfaDeleteEnabled":null}`:     "unsupported 0 1",
		`"BucketVersioningConfiguration":{"status":"Enabled"}`:                              "unsupported 0 1",
		`"BucketVersioningConfiguration":null`:                                              "complete 0 0",
		`"BucketVersioningConfiguration":7`:                                                 "unsupported 0 1",
		``:                                                                                  "unsupported 0 1",
	} {
		item := itemOf("AWS::S3::Bucket", "b", "eu-west-1", `{"name":"b"}`, `,"supplementaryConfiguration":{`+extra+`}`)
		m, err := importAll(t, fileOf(t, t.TempDir(), "eu-west-1", "20260301T120000Z", false, item), Options{})
		if err != nil {
			t.Fatal(err)
		}
		o := m.got[aws.Scope{Account: account, Region: "eu-west-1", Type: "aws_s3_bucket_versioning"}]
		if got := fmt.Sprintf("%s %d %d", o.Status, len(o.Resources), len(o.Gaps)); got != want {
			t.Errorf("%s: %s, want %s", extra, got, want)
		}
		for _, g := range o.Gaps {
			if g.Type != "aws_s3_bucket" || g.ID != "b" || g.Related != "aws_s3_bucket_versioning" {
				t.Errorf("gap: %+v", g)
			}
		}
	}
}

// TestScopes: the newest snapshot of a Region counts, IAM comes from the newest
// one that has it, and nothing is said of types without items.
func TestScopes(t *testing.T) {
	dir := t.TempDir()
	fileOf(t, dir, "eu-west-1", "20260301T120000Z", true, volume("vol-old", "eu-west-1", ""))
	fileOf(t, dir, "eu-west-1", "20260302T120000Z", true, volume("vol-1", "eu-west-1", ""), user("mia"),
		itemOf("AWS::EC2::VPC", "vpc-1", "eu-west-1", `null`, ""),
		strings.Replace(volume("vol-2", "eu-west-1", ""), `"OK"`, `"ResourceNotRecorded"`, 1))
	fileOf(t, dir, "us-east-1", "20260301T120000Z", false, user("mia"), user("gone"), strings.Replace(user("dead"), `"OK"`, `"ResourceDeletedNotRecorded"`, 1),
		itemOf("AWS::Config::ConfigurationRecorder", "default", "us-east-1", `{"Recording":true,"RecordingGroup":{"AllSupported":false,"ResourceTypes":["AWS::EC2::Volume"]}}`, ""))
	history := filepath.Join(dir, account+"_Config_eu-west-1_ConfigHistory_AWS::EC2::Volume_20260302T120000Z_1.json.gz")
	if err := os.WriteFile(strings.ReplaceAll(history, "::", "__"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	types := slices.DeleteFunc(Types(), func(row Type) bool {
		return !slices.Contains([]string{"aws_ebs_volume", "aws_vpc", "aws_subnet", "aws_iam_user", "aws_iam_role"}, row.Name)
	})
	found, err := Find(t.Context(), dir)
	if err != nil || len(found.Files) != 2 || found.Older != 1 || found.Ignored != 0 {
		t.Fatalf("found %+v, %v", found, err)
	}
	m, err := importAll(t, dir, Options{Types: types})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for s, o := range m.got {
		line := fmt.Sprintf("%s %s: %s", s.Region, s.Type, o.Status)
		for _, r := range o.Resources {
			line += " " + r.ID
		}
		got = append(got, line+" | "+o.Detail)
	}
	slices.Sort(got)
	want := []string{
		" aws_iam_role: unsupported | the snapshot holds no AWS::IAM::Role; the recorder may not record it",
		" aws_iam_user: complete mia | ",
		"eu-west-1 aws_ebs_volume: unsupported vol-1 | 1 of 2 AWS::EC2::Volume are not recorded",
		"eu-west-1 aws_subnet: unsupported | the snapshot holds no AWS::EC2::Subnet; the recorder may not record it",
		"eu-west-1 aws_vpc: error | AWS::EC2::VPC vpc-1: it has no configuration",
		"us-east-1 aws_ebs_volume: complete | ",
		"us-east-1 aws_subnet: unsupported | the snapshot holds no AWS::EC2::Subnet; the recorder may not record it",
		"us-east-1 aws_vpc: unsupported | the snapshot holds no AWS::EC2::VPC; the recorder may not record it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	m, err = importAll(t, dir, Options{Types: types, Regions: []string{"us-east-1"}})
	if err != nil || len(m.got) != 5 || len(m.got[aws.Scope{Account: account, Type: "aws_iam_user"}].Resources) != 1 {
		t.Errorf("one Region: %v, %v", m.got, err)
	}
}

// TestErrors: a file that is not what it should be is named, with what is wrong.
func TestErrors(t *testing.T) {
	one := volume("v", "eu-west-1", "")
	whole := `{"configurationItems":[` + one + `]}`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	gz := packed.String()
	for _, c := range []struct{ name, src, code, detail string }{
		{"cut", whole[:len(whole)-20], "config-truncated", ""},
		{"cut at the end", whole[:len(whole)-1], "config-truncated", ""},
		{"cut gzip", gz[:len(gz)-20], "config-truncated", ""},
		{"gzip without its sum", gz[:len(gz)-3], "config-truncated", ""},
		{"wrong sum", gz[:len(gz)-6] + "xx" + gz[len(gz)-4:], "config-damaged", ""},
		{"no gzip", gz[:2] + "xxxxxxxxxxxxxxx", "config-damaged", ""},
		{"empty", "", "config-truncated", ""},
		{"text", "hello", "config-not-snapshot", "It is no JSON object."},
		{"list", "[]", "config-not-snapshot", "It is no JSON object."},
		{"CloudTrail", `{"Records":[]}`, "config-not-snapshot", "It has no configurationItems."},
		{"no list", `{"configurationItems":{}}`, "config-not-snapshot", "Its configurationItems are no list."},
		{"no items", `{"configurationItems":[{"a":1}]}`, "config-not-snapshot", "Its item 1 has no resourceType or no resourceId."},
		{"other items", `{"configurationItems":[` + one + `,{"resourceId":7}]}`, "config-not-snapshot", "Its item 2 is no configuration item: resourceId is a number."},
		{"twice", `{"configurationItems":[],"configurationItems":[]}`, "config-not-snapshot", "It has configurationItems twice."},
		{"more", whole + "{}", "config-not-snapshot", "More follows after its end."},
		{"bad JSON", `{"configurationItems":[{]}`, "config-damaged", ""},
		{"other account", `{"configurationItems":[` + strings.Replace(one, account, "444455556666", 1) + `]}`, "config-mixed", "A snapshot is of one account and Region."},
		{"other Region", `{"configurationItems":[` + volume("v", "us-east-1", "") + `]}`, "config-mixed", "A snapshot is of one account and Region."},
		{"history", `{"configurationItems":[` + one + "," + one + `]}`, "config-duplicate", "A snapshot holds a resource once; a configuration history holds every change of it."},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := fileOf(t, t.TempDir(), "eu-west-1", "20260301T120000Z", false)
			if err := os.WriteFile(path, []byte(c.src), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := importAll(t, path, Options{})
			var d diag.Diagnostic
			if !errors.As(err, &d) || d.Code != c.code || c.detail != "" && d.Detail != c.detail {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(d.Summary, filepath.Base(path)) {
				t.Errorf("does not name the file: %v", err)
			}
		})
	}
	if _, err := Find(t.Context(), filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "config-unreadable") && !strings.Contains(err.Error(), "cannot read") {
		t.Errorf("no file: %v", err)
	}
	if _, err := Find(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no AWS Config snapshot") {
		t.Errorf("empty directory: %v", err)
	}
}

// TestNamed: a file of another name is of the account and Region of its items.
func TestNamed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.json")
	if err := os.WriteFile(path, []byte(`{"configurationItems":[`+user("mia")+`,`+volume("v", "cn-north-1", "")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), path)
	if err != nil || len(found.Files) != 1 || found.Files[0].Account != account || found.Files[0].Region != "cn-north-1" {
		t.Fatalf("%+v, %v", found, err)
	}
	plan, err := NewPlan(found.Files, Options{})
	if err != nil || plan.Partition != "aws-cn" {
		t.Errorf("%+v, %v", plan, err)
	}
	other := append(found.Files, File{Account: account, Region: "eu-west-1"})
	if _, err := NewPlan(other, Options{}); err == nil || !strings.Contains(err.Error(), "partition") {
		t.Errorf("two partitions: %v", err)
	}
	for _, o := range []Options{{Accounts: []string{"444455556666"}}, {Regions: []string{"eu-west-1"}}} {
		if _, err := NewPlan(found.Files, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	_, err = Find(t.Context(), dir)
	if err == nil || !strings.Contains(err.Error(), "no AWS Config snapshot") {
		t.Errorf("its directory: %v", err)
	}
}

// TestCanceled: an import ends when its context does.
func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	plan, err := NewPlan([]File{{Path: sample, Account: account, Region: "eu-west-1"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{expected: map[aws.Scope]bool{}, got: map[aws.Scope]aws.Outcome{}}
	if err := Import(ctx, plan, Options{Types: Types()}, m); !errors.Is(err, context.Canceled) || len(m.got) > 0 {
		t.Errorf("%v, %d scopes", err, len(m.got))
	}
}
