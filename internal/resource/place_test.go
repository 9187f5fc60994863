package resource_test

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

func TestPlaces(t *testing.T) {
	for s, want := range map[string]bool{
		"111122223333": true, "": false, "11112222333": false, "1111222233334": false,
		"../../etc": false, "11112222333a": false, "aws": false, "111122223333\n": false,
	} {
		if resource.IsAccount(s) != want {
			t.Errorf("IsAccount(%q) is %v", s, !want)
		}
	}
	for s, want := range map[string]bool{
		"eu-west-1": true, "us-gov-east-1": true, "eusc-de-east-1": true, "ap-southeast-2": true,
		"": false, "eu": false, "eu-west": false, "eu-west-1a": false, "EU-WEST-1": false, "eu--1": false, "../eu-west-1": false, "a-b-c-d-1": false,
	} {
		if resource.IsRegion(s) != want {
			t.Errorf("IsRegion(%q) is %v", s, !want)
		}
	}
}
