package report

import (
	"fmt"
	"time"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// hostile is what a plan may hold to break each of the formats.
const hostile = "</script><script>alert(1)</script> --> ]]> <img src=x onerror=alert(1)> \"quoted\" 'single' `tick` ``` {{.X}} ${y} " +
	"@octocat #12 GH-3 org/repo#4 https://evil.example/x www.evil.example me@evil.example [a](javascript:alert(1)) ![b](c) " +
	"|cell| *bold* _it_ ~~no~~ %0A::error::x {0} \x00\x1b[31m\u202e\u2028\ufffe\nline &amp; \xff 日本語 🙂"

// shared is the report that every format is tested with: every status, severity
// and kind of exemption, source lines with snippets and module calls, policies
// about the whole input, and hostile text in every place.
func shared() finding.Report {
	str := func(s string) *string { return &s }
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	account, region := str("111122223333"), str("eu-west-1")
	instance := finding.Subject{
		Type: "aws_instance", Address: `module.app["a"].aws_instance.web[0]`, Account: account, Region: region, Origin: resource.OriginPlan,
		Source: &resource.Source{File: `modules\app\main.tf`, Line: 14, Modules: []resource.ModuleCall{
			{Name: "site", File: "main.tf", Line: 3}, {Name: "app", File: "modules/site/main.tf", Line: 9},
		}},
	}
	bucket := finding.Subject{
		Type: "aws_s3_bucket", Address: "aws_s3_bucket.site", ARN: str("arn:aws:s3:::site"), Account: account, Region: region,
		Origin: resource.OriginPlan, Source: &resource.Source{File: "/home/ci/work/s3.tf", Line: 2},
	}
	document := finding.Subject{Type: finding.DocumentType, Origin: resource.OriginPlan, Account: account, Region: region}
	imds := finding.Finding{
		Policy: "aws-ec2-imdsv2", Title: "EC2 instances accept only IMDSv2", Severity: finding.High, Status: finding.Violation,
		Message: "accepts IMDSv1", Attributes: []string{"metadata_options[0].http_tokens"}, Resource: instance,
		Frameworks:  map[string][]string{"cis-aws-5.0": {"5.7"}, "aws-fsbp": {"EC2.8"}},
		Remediation: "Set metadata_options.http_tokens to \"required\".",
		Snippet: &finding.Snippet{Start: 12, Lines: []string{
			"resource \"aws_instance\" \"web\" {", "\tmetadata_options {", "\t\thttp_tokens = \"optional\" # ``` </code>", "\t}", "}",
		}},
	}
	acl := finding.Finding{
		Policy: "aws-s3-public-acl", Title: "S3 buckets have no public ACL", Severity: finding.Critical, Status: finding.Exempt,
		Message: "has a public ACL", Attributes: []string{"acl"}, Resource: bucket, Remediation: "Remove the ACL.",
		Exception: str("website"), Exemption: &finding.Exemption{Kind: finding.ByRecord, Reason: "Public website", Owner: "web-team", Expires: day},
	}
	evil := finding.Finding{
		Policy: "main.deny", Title: hostile, Severity: finding.Medium, Status: finding.Violation, Message: hostile, Document: true,
		Resource: document, Remediation: hostile, Frameworks: map[string][]string{hostile: {hostile}},
	}
	with := func(f finding.Finding, change func(*finding.Finding)) finding.Finding { change(&f); return f }
	list := []finding.Finding{
		imds,
		with(imds, func(f *finding.Finding) {
			f.Status, f.Resource.Address, f.Resource.Source = finding.Unknown, "aws_instance.api", nil
			f.Message, f.DependsOn = "depends on var.tokens, known only after apply", []string{"metadata_options"}
		}),
		with(imds, func(f *finding.Finding) {
			f.Resource = finding.Subject{Type: "aws_instance", ID: str("i-0"), Origin: resource.OriginSnapshot, Account: account, Region: region}
			f.Owner = &finding.Owner{}
		}),
		with(imds, func(f *finding.Finding) {
			f.Resource = finding.Subject{Type: "aws_instance", ID: str("i-1"), Origin: resource.OriginSnapshot, Account: account, Region: region}
			f.Owner = &finding.Owner{Managed: true, Address: hostile, Input: hostile}
		}),
		acl,
		with(acl, func(f *finding.Finding) {
			f.Exception, f.Resource.Address = nil, "aws_s3_bucket.logs"
			f.Exemption = &finding.Exemption{Kind: finding.ByComment, Reason: hostile, Owner: hostile}
		}),
		with(acl, func(f *finding.Finding) {
			f.Exception, f.Resource.Address = nil, "aws_s3_bucket.old"
			f.Exemption = &finding.Exemption{Kind: finding.ByBaseline}
		}),
		with(acl, func(f *finding.Finding) {
			f.Status, f.Exception, f.Exemption, f.Resource.Address = finding.Violation, nil, nil, "aws_s3_bucket.new"
		}),
		evil,
		with(evil, func(f *finding.Finding) { f.Message = "no tags at all" }),
		with(evil, func(f *finding.Finding) {
			f.Policy, f.Resource.Type, f.Resource.Address = "acme."+hostile, hostile, "aws_x."+hostile
			f.Severity, f.Resource.Source = finding.Low, &resource.Source{File: hostile + ".tf", Line: 1}
			f.Snippet = &finding.Snippet{Start: 1, Lines: []string{hostile, "```"}}
		}),
		with(evil, func(f *finding.Finding) {
			f.Policy, f.Title, f.Severity, f.Message = "main.warn", "main.warn", finding.Info, "prefer another region"
		}),
		with(evil, func(f *finding.Finding) {
			f.Policy, f.Title, f.Status, f.Message = "main.violation", "main.violation", finding.Error, "p.rego:9: json.unmarshal: unexpected end"
		}),
	}
	inputs := []finding.Input{{Path: `C:\work\plan.json`, Kind: "plan", SHA256: "00", Resources: 412}}
	r := finding.NewReport(finding.Tool{Name: "parapet", Version: "1.2.3"}, inputs, list, 1630)
	r.Unread = 2
	r.Time = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	r.Policies = []finding.Policy{
		{
			ID: "aws-ec2-imdsv2", Title: imds.Title, Severity: finding.High, Frameworks: imds.Frameworks, Remediation: imds.Remediation,
			Description: "IMDSv1 answers requests that an attacker makes the instance forward.", File: "policies/aws/ec2/imdsv2/policy.rego", Line: 12,
		},
		{ID: "aws-rds-encryption", Title: "Databases are encrypted", Severity: finding.High, Description: "Storage can be read by whoever copies it."},
	}
	return r
}

// large is a report with n findings of 40 policies.
func large(n int) finding.Report {
	var list []finding.Finding
	for i := range n {
		list = append(list, finding.Finding{
			Policy: fmt.Sprintf("aws-policy-%02d", i%40), Title: fmt.Sprintf("Policy number %d holds", i%40),
			Severity: finding.Severities[i%40%5], Status: finding.Violation, Message: "is not as it should be",
			Remediation: "Set it to what it should be.",
			Resource: finding.Subject{
				Type: fmt.Sprintf("aws_type_%d", i%17), Address: fmt.Sprintf("module.m%d.aws_type_%d.r[%d]", i%9, i%17, i), Origin: resource.OriginPlan,
				Source: &resource.Source{File: fmt.Sprintf("modules/m%d/main.tf", i%9), Line: i%500 + 1},
			},
			Snippet: &finding.Snippet{Start: i%500 + 1, Lines: []string{"resource \"aws_x\" \"r\" {", "  count = 3", "  name  = \"r\"", "}"}},
		})
	}
	return finding.NewReport(finding.Tool{Name: "parapet", Version: "1.2.3"}, []finding.Input{{Path: "plan.json", Kind: "plan", Resources: n}}, list, 3*n)
}
