package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/iamdata"
)

// simulateOptions are the flags of parapet simulate.
type simulateOptions struct {
	request  simulate.Request
	context  []string
	unknown  []string
	time     string
	derive   bool
	policies simulateFiles
	requests string
	format   string
}

// simulateFiles are the policy files, by layer.
type simulateFiles struct {
	scp, rcp, identity, boundary, session, resource, endpoint []string
}

const simulateVerb = "parapet simulate"

func simulateCommand(s Streams) *cobra.Command {
	var o simulateOptions
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Decide AWS requests against policies, and explain the decision",
		Long: `Decide a request as AWS would, against policy files, and say which statement
decided and why the others did not match. No AWS account is needed.

A layer without files does not limit the request: AWS attaches full-access
policies at first, and an identity whose policies are not given is taken to be
allowed everything. The files of --scp are one level, at which FullAWSAccess is
attached too unless one of them allows something itself.

The context is what --context says and no more; --derive adds the keys that
follow from the principal, the resource and the clock. A key named by --unknown
may have any value or none: the decision is then Depends where it matters.

--requests reads one JSON object a line:
  {"id", "principal", "action", "resource", "resource_account",
   "context": {key: value or [values]}, "unknown": [keys],
   "identity_policies": [...], "resource_policy": {...},
   "service_control_policies": [{"target", "policies": [...]}],
   "resource_control_policies": [...], "permissions_boundaries": [...],
   "session_policies": [...], "vpc_endpoint_policies": [...]}
Policies in the line win over files, and levels stand in order from the root.

Exit codes: 0 the request is allowed, or all --requests were decided; 1 it is
denied, or may be; 2 the run failed or its input was bad.`,
		Example: `  parapet simulate --scp scp.json --principal arn:aws:iam::111122223333:role/dev --action ec2:RunInstances --resource 'arn:aws:ec2:eu-west-1:111122223333:instance/*' --context ec2:MetadataHttpTokens=optional
  parapet simulate --scp scp.json --principal arn:aws:iam::111122223333:role/dev --action s3:PutBucketPolicy --resource arn:aws:s3:::b --derive --unknown aws:PrincipalOrgID
  parapet simulate --resource-policy bucket.json --action s3:GetObject --resource arn:aws:s3:::b/k --format json
  parapet simulate --requests requests.jsonl --scp scp.json --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return s.simulate(o) },
	}
	f := c.Flags()
	f.StringVar(&o.request.Principal, "principal", "", "caller: an `ARN`, a service such as s3.amazonaws.com; left out, anonymous")
	f.StringVar(&o.request.Action, "action", "", "`ACTION`, such as ec2:RunInstances")
	f.StringVar(&o.request.Resource, "resource", "*", "`ARN` of the resource; * for an action without one")
	f.StringVar(&o.request.ResourceAccount, "resource-account", "", "account `ID` that owns the resource (default the ARN's, or else the caller's)")
	f.StringArrayVar(&o.context, "context", nil, "set a condition key, `KEY=VALUE`, or add a value to a multi-valued one, KEY+=VALUE (repeatable)")
	f.StringSliceVar(&o.unknown, "unknown", nil, "take nothing to be known of condition key `KEY` (repeatable)")
	f.StringVar(&o.time, "time", "", "instant that --derive takes for now, `RFC3339`")
	f.BoolVar(&o.derive, "derive", false, "add the keys that follow from the principal, the resource and the clock")
	for _, file := range []struct {
		name, what string
		into       *[]string
	}{
		{"scp", "service control policy", &o.policies.scp},
		{"rcp", "resource control policy", &o.policies.rcp},
		{"identity-policy", "policy of the caller", &o.policies.identity},
		{"boundary", "permissions boundary of the caller", &o.policies.boundary},
		{"session-policy", "session policy", &o.policies.session},
		{"resource-policy", "policy of the resource", &o.policies.resource},
		{"endpoint-policy", "policy of the VPC endpoint", &o.policies.endpoint},
	} {
		f.StringArrayVar(file.into, file.name, nil, file.what+" in `FILE` (repeatable)")
	}
	f.StringVar(&o.requests, "requests", "", "decide the requests in `FILE`, JSON lines; - for standard input")
	f.StringVar(&o.format, "format", formatTable, "write a table or json")
	complete(c, map[string][]string{"format": simulateFormats})
	return c
}

const (
	formatTable = "table"
	formatJSON  = "json"
)

var simulateFormats = []string{formatTable, formatJSON}

func (s Streams) simulate(o simulateOptions) error {
	if !slices.Contains(simulateFormats, o.format) {
		return usagef(simulateVerb, "--format %s: it is one of %s", o.format, strings.Join(simulateFormats, ", "))
	}
	now := s.Now()
	if o.time != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, o.time); err != nil {
			return usagef(simulateVerb, "--time %s is not an instant like 2027-03-31T00:00:00Z", o.time)
		}
		if !o.derive {
			return usagef(simulateVerb, "--time is the clock of --derive, which is not given")
		}
	}
	p, err := s.readPolicies(o.policies)
	if err != nil {
		return err
	}
	clock := func() (time.Time, bool) { return now, o.derive }
	if o.requests != "" {
		if o.request.Action != "" || o.request.Principal != "" || len(o.context) > 0 || len(o.unknown) > 0 {
			return usagef(simulateVerb, "a request is given by flags or by --requests, not by both")
		}
		return s.simulateLines(o.requests, o.format, p, clock)
	}
	if o.request.Action == "" {
		return usagef(simulateVerb, "--action is missing")
	}
	if o.request.Context, err = parseContext(o.context, o.unknown); err != nil {
		return err
	}
	if o.derive {
		o.request.Derive(now)
	}
	x := simulate.Compile(p.hierarchy()).Explain(&o.request)
	if err := s.writeExplanation(o.format, p, x); err != nil {
		return diag.Errorf("output-unwritable", "cannot write the decision: %v", err)
	}
	if x.Decision.Effect != simulate.Allowed {
		return errViolations
	}
	return nil
}

// parseContext reads the values of --context and --unknown.
func parseContext(pairs, unknown []string) (map[string]simulate.Value, error) {
	out := map[string]simulate.Value{}
	seen := map[string]string{} // lower-case key → as spelled
	sets := map[string][]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		key, multi := strings.CutSuffix(key, "+")
		if !ok || key == "" {
			return nil, usagef(simulateVerb, "--context %s is not KEY=VALUE", pair)
		}
		first, again := seen[strings.ToLower(key)]
		switch {
		case multi && (!again || sets[first] != nil):
			if again {
				key = first
			}
			sets[key] = append(sets[key], value)
			out[key] = simulate.Set(sets[key]...)
		case again:
			return nil, usagef(simulateVerb, "--context sets %s twice; write %s+=VALUE for each value of a multi-valued key", key, key)
		default:
			out[key] = simulate.Single(value)
		}
		seen[strings.ToLower(key)] = key
	}
	for _, key := range unknown {
		if _, ok := seen[strings.ToLower(key)]; ok {
			return nil, usagef(simulateVerb, "%s is given by --context and by --unknown", key)
		}
		out[key] = simulate.Unknown()
	}
	return out, nil
}

// policyFile is a policy with the file that it stands in.
type policyFile struct {
	policy iam.Policy
	name   string
	places iam.Places
}

// policySet is the policies of the flags, by layer. A nil list was not given.
type policySet struct {
	scp, rcp, identity, boundary, session, resource, endpoint []policyFile
	rcpServices                                               []string
}

// readPolicies reads the files of the flags. All that is wrong with them is
// told at once.
func (s Streams) readPolicies(files simulateFiles) (*policySet, error) {
	p := &policySet{rcpServices: iamdata.Load().RCPServices()}
	var all diag.Diagnostics
	for _, l := range []struct {
		paths   []string
		profile iam.Profile
		into    *[]policyFile
	}{
		{files.scp, iam.ProfileSCP, &p.scp},
		{files.rcp, iam.ProfileRCP, &p.rcp},
		{files.identity, iam.ProfileIdentity, &p.identity},
		{files.boundary, iam.ProfileBoundary, &p.boundary},
		{files.session, iam.ProfileSession, &p.session},
		{files.resource, iam.ProfileResource, &p.resource},
		{files.endpoint, iam.ProfileEndpoint, &p.endpoint},
	} {
		for _, path := range l.paths {
			name := filepath.ToSlash(path)
			data, err := s.readInput(path)
			if err != nil {
				return nil, diag.Errorf("input-unreadable", "cannot read %s: %v", name, errors.Unwrap(err))
			}
			policy, places, ds := iam.ParsePlaces(data, name, l.profile)
			all = append(all, ds...)
			if policy != nil {
				*l.into = append(*l.into, policyFile{*policy, name, places})
			}
		}
	}
	if len(p.resource) > 1 {
		return nil, usagef(simulateVerb, "a resource has one policy; --resource-policy is given %d times", len(p.resource))
	}
	s.warn(all...)
	if all.HasErrors() {
		return nil, errReported
	}
	if p.scp != nil && !slices.ContainsFunc(p.scp, allows) {
		p.scp = append(p.scp, policyFile{policy: simulate.FullAWSAccess(), name: "FullAWSAccess"})
	}
	return p, nil
}

func allows(f policyFile) bool {
	return slices.ContainsFunc(f.policy.Statements, func(s iam.Statement) bool { return s.Effect == iam.Allow })
}

// readInput reads a file, or standard input for -.
func (s Streams) readInput(path string) ([]byte, error) {
	if path == "-" {
		data, err := io.ReadAll(s.In)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return data, nil
	}
	return os.ReadFile(path)
}

// hierarchy puts the policies of the flags into their layers.
func (p *policySet) hierarchy() simulate.Hierarchy {
	list := func(files []policyFile) []iam.Policy {
		var out []iam.Policy
		for _, f := range files {
			out = append(out, f.policy)
		}
		return out
	}
	level := func(files []policyFile) []simulate.Level {
		if files == nil {
			return nil
		}
		return []simulate.Level{{Policies: list(files)}}
	}
	h := simulate.Hierarchy{
		SCP: level(p.scp), RCP: level(p.rcp), RCPServices: p.rcpServices,
		Identity: list(p.identity), Boundary: list(p.boundary), Session: list(p.session), Endpoint: list(p.endpoint),
	}
	if p.resource != nil {
		h.Resource = &p.resource[0].policy
	}
	return h
}

// file returns the file that a statement stands in, and its line.
func (p *policySet) file(ref simulate.StatementRef) (name string, line int) {
	list := map[simulate.Layer][]policyFile{
		simulate.LayerSCP: p.scp, simulate.LayerRCP: p.rcp, simulate.LayerIdentity: p.identity, simulate.LayerBoundary: p.boundary,
		simulate.LayerSession: p.session, simulate.LayerResource: p.resource, simulate.LayerEndpoint: p.endpoint,
	}[ref.Layer]
	f := list[ref.Policy]
	if ref.Statement < len(f.places.Statements) {
		line = f.places.Statements[ref.Statement].Statement.Line
	}
	return f.name, line
}
