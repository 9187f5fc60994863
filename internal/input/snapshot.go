package input

import (
	"fmt"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// loadSnapshot reads live state that was collected before. Scopes that were not
// read whole are part of the result: nothing is known of what they hold.
func loadSnapshot(src *source, dir string) (Result, error) {
	if k := src.options.Kind; k != "" && k != KindSnapshot {
		return Result{}, diag.Errorf("input-kind-mismatch", "%s is a snapshot, which cannot be a %s", src.name, k).
			At(src.place()).WithHint("give the file, or leave out the kind")
	}
	m, sum, err := snapshot.Open(dir)
	if err != nil {
		return Result{}, err
	}
	resources, err := snapshot.Read(src.ctx, dir, m)
	if err != nil {
		return Result{}, err
	}
	res := src.result(KindSnapshot, sum, resources)
	res.Snapshot = &m
	res.Collected = m.Request.Types
	for _, t := range m.Request.Types {
		res.Collected = append(res.Collected, m.Types[t].StandsFor...)
	}
	for _, e := range m.Incomplete() {
		status := string(e.Status)
		if e.Detail != "" {
			status += ": " + e.Detail
		}
		res.Incomplete = append(res.Incomplete, resource.Scope{Type: e.Type, Account: e.Account, Region: e.Region, Status: status})
	}
	for _, e := range m.Scopes {
		for _, g := range e.Gaps {
			if g.Related != "" {
				res.Gaps = append(res.Gaps, resource.Scope{
					Type: g.Related, Account: e.Account, Region: e.Region,
					Status: fmt.Sprintf("%s for %s %s", g.Status, g.Type, g.ID),
				})
			}
		}
	}
	for _, n := range m.Notes {
		res.Warnings = append(res.Warnings, diag.Warningf("snapshot-note", "%s", n).At(src.place()))
	}
	return res, nil
}
