package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
)

// TestASFFLimits: findings of any size stay within what Security Hub takes, and
// have what it requires.
func TestASFFLimits(t *testing.T) {
	t.Parallel()
	r := shared()
	long := strings.Repeat("é"+hostile, 100)
	for _, f := range r.Findings {
		f.Message, f.Title, f.Policy, f.Remediation, f.Resource.Address, f.Resource.Type = long, long, long, long, long, long
		f.Frameworks = map[string][]string{"x": strings.Split(strings.Repeat("c ", 99), " ")}
		r.Findings = append(r.Findings, f)
	}
	var b bytes.Buffer
	if err := ASFF(&b, r); err != nil {
		t.Fatal(err)
	}
	var list []asffFinding
	if err := json.Unmarshal(b.Bytes(), &list); err != nil || len(list) != len(r.Findings) {
		t.Fatalf("%d findings of %d: %v", len(list), len(r.Findings), err)
	}
	for _, a := range list {
		for _, c := range []struct {
			name, text string
			max        int
		}{
			{"Id", a.ID, 512},
			{"GeneratorId", a.GeneratorID, 512},
			{"Title", a.Title, 256},
			{"Description", a.Description, 1024},
			{"ProductArn", a.ProductArn, 2048},
			{"resource", a.Resources[0].ID, 512},
			{"CreatedAt", a.CreatedAt, 64},
			{"Severity", a.Severity.Label, 13},
			{"Compliance", a.Compliance.Status, 13},
		} {
			if n := utf8.RuneCountInString(c.text); n == 0 || n > c.max {
				t.Errorf("%s has %d characters", c.name, n)
			}
		}
		if a.Remediation != nil && utf8.RuneCountInString(a.Remediation.Recommendation.Text) > 512 {
			t.Error("the recommendation is too long")
		}
		if a.Note != nil && utf8.RuneCountInString(a.Note.Text) > 512 {
			t.Error("the note is too long")
		}
		if n := len(a.Compliance.RelatedRequirements); n > 32 {
			t.Errorf("%d requirements", n)
		}
		for name, value := range a.Resources[0].Details.Other {
			if n := utf8.RuneCountInString(value); n == 0 || n > 1024 {
				t.Errorf("%s has %d characters", name, n)
			}
		}
		if _, err := time.Parse(time.RFC3339, a.CreatedAt); err != nil {
			t.Error(err)
		}
		passed := a.Compliance.Status == "PASSED" || a.RecordState != "ACTIVE"
		suppressed := a.Workflow.Status == "SUPPRESSED"
		if passed || suppressed != (a.ProductFields["parapet/Status"] == "exempt") {
			t.Errorf("%s: %s, %s", a.ProductFields["parapet/Status"], a.Compliance.Status, a.Workflow.Status)
		}
	}
}

// TestASFFRequired: what a finding does not say is taken from the run, or is an
// error, never left out.
func TestASFFRequired(t *testing.T) {
	t.Parallel()
	str := func(s string) *string { return &s }
	one := func(account, region *string) finding.Finding {
		return finding.Finding{Policy: "p", Severity: finding.Low, Status: finding.Violation, Resource: finding.Subject{Address: "a.b", Account: account, Region: region}}
	}
	now := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	a, b, eu, us := str("111122223333"), str("444455556666"), str("eu-west-1"), str("us-gov-west-1")
	for _, c := range []struct {
		name            string
		findings        []finding.Finding
		account, region string
		time            time.Time
		want            string // code of the error, or account and Region of the first finding
	}{
		{"its own", []finding.Finding{one(b, us)}, "111122223333", "eu-west-1", now, "arn:aws-us-gov:securityhub:us-gov-west-1:444455556666:product/444455556666/default"},
		{"of the run", []finding.Finding{one(nil, nil)}, "111122223333", "cn-north-1", now, "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default"},
		{"the only one", []finding.Finding{one(nil, nil), one(a, eu)}, "", "", now, "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default"},
		{"two accounts", []finding.Finding{one(nil, nil), one(a, eu), one(b, eu)}, "", "", now, "asff-account"},
		{"two Regions", []finding.Finding{one(a, nil), one(a, eu), one(a, us)}, "", "", now, "asff-region"},
		{"no account", []finding.Finding{one(nil, eu)}, "", "", now, "asff-account"},
		{"no time", []finding.Finding{one(a, eu)}, "", "", time.Time{}, "asff-time"},
	} {
		r := finding.Report{Findings: c.findings, Account: c.account, Region: c.region, Time: c.time}
		var out bytes.Buffer
		err := ASFF(&out, r)
		if d, ok := errors.AsType[diag.Diagnostic](err); ok {
			if d.Code != c.want || out.Len() > 0 {
				t.Errorf("%s: %v, and %d bytes", c.name, err, out.Len())
			}
			continue
		}
		var list []asffFinding
		if err := errors.Join(err, json.Unmarshal(out.Bytes(), &list)); err != nil || len(list) != len(c.findings) || list[0].ProductArn != c.want {
			t.Errorf("%s: %v %+v", c.name, err, list)
		}
	}
}

func TestGlobalRegion(t *testing.T) {
	t.Parallel()
	str := func(s string) *string { return &s }
	beside := finding.Finding{Resource: finding.Subject{Region: str("us-gov-east-1")}}
	for _, tt := range []struct {
		arn  *string
		all  []finding.Finding
		want string
	}{
		{str("arn:aws:iam::111122223333:role/a"), []finding.Finding{beside}, "us-east-1"},
		{str("arn:aws-cn:iam::111122223333:role/a"), nil, "cn-north-1"},
		{nil, []finding.Finding{{}, beside}, "us-gov-west-1"},
		{nil, nil, "us-east-1"},
	} {
		if got := globalRegion(finding.Finding{Resource: finding.Subject{ARN: tt.arn}}, tt.all); got != tt.want {
			t.Errorf("%v beside %d: %s, want %s", tt.arn, len(tt.all), got, tt.want)
		}
	}
}
