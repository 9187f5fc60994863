package iam_test

import (
	"fmt"

	"github.com/parapet-dev/parapet/internal/iam"
)

func ExampleParse() {
	src := `{"Version": "2012-10-17", "Statement": {
  "Effect": "Deny", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "*",
  "Condition": {"bool": {"aws:SecureTransport": false}}}}`
	p, _ := iam.Parse([]byte(src), "scp.json", iam.ProfileSCP)
	fmt.Println(string(p.JSON()))

	_, problems := iam.Parse([]byte(`{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}`), "scp.json", iam.ProfileSCP)
	fmt.Println(problems)
	// Output:
	// {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:GetObject","s3:PutObject"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}
	// scp.json:1:48: a policy of kind scp has no Principal
}

func ExampleMatchARN() {
	fmt.Println(iam.MatchARN("arn:aws:iam::*:role/*Break*", "arn:aws:iam::111122223333:role/team/BreakGlass"))
	fmt.Println(iam.MatchARN("arn:aws:iam::*:role/Break*", "arn:aws:iam::111122223333:role/team/BreakGlass"))
	// Output:
	// true
	// false
}
