package awsconfig

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/diag"
)

// Options say what is imported.
type Options struct {
	Types    []Type
	Accounts []string // empty: all that there are snapshots of
	Regions  []string // likewise; global resources are taken from any
}

// Plan says what an import will hold.
type Plan struct {
	Partition string
	Accounts  []aws.Account // sorted, with their Regions
	files     map[string][]File
}

// NewPlan chooses the snapshots to import. The accounts must be in one partition.
func NewPlan(files []File, o Options) (Plan, error) {
	p := Plan{files: map[string][]File{}}
	regions := map[string][]string{}
	for _, f := range files {
		if len(o.Accounts) > 0 && !slices.Contains(o.Accounts, f.Account) {
			continue
		}
		partition := partitionOf(f.Region)
		if p.Partition != "" && p.Partition != partition {
			return Plan{}, diag.Errorf("config-mixed", "%s is of the partition %s, other snapshots are of %s", place(f.Path).File, partition, p.Partition).
				At(place(f.Path)).WithHint("import one partition at a time")
		}
		p.Partition = partition
		p.files[f.Account] = append(p.files[f.Account], f)
		if f.Region != "" && (len(o.Regions) == 0 || slices.Contains(o.Regions, f.Region)) {
			regions[f.Account] = append(regions[f.Account], f.Region)
		}
	}
	for account, list := range p.files {
		slices.Sort(regions[account])
		p.Accounts = append(p.Accounts, aws.Account{ID: account, Regions: regions[account]})
		slices.SortFunc(list, func(a, b File) int { return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Region, b.Region)) })
	}
	slices.SortFunc(p.Accounts, func(a, b aws.Account) int { return cmp.Compare(a.ID, b.ID) })
	for _, a := range o.Accounts {
		if p.files[a] == nil {
			return Plan{}, diag.Errorf("config-none", "there is no snapshot of account %s", a)
		}
	}
	for _, r := range o.Regions {
		if !slices.ContainsFunc(p.Accounts, func(a aws.Account) bool { return slices.Contains(a.Regions, r) }) {
			return Plan{}, diag.Errorf("config-none", "there is no snapshot of %s", r)
		}
	}
	return p, nil
}

// partitionOf tells the partition of a Region by its name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Import reads the plan's snapshots into a sink, one file at a time. The error is
// a file's that cannot be read, the sink's or the context's; what a file does not
// say is in the outcomes.
func Import(ctx context.Context, p Plan, o Options, sink aws.Sink) error {
	for _, a := range p.Accounts {
		if err := importAccount(ctx, p, a, o.Types, sink); err != nil {
			return err
		}
	}
	return nil
}

func importAccount(ctx context.Context, p Plan, a aws.Account, types []Type, sink aws.Sink) error {
	var scopes []aws.Scope
	pending := map[string]bool{} // global types that no file held so far
	for _, t := range types {
		if t.Reach == aws.PerAccount {
			scopes = append(scopes, aws.Scope{Account: a.ID, Type: t.Name})
			pending[t.Name] = true
		}
	}
	for _, r := range a.Regions {
		for _, t := range types {
			if t.Reach == aws.Regional {
				scopes = append(scopes, aws.Scope{Account: a.ID, Region: r, Type: t.Name})
			}
		}
	}
	if err := sink.Enter(a, scopes); err != nil {
		return err
	}
	for _, f := range p.files[a.ID] { // the newest first
		regional := slices.Contains(a.Regions, f.Region)
		wanted := slices.DeleteFunc(slices.Clone(types), func(t Type) bool {
			if t.Reach == aws.PerAccount {
				return !pending[t.Name]
			}
			return !regional
		})
		if len(wanted) == 0 {
			continue
		}
		g := newGathering(f, p.Partition, wanted)
		if err := readFile(ctx, f.Path, g.take); err != nil {
			return err
		}
		for _, t := range wanted {
			out := g.outcome(t)
			if t.Reach == aws.PerAccount {
				if !g.recorded(t) {
					continue // perhaps another Region records it
				}
				delete(pending, t.Name)
			}
			if err := sink.Put(out); err != nil {
				return err
			}
		}
	}
	for _, t := range types {
		if pending[t.Name] {
			if err := sink.Put(unrecorded(aws.Scope{Account: a.ID, Type: t.Name}, t)); err != nil {
				return err
			}
		}
	}
	return nil
}

// unrecorded is the outcome of a scope of which nothing is known.
func unrecorded(s aws.Scope, t Type) aws.Outcome {
	return aws.Outcome{Scope: s, Status: aws.Unsupported, Detail: "the snapshot holds no " + t.Config + "; the recorder may not record it"}
}
