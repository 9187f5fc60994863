package compiler

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

func TestNameOf(t *testing.T) {
	t.Parallel()
	id := func(s string) finding.Subject {
		return finding.Subject{Origin: resource.OriginSnapshot, Address: `aws_x["eu-west-1/a.b"]`, ID: &s}
	}
	for want, r := range map[string]finding.Subject{
		"web[0]":    {Origin: resource.OriginPlan, Address: "module.a.aws_x.web[0]"},
		"acme.logs": id("acme.logs"),
		"subnet-1":  id("subnet-1"),
		"boundary":  id("arn:aws:iam::111122223333:policy/team/boundary"),
		"alarms":    id("arn:aws:sns:eu-west-1:111122223333:alarms"),
		"jobs":      id("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"),
	} {
		if got := nameOf(r); got != want {
			t.Errorf("%+v: %s, want %s", r, got, want)
		}
	}
}
