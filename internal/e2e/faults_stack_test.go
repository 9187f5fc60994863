//go:build e2e

package e2e

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/snapshot"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// patience bounds an attempt of a request of a run under faults.
const patience = time.Second

// liveStack applies testdata/live to a mock of its own, and returns the mock's
// URL and the directory. The process gets credentials of the mock.
func liveStack(t *testing.T) (url, dir string) {
	t.Helper()
	tf := tftest.New(t)
	url = tftest.Moto(t)
	tf.Setenv(tftest.MockEnvironment(url)...)
	for _, pair := range tftest.MockEnvironment(url) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	dir = copyDir(t, "live")
	tf.OverrideAWS()
	tf.Run(dir, "apply", "-no-color", "-auto-approve", "-parallelism=30")
	// What other resources of the stack have changed meanwhile.
	tf.Run(dir, "apply", "-no-color", "-refresh-only", "-auto-approve", "-parallelism=30")
	return url, dir
}

// said is what a run of the command line wrote, and how it ended.
type said struct {
	code      int
	out, errs string
}

// hasty runs the command line with little patience.
func hasty(args ...string) said {
	var out, errs bytes.Buffer
	code := cmd.Main(args, cmd.Streams{
		In: strings.NewReader(""), Out: &out, Err: &errs, Version: "e2e",
		LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now,
		Timeout: patience, Backoff: 10 * time.Millisecond,
	})
	return said{code, out.String(), errs.String()}
}

// world is what a snapshot holds, and what policies say of it.
type world struct {
	said
	in     input.Result // zero when the run failed
	report finding.Report
}

var livePolicies = []string{"--policy", filepath.Join("testdata", "live", "policies")}

// audit collects every type through an endpoint and judges it. dir gets the
// snapshot.
func audit(t *testing.T, url, dir string) world {
	t.Helper()
	args := []string{"audit", "--endpoint", url, "--regions", "us-east-1", "--all", "--out", dir, "--format", "json"}
	return judged(t, dir, hasty(append(args, livePolicies...)...))
}

// judged reads what an audit has written.
func judged(t *testing.T, dir string, s said) world {
	t.Helper()
	w := world{said: s}
	if s.code == 2 {
		return w
	}
	readJSON(t, []byte(s.out), &w.report)
	in, err := input.Load(t.Context(), dir, nil, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.in = in
	return w
}

func entries(m *snapshot.Manifest) map[snapshot.Scope]snapshot.Entry {
	all := map[snapshot.Scope]snapshot.Entry{}
	for _, e := range m.Scopes {
		all[e.Scope] = e
	}
	return all
}

// mockConfig is what a client of the mock takes.
func mockConfig(url string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// unmanaged makes what no code knows: load balancers, queues and databases, for
// which the provider would wait a minute, and an organization.
func unmanaged(t *testing.T, url string) {
	t.Helper()
	cfg := mockConfig(url)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(organizations.NewFromConfig(cfg).CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{}))
	must(rds.NewFromConfig(cfg).CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("orders"), DBInstanceClass: aws.String("db.t3.micro"), Engine: aws.String("postgres"),
		MasterUsername: aws.String("admin"), MasterUserPassword: aws.String("not-a-real-one"), AllocatedStorage: aws.Int32(20),
		PubliclyAccessible: aws.Bool(true),
	}))
	queues := sqs.NewFromConfig(cfg)
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
	must(queue, err)
	must(queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: queue.QueueUrl, Attributes: map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}`,
	}}))
	subnets, err := ec2.NewFromConfig(cfg).DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("default-for-az"), Values: []string{"true"}}},
	})
	must(subnets, err)
	in := &elb.CreateLoadBalancerInput{Name: aws.String("front"), Type: elbtypes.LoadBalancerTypeEnumApplication}
	for _, s := range subnets.Subnets[:2] {
		in.Subnets = append(in.Subnets, *s.SubnetId)
	}
	balancers := elb.NewFromConfig(cfg)
	made, err := balancers.CreateLoadBalancer(t.Context(), in)
	must(made, err)
	must(balancers.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: made.LoadBalancers[0].LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("200")}}},
	}))
}
