package emit

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// variables writes the variables of the root, with this module's defaults.
func (m module) variables() ([]byte, error) {
	return withDefaults("root/variables.tf", map[string]hclwrite.Tokens{
		"name":                     text(m.o.Name),
		"targets":                  list(sorted(m.o.Targets)),
		"protected_principal_tags": list(sorted(m.o.ProtectedTags)),
	})
}

// boundaryVariables writes the variables of boundary/; nil when there is none.
func (m module) boundaryVariables() ([]byte, error) {
	if !m.hasBoundary() {
		return nil, nil
	}
	return withDefaults("boundary/variables.tf", map[string]hclwrite.Tokens{
		"name":                     text(m.o.Name),
		"protected_principal_tags": list(sorted(m.o.ProtectedTags)),
	})
}

// withDefaults gives variables of an embedded file their defaults.
func withDefaults(name string, defaults map[string]hclwrite.Tokens) ([]byte, error) {
	src, err := staticFile(name)
	if err != nil {
		return nil, err
	}
	f, ds := hclwrite.ParseConfig(src, name, hcl.InitialPos)
	if ds.HasErrors() {
		return nil, fmt.Errorf("parse: %w", ds)
	}
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		block := f.Body().FirstMatchingBlock("variable", []string{name})
		if block == nil {
			return nil, fmt.Errorf("no variable %s", name)
		}
		block.Body().SetAttributeRaw("default", defaults[name])
	}
	return render(f), nil
}

// tfvarsException is a record as var.exceptions takes it. Empty parts are left
// out.
type tfvarsException struct {
	Policies       []string            `json:"policies"`
	Principals     []string            `json:"principals,omitempty"`
	PermissionSets []string            `json:"permission_sets,omitempty"`
	PrincipalTags  map[string][]string `json:"principal_tags,omitempty"`
	Accounts       []string            `json:"accounts,omitempty"`
	OrgPaths       []string            `json:"org_paths,omitempty"`
	Resources      []string            `json:"resources,omitempty"`
	Reason         string              `json:"reason"`
	Owner          string              `json:"owner"`
	Ticket         string              `json:"ticket,omitempty"`
	Expires        string              `json:"expires,omitempty"`
}

// exceptions writes the records in force. Terraform reads the file by itself,
// and teams edit it.
func (m module) exceptions() ([]byte, error) {
	records := map[string]tfvarsException{}
	for _, r := range m.set.Records() {
		records[r.ID] = tfvarsException{
			Policies: r.Policies, Principals: r.Source.Principals, PermissionSets: r.Source.PermissionSets,
			PrincipalTags: r.Source.PrincipalTags, Accounts: r.Source.Accounts, OrgPaths: r.Source.OrgPaths,
			Resources: r.Resources, Reason: r.Source.Reason, Owner: r.Source.Owner, Ticket: r.Source.Ticket,
			Expires: r.Until,
		}
	}
	return marshal(map[string]any{"exceptions": records})
}
