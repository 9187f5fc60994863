package collect

import (
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// lambdaFake is a region with three functions, the second of which answers
// nothing about itself.
func lambdaFake(t *testing.T) *tftest.AWS {
	t.Helper()
	fake := tftest.FakeAWS(t)
	fake.Always("lambda:GET /2015-03-31/functions", tftest.Answer{Body: `{"Functions": [
		{"FunctionName": "one", "FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:one", "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}},
		{"FunctionName": "closed", "FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:closed"},
		{"FunctionName": "two", "FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:two"}]}`})
	return fake
}

var lambdaNo = tftest.Answer{
	Status: 403, Body: `{"__type": "AccessDeniedException", "Message": "User is not authorized to perform this with an explicit deny in an identity-based policy"}`,
}

// TestLambdaURL: the mock does not list URLs. Those of aliases are found too, on
// every page, and a function that denies loses its own only.
func TestLambdaURL(t *testing.T) {
	fake := lambdaFake(t)
	fake.On("lambda:GET /2021-10-31/functions/one/urls", func(c tftest.Call) tftest.Answer {
		if c.Nth == 1 {
			return tftest.Answer{Body: `{"NextMarker": "more", "FunctionUrlConfigs": [{
				"FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:one", "FunctionUrl": "https://abc.lambda-url.us-east-1.on.aws/",
				"AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": {"AllowOrigins": ["*"], "AllowMethods": ["POST", "GET"], "MaxAge": 5}}]}`}
		}
		return tftest.Answer{Body: `{"FunctionUrlConfigs": [{
			"FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:one:live", "FunctionUrl": "https://def.lambda-url.us-east-1.on.aws/",
			"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"}]}`}
	})
	fake.Always("lambda:GET /2021-10-31/functions/closed/urls", lambdaNo)
	fake.Always("lambda:GET /2021-10-31/functions/two/urls", tftest.Answer{Body: `{"FunctionUrlConfigs": []}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lambda_function_url")["aws_lambda_function_url"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	if g := got.Gaps[0]; g.Type != "aws_lambda_function" || g.ID != "closed" || g.Status != aws.DeniedByIAM {
		t.Errorf("the gap is %+v", g)
	}
	same(t, got.Resources[0].Values, `{
		"id": "one", "authorization_type": "NONE", "function_arn": "arn:aws:lambda:us-east-1:111111111111:function:one", "function_name": "one",
		"function_url": "https://abc.lambda-url.us-east-1.on.aws/", "invoke_mode": "BUFFERED", "url_id": "abc",
		"cors": [{"allow_headers": [], "allow_methods": ["GET", "POST"], "allow_origins": ["*"], "expose_headers": [], "max_age": 5}]}`)
	same(t, got.Resources[1].Values, `{
		"id": "one/live", "authorization_type": "AWS_IAM", "function_arn": "arn:aws:lambda:us-east-1:111111111111:function:one:live",
		"function_name": "one", "function_url": "https://def.lambda-url.us-east-1.on.aws/", "invoke_mode": "RESPONSE_STREAM", "url_id": "def",
		"cors": [], "qualifier": "live"}`)
}

// TestLambdaURLUnsupported: a mock or gateway that knows functions and not their
// URLs answers with a web page. That is no function without URLs.
func TestLambdaURLUnsupported(t *testing.T) {
	fake := lambdaFake(t)
	for _, name := range []string{"one", "closed", "two"} {
		fake.Always("lambda:GET /2021-10-31/functions/"+name+"/urls", tftest.Answer{Status: 404, Type: "text/html; charset=utf-8", Body: "<!doctype html><title>404 Not Found</title>"})
	}
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lambda_function_url")["aws_lambda_function_url"]
	if got.Status != aws.Unsupported || got.Detail == "" || len(got.Resources) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestLambdaPermission: policies of functions and aliases are taken apart, and
// the forms of principals and conditions told.
func TestLambdaPermission(t *testing.T) {
	fake := lambdaFake(t)
	fake.Always("lambda:GET /2015-03-31/functions/one/aliases", tftest.Answer{Body: `{"Aliases": [{"Name": "live"}]}`})
	fake.Always("lambda:GET /2015-03-31/functions/closed/aliases", tftest.Answer{Body: `{"Aliases": []}`})
	fake.Always("lambda:GET /2015-03-31/functions/two/aliases", tftest.Answer{Body: `{"Aliases": []}`})
	n := 0
	fake.On("lambda:GET /2015-03-31/functions/one/policy", func(tftest.Call) tftest.Answer {
		n++
		if n == 1 {
			return tftest.Answer{Body: `{"Policy": "{\"Statement\": [{\"Sid\": \"all\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"lambda:InvokeFunctionUrl\", \"Condition\": {\"StringEquals\": {\"lambda:FunctionUrlAuthType\": \"NONE\"}}}]}"}`}
		}
		return tftest.Answer{Body: `{"Policy": "{\"Statement\": [{\"Sid\": \"s3\", \"Effect\": \"Allow\", \"Principal\": {\"Service\": \"s3.amazonaws.com\"}, \"Action\": \"lambda:InvokeFunction\", \"Condition\": {\"StringEquals\": {\"AWS:SourceAccount\": \"111111111111\"}, \"ArnLike\": {\"AWS:SourceArn\": \"arn:aws:s3:::b\"}}}]}"}`}
	})
	fake.Always("lambda:GET /2015-03-31/functions/closed/policy", lambdaNo)
	fake.Always("lambda:GET /2015-03-31/functions/two/policy", tftest.Answer{Status: 404, Body: `{"__type": "ResourceNotFoundException", "Message": "none"}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lambda_permission")["aws_lambda_permission"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 || got.Gaps[0].ID != "closed" {
		t.Fatalf("%+v", got)
	}
	same(t, got.Resources[0].Values, `{
		"id": "one/all", "action": "lambda:InvokeFunctionUrl", "function_name": "one", "function_url_auth_type": "NONE", "principal": "*", "statement_id": "all"}`)
	same(t, got.Resources[1].Values, `{
		"id": "one:live/s3", "action": "lambda:InvokeFunction", "function_name": "one", "principal": "s3.amazonaws.com", "qualifier": "live",
		"source_account": "111111111111", "source_arn": "arn:aws:s3:::b", "statement_id": "s3"}`)
}

// TestLambdaFunctionDenied: what only the function itself tells is unknown where
// it does not answer, and an empty VPC configuration is none.
func TestLambdaFunctionDenied(t *testing.T) {
	fake := lambdaFake(t)
	fake.Always("lambda:GET /2015-03-31/functions/one", tftest.Answer{Body: `{"Configuration": {}, "Tags": {"Owner": "me", "aws:x": "y"}, "Concurrency": {"ReservedConcurrentExecutions": 3}}`})
	fake.Always("lambda:GET /2015-03-31/functions/closed", lambdaNo)
	fake.Always("lambda:GET /2015-03-31/functions/two", tftest.Answer{Status: 404, Body: `{"__type": "ResourceNotFoundException", "Message": "none"}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lambda_function")["aws_lambda_function"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	if g := got.Gaps[0]; g.ID != "closed" || !slices.Equal(g.Attributes, []string{"image_uri", "reserved_concurrent_executions", "tags"}) {
		t.Errorf("the gap is %+v", g)
	}
	one := got.Resources[1].Values
	if n := len(one["vpc_config"].([]any)); one["id"] != "one" || n != 0 {
		t.Errorf("%v", one)
	}
	same(t, map[string]any{"tags": one["tags"], "reserved": one["reserved_concurrent_executions"]}, `{"tags": {"Owner": "me"}, "reserved": 3}`)
}
