package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamServerCertificate() aws.Type {
	return aws.Type{
		Name:    "aws_iam_server_certificate",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:ListServerCertificates"},
		Filled:  []string{"arn", "expiration", "name", "path", "upload_date"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := iam.NewListServerCertificatesPaginator(aws.Client(s.Home(), iam.NewFromConfig), &iam.ListServerCertificatesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, m := range page.ServerCertificateMetadataList {
					out.Add(aws.Item{ID: aws.String(m.ServerCertificateId), ARN: aws.String(m.Arn), Name: aws.String(m.ServerCertificateName), Values: map[string]any{
						"expiration":  m.Expiration,
						"name":        m.ServerCertificateName,
						"path":        m.Path,
						"upload_date": m.UploadDate,
					}})
				}
			}
			return nil
		},
	}
}
