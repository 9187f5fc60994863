package collect

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// What the APIs describe reaches this program by AWS Config too, so that package
// awsconfig describes it with the collectors' own functions.

// SecurityGroupItem describes a security group. EC2 does not tell its ARN.
func SecurityGroupItem(g ec2types.SecurityGroup, arn string) aws.Item {
	return securityGroupItem(g, arn)
}

// DBInstanceItem describes a database instance that is in no cluster.
func DBInstanceItem(d rdstypes.DBInstance) aws.Item { return dbInstanceItem(d) }

// IAMRoleItem describes a role.
func IAMRoleItem(r iamtypes.RoleDetail) aws.Item { return iamRoleItem(r) }

// S3BucketACLItem describes the ACL of a bucket.
func S3BucketACLItem(bucket string, owner *s3types.Owner, grants []s3types.Grant) aws.Item {
	return s3BucketACLItem(bucket, owner, grants)
}
