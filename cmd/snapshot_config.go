package cmd

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/awsconfig"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// importConfig makes a snapshot of what AWS Config recorded.
func (s Streams) importConfig(c *cobra.Command, o snapshotOptions) error {
	if err := o.collection.check(snapshotVerb); err != nil {
		return err
	}
	for _, name := range []string{"role", "external-id", "session-name", "ous", "profile", "endpoint", "resume", "rate", "jobs", "print-policy"} {
		if c.Flags().Changed(name) {
			return usagef(snapshotVerb, "--from-config calls nothing and excludes --%s", name)
		}
	}
	if o.out == "" {
		return usagef(snapshotVerb, "--out DIR says where the snapshot goes")
	}
	if o.fromConfig == "" {
		return usagef(snapshotVerb, "--from-config PATH says which snapshots to import")
	}
	types, missing, err := s.importTypes(c.Context(), o)
	if err != nil {
		return err
	}
	regions := slices.Sorted(slices.Values(o.regions))
	if slices.Contains(regions, "all") {
		regions = nil
	}
	found, err := awsconfig.Find(c.Context(), o.fromConfig)
	if err != nil {
		return err
	}
	if found.Ignored > 0 {
		s.warn(diag.Warningf("config-ignored", "%s of %s left out: not named as AWS Config names snapshots",
			plural(found.Ignored, "JSON file"), filepath.ToSlash(o.fromConfig)))
	}
	if len(missing) > 0 {
		s.warn(diag.Warningf("config-types", "%s that policies read cannot be imported: %s", plural(len(missing), "type"), strings.Join(missing, ", ")).
			WithDetail("Policies about them answer unknown on this snapshot."))
	}
	options := awsconfig.Options{Types: types, Accounts: o.accounts, Regions: regions}
	plan, err := awsconfig.NewPlan(found.Files, options)
	if err != nil {
		return err
	}
	m, err := s.importPlan(c.Context(), o.out, plan, options)
	if err != nil {
		return err
	}
	if err := summarizeSnapshot(s.Out, m, o.out); err != nil {
		return err
	}
	if incomplete := m.Incomplete(); len(incomplete) == len(m.Scopes) {
		return diag.Errorf("config-nothing", "the AWS Config snapshots hold nothing of what was asked for").
			WithDetail("%s of account %s: %s", incomplete[0].Type, incomplete[0].Account, incomplete[0].Detail)
	}
	return nil
}

// importTypes chooses the types to import.
func (s Streams) importTypes(ctx context.Context, o snapshotOptions) (types []awsconfig.Type, missing []string, err error) {
	table := awsconfig.Types()
	if o.all {
		return table, nil, nil
	}
	policies, err := s.wanted(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	plain := make([]aws.Type, len(table))
	for i, t := range table {
		plain[i] = t.Type
	}
	names, err := o.typeNames(snapshotVerb, plain, policies)
	if err != nil {
		return nil, nil, err
	}
	types, missing = awsconfig.Select(table, names)
	if len(types) == 0 {
		return nil, nil, diag.Errorf("snapshot-nothing", "no type that the policies are about can be imported").
			WithHint("--all imports every type that can be")
	}
	return types, missing, nil
}

// importPlan imports into a directory. What was written is removed if it fails:
// importing again asks nobody for anything.
func (s Streams) importPlan(ctx context.Context, dir string, plan awsconfig.Plan, o awsconfig.Options) (snapshot.Manifest, error) {
	request := snapshot.Request{Partition: plan.Partition, Regions: o.Regions, Accounts: []string{}, Types: []string{}}
	if request.Regions == nil {
		request.Regions = []string{}
	}
	for _, a := range plan.Accounts {
		request.Accounts = append(request.Accounts, a.ID)
	}
	types := map[string]snapshot.Type{}
	for _, t := range o.Types {
		request.Types = append(request.Types, t.Name)
		types[t.Name] = snapshot.Type{Filled: t.Paths(), ConfigOnly: t.ConfigOnly, Overlap: t.Overlap, Volatile: t.Volatile, StandsFor: t.StandsFor}
	}
	start := s.Now()
	w, err := snapshot.Create(dir, "parapet "+s.Version, request, types)
	if err != nil {
		return snapshot.Manifest{}, err
	}
	progress := &importing{sink: &sink{Writer: w}, Streams: s, accounts: len(plan.Accounts)}
	err = awsconfig.Import(ctx, plan, o, progress)
	s.progressDone()
	if err != nil {
		if gone := w.Discard(); gone != nil {
			s.warn(diag.Warningf("snapshot-unfinished", "the snapshot is not finished and could not be removed: %v", gone))
		}
		return snapshot.Manifest{}, err
	}
	return w.Finish([]string{"imported from AWS Config, which records some types and attributes only, and changes some time after they happen"},
		importRun{Started: start.UTC().Format(time.RFC3339), Finished: s.Now().UTC().Format(time.RFC3339)})
}

// importRun is what run.json keeps of an import.
type importRun struct {
	Started  string `json:"started"`
	Finished string `json:"finished"`
}

// importing shows which account is being imported.
type importing struct {
	*sink
	Streams
	accounts, entered int
}

// Enter implements [aws.Sink].
func (p *importing) Enter(a aws.Account, scopes []aws.Scope) error {
	p.entered++
	p.progress("importing account %d of %d", p.entered, p.accounts)
	return p.sink.Enter(a, scopes)
}
