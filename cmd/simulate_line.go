package cmd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// lineFields are the fields of a line that hold policies. Their texts together
// name a hierarchy.
var lineFields = []string{
	"service_control_policies", "resource_control_policies", "identity_policies", "permissions_boundaries",
	"session_policies", "resource_policy", "vpc_endpoint_policies",
}

// lineDecider decides lines, one after the other. It keeps what it has
// compiled, for most inputs repeat the same few policies.
type lineDecider struct {
	name     string
	format   string
	defaults simulate.Hierarchy // of the flags
	clock    func() (time.Time, bool)
	cache    map[string]compiled
	cached   int // bytes of the cache's keys

	// The line at hand.
	id       string // its text in JSON; empty: none
	request  simulate.Request
	policies [7]string // as lineFields; empty: not given
	key      []byte
	decision simulate.Decision
	seen     map[string]bool
}

// compiled is a hierarchy ready for use, or what is wrong with it.
type compiled struct {
	evaluator *simulate.Evaluator
	err       error
}

// maxCached bounds the texts of policies whose hierarchies are kept, in bytes.
// Compiled they take some forty times as much. Beyond it the cache starts anew.
const maxCached = 4 << 20

func newLineDecider(name, format string, p *policySet, clock func() (time.Time, bool)) *lineDecider {
	return &lineDecider{
		name: name, format: format, defaults: p.hierarchy(), clock: clock, cache: map[string]compiled{}, seen: map[string]bool{},
		request: simulate.Request{Context: map[string]simulate.Value{}},
	}
}

// decide appends the decision of a line to out; of a bad line, the error.
func (d *lineDecider) decide(out []byte, text string) ([]byte, error) {
	c, err := d.read(text)
	if err != nil {
		if d.format == formatJSON {
			out = d.appendID(out)
			out = append(out, `"error":`...)
			out = appendJSON(out, err.Error())
			return append(out, "}\n"...), err
		}
		return fmt.Appendf(out, tableLine+"\n", d.plainID(), "-", "-", "error"), err
	}
	if now, derive := d.clock(); derive {
		d.request.Derive(now)
	}
	c.DecideInto(&d.decision, &d.request)
	if d.format == formatJSON {
		return d.appendDecision(out), nil
	}
	var names []string
	for _, ref := range d.decision.Statements {
		name := ref.Sid
		if name == "" {
			name = fmt.Sprintf("%d.%d", ref.Policy+1, ref.Statement+1)
		}
		names = append(names, name)
	}
	names = append(names, d.decision.DependsOn...)
	layer := string(d.decision.Layer)
	if d.decision.Target != "" {
		layer += " " + d.decision.Target
	}
	row := fmt.Sprintf(tableLine, d.plainID(), d.decision.Effect, layer, strings.Join(names, ", "))
	return append(append(out, strings.TrimRight(row, " ")...), '\n'), nil
}

func (d *lineDecider) plainID() string {
	var s string
	if json.Unmarshal([]byte(d.id), &s) != nil {
		return d.id
	}
	return s
}

func (d *lineDecider) appendID(out []byte) []byte {
	out = append(out, '{')
	if d.id != "" {
		out = append(out, `"id":`...)
		out = append(out, d.id...)
		out = append(out, ',')
	}
	return out
}

func (d *lineDecider) appendDecision(out []byte) []byte {
	out = d.appendID(out)
	out = append(out, `"decision":"`...)
	out = append(out, d.decision.Effect...)
	out = append(out, `","layer":"`...)
	out = append(out, d.decision.Layer...)
	out = append(out, '"')
	if d.decision.Target != "" {
		out = append(out, `,"target":`...)
		out = appendJSON(out, d.decision.Target)
	}
	out = append(out, `,"statements":[`...)
	for i, ref := range d.decision.Statements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"policy":`...)
		out = strconv.AppendInt(out, int64(ref.Policy), 10)
		out = append(out, `,"statement":`...)
		out = strconv.AppendInt(out, int64(ref.Statement), 10)
		if ref.Sid != "" {
			out = append(out, `,"sid":`...)
			out = appendJSON(out, ref.Sid)
		}
		out = append(out, '}')
	}
	out = append(out, `],"depends_on":[`...)
	for i, key := range d.decision.DependsOn {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendJSON(out, key)
	}
	return append(out, "]}\n"...)
}

// read reads a line into d and returns the evaluator of its policies.
func (d *lineDecider) read(text string) (*simulate.Evaluator, error) {
	context := d.request.Context
	clear(context)
	clear(d.seen)
	d.id, d.policies = "", [7]string{}
	d.request = simulate.Request{Context: context}
	var unknown []string
	j := &jsonScan{text: text}
	err := j.object(func(key string) error {
		if d.seen[key] {
			return j.errorf("%q stands twice", key)
		}
		d.seen[key] = true
		return d.field(j, key, &unknown)
	})
	if err == nil {
		err = j.end()
	}
	switch {
	case err != nil:
		return nil, diag.Errorf("request", "bad request: %v", err).
			WithHint(`a line is an object: {"id", "principal", "action", "resource", "context", …}`)
	case d.request.Action == "":
		return nil, diag.Errorf("request", "the request has no action")
	}
	for _, key := range unknown {
		context[key] = simulate.Unknown()
	}
	c := d.compile()
	return c.evaluator, c.err
}

// field reads the value of one field of a line. Fields that are not known are
// left to those who wrote them: notes, expectations.
func (d *lineDecider) field(j *jsonScan, key string, unknown *[]string) (err error) {
	if key != "id" && j.null() {
		return nil // as if it were not there
	}
	switch key {
	case "id":
		d.id, err = j.skip()
	case "principal":
		d.request.Principal, err = j.string()
	case "action":
		d.request.Action, err = j.string()
	case "resource":
		d.request.Resource, err = j.string()
	case "resource_account":
		d.request.ResourceAccount, err = j.string()
	case "context":
		err = j.object(func(key string) error {
			v, err := contextValue(j)
			if err != nil {
				return err
			}
			if _, ok := d.request.Context[key]; ok {
				return j.errorf("context has %q twice", key)
			}
			d.request.Context[key] = v
			return nil
		})
	case "unknown":
		err = j.array(func() error {
			k, err := j.string()
			*unknown = append(*unknown, k)
			return err
		})
	default:
		var raw string
		if raw, err = j.skip(); err != nil {
			return err
		}
		for i, name := range lineFields {
			if key == name {
				d.policies[i] = raw
			}
		}
	}
	return err
}

// contextValue reads a value of the context: a string, number or boolean is
// single-valued, an array multi-valued, null absent.
func contextValue(j *jsonScan) (simulate.Value, error) {
	one := func() (string, error) {
		if j.space() == '"' {
			return j.string()
		}
		text, err := j.scalar()
		if text == "null" {
			return "", j.errorf("a context key holds null beside other values")
		}
		return text, err
	}
	if j.null() {
		return simulate.Value{}, nil
	}
	if j.space() != '[' {
		v, err := one()
		return simulate.Single(v), err
	}
	values := []string{}
	err := j.array(func() error {
		v, err := one()
		values = append(values, v)
		return err
	})
	return simulate.Set(values...), err
}

// compile returns the evaluator of the policies of the line, over those of the
// flags.
func (d *lineDecider) compile() compiled {
	d.key = d.key[:0]
	for _, raw := range d.policies {
		d.key = append(d.key, raw...)
		d.key = append(d.key, 0)
	}
	if c, ok := d.cache[string(d.key)]; ok {
		return c
	}
	var c compiled
	h, err := d.hierarchy()
	if err != nil {
		c.err = err
	} else {
		c.evaluator = simulate.Compile(h)
	}
	if d.cached += len(d.key); d.cached > maxCached {
		clear(d.cache)
		d.cached = len(d.key)
	}
	d.cache[string(d.key)] = c
	return c
}

func (d *lineDecider) hierarchy() (simulate.Hierarchy, error) {
	h := d.defaults
	var resource []iam.Policy
	for i, read := range []func(raw string) error{
		func(raw string) (err error) { h.SCP, err = readLevels(raw, lineFields[0], iam.ProfileSCP); return },
		func(raw string) (err error) { h.RCP, err = readLevels(raw, lineFields[1], iam.ProfileRCP); return },
		policiesInto(&h.Identity, lineFields[2], iam.ProfileIdentity),
		policiesInto(&h.Boundary, lineFields[3], iam.ProfileBoundary),
		policiesInto(&h.Session, lineFields[4], iam.ProfileSession),
		policiesInto(&resource, lineFields[5], iam.ProfileResource),
		policiesInto(&h.Endpoint, lineFields[6], iam.ProfileEndpoint),
	} {
		if d.policies[i] == "" {
			continue
		}
		if err := read(d.policies[i]); err != nil {
			return h, err
		}
	}
	if len(resource) > 1 {
		return h, diag.Errorf("request", "resource_policy holds %d policies; a resource has one", len(resource))
	}
	if resource != nil {
		h.Resource = nil
		if len(resource) == 1 {
			h.Resource = &resource[0]
		}
	}
	return h, nil
}

func policiesInto(list *[]iam.Policy, field string, p iam.Profile) func(string) error {
	return func(raw string) (err error) {
		*list, err = readList(&jsonScan{text: raw}, field, p)
		return err
	}
}

// readList reads a list of policies, or one by itself. It is never nil.
func readList(j *jsonScan, field string, p iam.Profile) ([]iam.Policy, error) {
	policies := []iam.Policy{}
	one := func() error {
		raw, err := j.skip()
		if err != nil {
			return err
		}
		// The columns of a policy inside a line would mislead, so only the field
		// is named.
		policy, ds := iam.Parse([]byte(raw), "", p)
		if policy == nil {
			for _, d := range ds {
				if d.Severity == diag.Error {
					d.Summary = fmt.Sprintf("policy %d of %s: %s", len(policies)+1, field, d.Summary)
					return d.At(diag.Place{})
				}
			}
		}
		policies = append(policies, *policy)
		return nil
	}
	var err error
	if j.space() == '{' {
		err = one()
	} else {
		err = j.array(one)
	}
	return policies, err
}

// readLevels reads the levels of an organization.
func readLevels(raw, field string, p iam.Profile) ([]simulate.Level, error) {
	levels := []simulate.Level{}
	j := &jsonScan{text: raw}
	err := j.array(func() error {
		var level simulate.Level
		err := j.object(func(key string) (err error) {
			switch key {
			case "target":
				level.Target, err = j.string()
				level.Target = strings.Clone(level.Target) // kept long after the line
			case "policies":
				level.Policies, err = readList(j, field, p)
			default:
				_, err = j.skip()
			}
			return err
		})
		levels = append(levels, level)
		return err
	})
	if err != nil {
		return nil, diag.From("request", fmt.Errorf("%s: %w", field, err))
	}
	return levels, nil
}
