package simulate_test

import (
	"fmt"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

func ExampleEvaluator_Decide() {
	src := `{"Version": "2012-10-17", "Statement": [{
  "Sid": "Imdsv2", "Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/*",
  "Condition": {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}}}]}`
	scp, _ := iam.Parse([]byte(src), "scp.json", iam.ProfileSCP)
	e := simulate.Compile(simulate.Hierarchy{SCP: []simulate.Level{
		{Target: "r-root", Policies: []iam.Policy{simulate.FullAWSAccess(), *scp}},
	}})
	r := &simulate.Request{
		Principal: "arn:aws:iam::111122223333:role/dev", Action: "ec2:RunInstances",
		Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*", Context: map[string]simulate.Value{},
	}
	for _, v := range []simulate.Value{simulate.Single("required"), simulate.Single("optional"), simulate.Unknown(), {}} {
		r.Context["ec2:MetadataHttpTokens"] = v
		d := e.Decide(r)
		fmt.Println(v, d.Effect, d.Layer, d.DependsOn)
	}
	// Output:
	// "required" Allowed identity []
	// "optional" ExplicitlyDenied scp []
	// unknown Depends scp [ec2:MetadataHttpTokens]
	// absent ExplicitlyDenied scp []
}

func ExampleEvaluator_Explain() {
	src := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}]}`
	p, _ := iam.Parse([]byte(src), "identity.json", iam.ProfileIdentity)
	e := simulate.Compile(simulate.Hierarchy{Identity: []iam.Policy{*p}})
	x := e.Explain(&simulate.Request{Principal: "arn:aws:iam::111122223333:user/bob", Action: "s3:PutObject", Resource: "arn:aws:s3:::c/k"})
	fmt.Println(x.Decision.Effect, x.Decision.Layer)
	for _, m := range x.Layers[0].Statements[0].Mismatches {
		fmt.Println(m)
	}
	// Output:
	// ImplicitlyDenied identity
	// Action: "s3:PutObject" does not match "s3:Get*"
	// Resource: "arn:aws:s3:::c/k" does not match "arn:aws:s3:::b/*"
}
