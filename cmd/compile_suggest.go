package cmd

import (
	"context"

	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// management returns the management account that a snapshot tells, or nothing.
func management(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	m, _, err := snapshot.Open(dir)
	if err != nil {
		return "", err
	}
	for _, a := range m.Accounts {
		if a.Management {
			return a.ID, nil
		}
	}
	return "", nil
}

// suggester asks the policies what a snapshot suggests to except; nil without
// one.
func (s Streams) suggester(ctx context.Context, dir string, e *engine.Engine) (func(account, policy string, findings []finding.Finding) ([]engine.Suggestion, error), error) {
	if dir == "" {
		return nil, nil
	}
	in, err := s.read(ctx, dir, input.Options{Kind: input.KindSnapshot})
	if err != nil {
		return nil, err
	}
	byAccount := map[string][]*resource.Resource{}
	for _, r := range in.Resources {
		byAccount[r.Account] = append(byAccount[r.Account], r)
	}
	return func(account, policy string, findings []finding.Finding) ([]engine.Suggestion, error) {
		live := byAccount[account]
		if account == "" { // the module is for them all
			live = in.Resources
		}
		return e.Suggestions(ctx, policy, findings, live)
	}, nil
}
