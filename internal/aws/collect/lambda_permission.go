package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// lambdaPermission reads the statements of the policies of functions and of
// their aliases. Those of single published versions are not asked for: there may
// be thousands, and hardly one has a policy.
func lambdaPermission() aws.Type {
	return aws.Type{
		Name:    "aws_lambda_permission",
		Service: "lambda",
		Parent:  "aws_lambda_function",
		Actions: []string{"lambda:GetPolicy", "lambda:ListAliases", lambdaListAction},
		Filled: []string{
			"action", "event_source_token", "function_name", "function_url_auth_type", "principal", "principal_org_id", "qualifier",
			"source_account", "source_arn", "statement_id",
		},
		ConfigOnly: []string{"statement_id_prefix"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := lambdaFunctions(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, lambda.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, f lambdatypes.FunctionConfiguration) error {
				name := aws.String(f.FunctionName)
				items, err := lambdaPermissions(ctx, c, name)
				if err != nil {
					return out.Gap(name, err)
				}
				for _, it := range items {
					out.Add(it)
				}
				return nil
			})
		},
	}
}

// lambdaPermissions reads the policies of a function and of its aliases.
func lambdaPermissions(ctx context.Context, c *lambda.Client, function string) ([]aws.Item, error) {
	qualifiers := []string{""}
	p := lambda.NewListAliasesPaginator(c, &lambda.ListAliasesInput{FunctionName: &function})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if aws.Is(err, "ResourceNotFoundException") { // deleted meanwhile
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, a := range page.Aliases {
			qualifiers = append(qualifiers, aws.String(a.Name))
		}
	}
	var items []aws.Item
	for _, q := range qualifiers {
		in := &lambda.GetPolicyInput{FunctionName: &function}
		if q != "" {
			in.Qualifier = &q
		}
		got, err := c.GetPolicy(ctx, in)
		if aws.Is(err, "ResourceNotFoundException") { // no policy
			continue
		}
		if err != nil {
			return nil, err
		}
		more, err := lambdaStatements(function, q, aws.String(got.Policy))
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// lambdaStatement is a statement as lambda:AddPermission writes it.
type lambdaStatement struct {
	Sid       string
	Principal any
	Action    any
	Condition map[string]map[string]any
}

// lambdaStatements makes a permission of every statement of a policy.
func lambdaStatements(function, qualifier, policy string) ([]aws.Item, error) {
	var document struct{ Statement []lambdaStatement }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return nil, fmt.Errorf("the policy of function %s: %w", function, err)
	}
	target := function
	var q any
	if qualifier != "" {
		target, q = function+":"+qualifier, qualifier
	}
	items := make([]aws.Item, len(document.Statement))
	for i, st := range document.Statement {
		items[i] = aws.Item{
			// As the provider imports it; its own id, the statement's, is not unique.
			ID: target + "/" + st.Sid, Name: st.Sid,
			Values: map[string]any{
				"action":                 lambdaOne(st.Action),
				"event_source_token":     st.condition("lambda:EventSourceToken"),
				"function_name":          function,
				"function_url_auth_type": st.condition("lambda:FunctionUrlAuthType"),
				"principal":              lambdaPrincipal(st.Principal),
				"principal_org_id":       st.condition("aws:PrincipalOrgID"),
				"qualifier":              q,
				"source_account":         st.condition("aws:SourceAccount"),
				"source_arn":             st.condition("aws:SourceArn"),
				"statement_id":           st.Sid,
			},
		}
	}
	return items, nil
}

// condition returns what a statement requires of a key. AWS writes keys in
// different cases.
func (s lambdaStatement) condition(key string) any {
	for _, test := range s.Condition {
		for k, v := range test {
			if strings.EqualFold(k, key) {
				return lambdaOne(v)
			}
		}
	}
	return nil
}

// lambdaPrincipal returns who is let in: a service, an ARN, or *.
func lambdaPrincipal(v any) any {
	kinds, ok := v.(map[string]any)
	if !ok {
		return lambdaOne(v)
	}
	for _, kind := range []string{"AWS", "Service"} {
		if who, ok := kinds[kind]; ok {
			return lambdaOne(who)
		}
	}
	return nil
}

// lambdaOne takes the one text of a list of one; of more it joins them all, for
// no policy must miss one.
func lambdaOne(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	texts := make([]string, 0, len(list))
	for _, e := range list {
		texts = append(texts, fmt.Sprint(e))
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}
