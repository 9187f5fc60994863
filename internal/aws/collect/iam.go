package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamDetailsAction is what iamRoles and its like need.
const iamDetailsAction = "iam:GetAccountAuthorizationDetails"

// iamTags makes the provider's map of IAM's tags.
func iamTags(tags []iamtypes.Tag) map[string]any {
	return aws.Tags(tags, func(t iamtypes.Tag) (*string, *string) { return t.Key, t.Value })
}

// iamRoles reads the roles of the account with all that the bulk call tells:
// inline policies, attached ones, boundary, trust policy, tags.
func iamRoles(ctx context.Context, s *aws.Session) ([]iamtypes.RoleDetail, error) {
	return iamDetails(ctx, s, iamtypes.EntityTypeRole, func(o *iam.GetAccountAuthorizationDetailsOutput) []iamtypes.RoleDetail {
		return o.RoleDetailList
	})
}

// iamDetails reads one kind of entity of the account, once. Asking for each kind
// by itself keeps an account with many policies from slowing what reads users.
func iamDetails[T any](ctx context.Context, s *aws.Session, kind iamtypes.EntityType, pick func(*iam.GetAccountAuthorizationDetailsOutput) []T) ([]T, error) {
	return aws.OncePerAccount(ctx, s, "iam:GetAccountAuthorizationDetails/"+string(kind), func(ctx context.Context) ([]T, error) {
		size := int32(1000)
		p := iam.NewGetAccountAuthorizationDetailsPaginator(aws.Client(s.Home(), iam.NewFromConfig), &iam.GetAccountAuthorizationDetailsInput{
			Filter: []iamtypes.EntityType{kind}, MaxItems: &size,
		})
		var all []T
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, pick(page)...)
		}
		return all, nil
	})
}

// iamInline makes the blocks of inline_policy.
func iamInline(list []iamtypes.PolicyDetail) []any {
	return aws.SetOf(list, func(p iamtypes.PolicyDetail) map[string]any {
		return map[string]any{"name": p.PolicyName, "policy": aws.PolicyJSON(p.PolicyDocument)}
	})
}

// iamAttached makes the set of the ARNs of attached policies.
func iamAttached(list []iamtypes.AttachedPolicy) []any {
	arns := make([]string, len(list))
	for i, p := range list {
		arns[i] = aws.String(p.PolicyArn)
	}
	return aws.Set(arns)
}

// iamUsers reads the users of the account, with their inline and attached
// policies.
func iamUsers(ctx context.Context, s *aws.Session) ([]iamtypes.UserDetail, error) {
	return iamDetails(ctx, s, iamtypes.EntityTypeUser, func(o *iam.GetAccountAuthorizationDetailsOutput) []iamtypes.UserDetail {
		return o.UserDetailList
	})
}

// iamGroups reads the groups of the account, with their policies.
func iamGroups(ctx context.Context, s *aws.Session) ([]iamtypes.GroupDetail, error) {
	return iamDetails(ctx, s, iamtypes.EntityTypeGroup, func(o *iam.GetAccountAuthorizationDetailsOutput) []iamtypes.GroupDetail {
		return o.GroupDetailList
	})
}

// iamInlineItem is an inline policy of a role, user or group, which the
// attribute names.
func iamInlineItem(attribute string, entity *string, p iamtypes.PolicyDetail) aws.Item {
	return aws.Item{ID: aws.String(entity) + ":" + aws.String(p.PolicyName), Values: map[string]any{
		attribute: entity,
		"name":    p.PolicyName,
		"policy":  aws.PolicyJSON(p.PolicyDocument),
	}}
}

// iamAttachmentItem is a managed policy of a role, user or group. Its id is of
// our making, as that of the provider is of its: AWS has none.
func iamAttachmentItem(attribute string, entity *string, p iamtypes.AttachedPolicy) aws.Item {
	return aws.Item{ID: aws.String(entity) + "/" + aws.String(p.PolicyArn), Values: map[string]any{
		attribute:    entity,
		"policy_arn": p.PolicyArn,
	}}
}
