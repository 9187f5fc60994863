package cmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// snapshotOptions are the flags of parapet snapshot.
type snapshotOptions struct {
	sources
	collection
	selection   engine.Selection
	jobs        int
	printPolicy bool
	fromConfig  string
}

func snapshotCommand(s Streams) *cobra.Command {
	var o snapshotOptions
	c := &cobra.Command{
		Use:   "snapshot --out DIR",
		Short: "Collect live AWS state",
		Long: `Collect live AWS state into a directory, in the shape of the Terraform provider,
for parapet audit, drift and gate. It only reads. Credentials are found as the
AWS SDK does: environment, profiles, SSO, roles.

Only the types that the selected policies need are collected, unless --types or
--all says otherwise. Every account, Region and type ends with a status:
complete, denied by SCP, denied by IAM, throttled, unsupported, region off or
error. What was not read is never taken for what is not there.

With --role, the accounts of the organization are collected, each by that role.
Ctrl-C and worse leave a directory that --resume completes, as it was begun.

--print-policy writes the IAM policy that the collection needs, and stops.

--from-config imports what AWS Config recorded instead and calls nothing: a
configuration snapshot that was delivered to S3, or a directory of them, of which
the newest of every account and Region counts. What the snapshots do not hold is
unknown, and so is a type of which they hold no resource.

Exit codes: 0 the snapshot is written, also when parts could not be read, which
are listed; 2 the run failed, or nothing could be read at all.`,
		Example: `  parapet snapshot --out snap
  parapet snapshot --out snap --regions eu-west-1,eu-central-1 --select 'aws-s3-*'
  parapet snapshot --out snap --role ParapetAudit --ous ou-ab12-11111111
  parapet snapshot --out snap --resume
  parapet snapshot --print-policy --all > read-only.json
  aws s3 sync s3://acme-config/AWSLogs logs && parapet snapshot --from-config logs --out snap
  parapet snapshot --out snap --endpoint http://127.0.0.1:5000`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("from-config") {
				return s.importConfig(c, o)
			}
			request, err := o.recall(c)
			if err != nil {
				return err
			}
			o.note(c)
			return s.snapshot(c.Context(), o, request)
		},
	}
	o.sources.register(c)
	o.collection.register(c)
	f := c.Flags()
	f.StringSliceVar(&o.selection.Only, "select", nil, "collect what policies need whose id matches `GLOB` (repeatable)")
	f.StringSliceVar(&o.selection.Skip, "skip", nil, "leave out policies whose id matches `GLOB` (repeatable)")
	f.IntVar(&o.jobs, "jobs", 0, "have `N` requests in flight (default four for each core, at least 16)")
	f.StringVar(&o.fromConfig, "from-config", "", "import the AWS Config snapshots at `PATH`, a file or a directory, without any call")
	f.BoolVar(&o.printPolicy, "print-policy", false, "write the IAM policy that the collection needs, and stop")
	return c
}

const snapshotVerb = "parapet snapshot"

// snapshot collects. The request is that of the snapshot to go on with, if any.
func (s Streams) snapshot(ctx context.Context, o snapshotOptions, begun snapshot.Request) error {
	if err := o.collection.check(snapshotVerb); err != nil {
		return err
	}
	if o.jobs < 0 {
		return usagef(snapshotVerb, "--jobs %d is not a number of requests", o.jobs)
	}
	if o.out == "" && !o.printPolicy {
		return usagef(snapshotVerb, "--out DIR says where the snapshot goes")
	}
	rows, missing, err := s.rowsOf(ctx, o, begun)
	if err != nil {
		return err
	}
	if o.printPolicy {
		doc, err := aws.ReadPolicy(rows, "aws", o.role)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.Out, "%s\n", strings.TrimRight(string(doc), "\n"))
		return err
	}
	s.warnMissing(missing)
	m, err := s.collect(ctx, o.collection, rows, o.jobs)
	if err != nil {
		return err
	}
	if err := summarizeSnapshot(s.Out, m, o.out); err != nil {
		return err
	}
	return readAnything(m)
}

// rowsOf chooses the collectors, and tells the types that policies need and none
// reads. A snapshot that is gone on with has its types.
func (s Streams) rowsOf(ctx context.Context, o snapshotOptions, begun snapshot.Request) (rows []aws.Type, missing []string, err error) {
	chosen := o.all || len(o.types)+len(o.selection.Only)+len(o.selection.Skip)+len(o.dirs)+len(o.bundles) > 0 || o.noLibrary
	if !chosen {
		if rows, err = begunRows(begun); err != nil || len(rows) > 0 {
			return rows, nil, err
		}
	}
	policies, err := s.wanted(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return o.rows(snapshotVerb, policies)
}

// wanted returns the policies that decide which types are collected: none, if the
// flags name the types.
func (s Streams) wanted(ctx context.Context, o snapshotOptions) ([]engine.Policy, error) {
	if o.all || len(o.types) > 0 {
		return nil, nil
	}
	e, err := s.engineOf(ctx, o.sources, "")
	if err != nil {
		return nil, err
	}
	e, ds := e.Select(o.selection)
	if err := ds.Err(); err != nil {
		return nil, err
	}
	return e.Policies(), nil
}

// warnMissing tells the types that policies need and no collector reads.
func (s Streams) warnMissing(missing []string) {
	if len(missing) > 0 {
		s.warn(diag.Warningf("snapshot-no-collector", "%s that policies read cannot be collected: %s",
			plural(len(missing), "type"), strings.Join(missing, ", ")).
			WithDetail("Policies about them answer unknown on this snapshot."))
	}
}

// readAnything refuses a snapshot in which nothing could be read: wrong
// credentials look like that.
func readAnything(m snapshot.Manifest) error {
	if incomplete := m.Incomplete(); len(incomplete) == len(m.Scopes) && len(m.Scopes) > 0 {
		e := incomplete[0]
		return diag.Errorf("snapshot-nothing-read", "nothing could be read").
			WithDetail("%s of account %s: %s. %s", e.Type, e.Account, e.Status, e.Detail).
			WithHint("`parapet snapshot --print-policy` writes the permissions that are needed")
	}
	return nil
}

// summarizeSnapshot tells what was collected and what was not.
func summarizeSnapshot(w io.Writer, m snapshot.Manifest, dir string) error {
	var b strings.Builder
	resources := 0
	count := map[snapshot.Status]int{}
	gaps := 0
	for _, e := range m.Scopes {
		resources += e.Resources
		count[e.Status]++
		gaps += len(e.Gaps)
	}
	fmt.Fprintf(&b, "%s: %s of %s in %s\n", filepath.ToSlash(dir),
		plural(resources, "resource"), plural(len(m.Request.Types), "type"), plural(len(m.Accounts), "account"))
	var parts []string
	for _, s := range snapshot.Statuses {
		if n := count[s]; n > 0 || s == snapshot.Complete {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	fmt.Fprintf(&b, "%s: %s\n", plural(len(m.Scopes), "scope"), strings.Join(parts, ", "))
	if gaps > 0 {
		fmt.Fprintf(&b, "%s of single resources could not be read; the manifest names them\n", plural(gaps, "part"))
	}
	if incomplete := m.Incomplete(); len(incomplete) > 0 {
		b.WriteString("\nnot read whole, so that policies on it answer unknown:\n")
		tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, g := range groupIncomplete(incomplete) {
			fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\n", g.status, g.typ, plural(g.scopes, "scope"), g.detail)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// incompleteGroup is the scopes of a type that ended in the same way.
type incompleteGroup struct {
	status      snapshot.Status
	typ, detail string
	scopes      int
}

func groupIncomplete(entries []snapshot.Entry) []incompleteGroup {
	var list []incompleteGroup
	for _, e := range entries {
		i := slices.IndexFunc(list, func(g incompleteGroup) bool { return g.status == e.Status && g.typ == e.Type })
		if i < 0 {
			list = append(list, incompleteGroup{e.Status, e.Type, e.Detail, 1})
			continue
		}
		list[i].scopes++
		if e.Detail != list[i].detail && !strings.HasSuffix(list[i].detail, ", …") {
			list[i].detail += ", …"
		}
	}
	slices.SortStableFunc(list, func(a, b incompleteGroup) int {
		return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.typ, b.typ))
	})
	return list
}
