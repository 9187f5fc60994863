package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apigatewayv2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func apigatewayv2API() aws.Type {
	return aws.Type{
		Name:    "aws_apigatewayv2_api",
		Service: "apigateway",
		Actions: []string{apiGatewayAction},
		Filled: []string{
			"api_endpoint", "api_key_selection_expression", "arn", "cors_configuration", "description", "disable_execute_api_endpoint",
			"execution_arn", "ip_address_type", "name", "protocol_type", "route_selection_expression", "tags", "version",
		},
		ConfigOnly: []string{"body", "credentials_arn", "fail_on_warnings", "route_key", "target"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, apigatewayv2.NewFromConfig)
			for in := (&apigatewayv2.GetApisInput{}); ; {
				page, err := c.GetApis(ctx, in)
				if err != nil {
					return err
				}
				for _, a := range page.Items {
					id := aws.String(a.ApiId)
					out.Add(aws.Item{ID: id, ARN: apiGatewayARN(s, "/apis/"+id), Name: aws.String(a.Name), Values: map[string]any{
						"api_endpoint":                 a.ApiEndpoint,
						"api_key_selection_expression": a.ApiKeySelectionExpression,
						"cors_configuration":           apigatewayv2Cors(a.CorsConfiguration),
						"description":                  a.Description,
						"disable_execute_api_endpoint": a.DisableExecuteApiEndpoint,
						"execution_arn":                s.ARN("execute-api", id),
						"ip_address_type":              a.IpAddressType,
						"name":                         a.Name,
						"protocol_type":                a.ProtocolType,
						"route_selection_expression":   a.RouteSelectionExpression,
						"tags":                         aws.TagMap(a.Tags),
						"version":                      a.Version,
					}})
				}
				if aws.String(page.NextToken) == "" {
					return nil
				}
				in.NextToken = page.NextToken
			}
		},
	}
}

func apigatewayv2Cors(c *apigatewayv2types.Cors) []any {
	if c == nil {
		return []any{}
	}
	return aws.Block(map[string]any{
		"allow_credentials": c.AllowCredentials,
		"allow_headers":     aws.Set(c.AllowHeaders),
		"allow_methods":     aws.Set(c.AllowMethods),
		"allow_origins":     aws.Set(c.AllowOrigins),
		"expose_headers":    aws.Set(c.ExposeHeaders),
		"max_age":           c.MaxAge,
	})
}
