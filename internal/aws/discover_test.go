package aws_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// fakeOrganization answers with a root, an OU below it and an OU below that,
// each with one account, and a suspended one; lists have two pages.
func fakeOrganization(fake *tftest.AWS) {
	account := func(n int, state string) string {
		id := strings.Repeat(fmt.Sprint(n), 12)
		return fmt.Sprintf(`{"Id": %[1]q, "Arn": "arn:aws:organizations::111111111111:account/o-1/%[1]s", "Name": "a%[2]d", "Status": %[3]q}`, id, n, state)
	}
	below := map[string][]string{
		"r-root": {account(1, "ACTIVE"), account(5, "SUSPENDED")},
		"ou-one": {account(3, "ACTIVE"), account(2, "ACTIVE")},
		"ou-two": {account(4, "ACTIVE")},
	}
	units := map[string]string{"r-root": "ou-one", "ou-one": "ou-two"}
	paged := func(list []string, body string) tftest.Answer {
		if len(list) > 1 && !strings.Contains(body, "NextToken") {
			return tftest.Answer{Body: fmt.Sprintf(`{"Accounts": [%s], "NextToken": "2"}`, list[0])}
		}
		return tftest.Answer{Body: fmt.Sprintf(`{"Accounts": [%s]}`, strings.Join(list[min(1, len(list)-1):], ","))}
	}
	parent := func(body string) string {
		for p := range below {
			if strings.Contains(body, p) {
				return p
			}
		}
		return ""
	}
	fake.Always("organizations:ListRoots", tftest.Answer{Body: `{"Roots": [{"Id": "r-root"}]}`})
	fake.On("organizations:ListAccountsForParent", func(c tftest.Call) tftest.Answer { return paged(below[parent(c.Body)], c.Body) })
	fake.On("organizations:ListOrganizationalUnitsForParent", func(c tftest.Call) tftest.Answer {
		if u := units[parent(c.Body)]; u != "" {
			return tftest.Answer{Body: fmt.Sprintf(`{"OrganizationalUnits": [{"Id": %q}]}`, u)}
		}
		return tftest.Answer{Body: `{"OrganizationalUnits": []}`}
	})
	fake.On("organizations:ListAccounts", func(c tftest.Call) tftest.Answer {
		var all []string
		for _, p := range []string{"r-root", "ou-one", "ou-two"} {
			all = append(all, below[p]...)
		}
		return paged(all, c.Body)
	})
}

func TestDiscover(t *testing.T) {
	tests := map[string]struct {
		role          string
		accounts, ous []string
		want          string // accounts with paths and * for the management account, those left out behind a dash
		code          string
	}{
		"own account":      {want: "1"},
		"own, by name":     {accounts: []string{"111111111111"}, want: "1"},
		"the organization": {role: "r", want: "1*:r-root 2:r-root/ou-one 3:r-root/ou-one 4:r-root/ou-one/ou-two - 5 suspended"},
		"an OU":            {role: "r", ous: []string{"ou-one"}, want: "2:r-root/ou-one 3:r-root/ou-one 4:r-root/ou-one/ou-two"},
		"OU and account":   {role: "r", ous: []string{"ou-two"}, accounts: []string{"222222222222"}, want: "2:r-root/ou-one 4:r-root/ou-one/ou-two"},
		"accounts":         {role: "r", accounts: []string{"999999999999", "222222222222", "555555555555"}, want: "2 9 - 5 suspended"},
		"no such OU":       {role: "r", ous: []string{"ou-three"}, code: "aws-ou"},
		"no role":          {accounts: []string{"222222222222"}, code: "aws-role"},
		"OU, no role":      {ous: []string{"ou-one"}, code: "aws-role"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fake := tftest.FakeAWS(t)
			fakeOrganization(fake)
			o := options(t, fake, time.Minute)
			o.Role, o.Accounts, o.OUs = tt.role, tt.accounts, tt.ous
			plan, err := aws.New(o).Discover(t.Context())
			if tt.code != "" {
				if d, ok := err.(diag.Diagnostic); !ok || d.Code != tt.code || len(d.Hints) == 0 { //nolint:errorlint // it is not wrapped
					t.Errorf("the error is %v, want %s", err, tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, a := range plan.Accounts {
				word := a.ID[:1]
				if a.Management {
					word += "*"
				}
				if len(a.Path) > 0 {
					word += ":" + strings.Join(a.Path, "/")
				}
				words = append(words, word)
			}
			for _, l := range plan.LeftOut {
				words = append(words, "- "+l.ID[:1]+" "+l.Reason)
			}
			if got := strings.Join(words, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if plan.Caller != "111111111111" || plan.Partition != "aws" {
				t.Errorf("called by %s in %s", plan.Caller, plan.Partition)
			}
		})
	}
}

// TestDiscoverDenied: an organization that cannot be read is an error, unless
// the accounts are named.
func TestDiscoverDenied(t *testing.T) {
	fake := tftest.FakeAWS(t)
	no := tftest.JSONError(400, "AccessDeniedException", "you do not have permissions")
	fake.Always("organizations:ListAccounts", no)
	fake.Always("organizations:ListRoots", no)
	o := options(t, fake, time.Minute)
	o.Role = "r"
	_, err := aws.New(o).Discover(t.Context())
	if err == nil || !strings.Contains(err.Error(), "denied by IAM") {
		t.Errorf("the error is %v", err)
	}
	o.Accounts = []string{"222222222222"}
	plan, err := aws.New(o).Discover(t.Context())
	if err != nil || len(plan.Accounts) != 1 {
		t.Errorf("%v, %v", plan, err)
	}
}

// TestRegions: those that the account has enabled, from its own list, from
// EC2's, or from the caller's account.
func TestRegions(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeVolumes", tftest.EC2Error(401, "AuthFailure", "not validated"))
	fake.Always("organizations:ListAccounts", tftest.JSONError(400, "AccessDeniedException", "no"))
	no := tftest.JSONError(403, "AccessDeniedException", "no")
	fake.On("account:POST /listRegions", func(c tftest.Call) tftest.Answer {
		switch c.Account {
		case "111111111111":
		case "444444444444":
			return tftest.Answer{Body: `{"Regions": []}`}
		default:
			return no
		}
		return tftest.Answer{Body: `{"Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
			{"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"}, {"RegionName": "me-south-1", "RegionOptStatus": "ENABLED"}]}`}
	})
	fake.On("ec2:DescribeRegions", func(c tftest.Call) tftest.Answer {
		switch c.Account {
		case "222222222222":
		case "444444444444":
			return tftest.Answer{Body: `<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>`}
		default:
			return tftest.EC2Error(403, "UnauthorizedOperation", "no")
		}
		return tftest.Answer{Body: `<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>
			<item><regionName>ap-east-1</regionName><optInStatus>not-opted-in</optInStatus></item></regionInfo></DescribeRegionsResponse>`}
	})
	o := options(t, fake, time.Minute, volumes())
	o.Regions, o.Role = nil, "r"
	o.Accounts = []string{"111111111111", "222222222222", "333333333333", "444444444444"}
	s := run(t, o, &sink{})
	// What other regions an account has that does not tell is unknown. In a region that the account lists as enabled, refused credentials are an
	// error; where that is not known, the region is taken to be off.
	want := `111111111111 me-south-1 aws_ebs_volume: error (EC2 DescribeVolumes: AuthFailure: not validated)
111111111111 us-east-1 aws_ebs_volume: error (EC2 DescribeVolumes: AuthFailure: not validated)
222222222222 eu-west-1 aws_ebs_volume: error (EC2 DescribeVolumes: AuthFailure: not validated)
333333333333 - aws_ebs_volume: denied by IAM (the Regions of the account could not be listed: EC2 DescribeRegions: UnauthorizedOperation: no)
333333333333 me-south-1 aws_ebs_volume: region off (EC2 DescribeVolumes: AuthFailure: not validated)
333333333333 us-east-1 aws_ebs_volume: region off (EC2 DescribeVolumes: AuthFailure: not validated)
444444444444 - aws_ebs_volume: error (the Regions of the account could not be listed: there is none)
444444444444 me-south-1 aws_ebs_volume: region off (EC2 DescribeVolumes: AuthFailure: not validated)
444444444444 us-east-1 aws_ebs_volume: region off (EC2 DescribeVolumes: AuthFailure: not validated)`
	if got := s.text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, a := range s.entered {
		if want := map[string]string{"1": "[af-south-1]", "2": "[ap-east-1]", "3": "[]", "4": "[]"}[a.ID[:1]]; fmt.Sprint(a.Disabled) != want {
			t.Errorf("%s has not enabled %v, want %s", a.ID, a.Disabled, want)
		}
	}
}

// TestRegionsKnown: a run that goes on with the regions which another one found
// takes what they answer as that one did.
func TestRegionsKnown(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeVolumes", tftest.EC2Error(401, "AuthFailure", "not validated"))
	o := options(t, fake, time.Minute, volumes())
	for _, tt := range []struct {
		asked    []string
		unlisted aws.Unlisted
		want     string
	}{
		{nil, aws.Unlisted{}, "eu-west-1: error"},
		{nil, aws.Unlisted{Status: aws.DeniedByIAM, Detail: "no"}, "-: denied by IAM; eu-west-1: region off"},
		{[]string{"eu-west-1"}, aws.Unlisted{}, "eu-west-1: region off"},
	} {
		o.Regions = tt.asked
		c := aws.New(o)
		plan, err := c.Discover(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plan.Accounts[0].Regions, plan.Accounts[0].Unlisted = []string{"eu-west-1"}, tt.unlisted
		s := &sink{}
		if err := c.Run(t.Context(), plan, s); err != nil {
			t.Fatal(err)
		}
		var got []string
		for scope, out := range s.outcomes {
			got = append(got, cmp.Or(scope.Region, "-")+": "+string(out.Status))
		}
		slices.Sort(got)
		if text := strings.Join(got, "; "); text != tt.want {
			t.Errorf("asked for %v: %s, want %s", tt.asked, text, tt.want)
		}
	}
}

// TestReadPolicy: the policy is one that IAM takes, and holds what is declared.
func TestReadPolicy(t *testing.T) {
	text, err := aws.ReadPolicy([]aws.Type{volumes(), parts("aws_part")}, "aws-cn", "audit/reader")
	if err != nil {
		t.Fatal(err)
	}
	if _, ds := iam.Parse(text, "policy.json", iam.ProfileIdentity); len(ds) > 0 {
		t.Errorf("%v in\n%s", ds, text)
	}
	for _, want := range []string{`"ec2:DescribeVolumes",`, `"ec2:DescribeVolumeAttribute",`, `"arn:aws-cn:iam::*:role/audit/reader"`, `"organizations:ListAccounts"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Count(string(text), "ec2:DescribeVolumes\"") != 1 {
		t.Errorf("an action stands twice in\n%s", text)
	}
}
