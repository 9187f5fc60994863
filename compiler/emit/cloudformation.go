package emit

import (
	"encoding/json"
	"strings"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// The templates: one for the management account, and one for every account
// whose principals carry the boundary. A stack lives in one account, so they
// cannot be one.
const (
	organizationTemplate = "organization.template.json"
	boundaryTemplate     = "boundary.template.json"
)

// template is a CloudFormation template. Its maps are printed with sorted keys.
type template struct {
	Version     string                      `json:"AWSTemplateFormatVersion"`
	Description string                      `json:"Description"`
	Metadata    map[string]any              `json:"Metadata"`
	Parameters  map[string]any              `json:"Parameters"`
	Conditions  map[string]any              `json:"Conditions,omitempty"`
	Resources   map[string]templateResource `json:"Resources"`
	Outputs     map[string]any              `json:"Outputs"`
}

type templateResource struct {
	Type       string         `json:"Type"`
	DependsOn  string         `json:"DependsOn,omitempty"`
	Properties map[string]any `json:"Properties"`
}

// CloudFormation writes the program as CloudFormation templates, with the
// exceptions in force worked in.
func CloudFormation(prog ir.Program, docs []pack.Document, set except.Set, o Options) (Output, error) {
	m, proof, err := prepare(prog, docs, set, o)
	if err != nil {
		return Output{}, err
	}
	return assemble(proof, nil, []part{
		{organizationTemplate, func() ([]byte, error) { return m.template(false) }},
		{boundaryTemplate, func() ([]byte, error) { return m.template(true) }},
		{"proof.json", func() ([]byte, error) { return marshal(proof) }},
		{suggestedFile, m.suggested},
		{"README.md", func() ([]byte, error) { return m.bakedReadme(proof, m.useCloudFormation), nil }},
	})
}

// template writes the documents of Organizations, or the boundaries. Nil when
// there are none.
func (m module) template(boundary bool) ([]byte, error) {
	t := template{
		Version: "2010-09-09", Description: "Guardrails of Parapet. Compile again instead of editing.",
		Metadata:   map[string]any{"parapet:version": m.o.Version},
		Parameters: map[string]any{"Name": parameter("String", m.o.Name, "What the names of the policies begin with.")},
		Resources:  map[string]templateResource{}, Outputs: map[string]any{},
	}
	before := ""
	for _, d := range m.docs {
		if (d.Layer == ir.Boundary) != boundary {
			continue
		}
		policy, err := m.templateContent(d)
		if err != nil {
			return nil, err
		}
		name := map[string]any{"Fn::Sub": "${Name}-" + d.Name}
		id := logicalID(d.Name)
		r := templateResource{Type: "AWS::Organizations::Policy", DependsOn: before, Properties: map[string]any{
			"Name": name, "Type": d.PolicyType, "Description": description(d), "Content": policy,
			"TargetIds": map[string]any{"Fn::If": []any{"Attach", map[string]any{"Ref": "TargetIds"}, map[string]any{"Ref": "AWS::NoValue"}}},
			"Tags": []any{
				map[string]any{"Key": "parapet:document", "Value": d.Name},
				map[string]any{"Key": "parapet:guardrails", "Value": cut(strings.Join(d.Guardrails, " "), tagValue)},
				map[string]any{"Key": "parapet:version", "Value": cut(m.o.Version, tagValue)},
			},
		}}
		output := map[string]any{"Value": map[string]any{"Ref": id}}
		if boundary {
			r = templateResource{Type: "AWS::IAM::ManagedPolicy", Properties: map[string]any{
				"ManagedPolicyName": name, "Description": description(d), "PolicyDocument": policy,
			}}
			output["Description"] = "ARN of the permissions boundary"
		}
		before = id // Organizations takes one change at a time
		t.Resources[id] = r
		t.Outputs[id] = output
	}
	if len(t.Resources) == 0 {
		return nil, nil
	}
	if !boundary {
		t.Parameters["TargetIds"] = parameter("CommaDelimitedList", strings.Join(sorted(m.o.Targets), ","),
			"Ids of OUs, accounts or the root to attach to. Empty: attached to nothing.")
		t.Conditions = map[string]any{"Attach": map[string]any{"Fn::Not": []any{
			map[string]any{"Fn::Equals": []any{map[string]any{"Fn::Join": []any{"", map[string]any{"Ref": "TargetIds"}}}, ""}},
		}}}
	}
	return marshal(t)
}

// templateContent returns a document as an object, which CloudFormation can
// compare with what is deployed.
func (m module) templateContent(d pack.Document) (any, error) {
	policy, _, err := content(d, m.set)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(policy), nil
}

func parameter(kind, fallback, description string) map[string]any {
	return map[string]any{"Type": kind, "Default": fallback, "Description": description}
}

// logicalID makes a name of CloudFormation: scp-1 → Scp1.
func logicalID(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func (m module) useCloudFormation(w *markdown) {
	for _, d := range m.docs {
		if d.Layer != ir.Boundary {
			w.line("- `%s`: deploy it in the management account, or in that of a delegated administrator for policies, with `TargetIds` of a canary OU first.", organizationTemplate)
			break
		}
	}
	if m.hasBoundary() {
		w.line("- `%s`: deploy it in each account whose principals shall carry the boundary (CAPABILITY_NAMED_IAM).", boundaryTemplate)
	}
	for _, d := range m.docs {
		if t, ok := layer.LookupDeclarative(d.PolicyType); ok && !t.Auto {
			w.line("- CloudFormation must know the type `%s`, which is newer than the others.", d.PolicyType)
		}
	}
	w.line("- Content is given as an object, so that drift detection works. CloudFormation may send it with white space: leave room below the quotas.")
	w.line("- `proof.json` holds the evidence: verdicts, checks, and every document as it was compiled.")
}
