package aws

import (
	"context"
	"errors"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// defaultRegions are those that every account of the commercial partition has
// enabled and cannot disable. They are the regions of an account of which
// nothing else is known.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var defaultRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// DiscoveryActions are the IAM actions that a run needs besides its collectors'.
var DiscoveryActions = []string{
	"account:ListRegions",
	"ec2:DescribeRegions",
	"organizations:ListAccounts",
	"organizations:ListAccountsForParent",
	"organizations:ListOrganizationalUnitsForParent",
	"organizations:ListRoots",
}

// regions finds the regions of an account. Where the account does not tell, they
// are those of the caller, whose list most organizations share; there may be more.
func (c *Collector) regions(ctx context.Context, as *accountSession, a Account, failed error) (Account, error) {
	why := failed
	if failed == nil {
		enabled, disabled, err := findRegions(ctx, as.in(homeRegion(as.partition)))
		if why = err; err == nil {
			a.Regions, a.Disabled = enabled, disabled
			return a, nil
		}
	}
	enabled, err := OncePerAccount(ctx, c.self.in(homeRegion(c.self.partition)), "regions", func(ctx context.Context) ([]string, error) {
		enabled, _, err := findRegions(ctx, c.self.in(homeRegion(c.self.partition)))
		return enabled, err
	})
	if err != nil {
		enabled = []string{homeRegion(c.self.partition)}
		if c.self.partition == "aws" {
			enabled = defaultRegions
		}
	}
	a.Regions = enabled
	status, detail := Classify(why)
	if status == RegionOff { // it is not a region's fault
		status = Failed
	}
	a.Unlisted = Unlisted{status, "the Regions of the account could not be listed: " + detail}
	return a, failed
}

// unlisted puts the scopes that stand for the regions which nobody knows, and
// returns the others.
func (c *Collector) unlisted(a Account, scopes []Scope, accounts int, sink Sink) ([]Scope, error) {
	regional := map[string]bool{}
	for _, t := range c.options.Types {
		regional[t.Name] = t.Reach == Regional
	}
	var rest []Scope
	for _, s := range scopes {
		if s.Region != Global || !regional[s.Type] {
			rest = append(rest, s)
			continue
		}
		if err := sink.Put(Outcome{Scope: s, Status: a.Unlisted.Status, Detail: a.Unlisted.Detail}); err != nil {
			return nil, err
		}
		c.report(Event{Scope: s, Status: a.Unlisted.Status}, accounts)
	}
	return rest, nil
}

// signIn makes the session of an account: the caller's own, or by its role.
func (c *Collector) signIn(ctx context.Context, id string) (*accountSession, error) {
	if id == c.self.id {
		return c.self, nil
	}
	o := c.options
	arn := "arn:" + c.self.partition + ":iam::" + id + ":role/" + o.Role
	provider := stscreds.NewAssumeRoleProvider(Client(c.self.in(c.self.cfg.Region), sts.NewFromConfig), arn, func(r *stscreds.AssumeRoleOptions) {
		r.RoleSessionName = o.SessionName
		if o.ExternalID != "" {
			r.ExternalID = &o.ExternalID
		}
	})
	cfg := c.self.cfg.Copy()
	cfg.Credentials = sdk.NewCredentialsCache(provider)
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, err
	}
	return c.newAccountSession(id, c.self.partition, cfg), nil
}

// errNoRegion is a list of regions that cannot be one: no account has none.
var errNoRegion = errors.New("there is none")

// findRegions fills in the regions of an account and those that it has not
// enabled. It tries the account's own list, then EC2's; the list may be shorter
// than the truth for nobody, since AWS sends all in one of few pages.
func findRegions(ctx context.Context, s *Session) (enabled, disabled []string, err error) {
	p := account.NewListRegionsPaginator(Client(s, account.NewFromConfig), &account.ListRegionsInput{})
	for p.HasMorePages() {
		var page *account.ListRegionsOutput
		if page, err = p.NextPage(ctx); err != nil {
			break
		}
		for _, r := range page.Regions {
			switch r.RegionOptStatus {
			case accounttypes.RegionOptStatusEnabled, accounttypes.RegionOptStatusEnabledByDefault, accounttypes.RegionOptStatusDisabling:
				enabled = append(enabled, String(r.RegionName))
			default:
				disabled = append(disabled, String(r.RegionName))
			}
		}
	}
	if err == nil && len(enabled) == 0 {
		err = errNoRegion
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, err
		}
		all := true
		var out *ec2.DescribeRegionsOutput
		if out, err = Client(s, ec2.NewFromConfig).DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: &all}); err != nil {
			return nil, nil, err
		}
		enabled, disabled = nil, nil
		for _, r := range out.Regions {
			if String(r.OptInStatus) == "not-opted-in" {
				disabled = append(disabled, String(r.RegionName))
			} else {
				enabled = append(enabled, String(r.RegionName))
			}
		}
	}
	if len(enabled) == 0 {
		return nil, nil, errNoRegion
	}
	slices.Sort(enabled)
	slices.Sort(disabled)
	return enabled, disabled, nil
}
