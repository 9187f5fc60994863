package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/athena"
	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func athenaWorkgroup() aws.Type {
	return aws.Type{
		Name:       "aws_athena_workgroup",
		Service:    "athena",
		Actions:    []string{"athena:GetWorkGroup", "athena:ListTagsForResource", "athena:ListWorkGroups"},
		Filled:     []string{"arn", "configuration", "description", "name", "state", "tags"},
		ConfigOnly: []string{"force_destroy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, athena.NewFromConfig)
			var list []athenatypes.WorkGroupSummary
			p := athena.NewListWorkGroupsPaginator(c, &athena.ListWorkGroupsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.WorkGroups...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, w athenatypes.WorkGroupSummary) error {
				name := aws.String(w.Name)
				it := aws.Item{ID: name, ARN: s.ARN("athena", "workgroup/"+name), Values: map[string]any{
					"description": w.Description, "name": name, "state": w.State,
				}}
				got, err := c.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: &name})
				if err != nil {
					if err := out.Miss(&it, err, "configuration"); err != nil {
						return err
					}
				} else if got.WorkGroup != nil {
					it.Values["configuration"] = athenaConfiguration(got.WorkGroup.Configuration)
				}
				if err := athenaTags(ctx, c, &it, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func athenaConfiguration(d *athenatypes.WorkGroupConfiguration) []any {
	if d == nil {
		return []any{}
	}
	v := map[string]any{
		"bytes_scanned_cutoff_per_query":     d.BytesScannedCutoffPerQuery,
		"enforce_workgroup_configuration":    d.EnforceWorkGroupConfiguration,
		"engine_version":                     []any{},
		"execution_role":                     d.ExecutionRole,
		"publish_cloudwatch_metrics_enabled": d.PublishCloudWatchMetricsEnabled,
		"requester_pays_enabled":             d.RequesterPaysEnabled,
		"result_configuration":               []any{},
	}
	if e := d.EngineVersion; e != nil {
		v["engine_version"] = aws.Block(map[string]any{
			"effective_engine_version": e.EffectiveEngineVersion, "selected_engine_version": e.SelectedEngineVersion,
		})
	}
	if r := d.ResultConfiguration; r != nil {
		result := map[string]any{
			"acl_configuration":        []any{},
			"encryption_configuration": []any{},
			"expected_bucket_owner":    r.ExpectedBucketOwner,
			"output_location":          r.OutputLocation,
		}
		if a := r.AclConfiguration; a != nil {
			result["acl_configuration"] = aws.Block(map[string]any{"s3_acl_option": a.S3AclOption})
		}
		if e := r.EncryptionConfiguration; e != nil {
			result["encryption_configuration"] = aws.Block(map[string]any{"encryption_option": e.EncryptionOption, "kms_key_arn": e.KmsKey})
		}
		v["result_configuration"] = aws.Block(result)
	}
	return aws.Block(v)
}

func athenaTags(ctx context.Context, c *athena.Client, it *aws.Item, out *aws.Out) error {
	var tags []athenatypes.Tag
	p := athena.NewListTagsForResourcePaginator(c, &athena.ListTagsForResourceInput{ResourceARN: &it.ARN})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return out.Miss(it, err, "tags")
		}
		tags = append(tags, page.Tags...)
	}
	it.Values["tags"] = aws.Tags(tags, func(t athenatypes.Tag) (*string, *string) { return t.Key, t.Value })
	return nil
}
