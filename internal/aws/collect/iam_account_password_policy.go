package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamAccountPasswordPolicy() aws.Type {
	return aws.Type{
		Name:    "aws_iam_account_password_policy",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:GetAccountPasswordPolicy"},
		Filled: []string{
			"allow_users_to_change_password", "expire_passwords", "hard_expiry", "max_password_age", "minimum_password_length",
			"password_reuse_prevention", "require_lowercase_characters", "require_numbers", "require_symbols", "require_uppercase_characters",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, iam.NewFromConfig).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
			if aws.Is(err, "NoSuchEntity") {
				return nil
			}
			if err != nil {
				return err
			}
			p := got.PasswordPolicy
			out.Add(aws.Item{ID: "iam-account-password-policy", Values: map[string]any{
				"allow_users_to_change_password": p.AllowUsersToChangePassword,
				"expire_passwords":               p.ExpirePasswords,
				"hard_expiry":                    p.HardExpiry,
				"max_password_age":               p.MaxPasswordAge,
				"minimum_password_length":        p.MinimumPasswordLength,
				"password_reuse_prevention":      p.PasswordReusePrevention,
				"require_lowercase_characters":   p.RequireLowercaseCharacters,
				"require_numbers":                p.RequireNumbers,
				"require_symbols":                p.RequireSymbols,
				"require_uppercase_characters":   p.RequireUppercaseCharacters,
			}})
			return nil
		},
	}
}
