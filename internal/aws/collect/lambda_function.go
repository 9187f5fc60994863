package collect

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func lambdaFunction() aws.Type {
	return aws.Type{
		Name:    "aws_lambda_function",
		Service: "lambda",
		Actions: []string{"lambda:GetFunction", lambdaListAction},
		Filled: []string{
			"architectures", "arn", "code_sha256", "dead_letter_config", "description", "environment", "ephemeral_storage",
			"file_system_config", "function_name", "handler", "image_config", "image_uri", "invoke_arn", "kms_key_arn", "last_modified",
			"layers", "logging_config", "memory_size", "package_type", "reserved_concurrent_executions", "role", "runtime",
			"signing_job_arn", "signing_profile_version_arn", "snap_start", "source_code_size", "tags", "timeout", "tracing_config",
			"vpc_config",
		},
		Sensitive: []string{"environment"},
		ConfigOnly: []string{
			"filename", "publish", "replace_security_groups_on_destroy", "replacement_security_group_ids", "s3_bucket", "s3_key",
			"s3_object_version", "skip_destroy", "source_code_hash", "timeouts",
		},
		Volatile: []string{"last_modified", "snap_start[].optimization_status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := lambdaFunctions(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, lambda.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, f lambdatypes.FunctionConfiguration) error {
				it := aws.Item{ID: aws.String(f.FunctionName), ARN: aws.String(f.FunctionArn), Values: lambdaFunctionValues(s, f)}
				got, err := c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: f.FunctionName})
				if aws.Is(err, "ResourceNotFoundException") { // deleted meanwhile
					return nil
				}
				if err := lambdaMore(&it, got, err, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// lambdaMore fills in what the list of functions does not tell.
func lambdaMore(it *aws.Item, got *lambda.GetFunctionOutput, err error, out *aws.Out) error {
	if err != nil {
		return out.Miss(it, err, "image_uri", "reserved_concurrent_executions", "tags")
	}
	it.Values["reserved_concurrent_executions"] = -1 // the provider's word for no reservation
	if got.Concurrency != nil {
		it.Values["reserved_concurrent_executions"] = got.Concurrency.ReservedConcurrentExecutions
	}
	if got.Code != nil {
		it.Values["image_uri"] = got.Code.ImageUri
	}
	if e := got.TagsError; e != nil {
		return out.Miss(it, fmt.Errorf("%s: %s", aws.String(e.ErrorCode), aws.String(e.Message)), "tags")
	}
	it.Values["tags"] = aws.TagMap(got.Tags)
	return nil
}

func lambdaFunctionValues(s *aws.Session, f lambdatypes.FunctionConfiguration) map[string]any {
	v := map[string]any{
		"architectures": f.Architectures,
		"code_sha256":   f.CodeSha256,
		"description":   f.Description,
		"file_system_config": aws.Blocks(f.FileSystemConfigs, func(c lambdatypes.FileSystemConfig) map[string]any {
			return map[string]any{"arn": c.Arn, "local_mount_path": c.LocalMountPath}
		}),
		"function_name": f.FunctionName,
		"handler":       f.Handler,
		// https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html (uri)
		"invoke_arn": "arn:" + s.Partition + ":apigateway:" + s.Region + ":lambda:path/2015-03-31/functions/" +
			aws.String(f.FunctionArn) + "/invocations",
		"kms_key_arn":                 f.KMSKeyArn,
		"last_modified":               f.LastModified,
		"memory_size":                 f.MemorySize,
		"package_type":                f.PackageType,
		"role":                        f.Role,
		"runtime":                     f.Runtime,
		"signing_job_arn":             f.SigningJobArn,
		"signing_profile_version_arn": f.SigningProfileVersionArn,
		"source_code_size":            f.CodeSize,
		"timeout":                     f.Timeout,
	}
	layers := make([]*string, len(f.Layers))
	for i, l := range f.Layers {
		layers[i] = l.Arn
	}
	v["layers"] = layers
	lambdaBlocks(f, v)
	return v
}

// lambdaBlocks fills in the blocks that appear at most once.
func lambdaBlocks(f lambdatypes.FunctionConfiguration, v map[string]any) {
	for _, name := range []string{
		"dead_letter_config", "environment", "ephemeral_storage", "image_config", "logging_config", "snap_start", "tracing_config", "vpc_config",
	} {
		v[name] = []any{}
	}
	if d := f.DeadLetterConfig; d != nil && aws.String(d.TargetArn) != "" {
		v["dead_letter_config"] = aws.Block(map[string]any{"target_arn": d.TargetArn})
	}
	if e := f.Environment; e != nil {
		v["environment"] = aws.Block(map[string]any{"variables": e.Variables})
	}
	if e := f.EphemeralStorage; e != nil {
		v["ephemeral_storage"] = aws.Block(map[string]any{"size": e.Size})
	}
	if i := f.ImageConfigResponse; i != nil && i.ImageConfig != nil {
		v["image_config"] = aws.Block(map[string]any{
			"command":           i.ImageConfig.Command,
			"entry_point":       i.ImageConfig.EntryPoint,
			"working_directory": i.ImageConfig.WorkingDirectory,
		})
	}
	if l := f.LoggingConfig; l != nil {
		v["logging_config"] = aws.Block(map[string]any{
			"application_log_level": l.ApplicationLogLevel,
			"log_format":            l.LogFormat,
			"log_group":             l.LogGroup,
			"system_log_level":      l.SystemLogLevel,
		})
	}
	if p := f.SnapStart; p != nil && p.ApplyOn != lambdatypes.SnapStartApplyOnNone {
		v["snap_start"] = aws.Block(map[string]any{"apply_on": p.ApplyOn, "optimization_status": p.OptimizationStatus})
	}
	if t := f.TracingConfig; t != nil {
		v["tracing_config"] = aws.Block(map[string]any{"mode": t.Mode})
	}
	// A function that left its VPC keeps an empty configuration.
	if n := f.VpcConfig; n != nil && (aws.String(n.VpcId) != "" || len(n.SubnetIds) > 0 || len(n.SecurityGroupIds) > 0) {
		v["vpc_config"] = aws.Block(map[string]any{
			"ipv6_allowed_for_dual_stack": n.Ipv6AllowedForDualStack,
			"security_group_ids":          aws.Set(n.SecurityGroupIds),
			"subnet_ids":                  aws.Set(n.SubnetIds),
			"vpc_id":                      n.VpcId,
		})
	}
}
