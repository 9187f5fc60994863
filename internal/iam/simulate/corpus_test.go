package simulate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// TestCorpus compares with the recorded answers of another implementation,
// @cloud-copilot/iam-simulate 0.1.173, which was asked from outside: random
// requests against random hierarchies, one of each combination of outcome,
// layer, caller and action. They are in the form of parapet simulate
// --requests, with the answer as "want".
//
// Of 30,714 such requests 33 were answered otherwise, for these reasons, where
// this package follows AWS's documentation: colons inside a variable's default
// in an ARN, and "Principal": "*" under a session policy. Before that the
// generator was made to leave out what is known to differ: variables in policies of
// 2008, ${*} under StringEquals, IPv6 against IPv4 ranges and /0, epoch seconds
// in dates, values that no operator can read, empty strings as variables and
// under ForAllValues, variables without a value in NotResource and under set
// operators, and sessions named by a resource policy under a session policy.
func TestCorpus(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	type level struct {
		Target   string            `json:"target"`
		Policies []json.RawMessage `json:"policies"`
	}
	n := 0
	for line := range bytes.Lines(data) {
		var c struct {
			ID        string            `json:"id"`
			Want      simulate.Effect   `json:"want"`
			Principal string            `json:"principal"`
			Action    string            `json:"action"`
			Resource  string            `json:"resource"`
			Account   string            `json:"resource_account"`
			Context   map[string]any    `json:"context"`
			Identity  []json.RawMessage `json:"identity_policies"`
			Boundary  []json.RawMessage `json:"permissions_boundaries"`
			Session   []json.RawMessage `json:"session_policies"`
			Policy    json.RawMessage   `json:"resource_policy"`
			SCP       []level           `json:"service_control_policies"`
			RCP       []level           `json:"resource_control_policies"`
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		policies := func(raw []json.RawMessage) (out []iam.Policy) {
			if raw != nil {
				out = []iam.Policy{}
			}
			for _, p := range raw {
				out = append(out, parse(t, string(p)))
			}
			return out
		}
		levels := func(list []level) (out []simulate.Level) {
			for _, l := range list {
				out = append(out, simulate.Level{Target: l.Target, Policies: policies(l.Policies)})
			}
			return out
		}
		h := simulate.Hierarchy{
			Identity: policies(c.Identity), Boundary: policies(c.Boundary), Session: policies(c.Session), SCP: levels(c.SCP), RCP: levels(c.RCP),
		}
		if c.Policy != nil {
			p := parse(t, string(c.Policy))
			h.Resource = &p
		}
		r := simulate.Request{Principal: c.Principal, Action: c.Action, Resource: c.Resource, ResourceAccount: c.Account, Context: values{}}
		for k, v := range c.Context {
			switch v := v.(type) {
			case string:
				r.Context[k] = one(v)
			case []any:
				var list []string
				for _, s := range v {
					text, _ := s.(string)
					list = append(list, text)
				}
				r.Context[k] = many(list...)
			}
		}
		if d := simulate.Compile(h).Decide(&r); d.Effect != c.Want {
			t.Errorf("%s: got %+v, want %s", c.ID, d, c.Want)
		}
		n++
	}
	if n < 400 {
		t.Errorf("only %d requests", n)
	}
}
