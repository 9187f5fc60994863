package input

import (
	"cmp"
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// identify fills id, ARN, account, region and partition of a resource from its
// values, then from what the loader found out before (the provider), then from
// the options. What a resource says itself wins over its provider, since
// providers are shared, and both win over the options.
func identify(r *resource.Resource, o Options) {
	if r.ID == "" {
		r.ID, _ = r.Values["id"].(string)
	}
	if r.ARN == "" {
		if arn, ok := r.Values["arn"].(string); ok && strings.HasPrefix(arn, "arn:") {
			r.ARN = arn
		}
	}
	if !strings.HasPrefix(r.Type, "aws_") {
		return
	}
	partition, region, account := splitARN(r.ARN)
	if own, ok := r.Values["region"].(string); ok && region == "" && resource.IsRegion(own) {
		region = own
	}
	if region == "" {
		region = r.Region
	}
	if region == "" {
		region = o.Region
	}
	if account == "" {
		account = r.Account
	}
	if account == "" {
		account = o.Account
	}
	if partition == "" {
		partition = partitionOf(region)
	}
	r.Partition, r.Region, r.Account = partition, region, account
}

// elsewhere are the types of which the ARN may be that of something else.
var elsewhere = map[string]bool{
	"aws_organizations_account": true, "aws_sns_topic_policy": true, "aws_sns_topic_subscription": true,
}

// settle tells resources of one provider configuration where they live. Such a
// configuration has one account and one Region, which the ARNs of some of its
// resources tell: where they agree, the others live there too.
func settle(list []*resource.Resource) {
	var region, account string
	var regions, accounts bool // that there are several
	for _, r := range list {
		arn, _ := r.Values["arn"].(string)
		if elsewhere[r.Type] {
			continue
		}
		_, at, of := splitARN(arn)
		regions = regions || at != "" && region != "" && at != region
		accounts = accounts || of != "" && account != "" && of != account
		region, account = cmp.Or(region, at), cmp.Or(account, of)
	}
	for _, r := range list {
		if !regions {
			r.Region = region
		}
		if !accounts {
			r.Account = account
		}
	}
}

// splitARN returns the parts of an ARN that say where a resource lives; each
// is empty when the ARN does not hold it.
func splitARN(arn string) (partition, region, account string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return "", "", ""
	}
	if account = parts[4]; !resource.IsAccount(account) {
		account = ""
	}
	if region = parts[3]; !resource.IsRegion(region) {
		region = ""
	}
	return parts[1], region, account
}

// accountOf returns the account in an ARN, or the text itself if it is one.
func accountOf(s string) string {
	if resource.IsAccount(s) {
		return s
	}
	_, _, account := splitARN(s)
	return account
}

// partitions maps the first part of a region's name to its partition, where it
// is not the commercial one. Source: the partitions.json of the AWS SDKs.
var partitions = []struct{ prefix, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"us-isob-", "aws-iso-b"},
	{"us-isof-", "aws-iso-f"},
	{"us-iso-", "aws-iso"},
	{"eu-isoe-", "aws-iso-e"},
	{"eusc-", "aws-eusc"},
}

// partitionOf returns the partition of a region, empty when there is none.
func partitionOf(region string) string {
	if region == "" {
		return ""
	}
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}
