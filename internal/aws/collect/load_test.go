//go:build e2e

package collect

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

const (
	loadAccounts = 200
	loadJobs     = 16

	// loadTries is how often a rate is measured, at most. Others on the machine
	// make now the one slower and now the other, so one good time is enough.
	loadTries = 5
)

var loadRegions = []string{"eu-west-1", "us-east-1"}

// counting is a sink that counts, and watches the memory that lives on.
type counting struct {
	t               *testing.T
	calls, complete atomic.Int64
	peak            atomic.Uint64
}

func (c *counting) Enter(aws.Account, []aws.Scope) error { return nil }
func (c *counting) Done(aws.Scope) bool                  { return false }

func (c *counting) Put(o aws.Outcome) error {
	c.calls.Add(int64(o.Calls))
	if o.Status != aws.Complete {
		c.t.Errorf("%v: %s %s", o.Scope, o.Status, o.Detail)
	}
	if c.complete.Add(1)%100 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.peak.Store(max(c.peak.Load(), m.Sys))
	}
	return nil
}

var loadTypes = []string{
	"aws_db_instance", "aws_ebs_encryption_by_default", "aws_iam_account_password_policy", "aws_iam_role", "aws_security_group",
}

// loadOrganization makes an organization of loadAccounts accounts on a mock.
func loadOrganization(t *testing.T) (url string, cfg sdk.Config) {
	t.Helper()
	url = tftest.Moto(t)
	cfg = mock(t, url)
	org := organizations.NewFromConfig(cfg)
	if _, err := org.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{}); err != nil {
		t.Fatal(err)
	}
	for i := range loadAccounts - 1 {
		name, mail := fmt.Sprintf("a%d", i), fmt.Sprintf("a%d@example.com", i)
		if _, err := org.CreateAccount(t.Context(), &organizations.CreateAccountInput{AccountName: &name, Email: &mail}); err != nil {
			t.Fatal(err)
		}
	}
	return url, cfg
}

// TestLoad collects an organization of 200 accounts in two regions: at least 0.8
// of the rate of a bare loop over the same calls, in less than 150 MB.
func TestLoad(t *testing.T) {
	_, cfg := loadOrganization(t)
	rows, _ := aws.Select(Types(), loadTypes)
	c := aws.New(aws.Options{
		Config: cfg, Types: rows, Role: "audit", Regions: loadRegions, Jobs: loadJobs, Clock: aws.Clock{Now: time.Now},
	})
	plan, err := c.Discover(t.Context())
	if err != nil || len(plan.Accounts) != loadAccounts {
		t.Fatalf("%d accounts, %v", len(plan.Accounts), err)
	}
	bareRate(t, cfg, plan) // the mock makes an account's defaults when it is first asked
	slow := bareRate(t, cfg, plan)
	best := 0.0
	for range loadTries {
		sink := &counting{t: t}
		start := time.Now()
		if err := c.Run(t.Context(), plan, sink); err != nil {
			t.Fatal(err)
		}
		// Its calls and the roles that it assumed, as the bare loop counts.
		rate := float64(sink.calls.Load()+loadAccounts-1) / time.Since(start).Seconds()
		after := bareRate(t, cfg, plan)
		bare := (slow + after) / 2
		slow, best = after, max(best, rate/bare)
		t.Logf("%d scopes, %d calls: %.0f calls/s, bare %.0f, ratio %.2f; %d MB from the system",
			sink.complete.Load(), sink.calls.Load(), rate, bare, rate/bare, sink.peak.Load()>>20)
		if want := int64(loadAccounts * (2 + 3*len(loadRegions))); sink.complete.Load() != want {
			t.Errorf("%d scopes, want %d", sink.complete.Load(), want)
		}
		if peak := sink.peak.Load(); peak > 150<<20 {
			t.Errorf("%d MB are more than 150", peak>>20)
		}
		if best >= 0.8 {
			return
		}
	}
	t.Errorf("at best %.2f of the bare loop's rate, less than 0.8", best)
}

// bareRate makes the same calls by a loop over the SDK.
func bareRate(t *testing.T, cfg sdk.Config, plan aws.Plan) float64 {
	t.Helper()
	var calls atomic.Int64
	start := time.Now()
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(loadJobs)
	for _, a := range plan.Accounts {
		g.Go(func() error {
			cfg := cfg.Copy()
			if a.ID != plan.Caller {
				arn := "arn:aws:iam::" + a.ID + ":role/audit"
				cfg.Credentials = sdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), arn))
				calls.Add(1)
			}
			return bareAccount(ctx, cfg, &calls)
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return float64(calls.Load()) / time.Since(start).Seconds()
}

func bareAccount(ctx context.Context, cfg sdk.Config, calls *atomic.Int64) error {
	global := iam.NewFromConfig(cfg, func(o *iam.Options) { o.Region = "us-east-1" })
	calls.Add(2)
	if _, err := global.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{iamtypes.EntityTypeRole}}); err != nil {
		return err
	}
	// It has none, which is an error.
	_, _ = global.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	for _, r := range loadRegions {
		calls.Add(3)
		c := ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region = r })
		if _, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{}); err != nil {
			return err
		}
		if _, err := c.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{}); err != nil {
			return err
		}
		if _, err := rds.NewFromConfig(cfg, func(o *rds.Options) { o.Region = r }).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{}); err != nil {
			return err
		}
	}
	return nil
}
