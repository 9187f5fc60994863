package cmd

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
)

// gateOptions are the flags of parapet gate.
type gateOptions struct {
	evaluation
	inputs []string
}

func gateCommand(s Streams) *cobra.Command {
	o := gateOptions{evaluation: evaluation{verb: "parapet gate"}}
	c := &cobra.Command{
		Use:   "gate INPUT...",
		Short: "Evaluate policies on Terraform plans, state and configurations",
		Long: `Evaluate policies on Terraform plans (as terraform writes them, or the JSON of
terraform show -json), state files, configuration directories and snapshots. Each
INPUT is a file, a directory, a pattern such as 'plans/*.json', or - for standard
input. Policies written for conftest run unchanged.

Values that are known only after apply give a third answer: a policy that
depends on them is reported as unknown, not as passed and not as violated.

Parts of an input that are not read, such as modules that were not downloaded or
the rest of a plan made with -target, count as unknown too: they are named and
counted, and --unknown fail makes the run exit with 1.

Findings on a plan or state point at the Terraform code that stands beside it, or
in the directory of --source. A comment there exempts a resource, an attribute or
a module:

  # parapet:ignore aws-s3-public-acl until=2027-01-31 reason="behind a firewall"

Exit codes: 0 clean; 1 violations at or above --fail-on; 2 the run failed, a
policy could not be evaluated, or the input was bad.`,
		Example: `  parapet gate tfplan
  terraform show -json tfplan | parapet gate -
  parapet gate plan.json --fail-on high
  parapet gate plan.json --format table --format json=findings.json
  parapet gate plan.json --select 'aws-s3-*' --skip aws-s3-public-acl
  parapet gate plan.json --policy ./policies --no-library --namespace main
  parapet gate plan.json --bundle baseline
  parapet gate plan.json --bundle oci://ghcr.io/acme/policies:1.4 --verification-key acme.pem
  parapet gate plan.json --parameters parameters.yaml --exceptions exceptions.yaml
  parapet gate plan.json --write-baseline baseline.json --fail-on none
  parapet gate plan.json --baseline baseline.json
  parapet gate build/plan.json --source infra/live`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.inputs = args
			return s.gate(c.Context(), o)
		},
	}
	o.register(c)
	c.Flags().StringVar(&o.source, "source", "", "find the lines of findings on a plan or state in the Terraform code in `DIR` (default beside it)")
	o.documents.register(c)
	return c
}

// gate evaluates the policies on every input and writes the report.
func (s Streams) gate(ctx context.Context, o gateOptions) error {
	if n := count(o.inputs, "-"); n > 1 {
		return usagef(o.verb, "standard input can be read only once")
	}
	j, err := s.judge(ctx, o.evaluation)
	if err != nil {
		return err
	}
	run := j.start()
	inputs, err := input.Expand(o.inputs)
	if err != nil {
		return err
	}
	if err := j.kept(inputs); err != nil {
		return err
	}
	for _, path := range s.distinct(inputs) {
		in, err := s.read(ctx, path, j.loadOptions(path))
		if err != nil {
			return err
		}
		if err := run.add(ctx, path, in); err != nil {
			return err
		}
	}
	if len(o.load.VarFiles) > 0 && !slices.ContainsFunc(run.inputs, func(in finding.Input) bool { return in.Kind == input.KindConfig }) {
		s.warn(diag.Warningf("variables-unused", "--var-file is given, and no input is a configuration").
			WithDetail("Plans and states hold the values that they were made with."))
	}
	return j.conclude(run)
}

func count(list []string, s string) int {
	n := 0
	for _, e := range list {
		if e == s {
			n++
		}
	}
	return n
}

// distinct leaves out the paths that were given before: their findings would
// count twice.
func (s Streams) distinct(paths []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, p := range paths {
		clean := filepath.Clean(p)
		if seen[clean] {
			s.warn(diag.Warningf("input-duplicate", "%s is given more than once", filepath.ToSlash(clean)).
				WithDetail("It is evaluated once."))
			continue
		}
		seen[clean] = true
		out = append(out, p)
	}
	return out
}
