package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"

	"github.com/parapet-dev/parapet/internal/aws"
)

func accessAnalyzerAnalyzer() aws.Type {
	return aws.Type{
		Name:    "aws_accessanalyzer_analyzer",
		Service: "access-analyzer",
		Actions: []string{"access-analyzer:ListAnalyzers"},
		Filled:  []string{"analyzer_name", "arn", "tags", "type"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := accessanalyzer.NewListAnalyzersPaginator(aws.Client(s, accessanalyzer.NewFromConfig), &accessanalyzer.ListAnalyzersInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, a := range page.Analyzers {
					out.Add(aws.Item{ID: aws.String(a.Name), ARN: aws.String(a.Arn), Values: map[string]any{
						"analyzer_name": a.Name,
						"tags":          aws.TagMap(a.Tags),
						"type":          a.Type,
					}})
				}
			}
			return nil
		},
	}
}
