package aws

import (
	"encoding/json"
	"slices"
)

// gatewayRead is the one action for everything that API Gateway tells, the values
// of API keys included: it is limited to what is collected.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
const gatewayRead = "apigateway:GET"

// ReadPolicy writes, as indented JSON, the IAM policy that lets its holder
// collect the types: read actions only, which the collectors declare. With a
// role, it also lets its holder assume that role in every account of the
// partition, which the caller needs and the role itself does not.
func ReadPolicy(types []Type, partition, role string) ([]byte, error) {
	type statement struct {
		Sid      string
		Effect   string
		Action   []string
		Resource any // a text, or a list
	}
	actions := Actions(types)
	whole := slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == gatewayRead })
	statements := []statement{{"ParapetSnapshot", "Allow", whole, "*"}}
	if len(whole) < len(actions) {
		var apis []string
		for _, path := range []string{"/apis", "/apis/*", "/restapis", "/restapis/*"} {
			apis = append(apis, "arn:"+partition+":apigateway:*::"+path)
		}
		statements = append(statements, statement{"ParapetSnapshotGateways", "Allow", []string{gatewayRead}, apis})
	}
	if role != "" {
		statements = append(statements, statement{
			"ParapetSnapshotAccounts", "Allow", []string{"sts:AssumeRole"}, "arn:" + partition + ":iam::*:role/" + role,
		})
	}
	return json.MarshalIndent(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements}, "", "  ")
}

// Actions are the IAM actions that collecting the types takes, sorted, those of
// finding accounts and regions included.
func Actions(types []Type) []string {
	actions := slices.Clone(DiscoveryActions)
	for _, t := range types {
		actions = append(actions, t.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
