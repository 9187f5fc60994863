package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
)

// Limits of the AWS Security Finding Format, in characters
// (https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
// and https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-asff-mapping.html).
const (
	asffMaxTitle       = 256
	asffMaxDescription = 1024
	asffMaxID          = 512
	asffMaxText        = 512
	asffMaxDetail      = 1024
	asffMaxControls    = 32
)

// The part of the format that reports use, in the order in which it is written.
type (
	asffFinding struct {
		SchemaVersion string
		ID            string `json:"Id"`
		ProductArn    string
		ProductName   string
		CompanyName   string
		GeneratorID   string `json:"GeneratorId"`
		AwsAccountID  string `json:"AwsAccountId"`
		Region        string
		Types         []string
		CreatedAt     string
		UpdatedAt     string
		Severity      asffSeverity
		Title         string
		Description   string
		Remediation   *asffRemediation `json:",omitempty"`
		ProductFields map[string]string
		Resources     []asffResource
		Compliance    asffCompliance
		Workflow      asffWorkflow
		RecordState   string
		Note          *asffNote `json:",omitempty"`
	}
	asffSeverity    struct{ Label, Original string }
	asffRemediation struct{ Recommendation asffText }
	asffText        struct{ Text string }
	asffResource    struct {
		Type      string
		ID        string `json:"Id"`
		Partition string
		Region    string
		Details   asffDetails
	}
	asffDetails    struct{ Other map[string]string }
	asffCompliance struct {
		Status              string
		RelatedRequirements []string     `json:",omitempty"`
		StatusReasons       []asffReason `json:",omitempty"`
	}
	asffReason   struct{ ReasonCode, Description string }
	asffWorkflow struct{ Status string }
	asffNote     struct{ Text, UpdatedBy, UpdatedAt string }
)

// ASFF writes the findings in the AWS Security Finding Format: a JSON list for
// BatchImportFindings, which takes 100 at a time. Every finding needs an
// account and a Region. One that names neither gets those that are given for
// the run, or the only ones that the report names; a live resource of a service
// without Regions gets that of its control plane. Where that leaves none, the
// format is refused rather than written without it.
func ASFF(w io.Writer, r finding.Report) error {
	account := fallback(r.Account, r.Findings, func(f finding.Finding) *string { return f.Resource.Account })
	region := fallback(r.Region, r.Findings, func(f finding.Finding) *string { return f.Resource.Region })
	list := []asffFinding{}
	var noAccount, noRegion int
	for _, f := range r.Findings {
		in := asffHome{account: account(f), region: region(f), time: r.Time.UTC().Format(time.RFC3339), version: r.Tool.Version}
		if in.account == "" {
			noAccount++
		}
		if in.region == "" && f.Resource.Live() {
			in.region = globalRegion(f, r.Findings)
		}
		if in.region == "" {
			noRegion++
		}
		list = append(list, newASFF(f, in, r.Inputs))
	}
	switch {
	case noAccount > 0:
		return diag.Errorf("asff-account", "%s no account, which the AWS Security Finding Format requires", plural(noAccount, "finding has", "findings have")).
			WithHint("--account ID says which account an input is for")
	case noRegion > 0:
		return diag.Errorf("asff-region", "%s no Region, which the AWS Security Finding Format requires", plural(noRegion, "finding has", "findings have")).
			WithHint("--region NAME says which Region an input is for")
	case len(list) > 0 && r.Time.IsZero():
		return diag.Errorf("asff-time", "the report does not say when it was made, which the AWS Security Finding Format requires")
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// fallback returns a function that reads something of a finding, and knows what
// to answer for findings that do not say it: the value given, or the only one
// that there is.
func fallback(given string, all []finding.Finding, of func(finding.Finding) *string) func(finding.Finding) string {
	if given == "" {
		seen := map[string]bool{}
		for _, f := range all {
			if s := of(f); s != nil {
				seen[*s] = true
				given = *s
			}
		}
		if len(seen) > 1 {
			given = ""
		}
	}
	return func(f finding.Finding) string {
		if s := of(f); s != nil {
			return *s
		}
		return given
	}
}

// globalRegion is where the control plane of services without Regions runs, such
// as that of IAM, and where Security Hub tells their findings. The partition is
// that of the resource, or of those beside it.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
func globalRegion(f finding.Finding, all []finding.Finding) string {
	for _, o := range append([]finding.Finding{f}, all...) {
		switch arn, region := deref(o.Resource.ARN), deref(o.Resource.Region); {
		case strings.HasPrefix(arn, "arn:aws-cn:"), strings.HasPrefix(region, "cn-"):
			return "cn-north-1"
		case strings.HasPrefix(arn, "arn:aws-us-gov:"), strings.HasPrefix(region, "us-gov-"):
			return "us-gov-west-1"
		case arn != "", region != "":
			return "us-east-1"
		}
	}
	return "us-east-1"
}

// asffHome is where and when a finding was made.
type asffHome struct{ account, region, time, version string }

func (h asffHome) partition() string {
	switch {
	case strings.HasPrefix(h.region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(h.region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func newASFF(f finding.Finding, in asffHome, inputs []finding.Input) asffFinding {
	title := heading(f.Policy, f.Title)
	if title == "" {
		title = clean(f.Policy)
	}
	a := asffFinding{
		SchemaVersion: "2018-10-08",
		ID:            asffID(in.account + "/" + in.region + "/" + f.Fingerprint),
		ProductArn:    fmt.Sprintf("arn:%s:securityhub:%s:%s:product/%s/default", in.partition(), in.region, in.account, in.account),
		ProductName:   "Parapet", CompanyName: "Parapet",
		GeneratorID:  asffID(f.Policy),
		AwsAccountID: in.account, Region: in.region,
		Types:     []string{"Software and Configuration Checks/AWS Security Best Practices"},
		CreatedAt: in.time, UpdatedAt: in.time,
		Severity:      asffSeverity{Label: asffLabel(f.Severity), Original: string(f.Severity)},
		Title:         clip(title+": "+Subject(f), asffMaxTitle),
		Description:   clip(Subject(f)+": "+message(f), asffMaxDescription),
		ProductFields: map[string]string{"parapet/Fingerprint": f.Fingerprint, "parapet/Status": string(f.Status)},
		Resources:     []asffResource{asffResourceOf(f, in, inputs)},
		Compliance:    asffComplianceOf(f),
		Workflow:      asffWorkflow{Status: "NEW"},
		RecordState:   "ACTIVE",
	}
	if in.version != "" {
		a.ProductFields["parapet/Version"] = clip(clean(in.version), asffMaxText)
	}
	if f.Remediation != "" {
		a.Remediation = &asffRemediation{asffText{clip(clean(f.Remediation), asffMaxText)}}
	}
	if f.Status == finding.Exempt {
		a.Workflow.Status = "SUPPRESSED"
		a.Note = &asffNote{Text: clip(exemption(f), asffMaxText), UpdatedBy: "Parapet", UpdatedAt: in.time}
	}
	return a
}

func asffID(id string) string { return clip("parapet/"+clean(id), asffMaxID) }

func asffLabel(s finding.Severity) string {
	if s == finding.Info {
		return "INFORMATIONAL"
	}
	return strings.ToUpper(string(s))
}

// asffComplianceOf says FAILED for violations, also for those that are exempt:
// their workflow suppresses them. What could not be decided is NOT_AVAILABLE
// with a reason, never PASSED.
func asffComplianceOf(f finding.Finding) asffCompliance {
	c := asffCompliance{Status: "FAILED"}
	list := controls(finding.Policy{Frameworks: f.Frameworks})
	for _, control := range list[:min(len(list), asffMaxControls)] {
		c.RelatedRequirements = append(c.RelatedRequirements, clip(control, asffMaxText))
	}
	switch f.Status {
	case finding.Unknown:
		c.Status = "NOT_AVAILABLE"
		c.StatusReasons = []asffReason{{"PARAPET_KNOWN_AFTER_APPLY", "It depends on values that are known only after apply."}}
	case finding.Error:
		c.Status = "NOT_AVAILABLE"
		c.StatusReasons = []asffReason{{"PARAPET_POLICY_ERROR", "The policy could not be evaluated."}}
	case finding.Violation, finding.Exempt:
	}
	return c
}

func asffResourceOf(f finding.Finding, in asffHome, inputs []finding.Input) asffResource {
	res := asffResource{
		Type: "Other", ID: Subject(f), Partition: in.partition(), Region: in.region,
		Details: asffDetails{map[string]string{"TerraformType": clip(clean(f.Resource.Type), asffMaxDetail)}},
	}
	if t, ok := asffTypes[f.Resource.Type]; ok {
		res.Type = t
	}
	switch {
	case f.Resource.ARN != nil:
		res.ID = clean(*f.Resource.ARN)
	case f.Resource.Address == "" && f.Resource.ID != nil:
		res.ID = clean(*f.Resource.ID)
	}
	res.ID = clip(res.ID, asffMaxID)
	for name, value := range map[string]string{
		"Address": clean(f.Resource.Address), "Place": placeOf(f, inputs).String(), "Attributes": clean(strings.Join(f.Attributes, ", ")),
	} {
		if value != "" {
			res.Details.Other[name] = clip(value, asffMaxDetail)
		}
	}
	return res
}
