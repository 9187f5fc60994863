package aws_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

const scpMessage = "User: arn:aws:sts::111111111111:assumed-role/x/y is not authorized to perform: ec2:DescribeVolumes with an explicit deny in a service control policy"

// TestFaults: whatever goes wrong ends in a stated status, and what is over
// before the retries are does no harm.
func TestFaults(t *testing.T) {
	page := tftest.Answer{Body: oneVolume}
	until := func(n int, bad tftest.Answer) func(tftest.Call) tftest.Answer {
		return func(c tftest.Call) tftest.Answer {
			if c.Nth <= n {
				return bad
			}
			return page
		}
	}
	html := func(status int) tftest.Answer {
		return tftest.Answer{Status: status, Type: "text/html; charset=utf-8", Body: "<!doctype html><title>no</title>"}
	}
	const always = 1000
	tests := map[string]struct {
		answer func(tftest.Call) tftest.Answer
		want   string
		calls  int
	}{
		"throttled once":      {until(1, tftest.EC2Error(503, "RequestLimitExceeded", "slow down")), "complete vol-1", 2},
		"throttled for long":  {until(always, tftest.EC2Error(503, "RequestLimitExceeded", "slow down")), "throttled (EC2 DescribeVolumes: RequestLimitExceeded: slow down)", 6},
		"500 twice":           {until(2, tftest.EC2Error(500, "InternalError", "oops")), "complete vol-1", 3},
		"500 for long":        {until(always, tftest.EC2Error(500, "InternalError", "oops")), "error (EC2 DescribeVolumes: InternalError: oops)", 6},
		"cut once":            {until(1, tftest.Answer{Body: oneVolume, Cut: true}), "complete vol-1", 2},
		"cut, length unknown": {until(1, tftest.Answer{Body: oneVolume[:len(oneVolume)/2]}), "complete vol-1", 2},
		"empty once":          {until(1, tftest.Answer{}), "complete vol-1", 2},
		"empty for long":      {until(always, tftest.Answer{}), "error (EC2 DescribeVolumes: the answer is empty)", 6},
		"blank for long":      {until(always, tftest.Answer{Body: " \r\n"}), "error (EC2 DescribeVolumes: the answer is empty)", 6},
		"no content":          {until(always, tftest.Answer{Status: 204}), "error (EC2 DescribeVolumes: the answer is empty)", 6},
		"another format once": {until(1, tftest.Answer{Body: `{"message": null}`}), "complete vol-1", 2},
		"fine, and an error":  {until(always, tftest.EC2Error(200, "InternalError", "oops")), "error (EC2 DescribeVolumes: the answer is not the service's)", 6},
		"fine, and a page":    {until(always, html(200)), "error (EC2 DescribeVolumes: the answer is not the service's)", 6},
		"slow once":           {until(1, tftest.Answer{Body: oneVolume, Delay: time.Minute}), "complete vol-1", 2},
		"error cut once":      {until(1, tftest.Answer{Status: 400, Body: "<Response><Errors><Err"}), "complete vol-1", 2},
		"denied":              {until(always, tftest.EC2Error(403, "UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: x9-y")), "denied by IAM (EC2 DescribeVolumes: UnauthorizedOperation: You are not authorized to perform this operation.)", 1},
		"denied by SCP":       {until(always, tftest.EC2Error(403, "UnauthorizedOperation", scpMessage)), "denied by SCP (EC2 DescribeVolumes: UnauthorizedOperation: " + scpMessage + ")", 1},
		"not found page":      {until(always, html(404)), "unsupported (EC2 DescribeVolumes: the endpoint answers with a web page (status Not Found))", 1},
		"error page":          {until(always, html(500)), "unsupported (EC2 DescribeVolumes: the endpoint answers with a web page (status Internal Server Error))", 2},
		"error page once":     {until(1, html(500)), "complete vol-1", 2},
		"unknown action":      {until(always, tftest.EC2Error(400, "InvalidAction", "The action is not valid")), "unsupported (EC2 DescribeVolumes: InvalidAction: The action is not valid)", 1},
		"region off":          {until(always, tftest.EC2Error(401, "AuthFailure", "AWS was not able to validate the provided access credentials")), "region off (EC2 DescribeVolumes: AuthFailure: AWS was not able to validate the provided access credentials)", 1},
		"expired":             {until(always, tftest.EC2Error(403, "RequestExpired", "Request has expired.")), "error (EC2 DescribeVolumes: RequestExpired: Request has expired.)", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fake := tftest.FakeAWS(t)
			fake.On("ec2:DescribeVolumes", tt.answer)
			s := run(t, options(t, fake, 300*time.Millisecond, volumes()), &sink{})
			got := strings.TrimPrefix(s.text(), "111111111111 eu-west-1 aws_ebs_volume: ")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for _, o := range s.outcomes {
				if sent := len(fake.Calls("ec2:DescribeVolumes")); o.Calls != tt.calls || sent != tt.calls {
					t.Errorf("counted %d calls, sent %d, want %d", o.Calls, sent, tt.calls)
				}
			}
		})
	}
}

// TestGaps: one resource that is denied loses its own part only, and when every
// one is, so is the scope.
func TestGaps(t *testing.T) {
	tests := map[string]struct{ denied, want string }{
		"none": {"", "complete a b c"},
		"one":  {"b", "complete a c gap aws_ebs_volume b [] aws_part: denied by IAM"},
		"all": {"abc", "denied by IAM (EC2 DescribeVolumeAttribute: AccessDenied: no)" +
			" gap aws_ebs_volume a [] aws_part: denied by IAM gap aws_ebs_volume b [] aws_part: denied by IAM gap aws_ebs_volume c [] aws_part: denied by IAM"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fake := tftest.FakeAWS(t)
			fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
			fake.On("ec2:DescribeVolumeAttribute", func(c tftest.Call) tftest.Answer {
				if strings.Contains(tt.denied, c.Form.Get("VolumeId")) {
					return tftest.EC2Error(403, "AccessDenied", "no")
				}
				return tftest.Answer{Body: attributeOn}
			})
			s := run(t, options(t, fake, time.Minute, parts("aws_part", "c", "a", "b")), &sink{})
			if got := strings.TrimPrefix(s.text(), "111111111111 eu-west-1 aws_part: "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestOnce: several types ask for what they share once, and share its failure.
func TestOnce(t *testing.T) {
	for _, status := range []int{200, 403} {
		fake := tftest.FakeAWS(t)
		fake.On("ec2:DescribeVolumes", func(tftest.Call) tftest.Answer {
			if status == 200 {
				return tftest.Answer{Body: oneVolume, Delay: 20 * time.Millisecond}
			}
			return tftest.EC2Error(403, "AccessDenied", "no")
		})
		s := run(t, options(t, fake, time.Minute, parts("aws_part"), parts("aws_piece"), parts("aws_slice")), &sink{})
		if n := len(fake.Calls("ec2:DescribeVolumes")); n != 1 {
			t.Errorf("status %d: %d calls, want 1", status, n)
		}
		want := aws.Complete
		if status == 403 {
			want = aws.DeniedByIAM
		}
		if len(s.outcomes) != 3 {
			t.Fatalf("%d outcomes, want 3", len(s.outcomes))
		}
		for _, o := range s.outcomes {
			if o.Status != want {
				t.Errorf("%v: %s, want %s", o.Scope, o.Status, want)
			}
		}
	}
}

// TestAccounts: each account is read by its own role; one that cannot be signed
// in to has a status for each of its scopes; global types are asked for once.
func TestAccounts(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.On("sts:AssumeRole", func(c tftest.Call) tftest.Answer {
		if strings.Contains(c.Form.Get("RoleArn"), "333333333333") {
			return tftest.QueryError(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
		}
		return tftest.AssumeRole(c)
	})
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
	global := volumes()
	global.Name, global.Reach = "aws_global", aws.PerAccount
	org := volumes()
	org.Name, org.Reach = "aws_org", aws.Organization
	o := options(t, fake, time.Minute, volumes(), global, org)
	o.Accounts = []string{"222222222222", "111111111111", "333333333333"}
	o.Role, o.ExternalID = "audit/reader", "secret"
	o.Regions = []string{"eu-west-1", "us-east-1"}
	fake.Always("organizations:ListAccounts", tftest.JSONError(400, "AWSOrganizationsNotInUseException", "none"))
	s := run(t, o, &sink{})
	want := strings.ReplaceAll(`1 - aws_global: complete vol-1
1 - aws_org: complete vol-1
1 eu-west-1 aws_ebs_volume: complete vol-1
1 us-east-1 aws_ebs_volume: complete vol-1
2 - aws_global: complete vol-1
2 eu-west-1 aws_ebs_volume: complete vol-1
2 us-east-1 aws_ebs_volume: complete vol-1
3 - aws_global: denied by IAM (STS AssumeRole: AccessDenied: not authorized to perform: sts:AssumeRole)
3 eu-west-1 aws_ebs_volume: denied by IAM (STS AssumeRole: AccessDenied: not authorized to perform: sts:AssumeRole)
3 us-east-1 aws_ebs_volume: denied by IAM (STS AssumeRole: AccessDenied: not authorized to perform: sts:AssumeRole)`, "\n", "\n@")
	want = "@" + want
	for _, id := range []string{"1", "2", "3"} {
		want = strings.ReplaceAll(want, "@"+id+" ", strings.Repeat(id, 12)+" ")
	}
	if got := s.text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	first := fake.Calls("sts:AssumeRole")[0]
	if first.Form.Get("ExternalId") != "secret" || !strings.HasSuffix(first.Form.Get("RoleArn"), ":role/audit/reader") || first.Form.Get("RoleSessionName") != "parapet" {
		t.Errorf("assumed as %v", first.Form)
	}
	for _, c := range fake.Calls("ec2:DescribeVolumes") {
		if c.Account == "333333333333" {
			t.Errorf("asked %v", c)
		}
	}
}

// TestResume: what is done is not asked for, and an account that is done is not
// signed in to.
func TestResume(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
	fake.Always("organizations:ListAccounts", tftest.JSONError(400, "AccessDeniedException", "no"))
	o := options(t, fake, time.Minute, volumes())
	o.Accounts, o.Role = []string{"222222222222", "333333333333"}, "r"
	o.Regions = []string{"eu-west-1", "eu-west-2"}
	var last atomic.Pointer[aws.Event]
	o.Progress = func(e aws.Event) { last.Store(&e) }
	s := run(t, o, &sink{done: func(s aws.Scope) bool { return s.Account == "222222222222" || s.Region == "eu-west-1" }})
	if got, want := s.text(), "333333333333 eu-west-2 aws_ebs_volume: complete vol-1"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := len(fake.Calls("sts:AssumeRole")); n != 1 {
		t.Errorf("%d roles were assumed, want 1", n)
	}
	if e := last.Load(); e == nil || e.Done != 4 || e.Known != 4 || e.Entered != 2 || e.Accounts != 2 {
		t.Errorf("progress ends with %+v", e)
	}
}

// TestCancel: a scope that was interrupted is not put, and Run says why.
func TestCancel(t *testing.T) {
	fake := tftest.FakeAWS(t)
	ctx, cancel := context.WithCancel(t.Context())
	fake.On("ec2:DescribeVolumes", func(tftest.Call) tftest.Answer {
		cancel()
		return tftest.Answer{Body: oneVolume, Delay: time.Minute}
	})
	o := options(t, fake, time.Minute, volumes(), parts("aws_part", "a"))
	c := aws.New(o)
	plan, err := c.Discover(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	if err := c.Run(ctx, plan, s); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if got := s.text(); got != "" {
		t.Errorf("put %s", got)
	}
}

// TestSinkError: what the sink cannot keep ends the run.
func TestSinkError(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
	c := aws.New(options(t, fake, time.Minute, volumes()))
	plan, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	if err := c.Run(t.Context(), plan, &sink{fail: full}); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
}

// TestPanic: a collector that panics costs its scope only.
func TestPanic(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
	bad := volumes()
	bad.Name = "aws_bad"
	bad.Collect = func(ctx context.Context, _ *aws.Session, out *aws.Out) error {
		return aws.Each(ctx, out, []*int{nil}, func(_ context.Context, p *int) error { *p++; return nil })
	}
	s := run(t, options(t, fake, time.Minute, bad, volumes()), &sink{})
	got := s.text()
	if !strings.Contains(got, "aws_ebs_volume: complete vol-1") || !strings.Contains(got, "aws_bad: error (the collector panicked: runtime error: invalid memory address or nil pointer dereference at run_test.go:") {
		t.Errorf("got\n%s", got)
	}
}
