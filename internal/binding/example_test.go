package binding_test

import (
	"fmt"

	"github.com/parapet-dev/parapet/internal/binding"
)

func ExampleTable_Bindings() {
	for _, b := range binding.Library().Bindings("aws_instance", "metadata_options[].http_tokens") {
		fmt.Println(b.Operation, b.Key, "on", b.Resources, "- when left out:", b.Absent.State, "-", b.Trust)
	}
	// Output:
	// ec2:ModifyInstanceMetadataOptions ec2:Attribute/HttpTokens on [arn:*:ec2:*:*:instance/*] - when left out: unchanged - documented
	// ec2:RunInstances ec2:MetadataHttpTokens on [arn:*:ec2:*:*:instance/*] - when left out: account_default - reported
}

func ExampleTable_Requests() {
	for _, r := range binding.Library().Requests(binding.Target{
		Type: "aws_ebs_volume", Name: "data",
		Values: map[string]any{"size": 8.0, "encrypted": false},
	}) {
		fmt.Println(r.Operation, r.Resource, r.Context["ec2:Encrypted"], r.Context["ec2:VolumeSize"])
	}
	// Output:
	// ec2:CreateVolume arn:aws:ec2:eu-west-1:111122223333:volume/data [false] [8]
}
