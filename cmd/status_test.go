package cmd_test

import (
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// TestStatuses: what a collection says of a scope is what a snapshot can hold.
func TestStatuses(t *testing.T) {
	t.Parallel()
	var collected, stored []string
	for _, s := range aws.Statuses {
		collected = append(collected, string(s))
	}
	for _, s := range snapshot.Statuses {
		stored = append(stored, string(s))
	}
	if !slices.Equal(collected, stored) {
		t.Errorf("collected %v, stored %v", collected, stored)
	}
}
