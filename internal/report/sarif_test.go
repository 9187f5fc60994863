package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// sarifSchemaSum is the SHA-256 of sarif-2.1/schema/sarif-schema-2.1.0.json in
// github.com/oasis-tcs/sarif-spec: SARIF 2.1.0 with its errata 01. The file is
// not ours to hand on, and the tools of this repository bring it along: gosec,
// which golangci-lint holds, tests with the same file.
const sarifSchemaSum = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"

func sarifOfficial(t *testing.T) *jsonschema.Schema {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tftest.Tool(t, "go"), "list", "-C", filepath.FromSlash("../../.ci/tools"),
		"-m", "-mod=mod", "-f", "{{.Dir}}", "github.com/securego/gosec/v2")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
	dir, err := cmd.Output()
	if err != nil || len(bytes.TrimSpace(dir)) == 0 {
		tftest.Missing(t, "the SARIF schema, which comes with the development tools (make lint)")
	}
	data, err := os.ReadFile(filepath.Join(string(bytes.TrimSpace(dir)), "report", "sarif", "testdata", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sarifSchemaSum {
		t.Fatalf("this is not the official schema: %x", sum)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSARIFSchema(t *testing.T) {
	t.Parallel()
	schema := sarifOfficial(t)
	for name, r := range map[string]finding.Report{
		"shared": shared(), "large": large(300), "empty": finding.NewReport(finding.Tool{Name: "parapet"}, nil, nil, 0),
	} {
		var b bytes.Buffer
		if err := SARIF(&b, r); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The schema is at work: it refuses what is wrong.
	if err := schema.Validate(map[string]any{"version": "2.1.0", "runs": []any{map[string]any{}}}); err == nil {
		t.Error("a run without a tool is taken")
	}
}

func sarifOf(t *testing.T, r finding.Report) sarifRun {
	t.Helper()
	var b bytes.Buffer
	if err := SARIF(&b, r); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%d runs, %v", len(log.Runs), err)
	}
	return log.Runs[0]
}

// TestSARIFRules: every policy has a rule, also one without findings, and every
// result names its own.
func TestSARIFRules(t *testing.T) {
	t.Parallel()
	r := shared()
	run := sarifOf(t, r)
	if len(run.Results) != len(r.Findings) {
		t.Errorf("%d results for %d findings", len(run.Results), len(r.Findings))
	}
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		ids[rule.ID] = true
	}
	if len(ids) != len(run.Tool.Driver.Rules) || !ids["aws-rds-encryption"] {
		t.Errorf("rules are %v", ids)
	}
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("%s has the rule of %s", res.RuleID, run.Tool.Driver.Rules[res.RuleIndex].ID)
		}
	}
	if inv := run.Invocations[0]; inv.Successful || len(inv.Notifications) != 2 {
		t.Errorf("with an error and an unread part: %+v", inv)
	}
	if inv := sarifOf(t, large(1)).Invocations[0]; !inv.Successful || len(inv.Notifications) != 0 {
		t.Errorf("without: %+v", inv)
	}
}

// TestSARIFLimits: what GitHub would refuse is not written, and what is left
// out is the least urgent.
func TestSARIFLimits(t *testing.T) {
	t.Parallel()
	const over = 7
	r := large(sarifMaxResults)
	for range over {
		r.Findings = append(r.Findings, finding.Finding{Policy: "last", Severity: finding.Critical, Status: finding.Exempt})
	}
	r.Findings = append(r.Findings, finding.Finding{Policy: "broken", Severity: finding.Low, Status: finding.Error})
	run := sarifOf(t, r)
	if len(run.Results) != sarifMaxResults || run.Results[0].RuleID != "broken" || run.Results[sarifMaxResults-1].RuleID == "last" {
		t.Errorf("%d results, from %s to %s", len(run.Results), run.Results[0].RuleID, run.Results[len(run.Results)-1].RuleID)
	}
	notes := run.Invocations[0].Notifications
	if text := notes[len(notes)-1].Message.Text; !strings.Contains(text, "8 findings") {
		t.Errorf("notification: %s", text)
	}
	many := finding.Policy{ID: "p", Severity: finding.High, Frameworks: map[string][]string{"f": strings.Split(strings.Repeat("x ", 50), " ")}}
	if n := len(newSARIFRule(many).Properties.Tags); n != sarifMaxTags {
		t.Errorf("%d tags", n)
	}
}

func TestSARIFMessage(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                "plain",
		"{0} and {x}":          "{{0}} and {{x}}",
		"[a](1) web[0]":        "[a] (1) web[0]",
		`[a\](1) [a]\(x)`:      `[a\] (1) [a]\ (x)`,
		"line\nbreak":          "line break",
		strings.Repeat("é", 9): strings.Repeat("é", 9),
	} {
		if got := sarifMessage(in).Text; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
