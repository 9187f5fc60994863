package collect

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ec2InstanceMetadataDefaults() aws.Type {
	return aws.Type{
		Name:    "aws_ec2_instance_metadata_defaults",
		Service: "ec2",
		Actions: []string{"ec2:GetInstanceMetadataDefaults"},
		Filled:  []string{"http_endpoint", "http_put_response_hop_limit", "http_tokens", "instance_metadata_tags"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, ec2.NewFromConfig).GetInstanceMetadataDefaults(ctx, &ec2.GetInstanceMetadataDefaultsInput{})
			if err != nil {
				return err
			}
			out.Add(aws.Item{Values: instanceMetadataDefaults(got.AccountLevel)})
			return nil
		},
	}
}

// instanceMetadataDefaults writes what is not set as the provider does: a region
// without defaults has them all, which say nothing.
func instanceMetadataDefaults(d *ec2types.InstanceMetadataDefaultsResponse) map[string]any {
	if d == nil {
		d = &ec2types.InstanceMetadataDefaultsResponse{}
	}
	var hops any = -1
	if d.HttpPutResponseHopLimit != nil {
		hops = d.HttpPutResponseHopLimit
	}
	return map[string]any{
		"http_endpoint":               cmp.Or(d.HttpEndpoint, ec2types.InstanceMetadataEndpointState(noPreference)),
		"http_put_response_hop_limit": hops,
		"http_tokens":                 cmp.Or(d.HttpTokens, ec2types.HttpTokensState(noPreference)),
		"instance_metadata_tags":      cmp.Or(d.InstanceMetadataTags, ec2types.InstanceMetadataTagsState(noPreference)),
	}
}

const noPreference = "no-preference"
