//go:build e2e

package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// organization is a client of the mock's Organizations.
func organization(url string) *organizations.Client {
	return organizations.New(organizations.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// attached returns the content of the policies that are attached to a target,
// by name.
func attached(t *testing.T, client *organizations.Client, target string) map[string]string {
	t.Helper()
	list, err := client.ListPoliciesForTarget(t.Context(), &organizations.ListPoliciesForTargetInput{
		TargetId: aws.String(target), Filter: "SERVICE_CONTROL_POLICY",
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range list.Policies {
		d, err := client.DescribePolicy(t.Context(), &organizations.DescribePolicyInput{PolicyId: p.Id})
		if err != nil {
			t.Fatal(err)
		}
		out[aws.ToString(p.Name)] = aws.ToString(d.Policy.Content)
	}
	return out
}
