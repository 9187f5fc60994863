package cmd

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
)

func driftCommand(s Streams) *cobra.Command {
	o := evaluation{verb: "parapet drift"}
	c := &cobra.Command{
		Use:   "drift SNAPSHOT STATE|DIR",
		Short: "Compare live state with what Terraform says",
		Long: `Compare live state with what Terraform says: a state file (raw, or of terraform
show -json), a plan, or a configuration directory. A directory with a
terraform.tfstate is compared by that.

Only attributes that the collector reads are compared, and three kinds are left
out: those that another resource of the code manages too, those that AWS moves
by itself, and those that cannot be read. So an untouched stack shows nothing.

Every resource that differs is a finding of "drift"; where the difference
violates a policy that the code does not violate, that is a finding of the
policy, with its severity, and so comes first. A resource whose type or scope
was not read is unknown, never the same.

Exit codes: 0 no drift; 1 drift or violations at or above --fail-on; 2 the run
failed.`,
		Example: `  parapet drift snap terraform.tfstate
  terraform show -json | parapet drift snap -
  parapet drift snap stack/ --fail-on medium
  parapet drift snap stack/ --format json=drift.json --format markdown`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return s.drift(c.Context(), o, args[0], args[1])
		},
	}
	o.register(c)
	return c
}

func (s Streams) drift(ctx context.Context, o evaluation, snapshot, desired string) error {
	j, err := s.judge(ctx, o)
	if err != nil {
		return err
	}
	asked := o.load
	asked.Kind = input.KindSnapshot
	live, err := s.read(ctx, snapshot, asked)
	if err != nil {
		return err
	}
	code, err := s.read(ctx, stateOf(desired), o.load)
	if err != nil {
		return err
	}
	if code.Info.Kind == input.KindSnapshot {
		return diag.Errorf("drift-two-snapshots", "%s is a snapshot too", code.Info.Path).
			WithDetail("drift compares live state with what Terraform says.").
			WithHint("parapet drift SNAPSHOT terraform.tfstate")
	}
	run := j.start()
	state := drift.Live{
		Resources: live.Resources, Incomplete: live.Incomplete, Collected: live.Collected,
		Skip: map[string][]string{}, Overlap: map[string][]string{},
	}
	for name, t := range live.Snapshot.Types {
		state.Skip[name], state.Overlap[name] = slices.Concat(t.ConfigOnly, t.Volatile), t.Overlap
	}
	results := drift.Compare(code.Resources, state)
	violations := func(in input.Result) ([]finding.Finding, error) {
		res, err := j.engine.Check(ctx, resource.NewSet(in.Resources, in.Incomplete...))
		return res.Findings, err
	}
	s.progress("comparing %s", plural(len(results), "resource"))
	defer s.progressDone()
	asLive, err := violations(live)
	if err != nil {
		return err
	}
	asDesired, err := violations(code)
	if err != nil {
		return err
	}
	s.warnUncollected(results)
	same := 0
	for _, r := range results {
		if r.Status == drift.Same {
			same++
		}
	}
	s.progressDone()
	if err := run.take(desired, drift.Findings(results, asLive, asDesired), same, live.Info, code.Info); err != nil {
		return err
	}
	run.unread += len(code.Unread())
	run.extra = []finding.Policy{drift.Policy}
	return j.conclude(run)
}

// warnUncollected tells which types of the code the snapshot was not asked for,
// and how to have them.
func (s Streams) warnUncollected(results []drift.Result) {
	var can, cannot []string
	for _, r := range results {
		if !r.Uncollected {
			continue
		}
		if rows, _ := aws.Select(collect.Types(), []string{r.Desired.Type}); len(rows) > 0 {
			can = append(can, r.Desired.Type)
		} else {
			cannot = append(cannot, r.Desired.Type)
		}
	}
	list := func(types []string) (int, string) {
		slices.Sort(types)
		types = slices.Compact(types)
		return len(types), strings.Join(types, ",")
	}
	if n, names := list(can); n > 0 {
		s.warn(diag.Warningf("drift-not-collected", "%s of the code cannot be compared: the snapshot was not asked for %s", plural(n, "type"), names).
			WithHint("collect them too: parapet snapshot --all, or --types %s", names))
	}
	if n, names := list(cannot); n > 0 {
		s.warn(diag.Warningf("drift-no-collector", "%s of the code cannot be compared, since no collector reads %s", plural(n, "type"), names))
	}
}

// read loads an input and tells its warnings.
func (s Streams) read(ctx context.Context, path string, o input.Options) (input.Result, error) {
	s.progress("reading %s", path)
	in, err := input.Load(ctx, path, s.In, s.surroundings(o))
	s.progressDone()
	s.warn(in.Warnings...)
	return in, err
}

// stateOf returns the state in a directory that has one: it says what was
// applied, with ids, where the code says only what is meant.
func stateOf(path string) string {
	state := filepath.Join(path, "terraform.tfstate")
	if info, err := os.Stat(state); err == nil && info.Mode().IsRegular() {
		return state
	}
	return path
}
