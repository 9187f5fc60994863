package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func acmCertificate() aws.Type {
	return aws.Type{
		Name:    "aws_acm_certificate",
		Service: "acm",
		Actions: []string{"acm:DescribeCertificate", "acm:ListCertificates", "acm:ListTagsForCertificate"},
		Filled: []string{
			"arn", "certificate_authority_arn", "domain_name", "key_algorithm", "not_after", "not_before",
			"options[].certificate_transparency_logging_preference", "renewal_eligibility", "status", "subject_alternative_names",
			"tags", "type", "validation_method",
		},
		ConfigOnly: []string{"certificate_body", "certificate_chain", "early_renewal_duration", "private_key", "validation_option"},
		Volatile:   []string{"not_after", "not_before", "renewal_eligibility", "status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, acm.NewFromConfig)
			var arns []string
			// Without a filter the list holds RSA keys of 1024 and 2048 bits only.
			// https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
			var kind acmtypes.KeyAlgorithm
			p := acm.NewListCertificatesPaginator(c, &acm.ListCertificatesInput{Includes: &acmtypes.Filters{KeyTypes: kind.Values()}})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, d := range page.CertificateSummaryList {
					arns = append(arns, aws.String(d.CertificateArn))
				}
			}
			return aws.Each(ctx, out, arns, func(ctx context.Context, arn string) error {
				it := aws.Item{ID: arn, ARN: arn}
				got, err := c.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn})
				if aws.Is(err, "ResourceNotFoundException") || err == nil && got.Certificate == nil { // deleted meanwhile
					return nil
				}
				if err != nil {
					return unread(out, acmCertificate().Filled, it, err)
				}
				it.Name, it.Values = aws.String(got.Certificate.DomainName), acmCertificateValues(got.Certificate)
				tags, err := c.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: &arn})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = aws.Tags(tags.Tags, func(t acmtypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func acmCertificateValues(d *acmtypes.CertificateDetail) map[string]any {
	v := map[string]any{
		"certificate_authority_arn": d.CertificateAuthorityArn,
		"domain_name":               d.DomainName,
		"key_algorithm":             d.KeyAlgorithm,
		"not_after":                 d.NotAfter,
		"not_before":                d.NotBefore,
		"options":                   []any{},
		"renewal_eligibility":       d.RenewalEligibility,
		"status":                    d.Status,
		"subject_alternative_names": aws.Set(d.SubjectAlternativeNames),
		"type":                      d.Type,
		"validation_method":         "NONE", // the provider's word for what ACM did not issue
	}
	if o := d.Options; o != nil {
		//nolint:staticcheck // it can no longer be set, and old certificates have it
		v["options"] = aws.Block(map[string]any{"certificate_transparency_logging_preference": o.CertificateTransparencyLoggingPreference})
	}
	if d.Type == acmtypes.CertificateTypeAmazonIssued {
		if len(d.DomainValidationOptions) > 0 {
			v["validation_method"] = d.DomainValidationOptions[0].ValidationMethod
		}
	}
	return v
}
