package input

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// policyDocument renders an aws_iam_policy_document as the provider does, when
// everything in it is known. Lists are sorted, since they are sets.
// Source: https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/data-sources/iam_policy_document
func (e *evaluator) policyDocument(v cty.Value) cty.Value {
	plain, unknown, secret := exportValue(v)
	config, _ := plain.(map[string]any)
	if unknown != nil || config == nil {
		return cty.DynamicVal
	}
	doc := policyDoc{Version: "2012-10-17"}
	if version, ok := config["version"].(string); ok {
		doc.Version = version
	}
	doc.ID, _ = config["policy_id"].(string)
	for _, name := range []string{"source_json", "source_policy_documents"} {
		if !doc.merge(texts(config[name]), false) {
			return cty.DynamicVal
		}
	}
	blocks, _ := config["statement"].([]any)
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		doc.add(newStatement(block), true)
	}
	for _, name := range []string{"override_json", "override_policy_documents"} {
		if !doc.merge(texts(config[name]), true) {
			return cty.DynamicVal
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return cty.DynamicVal
	}
	out := cty.StringVal(string(text))
	if secret != nil {
		out = out.Mark(sensitive)
	}
	return cty.ObjectVal(map[string]cty.Value{"json": out, "minified_json": out})
}

// policyDoc is a policy document in the order in which the provider writes it.
type policyDoc struct {
	Version   string            `json:"Version,omitempty"`
	ID        string            `json:"Id,omitempty"`
	Statement []policyStatement `json:"Statement,omitempty"`
}

type policyStatement struct {
	Sid          string         `json:"Sid,omitempty"`
	Effect       string         `json:"Effect,omitempty"`
	Action       any            `json:"Action,omitempty"`
	NotAction    any            `json:"NotAction,omitempty"`
	Resource     any            `json:"Resource,omitempty"`
	NotResource  any            `json:"NotResource,omitempty"`
	Principal    any            `json:"Principal,omitempty"`
	NotPrincipal any            `json:"NotPrincipal,omitempty"`
	Condition    map[string]any `json:"Condition,omitempty"`
}

// add appends a statement; one with the same Sid takes its place.
func (d *policyDoc) add(s policyStatement, replace bool) {
	i := slices.IndexFunc(d.Statement, func(o policyStatement) bool { return s.Sid != "" && o.Sid == s.Sid })
	if replace && i >= 0 {
		d.Statement[i] = s
		return
	}
	d.Statement = append(d.Statement, s)
}

// merge adds the statements of other documents; false when one cannot be read.
func (d *policyDoc) merge(documents []string, replace bool) bool {
	for _, text := range documents {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var raw struct {
			Statement json.RawMessage
			ID        string `json:"Id"`
		}
		if json.Unmarshal([]byte(text), &raw) != nil {
			return false
		}
		if raw.ID != "" && (d.ID == "" || replace) {
			d.ID = raw.ID
		}
		var many []policyStatement
		if json.Unmarshal(raw.Statement, &many) != nil {
			var one policyStatement
			if json.Unmarshal(raw.Statement, &one) != nil {
				return false
			}
			many = []policyStatement{one}
		}
		for _, s := range many {
			d.add(s, replace)
		}
	}
	return true
}

func newStatement(block map[string]any) policyStatement {
	s := policyStatement{
		Effect:       "Allow",
		Action:       oneOrMore(texts(block["actions"])),
		NotAction:    oneOrMore(texts(block["not_actions"])),
		Resource:     oneOrMore(texts(block["resources"])),
		NotResource:  oneOrMore(texts(block["not_resources"])),
		Principal:    principals(block["principals"]),
		NotPrincipal: principals(block["not_principals"]),
		Condition:    conditions(block["condition"]),
	}
	s.Sid, _ = block["sid"].(string)
	if effect, ok := block["effect"].(string); ok {
		s.Effect = effect
	}
	return s
}

// principals renders principals blocks: those of one type are joined, and
// everyone is written as "*" alone.
func principals(v any) any {
	blocks, _ := v.([]any)
	ids := map[string][]string{}
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		kind, _ := block["type"].(string)
		ids[kind] = append(ids[kind], texts(block["identifiers"])...)
	}
	if len(ids) == 0 {
		return nil
	}
	if everyone := ids["*"]; len(ids) == 1 && len(everyone) == 1 && everyone[0] == "*" {
		return "*"
	}
	out := map[string]any{}
	for kind, list := range ids {
		out[kind] = oneOrMore(list)
	}
	return out
}

// conditions renders condition blocks: values of one test and variable are
// joined.
func conditions(v any) map[string]any {
	blocks, _ := v.([]any)
	values := map[string]map[string][]string{}
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		test, _ := block["test"].(string)
		variable, _ := block["variable"].(string)
		if values[test] == nil {
			values[test] = map[string][]string{}
		}
		values[test][variable] = append(values[test][variable], texts(block["values"])...)
	}
	out := map[string]any{}
	for test, variables := range values {
		inner := map[string]any{}
		for variable, list := range variables {
			inner[variable] = oneOrMore(list)
		}
		out[test] = inner
	}
	return out
}

// oneOrMore sorts a set of texts and writes one alone as itself. The escape
// &{…} stands for IAM's own ${…}.
func oneOrMore(list []string) any {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ReplaceAll(s, "&{", "${")
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// texts returns a text or a list of texts as a list.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		if v {
			return []string{"true"}
		}
		return []string{"false"}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, texts(e)...)
		}
		return out
	}
	return nil
}
