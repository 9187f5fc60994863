package collect

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
)

// kept is a sink that keeps all.
type kept struct {
	mu       sync.Mutex
	outcomes []aws.Outcome
}

func (k *kept) Enter(aws.Account, []aws.Scope) error { return nil }
func (k *kept) Done(aws.Scope) bool                  { return false }

func (k *kept) Put(o aws.Outcome) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.outcomes = append(k.outcomes, o)
	return nil
}

// mock is the configuration of a mock, or of a fake, at url.
func mock(t *testing.T, url string) sdk.Config {
	t.Helper()
	nobody(t)
	return configure(t, url)
}

// nobody sets credentials and region of nobody: the tests run in any environment.
func nobody(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
}

func configure(t *testing.T, url string) sdk.Config {
	t.Helper()
	cfg, err := aws.Load(t.Context(), aws.LoadOptions{Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider("test", "test", "")
	return cfg
}

// collectFrom collects types in one region of the mock's own account, and holds
// what comes out to what the rows promise.
func collectFrom(t *testing.T, cfg sdk.Config, region string, types ...string) map[string]aws.Outcome {
	t.Helper()
	rows, missing := aws.Select(Types(), types)
	if len(missing) > 0 {
		t.Fatalf("no collector: %v", missing)
	}
	var mu sync.Mutex
	calls := map[string]map[string]bool{}
	c := aws.New(aws.Options{
		Config: cfg, Types: rows, Regions: []string{region}, Clock: aws.Clock{Now: time.Now},
		Observe: func(s aws.Scope, service, operation string) {
			mu.Lock()
			defer mu.Unlock()
			if calls[s.Type] == nil {
				calls[s.Type] = map[string]bool{}
			}
			calls[s.Type][service+":"+operation] = true
		},
	})
	plan, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{}
	if err := c.Run(t.Context(), plan, k); err != nil {
		t.Fatal(err)
	}
	byType := map[string]aws.Outcome{}
	for _, o := range k.outcomes {
		byType[o.Scope.Type] = o
		for _, r := range o.Resources {
			promised(t, r)
		}
	}
	for _, row := range rows {
		for call := range calls[row.Name] {
			if action := actionOf(call); !slices.Contains(row.Actions, action) {
				t.Errorf("%s calls %s and does not declare %s", row.Name, call, action)
			}
		}
	}
	return byType
}

// promised checks that every value lies at a filled path.
func promised(t *testing.T, r *resource.Resource) {
	t.Helper()
	var walk func(path string, v any)
	walk = func(path string, v any) {
		if slices.ContainsFunc(r.Filled, func(f string) bool { return f == path }) {
			return
		}
		above := slices.ContainsFunc(r.Filled, func(f string) bool { return strings.HasPrefix(f, path+".") || strings.HasPrefix(f, path+"[") })
		switch v := v.(type) {
		case map[string]any:
			if above {
				for k, e := range v {
					walk(path+"."+k, e)
				}
				return
			}
		case []any:
			if above {
				for _, e := range v {
					walk(path+"[]", e)
				}
				return
			}
		}
		t.Errorf("%s: %s is set and not filled", r.Address, path)
	}
	for k, v := range r.Values {
		walk(k, v)
	}
}

// actionNames are the IAM actions of calls that are named otherwise, and the
// prefixes of services that the SDK names otherwise.
var (
	actionNames = map[string]string{
		"s3:ListBuckets":          "s3:ListAllMyBuckets",
		"s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",

		"apigateway:GetApis":     "apigateway:GET",
		"apigateway:GetRestApis": "apigateway:GET",
		"apigateway:GetStages":   "apigateway:GET",

		"s3:GetBucketEncryption":        "s3:GetEncryptionConfiguration",
		"s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",

		"s3-control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
	}
	prefixes = map[string]string{
		"API Gateway":     "apigateway",
		"AccessAnalyzer":  "access-analyzer",
		"ApiGatewayV2":    "apigateway",
		"Auto Scaling":    "autoscaling",
		"CloudWatch Logs": "logs",
		"Config Service":  "config",
		"EFS":             "elasticfilesystem",
		"OpenSearch":      "es",
		"Route 53":        "route53",
		"SFN":             "states",

		"Elastic Load Balancing v2": "elasticloadbalancing",
		"Secrets Manager":           "secretsmanager",
	}
)

// actionOf is the IAM action of a call, as service:operation of the SDK.
func actionOf(call string) string {
	service, operation, _ := strings.Cut(call, ":")
	prefix := strings.ToLower(strings.ReplaceAll(service, " ", "-"))
	if p := prefixes[service]; p != "" {
		prefix = p
	}
	if a := actionNames[prefix+":"+operation]; a != "" {
		return a
	}
	return prefix + ":" + operation
}
