package aws_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// sink keeps what is put into it.
type sink struct {
	mu       sync.Mutex
	entered  []aws.Account
	outcomes map[aws.Scope]aws.Outcome
	done     func(aws.Scope) bool
	fail     error // of Put
}

func (s *sink) Enter(a aws.Account, _ []aws.Scope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entered = append(s.entered, a)
	return nil
}

func (s *sink) Done(scope aws.Scope) bool { return s.done != nil && s.done(scope) }

func (s *sink) Put(o aws.Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outcomes == nil {
		s.outcomes = map[aws.Scope]aws.Outcome{}
	}
	s.outcomes[o.Scope] = o
	return s.fail
}

// text writes the outcomes, one a line.
func (s *sink) text() string {
	var lines []string
	for _, o := range s.outcomes {
		line := fmt.Sprintf("%s %s %s: %s", o.Scope.Account, cmp.Or(o.Scope.Region, "-"), o.Scope.Type, o.Status)
		if o.Detail != "" {
			line += " (" + o.Detail + ")"
		}
		for _, r := range o.Resources {
			line += " " + r.ID
		}
		for _, g := range o.Gaps {
			line += fmt.Sprintf(" gap %s %s %v %s: %s", g.Type, g.ID, g.Attributes, g.Related, g.Status)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// options are those of a test that speaks to a fake: quick retries, no
// environment of its own.
func options(t testing.TB, fake *tftest.AWS, timeout time.Duration, types ...aws.Type) aws.Options {
	t.Helper()
	for k, v := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_ENDPOINT_URL": "",
	} {
		t.Setenv(k, v)
	}
	cfg, err := aws.Load(t.Context(), aws.LoadOptions{Endpoint: fake.URL, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider("AKID", "s", "")
	return aws.Options{
		Config: cfg, Types: types, Regions: []string{"eu-west-1"}, MaxBackoff: time.Millisecond, Clock: aws.Clock{Now: time.Now},
	}
}

// run collects, and fails the test for an error.
func run(t testing.TB, o aws.Options, s *sink) *sink {
	t.Helper()
	c := aws.New(o)
	plan, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context(), plan, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// volumes is a type that makes one call.
func volumes() aws.Type {
	return aws.Type{
		Name: "aws_ebs_volume", Service: "ec2", Actions: []string{"ec2:DescribeVolumes"}, Filled: []string{"size"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, ec2.NewFromConfig).DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
			if err != nil {
				return err
			}
			for _, v := range got.Volumes {
				out.Add(aws.Item{ID: *v.VolumeId, Values: map[string]any{"size": v.Size}})
			}
			return nil
		},
	}
}

const oneVolume = `<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>8</size></item></volumeSet></DescribeVolumesResponse>`

// parts is a type of parts of volumes, which it lists through a memo, and of
// which each takes a call.
func parts(name string, ids ...string) aws.Type {
	return aws.Type{
		Name: name, Service: "ec2", Parent: "aws_ebs_volume", Actions: []string{"ec2:DescribeVolumes", "ec2:DescribeVolumeAttribute"},
		Filled: []string{"on"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, ec2.NewFromConfig)
			_, err := aws.Once(ctx, s, "ec2:DescribeVolumes", func(ctx context.Context) (int, error) {
				got, err := c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
				if err != nil {
					return 0, err
				}
				return len(got.Volumes), nil
			})
			if err != nil {
				return err
			}
			return aws.Each(ctx, out, ids, func(ctx context.Context, id string) error {
				got, err := c.DescribeVolumeAttribute(ctx, &ec2.DescribeVolumeAttributeInput{VolumeId: &id, Attribute: "autoEnableIO"})
				if err != nil {
					return out.Gap(id, err)
				}
				out.Add(aws.Item{ID: id, Values: map[string]any{"on": got.AutoEnableIO.Value}})
				return nil
			})
		},
	}
}

const attributeOn = `<DescribeVolumeAttributeResponse><autoEnableIO><value>true</value></autoEnableIO></DescribeVolumeAttributeResponse>`
