package collect

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ec2Tags makes the provider's map of EC2's tags.
func ec2Tags(tags []ec2types.Tag) map[string]any {
	return aws.Tags(tags, func(t ec2types.Tag) (*string, *string) { return t.Key, t.Value })
}
