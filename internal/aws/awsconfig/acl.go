package awsconfig

import (
	"slices"

	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
)

// bucketACL: the ACL is a text that holds JSON, in the words of the Java SDK: a
// grantee is an account with an id, or the name of a group; what it may do is
// FullControl rather than FULL_CONTROL. An example of both kinds of grantee is in
// Cloud Custodian's tests (tests/data/config/s3-website.json).
func bucketACL() Type {
	return part("aws_s3_bucket_acl", bucketConfig, "aws_s3_bucket", aws.Regional,
		[]string{"access_control_policy", "acl", "bucket"}, func(it *item) ([]aws.Item, error) {
			v, _ := it.get("+AccessControlList")
			conf, ok := object(v)
			bucket := it.text("name")
			if !ok || bucket == "" {
				return nil, errUnsaid
			}
			acl := &item{conf: conf}
			owner, ok := accountOf(acl, "owner")
			if !ok {
				return nil, errUnsaid
			}
			granted, there := acl.get("grantList")
			list, ok := list(granted)
			if !there || !ok {
				return nil, errUnsaid
			}
			grants := make([]s3types.Grant, len(list))
			for i, e := range list {
				m, _ := object(e)
				if grants[i], ok = grantOf(&item{conf: m}); !ok {
					return nil, errUnsaid
				}
			}
			by := &s3types.Owner{ID: owner.ID, DisplayName: owner.DisplayName}
			return []aws.Item{collect.S3BucketACLItem(bucket, by, grants)}, nil
		})
}

// accountOf reads an owner or grantee with an id.
func accountOf(it *item, path string) (s3types.Grantee, bool) {
	g := s3types.Grantee{Type: s3types.TypeCanonicalUser}
	id := it.text(path + ".id")
	if name := it.text(path + ".displayName"); name != "" {
		g.DisplayName = &name
	}
	g.ID = &id
	return g, id != ""
}

// grantOf reads a grant. Groups and permissions are S3's, and no others are known.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
func grantOf(it *item) (s3types.Grant, bool) {
	permissions := map[string]s3types.Permission{
		"FullControl": s3types.PermissionFullControl,
		"Read":        s3types.PermissionRead,
		"ReadAcp":     s3types.PermissionReadAcp,
		"Write":       s3types.PermissionWrite,
		"WriteAcp":    s3types.PermissionWriteAcp,
	}
	groups := map[string]string{
		"AllUsers":           "http://acs.amazonaws.com/groups/global/AllUsers",
		"AuthenticatedUsers": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
		"LogDelivery":        "http://acs.amazonaws.com/groups/s3/LogDelivery",
	}
	permission := it.text("permission")
	g := s3types.Grant{Permission: permissions[permission]}
	if g.Permission == "" && slices.Contains(s3types.Permission("").Values(), s3types.Permission(permission)) {
		g.Permission = s3types.Permission(permission)
	}
	if name := it.text("grantee"); name != "" {
		uri, ok := groups[name]
		g.Grantee = &s3types.Grantee{Type: s3types.TypeGroup, URI: &uri}
		return g, ok && g.Permission != ""
	}
	grantee, ok := accountOf(it, "grantee")
	g.Grantee = &grantee
	return g, ok && g.Permission != ""
}
