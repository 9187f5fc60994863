package collect

import (
	"slices"
	"testing"

	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestS3Denied: a bucket that denies what others allow loses its tags and its
// versioning, and nothing else. One list of buckets does for all types, and the
// buckets of other regions are left to them.
func TestS3Denied(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("s3:GET /", tftest.Answer{Body: `<ListAllMyBucketsResult><Buckets>
		<Bucket><Name>closed</Name><BucketRegion>us-east-1</BucketRegion></Bucket>
		<Bucket><Name>far</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>
		<Bucket><Name>open</Name></Bucket>
	</Buckets></ListAllMyBucketsResult>`})
	no := tftest.S3Error(403, "AccessDenied", "User is not authorized with an explicit deny in a resource-based policy")
	fake.Always("s3:GET /closed?tagging", no)
	fake.Always("s3:GET /closed?versioning", no)
	fake.Always("s3:GET /open?location", tftest.Answer{Body: `<LocationConstraint/>`})
	fake.Always("s3:GET /open?tagging", tftest.Answer{Body: `<Tagging><TagSet><Tag><Key>Owner</Key><Value>me</Value></Tag></TagSet></Tagging>`})
	fake.Always("s3:GET /open?versioning", tftest.Answer{Body: `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_s3_bucket", "aws_s3_bucket_versioning")

	buckets, versioning := got["aws_s3_bucket"], got["aws_s3_bucket_versioning"]
	if buckets.Status != aws.Complete || len(buckets.Resources) != 2 || len(buckets.Gaps) != 1 {
		t.Fatalf("%+v", buckets)
	}
	closed, open := buckets.Resources[0], buckets.Resources[1]
	if closed.ID != "closed" || !resource.Marked(closed.Unknown, resource.Path{"tags"}) || !resource.Marked(closed.Unknown, resource.Path{"tags_all"}) || resource.Marked(closed.Unknown, resource.Path{"bucket"}) {
		t.Errorf("%s does not know %v", closed.ID, closed.Unknown)
	}
	if tags, ok := open.Values["tags"].(map[string]any); !ok || tags["Owner"] != "me" || open.Unknown != nil {
		t.Errorf("%s: %v, does not know %v", open.ID, open.Values, open.Unknown)
	}
	if g := buckets.Gaps[0]; g.ID != "closed" || !slices.Equal(g.Attributes, []string{"tags"}) || g.Status != aws.DeniedByIAM {
		t.Errorf("the gap is %+v", g)
	}
	if versioning.Status != aws.Complete || len(versioning.Resources) != 1 || len(versioning.Gaps) != 1 {
		t.Fatalf("%+v", versioning)
	}
	if g := versioning.Gaps[0]; g.Type != "aws_s3_bucket" || g.ID != "closed" || g.Related != "aws_s3_bucket_versioning" {
		t.Errorf("the gap is %+v", g)
	}
	if n := len(fake.Calls("s3:GET /")); n != 1 {
		t.Errorf("the buckets were listed %d times", n)
	}
}

// TestS3Nowhere: a bucket whose region cannot be told may be in any region that
// is collected, and is never lost.
func TestS3Nowhere(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("s3:GET /", tftest.Answer{Body: `<ListAllMyBucketsResult><Buckets><Bucket><Name>hidden</Name></Bucket></Buckets></ListAllMyBucketsResult>`})
	fake.Always("s3:GET /hidden?location", tftest.S3Error(403, "AccessDenied", "no"))
	got := collectFrom(t, mock(t, fake.URL), "eu-west-1", "aws_s3_bucket", "aws_s3_bucket_versioning")
	for typ, o := range got {
		if len(o.Resources) != 0 || len(o.Gaps) != 1 || o.Gaps[0].ID != "hidden" || o.Gaps[0].Type != "aws_s3_bucket" || o.Gaps[0].Related != typ {
			t.Errorf("%s: %+v", typ, o)
		}
	}
}

// TestBucketACL: groups show in the canned ACL that gives them what they have. Of
// grants to others, which no canned ACL makes, nobody can say that they are
// private.
func TestBucketACL(t *testing.T) {
	grant := func(group string, p s3types.Permission) s3types.Grant {
		return s3types.Grant{Grantee: &s3types.Grantee{URI: &group}, Permission: p}
	}
	account := func(id string) s3types.Grant {
		return s3types.Grant{Grantee: &s3types.Grantee{ID: &id}, Permission: s3types.PermissionFullControl}
	}
	me := "1"
	tests := []struct {
		name   string
		grants []s3types.Grant
		want   any // nil where nobody can say
	}{
		{"none", nil, "private"},
		{"the owner", []s3types.Grant{account(me)}, "private"},
		{"another account", []s3types.Grant{account(me), account("2")}, nil},
		{"an address", []s3types.Grant{{Grantee: &s3types.Grantee{EmailAddress: &me}, Permission: s3types.PermissionRead}}, nil},
		{"nobody", []s3types.Grant{{Permission: s3types.PermissionRead}}, nil},
		{"another group", []s3types.Grant{grant("http://acs.amazonaws.com/groups/s3/Other", s3types.PermissionRead)}, nil},
		{
			"log delivery",
			[]s3types.Grant{account(me), grant(logDelivery, s3types.PermissionWrite), grant(logDelivery, s3types.PermissionReadAcp)},
			"log-delivery-write",
		},
		{"log delivery that reads", []s3types.Grant{grant(logDelivery, s3types.PermissionRead)}, nil},
		{"log delivery and another", []s3types.Grant{grant(logDelivery, s3types.PermissionWrite), account("2")}, nil},
		{"log delivery and everyone", []s3types.Grant{grant(logDelivery, s3types.PermissionWrite), grant(everyone, s3types.PermissionRead)}, "public-read"},
		{"everyone and another", []s3types.Grant{account("2"), grant(everyone, s3types.PermissionRead)}, "public-read"},
		{"whoever has an account", []s3types.Grant{grant(authenticated, s3types.PermissionRead)}, "authenticated-read"},
		{"everyone administers", []s3types.Grant{grant(everyone, s3types.PermissionWriteAcp)}, "public-read-write"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it := s3BucketACLItem("b", &s3types.Owner{ID: &me}, tt.grants)
			r := s3BucketACL().Resource(it, "111111111111", "us-east-1", "aws")
			unknown := resource.Marked(r.Unknown, resource.Path{"acl"})
			if r.Values["acl"] != tt.want || unknown != (tt.want == nil) || resource.Marked(r.Unknown, resource.Path{"access_control_policy"}) {
				t.Errorf("acl is %v, not %v; unknown are %v", r.Values["acl"], tt.want, r.Unknown)
			}
		})
	}
}

// TestS3Deleted: a bucket that was deleted after the list was made is not there.
func TestS3Deleted(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("s3:GET /", tftest.Answer{Body: `<ListAllMyBucketsResult><Buckets>
		<Bucket><Name>here</Name><BucketRegion>us-east-1</BucketRegion></Bucket>
		<Bucket><Name>gone</Name><BucketRegion>us-east-1</BucketRegion></Bucket>
		<Bucket><Name>lost</Name></Bucket>
	</Buckets></ListAllMyBucketsResult>`})
	gone := tftest.S3Error(404, "NoSuchBucket", "The specified bucket does not exist")
	fake.Always("s3:GET /here?tagging", tftest.S3Error(404, "NoSuchTagSet", "The TagSet does not exist"))
	fake.Always("s3:GET /gone?tagging", gone)
	fake.Always("s3:GET /lost?location", gone)
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_s3_bucket")["aws_s3_bucket"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || got.Resources[0].ID != "here" || len(got.Gaps) != 0 {
		t.Errorf("%+v", got)
	}
}
