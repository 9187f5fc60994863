package collect

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestStateMachine: the provider waits for the mock's machines for minutes. One
// that is deleted while it is read is left out.
func TestStateMachine(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.On("states:ListStateMachines", func(c tftest.Call) tftest.Answer {
		if c.Nth == 1 {
			return tftest.Answer{Body: `{"nextToken": "more", "stateMachines": [{"stateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:gone", "name": "gone", "type": "STANDARD"}]}`}
		}
		return tftest.Answer{Body: `{"stateMachines": [{"stateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:m", "name": "m", "type": "EXPRESS", "creationDate": 0}]}`}
	})
	fake.On("states:DescribeStateMachine", func(c tftest.Call) tftest.Answer {
		if c.Body == `{"stateMachineArn":"arn:aws:states:us-east-1:111111111111:stateMachine:gone"}` {
			return tftest.JSONError(400, "StateMachineDoesNotExist", "gone")
		}
		return tftest.Answer{Body: `{"stateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:m", "definition": "{}", "roleArn": "r", "status": "ACTIVE",
			"loggingConfiguration": {"level": "ALL", "includeExecutionData": true, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "g:*"}}]},
			"tracingConfiguration": {"enabled": true}, "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k", "kmsDataKeyReusePeriodSeconds": 300}}`}
	})
	fake.Always("states:ListTagsForResource", tftest.Answer{Body: `{"tags": [{"key": "Owner", "value": "me"}]}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_sfn_state_machine")["aws_sfn_state_machine"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || len(got.Gaps) != 0 {
		t.Fatalf("%+v", got)
	}
	same(t, got.Resources[0].Values, `{
		"id": "arn:aws:states:us-east-1:111111111111:stateMachine:m", "arn": "arn:aws:states:us-east-1:111111111111:stateMachine:m",
		"creation_date": "1970-01-01T00:00:00Z", "definition": "{}",
		"encryption_configuration": [{"kms_data_key_reuse_period_seconds": 300, "kms_key_id": "k", "type": "CUSTOMER_MANAGED_KMS_KEY"}],
		"logging_configuration": [{"include_execution_data": true, "level": "ALL", "log_destination": "g:*"}], "name": "m", "role_arn": "r",
		"status": "ACTIVE", "tags": {"Owner": "me"}, "tags_all": {"Owner": "me"}, "tracing_configuration": [{"enabled": true}], "type": "EXPRESS"}`)
}
