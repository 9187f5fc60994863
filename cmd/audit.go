package cmd

import (
	"cmp"
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/input"
)

// auditOptions are the flags of parapet audit.
type auditOptions struct {
	evaluation
	collection
	snapshot  string // empty: collect one
	terraform []string
}

func auditCommand(s Streams) *cobra.Command {
	o := auditOptions{evaluation: evaluation{verb: "parapet audit"}}
	c := &cobra.Command{
		Use:   "audit [SNAPSHOT]",
		Short: "Evaluate policies on live AWS state",
		Long: `Evaluate policies on live AWS state: on a snapshot that was collected before, or
on one that is collected first and, with --out, kept. The policies, flags and
formats are those of gate, the flags of collecting those of snapshot.

What could not be read is never a pass: a policy on a scope that was denied,
throttled or not asked for answers unknown, and says why.

With --terraform, every finding says which resource of that code owns the live
one, with its module and line, or that nobody does.

Exit codes: 0 clean; 1 violations at or above --fail-on; 2 the run failed.`,
		Example: `  parapet audit snap
  parapet audit --regions eu-west-1 --fail-on high
  parapet audit --role ParapetAudit --out snap
  parapet audit snap --terraform stack/ --format markdown
  parapet audit snap --select 'aws-s3-*' --unknown fail
  parapet audit snap --format json | jq .summary`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.snapshot = args[0]
				for _, flag := range collectionFlags() {
					if c.Flags().Changed(flag) {
						return usagef(o.verb, "--%s is for collecting; %s is a snapshot that was collected", flag, args[0])
					}
				}
			}
			if _, err := o.recall(c); err != nil {
				return err
			}
			o.note(c)
			return s.audit(c.Context(), o)
		},
	}
	o.evaluation.register(c)
	o.collection.register(c)
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
	dir := o.snapshot
	if dir == "" {
		var done func()
		if dir, done, err = s.collectFor(ctx, o, j); err != nil {
			return err
		}
		defer done()
	}
	kind := o.load
	kind.Kind = input.KindSnapshot
	if o.snapshot == "" && o.out == "" {
		kind.Name = "live"
	}
	in, err := s.read(ctx, dir, kind)
	if err != nil {
		return err
	}
	run := j.start()
	if err := run.add(ctx, cmp.Or(o.snapshot, o.out, "-"), in); err != nil {
		return err
	}
	if owners != nil {
		owners.mark(run.findings, in.Resources)
	}
	return j.conclude(run)
}

// collectFor collects what the policies of an audit need, into --out or into a
// directory that is removed when it is done with.
func (s Streams) collectFor(ctx context.Context, o auditOptions, j *judge) (dir string, done func(), err error) {
	if err := o.collection.check(o.verb); err != nil {
		return "", nil, err
	}
	rows, missing, err := o.rows(o.verb, j.engine.Policies())
	if err != nil {
		return "", nil, err
	}
	s.warnMissing(missing)
	done = func() {}
	if o.out == "" {
		if o.out, err = os.MkdirTemp("", "parapet-audit-*"); err != nil {
			return "", nil, err
		}
		temporary := o.out
		done = func() { _ = os.RemoveAll(temporary) }
	}
	m, err := s.collect(ctx, o.collection, rows, o.jobs)
	if err == nil {
		err = readAnything(m)
	}
	if err != nil {
		done()
		return "", nil, err
	}
	return o.out, done, nil
}
