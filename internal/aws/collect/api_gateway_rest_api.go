package collect

import (
	"context"
	"encoding/json"
	"strconv"

	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func apiGatewayRestAPI() aws.Type {
	return aws.Type{
		Name:    "aws_api_gateway_rest_api",
		Service: "apigateway",
		Actions: []string{apiGatewayAction},
		Filled: []string{
			"api_key_source", "arn", "binary_media_types", "created_date", "description", "disable_execute_api_endpoint",
			"endpoint_configuration[].types", "endpoint_configuration[].vpc_endpoint_ids", "execution_arn", "minimum_compression_size",
			"name", "policy", "root_resource_id", "tags",
		},
		ConfigOnly: []string{"body", "fail_on_warnings", "parameters", "put_rest_api_mode"},
		Overlap:    []string{"policy"}, // aws_api_gateway_rest_api_policy
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := apiGatewayAPIs(ctx, s)
			if err != nil {
				return err
			}
			for _, a := range list {
				id := aws.String(a.Id)
				v := map[string]any{
					"api_key_source":               a.ApiKeySource,
					"binary_media_types":           a.BinaryMediaTypes,
					"created_date":                 a.CreatedDate,
					"description":                  a.Description,
					"disable_execute_api_endpoint": a.DisableExecuteApiEndpoint,
					"endpoint_configuration":       apiGatewayEndpoint(a.EndpointConfiguration),
					"execution_arn":                s.ARN("execute-api", id),
					"name":                         a.Name,
					"policy":                       apiGatewayPolicy(a.Policy),
					"root_resource_id":             a.RootResourceId,
					"tags":                         aws.TagMap(a.Tags),
				}
				if a.MinimumCompressionSize != nil { // the provider keeps it as text
					v["minimum_compression_size"] = strconv.Itoa(int(*a.MinimumCompressionSize))
				}
				out.Add(aws.Item{ID: id, ARN: apiGatewayARN(s, "/restapis/"+id), Name: aws.String(a.Name), Values: v})
			}
			return nil
		},
	}
}

func apiGatewayEndpoint(e *apigatewaytypes.EndpointConfiguration) []any {
	if e == nil {
		return []any{}
	}
	return aws.Block(map[string]any{"types": e.Types, "vpc_endpoint_ids": aws.Set(e.VpcEndpointIds)})
}

// apiGatewayPolicy reads a policy as the API gives it: escaped, as if it stood
// inside a JSON string.
func apiGatewayPolicy(p *string) any {
	var text string
	if err := json.Unmarshal([]byte(`"`+aws.String(p)+`"`), &text); err == nil {
		return aws.PolicyJSON(&text)
	}
	return aws.PolicyJSON(p)
}
