package cmd

import (
	"context"
	"os"
	"path/filepath"

	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/source"
)

// ownership knows which Terraform code manages which live resources.
type ownership struct {
	index *drift.Index
	from  map[*resource.Resource]stack
}

// stack is one state, plan or directory of Terraform.
type stack struct {
	input string
	code  *source.Code
}

// ownership reads states, plans and directories; nil when there are none.
func (s Streams) ownership(ctx context.Context, paths []string, o input.Options) (*ownership, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	w := &ownership{from: map[*resource.Resource]stack{}}
	var all []*resource.Resource
	for _, path := range paths {
		in, err := s.read(ctx, stateOf(path), o)
		if err != nil {
			return nil, err
		}
		dir := path
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			dir = filepath.Dir(path)
		}
		code, err := source.Open(dir, filepath.ToSlash(dir))
		if err != nil {
			return nil, err
		}
		for _, r := range in.Resources {
			w.from[r] = stack{in.Info.Path, code}
		}
		all = append(all, in.Resources...)
	}
	w.index = drift.NewIndex(all)
	return w, nil
}

// mark says of every finding about a live resource who owns it. What the code
// says of the place takes the finding's source too.
func (w *ownership) mark(findings []finding.Finding, live []*resource.Resource) {
	type name struct{ typ, address, account, region string }
	byName := make(map[name]*resource.Resource, len(live))
	for _, r := range live {
		byName[name{r.Type, r.Address, r.Account, r.Region}] = r
	}
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	for i := range findings {
		f := &findings[i]
		r := byName[name{f.Resource.Type, f.Resource.Address, text(f.Resource.Account), text(f.Resource.Region)}]
		if r == nil {
			continue // a scope that was not read
		}
		owner, sure := w.index.Owner(r)
		if !sure {
			continue
		}
		f.Owner = &finding.Owner{}
		if owner == nil {
			continue
		}
		at := w.from[owner]
		f.Owner = &finding.Owner{Managed: true, Address: owner.Address, Input: at.input}
		if place, ok := at.code.Find(owner, f.Attributes); ok {
			f.Owner.Source, f.Resource.Source = &place.Source, &place.Source
			f.Snippet = place.Snippet(2, nil)
		}
	}
}
