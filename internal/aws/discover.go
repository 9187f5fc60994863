package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Plan is what a run covers.
type Plan struct {
	Caller    string // the account whose credentials are used
	CallerARN string
	Partition string
	Accounts  []Account // sorted by id
	LeftOut   []LeftOut // sorted by id
}

// LeftOut is an account that was asked for and is not collected.
type LeftOut struct{ ID, Name, Reason string }

// Discover finds the accounts to collect: those that the options name, those
// below the OUs that they name, every account of the organization if only a
// role is named, and otherwise the caller's own. Accounts that are suspended or
// being closed are left out.
func (c *Collector) Discover(ctx context.Context) (Plan, error) {
	home, plan, err := c.caller(ctx)
	if err != nil {
		return Plan{}, err
	}
	o := c.options
	switch {
	case o.Role == "" && (len(o.OUs) > 0 || slices.ContainsFunc(o.Accounts, func(id string) bool { return id != plan.Caller })):
		return Plan{}, diag.Errorf("aws-role", "other accounts than %s need a role to be assumed", plan.Caller).
			WithHint("name one that is in every account, with --role NAME: arn:%s:iam::ACCOUNT:role/NAME", plan.Partition)
	case o.Role == "":
		plan.Accounts = []Account{{ID: plan.Caller, Regions: o.Regions}}
		return plan, nil
	}
	org, err := readOrganization(ctx, home, len(o.OUs) > 0 || len(o.Accounts) == 0)
	if err != nil {
		if status, detail := Classify(err); len(o.OUs) > 0 || len(o.Accounts) == 0 || ctx.Err() != nil {
			return Plan{}, diag.Errorf("aws-organization", "cannot list the accounts of the organization: %s", detail).
				WithDetail("The answer means: %s.", status).
				WithHint("run in the management account or a delegated administrator's, or name the accounts with --accounts")
		}
	}
	if err := org.choose(&plan, o.Accounts, o.OUs); err != nil {
		return Plan{}, err
	}
	for i := range plan.Accounts {
		plan.Accounts[i].Regions = o.Regions
	}
	return plan, nil
}

// caller asks whose credentials these are.
func (c *Collector) caller(ctx context.Context) (*Session, Plan, error) {
	cfg := c.options.Config
	if cfg.Region == "" {
		cfg.Region = homes["aws"]
	}
	if c.self == nil {
		if err := credentialed(ctx, cfg.Credentials); err != nil {
			return nil, Plan{}, err
		}
		first := c.newAccountSession("", "", cfg)
		me, err := Client(first.in(cfg.Region), sts.NewFromConfig).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		switch {
		case err != nil && unreached(err) && cfg.BaseEndpoint != nil:
			return nil, Plan{}, diag.Errorf("aws-endpoint", "nothing answers at %s: %s", *cfg.BaseEndpoint, innermost(err)).
				WithHint("start the mock or proxy there, or name another --endpoint")
		case err != nil:
			return nil, Plan{}, diag.Errorf("aws-credentials", "cannot tell whose credentials these are: %s", describe(err)).
				WithHint("check them with: aws sts get-caller-identity")
		}
		parts := strings.SplitN(String(me.Arn), ":", 3)
		if len(parts) < 3 || parts[1] == "" {
			return nil, Plan{}, diag.Errorf("aws-credentials", "the caller's ARN %q is not one", String(me.Arn))
		}
		c.self, c.selfARN = c.newAccountSession(String(me.Account), parts[1], cfg), String(me.Arn)
	}
	plan := Plan{Caller: c.self.id, CallerARN: c.selfARN, Partition: c.self.partition}
	return c.self.in(homeRegion(c.self.partition)), plan, nil
}

// credentialed tells that there are no credentials before anything is asked with
// them: it is the commonest mistake, and the SDK's words for it are the last of
// many places where it looked.
func credentialed(ctx context.Context, p sdk.CredentialsProvider) error {
	if p == nil {
		return nil
	}
	_, err := p.Retrieve(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case fromInstance(p):
		return diag.Errorf("aws-credentials", "there are no AWS credentials").
			WithDetail("Neither the environment nor the shared files have any, and this is no instance with a role: %s.", describe(err)).
			WithHint("sign in, as with aws sso login, and name the profile with --profile")
	}
	return diag.Errorf("aws-credentials", "the AWS credentials cannot be used: %s", describe(err)).
		WithHint("sign in anew, as with aws sso login, and see aws sts get-caller-identity")
}

// organization is the tree of accounts, as far as it was asked for.
type organization struct {
	accounts []Account         // with paths, if these were asked for
	state    map[string]string // of accounts, by id, unless ACTIVE
}

// readOrganization lists the accounts; with paths it walks the tree of OUs.
func readOrganization(ctx context.Context, s *Session, paths bool) (*organization, error) {
	c := Client(s, organizations.NewFromConfig)
	org := &organization{state: map[string]string{}}
	if !paths {
		p := organizations.NewListAccountsPaginator(c, &organizations.ListAccountsInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return org, err
			}
			org.add(page.Accounts, nil)
		}
		return org, nil
	}
	roots := organizations.NewListRootsPaginator(c, &organizations.ListRootsInput{})
	for roots.HasMorePages() {
		page, err := roots.NextPage(ctx)
		if err != nil {
			return org, err
		}
		for _, r := range page.Roots {
			if err := org.walk(ctx, c, []string{String(r.Id)}); err != nil {
				return org, err
			}
		}
	}
	return org, nil
}

// walk adds what is below the last element of path.
func (org *organization) walk(ctx context.Context, c *organizations.Client, path []string) error {
	parent := path[len(path)-1]
	accounts := organizations.NewListAccountsForParentPaginator(c, &organizations.ListAccountsForParentInput{ParentId: &parent})
	for accounts.HasMorePages() {
		page, err := accounts.NextPage(ctx)
		if err != nil {
			return err
		}
		org.add(page.Accounts, path)
	}
	units := organizations.NewListOrganizationalUnitsForParentPaginator(c, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent})
	for units.HasMorePages() {
		page, err := units.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, u := range page.OrganizationalUnits {
			if err := org.walk(ctx, c, append(slices.Clone(path), String(u.Id))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (org *organization) add(list []orgtypes.Account, path []string) {
	for _, a := range list {
		org.accounts = append(org.accounts, Account{ID: String(a.Id), Name: String(a.Name), Path: path, Management: manages(a)})
		state := string(a.State)
		if state == "" {
			state = string(a.Status) // State replaces it, and not every endpoint knows that yet
		}
		if state != "" && state != string(orgtypes.AccountStateActive) {
			org.state[String(a.Id)] = strings.ToLower(strings.ReplaceAll(state, "_", " "))
		}
	}
}

// manages reports whether an account is the organization's management account,
// which the ARN of every member names:
// arn:aws:organizations::MANAGEMENT:account/o-ORGANIZATION/MEMBER.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
func manages(a orgtypes.Account) bool {
	parts := strings.Split(String(a.Arn), ":")
	return len(parts) == 6 && parts[4] != "" && parts[4] == String(a.Id)
}

// choose fills the plan with the accounts that were asked for.
func (org *organization) choose(plan *Plan, accounts, units []string) error {
	below := map[string]int{}
	for _, a := range org.accounts {
		for _, u := range a.Path {
			below[u]++
		}
	}
	for _, u := range units {
		if below[u] == 0 {
			return diag.Errorf("aws-ou", "no account is below the OU %q", u).
				WithHint("list them with: aws organizations list-organizational-units-for-parent --parent-id ROOT")
		}
	}
	known := map[string]bool{}
	for _, a := range org.accounts {
		known[a.ID] = true
		all := len(accounts)+len(units) == 0
		if !all && !slices.Contains(accounts, a.ID) && !slices.ContainsFunc(a.Path, func(u string) bool { return slices.Contains(units, u) }) {
			continue
		}
		if state := org.state[a.ID]; state != "" {
			plan.LeftOut = append(plan.LeftOut, LeftOut{a.ID, a.Name, state})
			continue
		}
		plan.Accounts = append(plan.Accounts, a)
	}
	// An account outside of the organization, or one that cannot be listed.
	for _, id := range accounts {
		if !known[id] {
			known[id] = true
			plan.Accounts = append(plan.Accounts, Account{ID: id})
		}
	}
	slices.SortFunc(plan.Accounts, func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(plan.LeftOut, func(a, b LeftOut) int { return strings.Compare(a.ID, b.ID) })
	return nil
}
