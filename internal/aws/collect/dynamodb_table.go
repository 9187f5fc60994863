package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func dynamodbTable() aws.Type {
	return aws.Type{
		Name:    "aws_dynamodb_table",
		Service: "dynamodb",
		Actions: []string{
			"dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:ListTables", "dynamodb:ListTagsOfResource",
			"kms:DescribeKey",
		},
		// Recovery and tags of replicas are told in their own regions only.
		Filled: []string{
			"arn", "attribute", "billing_mode", "deletion_protection_enabled", "global_secondary_index", "hash_key",
			"local_secondary_index", "name", "on_demand_throughput", "point_in_time_recovery", "range_key", "read_capacity",
			"replica[].region_name", "server_side_encryption", "stream_arn", "stream_enabled", "stream_label", "stream_view_type",
			"table_class", "tags", "write_capacity",
		},
		ConfigOnly: []string{
			"import_table", "restore_date_time", "restore_source_name", "restore_source_table_arn", "restore_to_latest_time", "timeouts",
		},
		Overlap:  []string{"replica"}, // aws_dynamodb_table_replica
		Volatile: []string{"stream_arn", "stream_label"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, dynamodb.NewFromConfig)
			var names []string
			p := dynamodb.NewListTablesPaginator(c, &dynamodb.ListTablesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				names = append(names, page.TableNames...)
			}
			return aws.Each(ctx, out, names, func(ctx context.Context, name string) error {
				got, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
				if aws.Is(err, "ResourceNotFoundException") || err == nil && got.Table == nil { // deleted meanwhile
					return nil
				}
				if err != nil {
					it := aws.Item{ID: name, ARN: s.ARN("dynamodb", "table/"+name), Values: map[string]any{"name": name}}
					return unread(out, dynamodbTable().Filled, it, err)
				}
				it := aws.Item{ID: name, ARN: aws.String(got.Table.TableArn), Values: dynamodbTableValues(got.Table)}
				if err := dynamodbEncryption(ctx, s, &it, got.Table.SSEDescription, out); err != nil {
					return err
				}
				if err := dynamodbMore(ctx, c, &it, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// dynamodbEncryption fills in what a table is encrypted with. One without a
// description is encrypted with a key of DynamoDB's own, for which the provider
// has no block. For AWS's key in the account it has one, without the key.
func dynamodbEncryption(ctx context.Context, s *aws.Session, it *aws.Item, d *dynamodbtypes.SSEDescription, out *aws.Out) error {
	if d == nil {
		it.Values["server_side_encryption"] = []any{}
		return nil
	}
	block := map[string]any{"enabled": d.Status == dynamodbtypes.SSEStatusEnabled || d.Status == dynamodbtypes.SSEStatusUpdating}
	if key := aws.String(d.KMSMasterKeyArn); key != "" {
		managed, err := kmsManagedKey(ctx, s, "alias/aws/dynamodb")
		if err != nil {
			return out.Miss(it, err, "server_side_encryption")
		}
		if key != managed {
			block["kms_key_arn"] = key
		}
	}
	it.Values["server_side_encryption"] = aws.Block(block)
	return nil
}

// dynamodbMore reads what the description does not tell.
func dynamodbMore(ctx context.Context, c *dynamodb.Client, it *aws.Item, out *aws.Out) error {
	backups, err := c.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &it.ID})
	if err != nil {
		if err := out.Miss(it, err, "point_in_time_recovery"); err != nil {
			return err
		}
	} else {
		it.Values["point_in_time_recovery"] = dynamodbRecovery(backups.ContinuousBackupsDescription)
	}
	var tags []dynamodbtypes.Tag
	for in := (&dynamodb.ListTagsOfResourceInput{ResourceArn: &it.ARN}); ; {
		page, err := c.ListTagsOfResource(ctx, in)
		if err != nil {
			return out.Miss(it, err, "tags")
		}
		tags = append(tags, page.Tags...)
		if aws.String(page.NextToken) == "" {
			break
		}
		in.NextToken = page.NextToken
	}
	it.Values["tags"] = aws.Tags(tags, func(t dynamodbtypes.Tag) (*string, *string) { return t.Key, t.Value })
	return nil
}

func dynamodbRecovery(d *dynamodbtypes.ContinuousBackupsDescription) []any {
	if d == nil || d.PointInTimeRecoveryDescription == nil {
		return aws.Block(map[string]any{"enabled": false})
	}
	r := d.PointInTimeRecoveryDescription
	return aws.Block(map[string]any{
		"enabled":                 r.PointInTimeRecoveryStatus == dynamodbtypes.PointInTimeRecoveryStatusEnabled,
		"recovery_period_in_days": r.RecoveryPeriodInDays,
	})
}

func dynamodbTableValues(t *dynamodbtypes.TableDescription) map[string]any {
	v := map[string]any{
		"attribute": aws.SetOf(t.AttributeDefinitions, func(a dynamodbtypes.AttributeDefinition) map[string]any {
			return map[string]any{"name": a.AttributeName, "type": a.AttributeType}
		}),
		"billing_mode":                dynamodbtypes.BillingModeProvisioned, // what is not told has never been otherwise
		"deletion_protection_enabled": t.DeletionProtectionEnabled,
		"global_secondary_index":      aws.SetOf(t.GlobalSecondaryIndexes, dynamodbGlobalIndex),
		"local_secondary_index": aws.SetOf(t.LocalSecondaryIndexes, func(x dynamodbtypes.LocalSecondaryIndexDescription) map[string]any {
			v := map[string]any{"name": x.IndexName, "range_key": dynamodbKey(x.KeySchema, dynamodbtypes.KeyTypeRange)}
			if p := x.Projection; p != nil {
				v["projection_type"], v["non_key_attributes"] = p.ProjectionType, p.NonKeyAttributes
			}
			return v
		}),
		"hash_key":             dynamodbKey(t.KeySchema, dynamodbtypes.KeyTypeHash),
		"name":                 t.TableName,
		"on_demand_throughput": dynamodbOnDemand(t.OnDemandThroughput),
		"range_key":            dynamodbKey(t.KeySchema, dynamodbtypes.KeyTypeRange),
		"replica": aws.SetOf(t.Replicas, func(r dynamodbtypes.ReplicaDescription) map[string]any {
			return map[string]any{"region_name": r.RegionName}
		}),
		"stream_arn":     t.LatestStreamArn,
		"stream_enabled": false,
		"stream_label":   t.LatestStreamLabel,
		"table_class":    dynamodbtypes.TableClassStandard,
	}
	if t.BillingModeSummary != nil {
		v["billing_mode"] = t.BillingModeSummary.BillingMode
	}
	if p := t.ProvisionedThroughput; p != nil {
		v["read_capacity"], v["write_capacity"] = p.ReadCapacityUnits, p.WriteCapacityUnits
	}
	if s := t.StreamSpecification; s != nil {
		v["stream_enabled"], v["stream_view_type"] = s.StreamEnabled, s.StreamViewType
	}
	if t.TableClassSummary != nil {
		v["table_class"] = t.TableClassSummary.TableClass
	}
	return v
}

func dynamodbGlobalIndex(x dynamodbtypes.GlobalSecondaryIndexDescription) map[string]any {
	v := map[string]any{
		"hash_key":             dynamodbKey(x.KeySchema, dynamodbtypes.KeyTypeHash),
		"name":                 x.IndexName,
		"on_demand_throughput": dynamodbOnDemand(x.OnDemandThroughput),
		"range_key":            dynamodbKey(x.KeySchema, dynamodbtypes.KeyTypeRange),
	}
	if p := x.Projection; p != nil {
		v["projection_type"], v["non_key_attributes"] = p.ProjectionType, aws.Set(p.NonKeyAttributes)
	}
	if p := x.ProvisionedThroughput; p != nil {
		v["read_capacity"], v["write_capacity"] = p.ReadCapacityUnits, p.WriteCapacityUnits
	}
	return v
}

// dynamodbKey finds the attribute of one kind in a key.
func dynamodbKey(schema []dynamodbtypes.KeySchemaElement, kind dynamodbtypes.KeyType) any {
	for _, k := range schema {
		if k.KeyType == kind {
			return k.AttributeName
		}
	}
	return nil
}

func dynamodbOnDemand(t *dynamodbtypes.OnDemandThroughput) []any {
	if t == nil {
		return []any{}
	}
	return aws.Block(map[string]any{"max_read_request_units": t.MaxReadRequestUnits, "max_write_request_units": t.MaxWriteRequestUnits})
}
