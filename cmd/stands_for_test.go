package cmd_test

import (
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestStandsFor: what a collector reads for other types of the provider too,
// drift finds for them. Otherwise an untouched resource would be called gone.
func TestStandsFor(t *testing.T) {
	t.Parallel()
	// These are found inside of another resource; see TestParts of drift.
	parts := []string{"aws_network_acl_rule", "aws_route", "aws_security_group_rule"}
	for _, row := range collect.Types() {
		index := drift.NewIndex([]*resource.Resource{{Type: row.Name, ID: "a", Origin: resource.OriginSnapshot}})
		for _, other := range row.StandsFor {
			code := &resource.Resource{Type: other, ID: "a", Origin: resource.OriginState}
			if index.Find(code) == nil && !slices.Contains(parts, other) {
				t.Errorf("%s stands for %s, which drift does not find", row.Name, other)
			}
		}
	}
}
