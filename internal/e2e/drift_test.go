//go:build e2e

package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/finding"
)

// drifted compares a snapshot with the stack, and lists what differs or cannot be
// compared.
func drifted(t *testing.T, snap, state string) []string {
	t.Helper()
	var r finding.Report
	readJSON(t, []byte(parapet(t, 0, "drift", snap, state, "--format", "json", "--fail-on", "none")), &r)
	if r.Summary.Passed < 40 {
		t.Errorf("only %d resources are the same", r.Summary.Passed)
	}
	var list []string
	for _, f := range r.Findings {
		list = append(list, f.Policy+" "+f.Resource.Address+" "+string(f.Status)+": "+f.Message)
	}
	return list
}

// untouched: what nobody has changed has not drifted, in whatever way its parts
// are written, and all that the stack makes is known to be its own.
func (f faulty) untouched(t *testing.T) {
	for _, d := range drifted(t, f.dir, filepath.Join(f.stack, "terraform.tfstate")) {
		t.Error(d)
	}
	var r finding.Report
	readJSON(t, []byte(parapet(t, 1, append([]string{"audit", f.dir, "--terraform", f.stack, "--format", "json"}, livePolicies...)...)), &r)
	managed, others := map[string]bool{}, map[string]bool{}
	for _, x := range r.Findings {
		if x.Resource.Address == "" {
			continue
		}
		if x.Owner == nil {
			t.Errorf("it is not said whose %s is", x.Resource.Address)
		} else if x.Owner.Managed {
			managed[x.Resource.Type] = true
		} else {
			others[x.Resource.Type] = true
		}
	}
	for _, typ := range []string{"aws_ebs_volume", "aws_s3_bucket", "aws_iam_role", "aws_instance", "aws_vpc_security_group_ingress_rule", "aws_security_group"} {
		if !managed[typ] || others[typ] && typ != "aws_security_group" {
			t.Errorf("%s is nobody's, of a stack that has all of them", typ)
		}
	}
}

// touched: a rule that is added by hand, and one that is taken away.
func (f faulty) touched(t *testing.T) {
	client := ec2.NewFromConfig(mockConfig(f.mock))
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"apart", "classic"}}},
	})
	if err != nil || len(groups.SecurityGroups) != 2 {
		t.Fatal(groups, err)
	}
	for _, g := range groups.SecurityGroups {
		if *g.GroupName == "apart" {
			_, err = client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: g.GroupId, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(3389), ToPort: aws.Int32(3389), CidrIp: aws.String("0.0.0.0/0"),
			})
		} else {
			_, err = client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: g.GroupId, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), CidrIp: aws.String("10.2.0.0/16"),
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	snap := filepath.Join(t.TempDir(), "touched")
	parapet(t, 0, "snapshot", "--endpoint", f.mock, "--regions", "us-east-1", "--all", "--out", snap)
	got := drifted(t, snap, filepath.Join(f.stack, "terraform.tfstate"))
	want := []string{
		`drift aws_security_group.apart violation: ingress is ["tcp 3389 0.0.0.0/0"], Terraform says not set`,
		`drift aws_security_group_rule.web violation: cidr_blocks is ["10.1.0.0/16"], Terraform says ["10.1.0.0/16","10.2.0.0/16"]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("drift tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
