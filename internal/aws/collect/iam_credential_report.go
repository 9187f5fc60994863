package collect

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamCredentialReport reads the rows of the account's credential report, one for
// each user and one for the root user, which no resource of the provider tells.
// The attributes are the report's columns; "N/A" and what is empty are absent,
// "true" and "false" booleans.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
func iamCredentialReport() aws.Type {
	return aws.Type{
		Name:    "parapet_iam_credential_report",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:GenerateCredentialReport", "iam:GetCredentialReport"},
		Filled: []string{
			"access_key_1_active", "access_key_1_last_rotated", "access_key_2_active", "access_key_2_last_rotated", "arn",
			"cert_1_active", "cert_2_active", "mfa_active", "password_enabled", "password_last_changed", "user",
		},
		Volatile: []string{"access_key_1_last_rotated", "access_key_2_last_rotated", "password_last_changed"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			report, err := credentialReport(ctx, s)
			if err != nil {
				return err
			}
			rows, err := csv.NewReader(bytes.NewReader(report)).ReadAll()
			if err != nil || len(rows) == 0 {
				return fmt.Errorf("the credential report cannot be read: %w", errors.Join(err, errNoRows))
			}
			for _, row := range rows[1:] {
				values := map[string]any{}
				for i, column := range rows[0] {
					values[column] = reportValue(row[i])
				}
				user, _ := values["user"].(string)
				arn, _ := values["arn"].(string)
				if user == "" {
					return fmt.Errorf("the credential report cannot be read: %w", errNoRows)
				}
				it := aws.Item{ID: user, ARN: arn, Values: map[string]any{}}
				for _, column := range iamCredentialReport().Filled {
					if !slices.Contains(rows[0], column) {
						it.Unknown = append(it.Unknown, column)
					} else if column != "arn" {
						it.Values[column] = values[column]
					}
				}
				out.Add(it)
			}
			return nil
		},
	}
}

var errNoRows = errors.New("it lacks its rows or columns")

// credentialReport asks for the report until it is made, which takes seconds.
func credentialReport(ctx context.Context, s *aws.Session) ([]byte, error) {
	c := aws.Client(s.Home(), iam.NewFromConfig)
	const tries = 30
	for range tries {
		made, err := c.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		if err != nil {
			return nil, err
		}
		if made.State == iamtypes.ReportStateTypeComplete {
			got, err := c.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
			if err != nil {
				return nil, err
			}
			return got.Content, nil
		}
		wait := time.NewTimer(2 * time.Second)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		case <-wait.C:
		}
	}
	return nil, errors.New("the credential report was not made in time")
}

// reportValue reads a cell of the report.
func reportValue(cell string) any {
	switch cell {
	case "true":
		return true
	case "false":
		return false
	case "", "N/A", "not_supported", "no_information":
		return nil
	}
	return cell
}
