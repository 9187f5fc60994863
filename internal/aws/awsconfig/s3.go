package awsconfig

import (
	"slices"

	"github.com/parapet-dev/parapet/internal/aws"
)

const bucketConfig = "AWS::S3::Bucket"

// Buckets have their parts in the supplementary configuration, in the names of
// the Java SDK's classes. A part that was never set is there with null in it; a
// part that is not there at all was not recorded.
func s3Types() []Type {
	bucket := single("aws_s3_bucket", bucketConfig, aws.Regional, "name", map[string]value{
		// The provider never reads acl: aws_s3_bucket_acl tells.
		"acl":    func(*item) (any, []string) { return nil, whole },
		"bucket": text("name"),
		"tags":   bucketTags,
	})
	return []Type{
		bucket,
		bucketPart("aws_s3_bucket_public_access_block", "PublicAccessBlockConfiguration", map[string]value{
			"block_public_acls":       boolean("blockPublicAcls"),
			"block_public_policy":     boolean("blockPublicPolicy"),
			"ignore_public_acls":      boolean("ignorePublicAcls"),
			"restrict_public_buckets": boolean("restrictPublicBuckets"),
		}, nil),
		bucketPart("aws_s3_bucket_versioning", "BucketVersioningConfiguration", map[string]value{
			"versioning_configuration": versioning,
		}, absentIf("status", "Off")),
		bucketPart("aws_s3_bucket_server_side_encryption_configuration", "ServerSideEncryptionConfiguration", map[string]value{
			"rule": encryption,
		}, nil),
		bucketPart("aws_s3_bucket_logging", "BucketLoggingConfiguration", map[string]value{
			"target_bucket": text("destinationBucketName"),
			"target_prefix": prefix,
		}, absentIf("destinationBucketName", nil)),
		bucketPart("aws_s3_bucket_policy", "BucketPolicy", map[string]value{
			"policy": policy("policyText"),
		}, absentIf("policyText", nil)),
		bucketACL(),
		accountBlock(),
	}
}

// accountBlock is the public access block of the account, which has no ARN.
func accountBlock() Type {
	t := single("aws_s3_account_public_access_block", "AWS::S3::AccountPublicAccessBlock", aws.PerAccount, "", map[string]value{
		"account_id":              func(it *item) (any, []string) { return it.ID, whole },
		"block_public_acls":       boolean("blockPublicAcls"),
		"block_public_policy":     boolean("blockPublicPolicy"),
		"ignore_public_acls":      boolean("ignorePublicAcls"),
		"restrict_public_buckets": boolean("restrictPublicBuckets"),
	})
	t.Filled = slices.DeleteFunc(t.Filled, func(p string) bool { return p == "arn" })
	return t
}

// absentIf tells that a part was never set, by what a key of it says.
func absentIf(key string, means any) func(*item) bool {
	return func(it *item) bool {
		v, ok := it.get(key)
		return ok && v == means
	}
}

// bucketPart makes a row of a part of buckets. It is there, or it is not, or
// nothing is known of it.
func bucketPart(name, key string, attributes map[string]value, absent func(*item) bool) Type {
	names := append(filled(attributes)[1:], "bucket")
	return part(name, bucketConfig, "aws_s3_bucket", aws.Regional, names, func(it *item) ([]aws.Item, error) {
		v, ok := it.get("+" + key)
		if !ok {
			return nil, errUnsaid
		}
		if v == nil {
			return nil, nil
		}
		conf, ok := object(v)
		if !ok {
			return nil, errUnsaid
		}
		inside := &item{conf: conf}
		if absent != nil && absent(inside) {
			return nil, nil
		}
		values, known := read(inside, attributes)
		bucket := it.text("name")
		if len(known) < len(attributes) || bucket == "" {
			return nil, errUnsaid
		}
		values["bucket"] = bucket
		return []aws.Item{{ID: bucket, Values: values}}, nil
	})
}

// bucketTags are the tags of a bucket; one without any has no
// BucketTaggingConfiguration, and the item's own are all there is.
func bucketTags(it *item) (any, []string) {
	raw, err := decodeAny(it.Tags)
	if err != nil {
		return nil, nil
	}
	if tags, ok := tagMap(raw); ok {
		return tags, whole
	}
	return nil, nil
}

// versioning has MFA delete as a boolean, null where it was never set.
func versioning(it *item) (any, []string) {
	status := it.text("status")
	mfa, known := it.get("isMfaDeleteEnabled")
	configuration := map[string]any{"status": status}
	switch mfa {
	case true:
		configuration["mfa_delete"] = "Enabled"
	case false:
		configuration["mfa_delete"] = "Disabled"
	}
	if !known || status != "Enabled" && status != "Suspended" {
		return nil, nil
	}
	return aws.Block(configuration), whole
}

// encryption are the rules of the default encryption. Items of 2020 and before
// have no bucketKeyEnabled, which buckets did not have then.
func encryption(it *item) (any, []string) {
	v, _ := it.get("rules")
	rules, ok := list(v)
	if !ok {
		return nil, nil
	}
	var blocks []any
	for _, e := range rules {
		m, _ := object(e)
		rule := &item{conf: m}
		algorithm := rule.text("applyServerSideEncryptionByDefault.sseAlgorithm")
		key, known := nonEmpty("applyServerSideEncryptionByDefault.kmsMasterKeyID")(rule)
		bucketKey, _ := boolean("bucketKeyEnabled")(rule)
		if algorithm == "" || known == nil {
			return nil, nil
		}
		blocks = append(blocks, map[string]any{
			"apply_server_side_encryption_by_default": aws.Block(map[string]any{"kms_master_key_id": key, "sse_algorithm": algorithm}),
			"bucket_key_enabled":                      bucketKey == true,
		})
	}
	return aws.SortSet(blocks), whole
}

// prefix is the prefix of access logs, empty where the item has null.
func prefix(it *item) (any, []string) {
	v, known := text("logFilePrefix")(it)
	if v == nil && known != nil {
		v = ""
	}
	return v, known
}
