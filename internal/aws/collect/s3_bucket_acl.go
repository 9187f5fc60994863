package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// s3BucketACL reads the grants of every bucket, and which canned ACL they amount
// to: AWS forgets the canned ACL that was asked for, and policies know no other
// name for "everyone may read".
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
func s3BucketACL() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_acl",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketAcl"}),
		Filled:     []string{"access_control_policy", "acl", "bucket"},
		ConfigOnly: []string{"acl", "expected_bucket_owner"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name})
				if err != nil {
					return err
				}
				out.Add(s3BucketACLItem(*name, got.Owner, got.Grants))
				return nil
			})
		},
	}
}

func s3BucketACLItem(bucket string, by *s3types.Owner, grants []s3types.Grant) aws.Item {
	owner := map[string]any{}
	if by != nil {
		owner["id"], owner["display_name"] = by.ID, by.DisplayName
	}
	it := aws.Item{ID: bucket, Values: map[string]any{
		"bucket": bucket,
		"access_control_policy": aws.Block(map[string]any{
			"grant": aws.SetOf(grants, s3Grant),
			"owner": aws.Block(owner),
		}),
	}}
	if acl, ok := cannedACL(by, grants); ok {
		it.Values["acl"] = acl
	} else {
		it.Unknown = []string{"acl"}
	}
	return it
}

func s3Grant(g s3types.Grant) map[string]any {
	grant := map[string]any{"permission": g.Permission}
	if e := g.Grantee; e != nil {
		grant["grantee"] = aws.Block(map[string]any{
			"display_name":  e.DisplayName,
			"email_address": e.EmailAddress,
			"id":            e.ID,
			"type":          e.Type,
			"uri":           e.URI,
		})
	}
	return grant
}

// The groups that canned ACLs grant to.
const (
	everyone      = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticated = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery   = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// cannedACL names the least canned ACL that grants to groups what the grants do,
// and reports whether there is one. What only administers the ACL, which no canned
// one gives, counts as writing. Where everyone is let in, it does not matter who
// else is; but of grants to others than the owner and the groups none says that
// they are private.
func cannedACL(owner *s3types.Owner, grants []s3types.Grant) (string, bool) {
	granted := map[string]bool{}
	others := false
	for _, g := range grants {
		switch group := granteeGroup(g); {
		case group == everyone:
			granted[everyone] = true
			if g.Permission != s3types.PermissionRead && g.Permission != s3types.PermissionReadAcp {
				granted["write"] = true
			}
		case group == authenticated, group == logDelivery && (g.Permission == s3types.PermissionWrite || g.Permission == s3types.PermissionReadAcp):
			granted[group] = true
		default:
			others = others || !toOwner(g, owner)
		}
	}
	switch {
	case granted["write"]:
		return "public-read-write", true
	case granted[everyone]:
		return "public-read", true
	case granted[authenticated]:
		return "authenticated-read", true
	case others:
		return "", false
	case granted[logDelivery]:
		return "log-delivery-write", true
	}
	return "private", true
}

func granteeGroup(g s3types.Grant) string {
	if g.Grantee == nil {
		return ""
	}
	return aws.String(g.Grantee.URI)
}

// toOwner reports whether a grant is to the owner of the bucket.
func toOwner(g s3types.Grant, owner *s3types.Owner) bool {
	return owner != nil && g.Grantee != nil && aws.String(owner.ID) != "" && aws.String(g.Grantee.ID) == aws.String(owner.ID)
}
