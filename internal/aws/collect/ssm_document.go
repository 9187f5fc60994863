package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ssmDocument reads the account's own documents, not those of AWS and of others.
// What they say is left out: it takes a call for each.
func ssmDocument() aws.Type {
	return aws.Type{
		Name:    "aws_ssm_document",
		Service: "ssm",
		Actions: []string{"ssm:DescribeDocumentPermission", "ssm:ListDocuments"},
		Filled: []string{
			"arn", "document_format", "document_type", "name", "owner", "permissions", "platform_types", "schema_version", "tags",
			"target_type", "version_name",
		},
		ConfigOnly: []string{"attachments_source"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, ssm.NewFromConfig)
			owner := "Owner"
			var list []ssmtypes.DocumentIdentifier
			p := ssm.NewListDocumentsPaginator(c, &ssm.ListDocumentsInput{Filters: []ssmtypes.DocumentKeyValuesFilter{{Key: &owner, Values: []string{"Self"}}}})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.DocumentIdentifiers...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d ssmtypes.DocumentIdentifier) error {
				it := aws.Item{ID: aws.String(d.Name), ARN: s.ARN("ssm", ssmResource(d)), Values: map[string]any{
					"document_format": d.DocumentFormat,
					"document_type":   d.DocumentType,
					"name":            d.Name,
					"owner":           d.Owner,
					"platform_types":  d.PlatformTypes,
					"schema_version":  d.SchemaVersion,
					"tags":            aws.Tags(d.Tags, func(t ssmtypes.Tag) (*string, *string) { return t.Key, t.Value }),
					"target_type":     d.TargetType,
					"version_name":    d.VersionName,
				}}
				accounts, err := ssmShared(ctx, c, d.Name)
				if aws.Is(err, "InvalidDocument") { // deleted meanwhile
					return nil
				}
				if err != nil {
					if err := out.Miss(&it, err, "permissions"); err != nil {
						return err
					}
				} else if len(accounts) > 0 {
					it.Values["permissions"] = map[string]any{"account_ids": strings.Join(accounts, ","), "type": "Share"}
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// ssmResource is the resource that a document's ARN names: runbooks have a kind
// of their own.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
func ssmResource(d ssmtypes.DocumentIdentifier) string {
	if d.DocumentType == ssmtypes.DocumentTypeAutomation {
		return "automation-definition/" + aws.String(d.Name)
	}
	return "document/" + aws.String(d.Name)
}

// ssmShared lists the accounts that may use a document; "all" is everybody.
func ssmShared(ctx context.Context, c *ssm.Client, name *string) ([]string, error) {
	var accounts []string
	for in := (&ssm.DescribeDocumentPermissionInput{Name: name, PermissionType: ssmtypes.DocumentPermissionTypeShare}); ; {
		page, err := c.DescribeDocumentPermission(ctx, in)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, page.AccountIds...)
		if aws.String(page.NextToken) == "" {
			return accounts, nil
		}
		in.NextToken = page.NextToken
	}
}
