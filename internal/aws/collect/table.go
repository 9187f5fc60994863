package collect

import "github.com/parapet-dev/parapet/internal/aws"

// Types returns the table of collectors, sorted by type.
func Types() []aws.Type {
	return []aws.Type{
		dbInstance(),
		ebsEncryptionByDefault(),
		iamAccountPasswordPolicy(),
		iamRole(),
		organizationsPolicy(),
		s3Bucket(),
		s3BucketPublicAccessBlock(),
		s3BucketVersioning(),
		securityGroup(),
	}
}
