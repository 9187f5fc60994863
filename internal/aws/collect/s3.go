package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// s3ListActions are what s3Buckets needs.
var s3ListActions = []string{"s3:GetBucketLocation", "s3:ListAllMyBuckets"}

// s3Client is the S3 client; endpoints that are not AWS's seldom have a name for
// every bucket.
func s3Client(s *aws.Session) *s3.Client {
	return aws.Client(s, s3.NewFromConfig, func(o *s3.Options) { o.UsePathStyle = s.CustomEndpoint() })
}

// bucket is a bucket of an account.
type bucket struct {
	name, region string
	err          error // why its region is not known
}

// s3Buckets lists the buckets in the session's region. The account has one list
// of buckets; those whose region cannot be told may be in any, and so count in
// all: the home region need not be among those that are collected.
func s3Buckets(ctx context.Context, s *aws.Session) ([]bucket, error) {
	all, err := aws.OncePerAccount(ctx, s, "s3:ListBuckets", func(ctx context.Context) ([]bucket, error) {
		return s3AllBuckets(ctx, s.Home())
	})
	if err != nil {
		return nil, err
	}
	var here []bucket
	for _, b := range all {
		if b.region == s.Region || b.err != nil {
			here = append(here, b)
		}
	}
	return here, nil
}

func s3AllBuckets(ctx context.Context, home *aws.Session) ([]bucket, error) {
	var list []bucket
	size := int32(1000) // a list of pages tells the regions; one of all buckets does not
	p := s3.NewListBucketsPaginator(s3Client(home), &s3.ListBucketsInput{MaxBuckets: &size})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range page.Buckets {
			list = append(list, bucket{name: aws.String(b.Name), region: aws.String(b.BucketRegion)})
		}
	}
	there := list[:0]
	for _, b := range list {
		if b.region == "" {
			if b.region, b.err = s3Location(ctx, home, b.name); b.err != nil {
				if ctx.Err() != nil {
					return nil, b.err
				}
				b.region = home.Region
			}
		}
		if !aws.Is(b.err, "NoSuchBucket") { // deleted meanwhile
			there = append(there, b)
		}
	}
	return there, nil
}

// s3Location asks for the region of a bucket. The two oldest regions have names
// of their own here.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
func s3Location(ctx context.Context, s *aws.Session, name string) (string, error) {
	out, err := s3Client(s).GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &name})
	if err != nil {
		return "", err
	}
	switch out.LocationConstraint {
	case "":
		return "us-east-1", nil
	case s3types.BucketLocationConstraintEu:
		return "eu-west-1", nil
	default:
		return string(out.LocationConstraint), nil
	}
}

// eachBucket asks every bucket of the session's region for the part of it that
// the type is about. What cannot be read of a bucket is a gap.
func eachBucket(ctx context.Context, s *aws.Session, out *aws.Out, read func(ctx context.Context, c *s3.Client, name *string) error) error {
	buckets, err := s3Buckets(ctx, s)
	if err != nil {
		return err
	}
	c := s3Client(s)
	return aws.Each(ctx, out, buckets, func(ctx context.Context, b bucket) error {
		if b.err != nil {
			return out.Gap(b.name, b.err)
		}
		if err := read(ctx, c, &b.name); err != nil {
			return out.Gap(b.name, err)
		}
		return nil
	})
}
