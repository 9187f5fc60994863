package resource

import (
	"fmt"
	"slices"
	"testing"
)

func related(s *Set, address string) []string {
	for _, r := range s.All() {
		if r.Address == address {
			var out []string
			for _, o := range s.Related(r) {
				out = append(out, o.Address)
			}
			return out
		}
	}
	return []string{"not in the set"}
}

func TestRelated(t *testing.T) {
	const topic = "arn:aws:sns:eu-west-1:111122223333:alerts"
	s := NewSet([]*Resource{
		// By reference, in several module instances.
		{Type: "aws_s3_bucket", Address: `module.a["x.y"].aws_s3_bucket.b`},
		{Type: "aws_s3_bucket", Address: `module.a["z"].aws_s3_bucket.b`},
		{Type: "aws_s3_bucket_acl", Address: `module.a["z"].aws_s3_bucket_acl.b`, Refs: []string{"module.a.aws_s3_bucket.b"}},
		{Type: "aws_s3_bucket_policy", Address: "aws_s3_bucket_policy.all", Refs: []string{"module.a.aws_s3_bucket.b"}},
		{Type: "aws_s3_bucket_policy", Address: "aws_s3_bucket_policy.one", Refs: []string{`module.a["x.y"].aws_s3_bucket.b`}},
		// By reference, to instances of a resource.
		{Type: "aws_instance", Address: "aws_instance.web[0]"},
		{Type: "aws_instance", Address: "aws_instance.web[1]"},
		{Type: "aws_lb", Address: "aws_lb.all", Refs: []string{"aws_instance.web"}},
		{Type: "aws_lb", Address: "aws_lb.second", Refs: []string{"aws_instance.web[1]", "aws_instance.web[1]"}},
		{Type: "aws_lb", Address: "aws_lb.absent", Refs: []string{"aws_instance.web[7]", "aws_instance.nowhere"}},
		{Type: "aws_lb", Address: "aws_lb.self", Refs: []string{"aws_lb.self"}},
		// By id, ARN and name.
		{Type: "aws_security_group", Address: "aws_security_group.s", ID: "sg-0a1b2c3d4e5f60718"},
		{
			Type: "aws_instance", Address: "aws_instance.db",
			Values: map[string]any{"vpc_security_group_ids": []any{"sg-0a1b2c3d4e5f60718"}},
		},
		{Type: "aws_sns_topic", Address: "aws_sns_topic.t", ID: topic, ARN: topic},
		{
			Type: "aws_cloudwatch_metric_alarm", Address: "aws_cloudwatch_metric_alarm.a",
			Values: map[string]any{"nested": []any{map[string]any{"alarm_actions": []any{topic}}}},
		},
		{
			Type: "aws_sns_topic_policy", Address: "aws_sns_topic_policy.text",
			Values: map[string]any{"policy": "only " + topic, "tags": map[string]any{"topic": topic}},
		},
		{Type: "aws_s3_bucket", Address: "aws_s3_bucket.logs", ID: "logs", Values: map[string]any{"bucket": "logs"}},
		{Type: "aws_s3_bucket_logging", Address: "aws_s3_bucket_logging.l", Values: map[string]any{"target_bucket": "logs"}},
		{Type: "aws_s3_bucket_logging", Address: "aws_s3_bucket_logging.m", Values: map[string]any{"target_prefix": "logs"}},
		// The same name in two regions.
		{
			Type: "aws_lambda_function", Address: "aws_lambda_function.eu", Region: "eu-west-1",
			Values: map[string]any{"function_name": "f"},
		},
		{
			Type: "aws_lambda_function", Address: "aws_lambda_function.us", Region: "us-east-1",
			Values: map[string]any{"function_name": "f"},
		},
		{
			Type: "aws_lambda_function_url", Address: "aws_lambda_function_url.us", Region: "us-east-1",
			Values: map[string]any{"function_name": "f"},
		},
		// What is deleted protects nothing.
		{Type: "aws_s3_bucket", Address: "aws_s3_bucket.bare", Values: map[string]any{"bucket": "bare"}},
		{
			Type: "aws_s3_bucket_public_access_block", Address: "aws_s3_bucket_public_access_block.bare",
			Actions: []Action{ActionDelete}, Values: map[string]any{"bucket": "bare"}, Refs: []string{"aws_s3_bucket.bare"},
		},
	})
	for address, want := range map[string][]string{
		`module.a["x.y"].aws_s3_bucket.b`:        {"aws_s3_bucket_policy.all", "aws_s3_bucket_policy.one"},
		`module.a["z"].aws_s3_bucket.b`:          {"aws_s3_bucket_policy.all", `module.a["z"].aws_s3_bucket_acl.b`},
		"aws_lb.all":                             {"aws_instance.web[0]", "aws_instance.web[1]"},
		"aws_lb.second":                          {"aws_instance.web[1]"},
		"aws_lb.absent":                          nil,
		"aws_lb.self":                            nil,
		"aws_security_group.s":                   {"aws_instance.db"},
		"aws_sns_topic.t":                        {"aws_cloudwatch_metric_alarm.a"},
		"aws_s3_bucket.logs":                     {"aws_s3_bucket_logging.l"},
		"aws_lambda_function_url.us":             {"aws_lambda_function.us"},
		"aws_s3_bucket.bare":                     nil,
		"aws_s3_bucket_public_access_block.bare": nil,
	} {
		if got := related(s, address); !slices.Equal(got, want) {
			t.Errorf("%s is related to %q, want %q", address, got, want)
		}
	}
}

func TestSpecific(t *testing.T) {
	for value, want := range map[string]bool{
		"arn:aws:s3:::b": true, "arn:aws": false, "sg-0a1b2c3d": true, "vpce-svc-0a1b2c3d4e5f60718": true,
		"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0": true, "mrk-0f1e2d3c4b5a69788796a5b4c3d2e1f0": true,
		"web": false, "eu-west-1": false, "my-bucket-name": false, "": false, "-0a1b2c3d": false, "Sg-0a1b2c3d": false,
	} {
		if specific(value) != want {
			t.Errorf("specific(%q) is %v", value, !want)
		}
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct{ address, base, key, module, bare string }{
		{"aws_x.y", "aws_x.y", "", "", "aws_x.y"},
		{"aws_x.y[0]", "aws_x.y", "[0]", "", "aws_x.y"},
		{`module.a["b.c"].aws_x.y["d\"]e"]`, `module.a["b.c"].aws_x.y`, `["d\"]e"]`, `module.a["b.c"]`, "module.a.aws_x.y"},
		{`module.a[0].module.b.aws_x.y`, `module.a[0].module.b.aws_x.y`, "", "module.a[0].module.b", "module.a.module.b.aws_x.y"},
	} {
		base, key := SplitKey(c.address)
		if base != c.base || key != c.key || ModuleOf(c.address) != c.module || StripInstanceKeys(c.address) != c.bare {
			t.Errorf("%s: base %s key %s module %s bare %s", c.address, base, key, ModuleOf(c.address), StripInstanceKeys(c.address))
		}
	}
}

// many makes n resources in groups: a bucket by for_each key, what belongs to
// it, and an instance of one security group that all share.
func many(n int) []*Resource {
	out := []*Resource{{Type: "aws_security_group", Address: "aws_security_group.all", ID: "sg-0a1b2c3d4e5f60718"}}
	for i := range n / 4 {
		key := fmt.Sprintf("[%d]", i)
		out = append(out,
			&Resource{Type: "aws_s3_bucket", Address: "aws_s3_bucket.b" + key, Values: map[string]any{"bucket": "b" + key}},
			&Resource{
				Type: "aws_s3_bucket_acl", Address: "aws_s3_bucket_acl.b" + key, Refs: []string{"aws_s3_bucket.b" + key},
				Values: map[string]any{"bucket": "b" + key, "acl": "private"},
			},
			&Resource{
				Type: "aws_s3_bucket_versioning", Address: "module.m" + key + ".aws_s3_bucket_versioning.b",
				Refs: []string{"aws_s3_bucket.b" + key},
			},
			&Resource{
				Type: "aws_instance", Address: "aws_instance.i" + key, Refs: []string{"aws_security_group.all"},
				Values: map[string]any{"vpc_security_group_ids": []any{"sg-0a1b2c3d4e5f60718"}, "ami": "ami-0a1b2c3d4e5f60718"},
			})
	}
	return out
}

// BenchmarkNewSet joins 10,000 resources; it should take ten times as long as
// for 1,000.
func BenchmarkNewSet(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		resources := many(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NewSet(resources)
			}
		})
	}
}
