package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/input"
)

// auditOptions are the flags of parapet audit.
type auditOptions struct {
	evaluation
	snapshot  string
	terraform []string
}

func auditCommand(s Streams) *cobra.Command {
	o := auditOptions{evaluation: evaluation{verb: "parapet audit"}}
	c := &cobra.Command{
		Use:   "audit SNAPSHOT",
		Short: "Evaluate policies on live AWS state",
		Long: `Evaluate policies on live AWS state that parapet snapshot has collected. The
policies, flags and formats are those of gate.

What could not be read is never a pass: a policy on a scope that was denied,
throttled or not asked for answers unknown, and says why.

With --terraform, every finding says which resource of that code owns the live
one, with its module and line, or that nobody does.

Exit codes: 0 clean; 1 violations at or above --fail-on; 2 the run failed.`,
		Example: `  parapet audit snap
  parapet audit snap --terraform stack/ --format markdown
  parapet audit snap --select 'aws-s3-*' --unknown fail
  parapet audit snap --format json | jq .summary`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.snapshot = args[0]
			return s.audit(c.Context(), o)
		},
	}
	o.register(c)
	c.Flags().StringArrayVar(&o.terraform, "terraform", nil, "say which resource of `PATH` (state, plan or directory) owns what is found (repeatable)")
	return c
}

func (s Streams) audit(ctx context.Context, o auditOptions) error {
	j, err := s.judge(ctx, o.evaluation)
	if err != nil {
		return err
	}
	owners, err := s.ownership(ctx, o.terraform, input.Options{})
	if err != nil {
		return err
	}
	kind := o.load
	kind.Kind = input.KindSnapshot
	in, err := s.read(ctx, o.snapshot, kind)
	if err != nil {
		return err
	}
	run := j.start()
	if err := run.add(ctx, o.snapshot, in); err != nil {
		return err
	}
	if owners != nil {
		owners.mark(run.findings, in.Resources)
	}
	return j.conclude(run)
}
