package collect

import (
	"context"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamRole() aws.Type {
	return aws.Type{
		Name:    "aws_iam_role",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{iamDetailsAction},
		// The bulk call does not tell description and max_session_duration.
		Filled: []string{
			"arn", "assume_role_policy", "create_date", "inline_policy", "managed_policy_arns", "name", "path", "permissions_boundary",
			"tags", "unique_id",
		},
		ConfigOnly: []string{"force_detach_policies", "name_prefix"},
		Overlap:    []string{"inline_policy", "managed_policy_arns"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			roles, err := iamRoles(ctx, s)
			if err != nil {
				return err
			}
			for _, r := range roles {
				out.Add(iamRoleItem(r))
			}
			return nil
		},
	}
}

func iamRoleItem(r iamtypes.RoleDetail) aws.Item {
	var boundary *string
	if r.PermissionsBoundary != nil {
		boundary = r.PermissionsBoundary.PermissionsBoundaryArn
	}
	return aws.Item{ID: aws.String(r.RoleName), ARN: aws.String(r.Arn), Values: map[string]any{
		"assume_role_policy":   aws.PolicyJSON(r.AssumeRolePolicyDocument),
		"create_date":          r.CreateDate,
		"inline_policy":        iamInline(r.RolePolicyList),
		"managed_policy_arns":  iamAttached(r.AttachedManagedPolicies),
		"name":                 r.RoleName,
		"path":                 r.Path,
		"permissions_boundary": aws.NonEmpty(boundary),
		"tags":                 iamTags(r.Tags),
		"unique_id":            r.RoleId,
	}}
}
