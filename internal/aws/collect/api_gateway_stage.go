package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func apiGatewayStage() aws.Type {
	return aws.Type{
		Name:    "aws_api_gateway_stage",
		Service: "apigateway",
		Parent:  "aws_api_gateway_rest_api",
		Actions: []string{apiGatewayAction},
		Filled: []string{
			"access_log_settings", "arn", "cache_cluster_enabled", "cache_cluster_size", "canary_settings", "client_certificate_id",
			"deployment_id", "description", "documentation_version", "execution_arn", "rest_api_id", "stage_name", "tags", "variables",
			"web_acl_arn", "xray_tracing_enabled",
		},
		Sensitive: []string{"canary_settings", "variables"}, // as those of containers
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := apiGatewayAPIs(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, apigateway.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, a apigatewaytypes.RestApi) error {
				api := aws.String(a.Id)
				got, err := c.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: &api}) // gives all at once
				if aws.Is(err, "NotFoundException") {                                     // deleted meanwhile
					return nil
				}
				if err != nil {
					return out.Gap(api, err)
				}
				for _, st := range got.Item {
					name := aws.String(st.StageName)
					v := apiGatewayStageValues(st)
					v["rest_api_id"], v["execution_arn"] = api, s.ARN("execute-api", api+"/"+name)
					out.Add(aws.Item{ID: "ags-" + api + "-" + name, ARN: apiGatewayARN(s, "/restapis/"+api+"/stages/"+name), Name: name, Values: v})
				}
				return nil
			})
		},
	}
}

func apiGatewayStageValues(st apigatewaytypes.Stage) map[string]any {
	v := map[string]any{
		"access_log_settings":   []any{},
		"cache_cluster_enabled": st.CacheClusterEnabled,
		"cache_cluster_size":    st.CacheClusterSize,
		"canary_settings":       []any{},
		"client_certificate_id": st.ClientCertificateId,
		"deployment_id":         st.DeploymentId,
		"description":           st.Description,
		"documentation_version": st.DocumentationVersion,
		"stage_name":            st.StageName,
		"tags":                  aws.TagMap(st.Tags),
		"variables":             st.Variables,
		"web_acl_arn":           st.WebAclArn,
		"xray_tracing_enabled":  st.TracingEnabled,
	}
	if l := st.AccessLogSettings; l != nil {
		v["access_log_settings"] = aws.Block(map[string]any{"destination_arn": l.DestinationArn, "format": l.Format})
	}
	if c := st.CanarySettings; c != nil {
		v["canary_settings"] = aws.Block(map[string]any{
			"deployment_id":            c.DeploymentId,
			"percent_traffic":          c.PercentTraffic,
			"stage_variable_overrides": c.StageVariableOverrides,
			"use_stage_cache":          c.UseStageCache,
		})
	}
	return v
}
