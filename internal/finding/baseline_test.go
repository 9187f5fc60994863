package finding_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
)

func found(address string, s finding.Status) finding.Finding {
	return finding.Finding{
		Policy: "p", Severity: finding.High, Status: s,
		Resource: finding.Subject{Type: "aws_s3_bucket", Address: address}, Attributes: []string{},
	}
}

func report(fs ...finding.Finding) finding.Report {
	return finding.NewReport(finding.Tool{}, nil, fs, 0)
}

// What a baseline was made of passes with it, and nothing else does.
func TestBaseline(t *testing.T) {
	record := "r"
	excepted := found("aws_s3_bucket.excepted", finding.Exempt)
	excepted.Exception, excepted.Exemption = &record, &finding.Exemption{Kind: finding.ByRecord}
	before := report(
		found("aws_s3_bucket.old", finding.Violation), found("aws_s3_bucket.later", finding.Unknown),
		found("aws_s3_bucket.broken", finding.Error), excepted,
	)
	var file bytes.Buffer
	if err := finding.NewBaseline(before).Write(&file); err != nil {
		t.Fatal(err)
	}
	b, err := finding.ReadBaseline(file.Bytes(), "baseline.json")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		f    finding.Finding
		want finding.Status
	}{
		{"a violation that was there", found("aws_s3_bucket.old", finding.Violation), finding.Exempt},
		{"one that cannot be told any more", found("aws_s3_bucket.old", finding.Unknown), finding.Exempt},
		{"an unknown that was there", found("aws_s3_bucket.later", finding.Unknown), finding.Exempt},
		{"one that turned out a violation", found("aws_s3_bucket.later", finding.Violation), finding.Violation},
		{"an error that was there", found("aws_s3_bucket.broken", finding.Error), finding.Error},
		{"a violation whose exception has ended", found("aws_s3_bucket.excepted", finding.Violation), finding.Violation},
		{"a new violation", found("aws_s3_bucket.new", finding.Violation), finding.Violation},
	}
	for _, c := range cases {
		fs := []finding.Finding{c.f}
		b.Apply(fs)
		if fs[0].Status != c.want {
			t.Errorf("%s: %s, want %s", c.name, fs[0].Status, c.want)
		}
	}
	if gone := b.Gone(report(found("aws_s3_bucket.old", finding.Violation)).Findings); len(gone) != 1 || gone[0].Address != "aws_s3_bucket.later" {
		t.Errorf("gone: %v", gone)
	}

	// A baseline made under a baseline holds what both let pass.
	fs := []finding.Finding{found("aws_s3_bucket.old", finding.Violation), found("aws_s3_bucket.new", finding.Violation)}
	b.Apply(fs)
	var addresses []string
	for _, e := range finding.NewBaseline(report(fs...)).Findings {
		addresses = append(addresses, e.Address)
	}
	if !slices.Equal(addresses, []string{"aws_s3_bucket.new", "aws_s3_bucket.old"}) {
		t.Errorf("second baseline: %v", addresses)
	}
}

func TestReadBaselineErrors(t *testing.T) {
	cases := []struct{ src, want string }{
		{``, "EOF"},
		{`{"schema": "parapet.baseline/v1", "findings": []`, "unexpected EOF"},
		{`{"schema": "parapet.baseline/v2", "findings": []}`, `its schema is "parapet.baseline/v2"`},
		{`{"schema": "parapet.baseline/v1"}`, "holds no list of findings"},
		{`{"schema": "parapet.baseline/v1", "findings": [], "finding": []}`, `unknown field "finding"`},
		{`{"schema": "parapet.baseline/v1", "findings": [{"policy": "p"}]}`, "finding 1 has no fingerprint"},
		{`{"schema": "parapet.baseline/v1", "findings": [{"fingerprint": "f", "status": "error"}]}`, `the status "error"`},
		{`{"schema": "parapet.baseline/v1", "findings": []} {}`, "more follows"},
		{`{"schema": "parapet.findings/v1"}`, "is not a findings document"},
	}
	for _, c := range cases {
		_, err := finding.ReadBaseline([]byte(c.src), "b.json")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.src, err, c.want)
		}
	}
}
