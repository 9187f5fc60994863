//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	lbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// The examples are of this account and Region, where they say any.
const (
	exampleAccount = "111122223333"
	exampleRegion  = "eu-west-1"
)

// clientConfig is for clients of the mock.
func clientConfig(url string) aws.Config {
	return aws.Config{Region: exampleRegion, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

func bucketClient(url string) *s3.Client {
	return s3.NewFromConfig(clientConfig(url), func(o *s3.Options) { o.UsePathStyle = true })
}

// need makes a failed call fail the test.
func need[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// surroundings makes what the examples only name in the mock, and returns what writes
// them about it: ids and ARNs that AWS chooses are replaced.
func surroundings(t *testing.T, url string) *strings.Replacer {
	t.Helper()
	cfg, ctx := clientConfig(url), t.Context()
	network := ec2.NewFromConfig(cfg)
	vpc := *need[*ec2.CreateVpcOutput](t)(network.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
	subnet := func(cidr, zone string) string {
		return *need[*ec2.CreateSubnetOutput](t)(network.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: &zone})).Subnet.SubnetId
	}
	one, two := subnet("10.0.200.0/24", exampleRegion+"a"), subnet("10.0.201.0/24", exampleRegion+"b")
	group := *need[*ec2.CreateSecurityGroupOutput](t)(network.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("named"), Description: aws.String("named by examples"), VpcId: &vpc,
	})).GroupId
	pairs := []string{
		"vpc-0123456789abcdef0", vpc, "subnet-0123456789abcdef0", one, "subnet-0fedcba9876543210", two, "sg-0123456789abcdef0", group,
		"ami-0123456789abcdef0", "ami-12c6146b", // one that the mock knows
	}

	balancers := elasticloadbalancingv2.NewFromConfig(cfg)
	for _, b := range []struct {
		short, name string
		kind        lbtypes.LoadBalancerTypeEnum
		protocol    lbtypes.ProtocolEnum
		port        int32
	}{
		{"app", "web", lbtypes.LoadBalancerTypeEnumApplication, lbtypes.ProtocolEnumHttp, 80},
		{"net", "mqtt", lbtypes.LoadBalancerTypeEnumNetwork, lbtypes.ProtocolEnumTcp, 1883},
		{"net", "db", lbtypes.LoadBalancerTypeEnumNetwork, lbtypes.ProtocolEnumTcp, 5432},
		{"gwy", "inspect", lbtypes.LoadBalancerTypeEnumGateway, lbtypes.ProtocolEnumGeneve, 6081},
	} {
		out := need[*elasticloadbalancingv2.CreateLoadBalancerOutput](t)(balancers.CreateLoadBalancer(ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{
			Name: &b.name, Type: b.kind, Subnets: []string{one, two},
		}))
		arn := "arn:aws:elasticloadbalancing:" + exampleRegion + ":" + exampleAccount + ":loadbalancer/" + b.short + "/" + b.name + "/0123456789abcdef"
		pairs = append(pairs, arn, *out.LoadBalancers[0].LoadBalancerArn)
		group := need[*elasticloadbalancingv2.CreateTargetGroupOutput](t)(balancers.CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
			Name: &b.name, VpcId: &vpc, Protocol: b.protocol, Port: aws.Int32(b.port),
		}))
		arn = "arn:aws:elasticloadbalancing:" + exampleRegion + ":" + exampleAccount + ":targetgroup/" + b.name + "/0123456789abcdef"
		pairs = append(pairs, arn, *group.TargetGroups[0].TargetGroupArn)
	}
	pairs = append(pairs, "arn:aws:acm:"+exampleRegion+":"+exampleAccount+":certificate/01234567-89ab-cdef-0123-456789abcdef", certificate(t, url))
	secrets := secretsmanager.NewFromConfig(cfg)
	for name, suffix := range map[string]string{"database": "a1b2c3", "api": "d4e5f6"} {
		made := "named-" + name // an example makes one called database
		out := need[*secretsmanager.CreateSecretOutput](t)(secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &made}))
		pairs = append(pairs, "arn:aws:secretsmanager:"+exampleRegion+":"+exampleAccount+":secret:"+name+"-"+suffix, *out.ARN)
	}
	identities(t, url)
	buckets := bucketClient(url)
	for _, name := range []string{"example-audit", "example-drop", "example-logs", "example-shared"} {
		need[*s3.CreateBucketOutput](t)(buckets.CreateBucket(ctx, &s3.CreateBucketInput{
			Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: exampleRegion},
		}))
	}
	return strings.NewReplacer(pairs...)
}

// certificate makes one of ACM, of which nothing else here has a client.
func certificate(t *testing.T, url string) string {
	t.Helper()
	req := need[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"DomainName": "example.com"}`)))
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20270101/"+exampleRegion+"/acm/aws4_request, SignedHeaders=host, Signature=none")
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "CertificateManager.RequestCertificate")
	resp := need[*http.Response](t)(http.DefaultClient.Do(req))
	defer resp.Body.Close()
	var out struct{ CertificateArn string }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.CertificateArn == "" {
		t.Fatalf("%v %s", err, resp.Status)
	}
	return out.CertificateArn
}

// identities makes the roles, users, groups, policies and functions.
func identities(t *testing.T, url string) {
	t.Helper()
	cfg, ctx := clientConfig(url), t.Context()
	people := iam.NewFromConfig(cfg)
	trust := aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}`)
	for _, name := range []string{"app", "suspect", "eks-cluster"} {
		need[*iam.CreateRoleOutput](t)(people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: trust}))
	}
	need[*iam.CreateUserOutput](t)(people.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("legacy")}))
	for _, name := range []string{"everyone", "operators"} {
		need[*iam.CreateGroupOutput](t)(people.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &name}))
	}
	read := aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`)
	for _, name := range []string{"AdministratorAccess", "boundary"} {
		need[*iam.CreatePolicyOutput](t)(people.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: read}))
	}
	functions := lambda.NewFromConfig(cfg)
	for _, name := range []string{"api", "open"} {
		need[*lambda.CreateFunctionOutput](t)(functions.CreateFunction(ctx, &lambda.CreateFunctionInput{
			FunctionName: &name, Handler: aws.String("index.handler"), Runtime: lambdatypes.RuntimeNodejs22x,
			Role: aws.String("arn:aws:iam::" + exampleAccount + ":role/app"), Code: &lambdatypes.FunctionCode{ZipFile: emptyZip(t)},
		}))
	}
}

func emptyZip(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("index.js"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// nothing is named.
func nothing(*testing.T, string) *strings.Replacer { return strings.NewReplacer() }
