package layer

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// Quota is one limit that AWS sets.
type Quota struct {
	Name   string `json:"name"`
	Value  int    `json:"value"`
	Unit   string `json:"unit"`   // "characters", "documents"
	Since  string `json:"since"`  // the day on which AWS set it or it was read, YYYY-MM-DD
	Source string `json:"source"` // where it was read; a file when a user set it
}

// quotas holds what AWS sets by default. Documents are measured in bytes of
// UTF-8: AWS has said both bytes and characters over the years, and bytes are
// never fewer.
//
// The stored copies of the Organizations quota page still name the values from
// before May 2026 (5,120 characters, 5 attachments); the announcement and those
// who tried it name these.
var quotas = []Quota{
	{
		Name: "scp-document", Value: 10_240, Unit: "characters", Since: "2026-05-15",
		Source: "https://aws.amazon.com/about-aws/whats-new/2026/05/aws-organizations-increased-scp-quotas/",
	},
	{
		Name: "scp-attachments", Value: 10, Unit: "documents", Since: "2026-05-15",
		Source: "https://aws.amazon.com/about-aws/whats-new/2026/05/aws-organizations-increased-scp-quotas/",
	},
	{
		Name: "rcp-document", Value: 5_120, Unit: "characters", Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
	},
	{
		Name: "rcp-attachments", Value: 5, Unit: "documents", Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
	},
	{
		// White space does not count; there is none but in values.
		Name: "boundary-document", Value: 6_144, Unit: "characters", Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
	},
	{
		Name: "boundary-attachments", Value: 1, Unit: "documents", Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
	},
	{
		Name: "declarative-document", Value: 10_000, Unit: "characters", Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
	},
	{
		// Of each type. From memory: the copies that were read lack the number.
		Name: "declarative-attachments", Value: 10, Unit: "documents", Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
	},
}

// Limits holds the quotas in force: AWS's, or what a user says theirs are.
// The zero Limits has none; start from [DefaultLimits].
type Limits struct{ quotas []Quota }

// DefaultLimits returns AWS's quotas.
func DefaultLimits() Limits { return Limits{slices.Clone(quotas)} }

// LoadLimits reads overrides from YAML or JSON: quota names with their values.
//
//	scp-document: 5120
//	scp-attachments: 5
//
// The quotas that it does not name stay as AWS sets them.
func LoadLimits(src []byte, file string) (Limits, diag.Diagnostics) {
	l := DefaultLimits()
	var values map[string]int
	if err := yaml.Unmarshal(src, &values); err != nil {
		d := diag.Errorf("limits-malformed", "limits are not a map from quota names to numbers").At(diag.Place{File: file})
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			d = d.WithDetail("%s", syntax.GetMessage())
			if t := syntax.GetToken(); t != nil {
				d.Subject.Line, d.Subject.Column = t.Position.Line, t.Position.Column
			}
		}
		return Limits{}, diag.Diagnostics{d.WithHint("for example scp-document: 5120")}
	}
	var ds diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(l.quotas, func(q Quota) bool { return q.Name == name })
		switch v := values[name]; {
		case i < 0:
			ds = append(ds, diag.Errorf("limits-unknown", "there is no quota %q", name).
				At(diag.Place{File: file}).WithHint("quotas: %s", strings.Join(l.names(), ", ")))
		case v <= 0:
			ds = append(ds, diag.Errorf("limits-malformed", "quota %s is %d; it must be a positive number", name, v).
				At(diag.Place{File: file}))
		default:
			l.quotas[i].Value, l.quotas[i].Since, l.quotas[i].Source = v, "", file
		}
	}
	if ds.HasErrors() {
		return Limits{}, ds
	}
	return l, nil
}

// Quotas returns every quota in force, sorted by name.
func (l Limits) Quotas() []Quota {
	out := slices.Clone(l.quotas)
	slices.SortFunc(out, func(a, b Quota) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Document returns how many bytes a document of the layer may have; 0 when the
// layer has no documents.
func (l Limits) Document(id ir.Layer) int {
	layer, _ := Lookup(id)
	return l.value(layer.Document)
}

// Attachments returns how many documents of the layer a target takes, those of
// others included; 0 when the layer has no documents.
func (l Limits) Attachments(id ir.Layer) int {
	layer, _ := Lookup(id)
	return l.value(layer.Attachments)
}

func (l Limits) value(name string) int {
	for _, q := range l.quotas {
		if q.Name == name {
			return q.Value
		}
	}
	return 0
}

func (l Limits) names() []string {
	var names []string
	for _, q := range l.Quotas() {
		names = append(names, q.Name)
	}
	return names
}
