package emit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
)

// placed is a setting and the guardrail that asks for it.
type placed struct {
	ir.Setting
	guardrail ir.Guardrail
}

// placedSettings returns the program's settings, sorted by type and name.
func (m module) placedSettings() []placed {
	var out []placed
	for _, g := range m.prog.Guardrails {
		for _, s := range g.Settings {
			out = append(out, placed{s, g})
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// settings writes the account's settings: a root module of its own, because
// they are made with the account's credentials and not with those of the
// organization. Nil when there are none.
func (m module) settings() ([]byte, error) {
	all := m.placedSettings()
	if len(all) == 0 {
		return nil, nil
	}
	f := hclwrite.NewEmptyFile()
	f.Body().AppendUnstructuredTokens(comments([]string{
		"Settings of the account " + cmp.Or(m.prog.Account, "that they are applied in") + ". They hold for everyone in it, without",
		"exceptions. Apply this directory by itself, with credentials of the account.",
	}))
	for i, s := range all {
		if i > 0 && all[i-1].Type == s.Type && all[i-1].Name == s.Name {
			if !sameValues(all[i-1].Values, s.Values) {
				return nil, fmt.Errorf("guardrails %s and %s want different %s.%s", all[i-1].guardrail.ID, s.guardrail.ID, s.Type, s.Name)
			}
			continue
		}
		f.Body().AppendNewline()
		lines := []string{fmt.Sprintf("%s (%s)", cmp.Or(s.guardrail.Title, s.guardrail.ID), s.guardrail.ID), source(s.guardrail, 0)}
		if layer.AccountSettings[s.Type] == layer.Regional {
			lines = append(lines, "This setting is made per region: apply in every region that is in use.")
		}
		f.Body().AppendUnstructuredTokens(comments(lines))
		b := f.Body().AppendNewBlock("resource", []string{s.Type, s.Name}).Body()
		if err := arguments(b, s.Values); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", s.Type, s.Name, err)
		}
	}
	return render(f), nil
}

func (m module) settingsVersions() ([]byte, error) {
	if len(m.placedSettings()) == 0 {
		return nil, nil
	}
	return staticFile("account/versions.tf")
}

func sameValues(a, b map[string]any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// arguments writes a resource's values. As in the provider's schema, a list of
// objects is a nested block.
func arguments(b *hclwrite.Body, values map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if blocks, ok := nested(values[name]); ok {
			for _, inner := range blocks {
				if err := arguments(b.AppendNewBlock(name, nil).Body(), inner); err != nil {
					return err
				}
			}
			continue
		}
		v, err := ctyValue(values[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.SetAttributeValue(name, v)
	}
	return nil
}

// nested returns the objects of a list that holds nothing else.
func nested(v any) ([]map[string]any, bool) {
	items, ok := v.([]any)
	if !ok || len(items) == 0 {
		return nil, false
	}
	var out []map[string]any
	for _, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		out = append(out, object)
	}
	return out, true
}

// ctyValue turns a JSON value into Terraform's.
func ctyValue(v any) (cty.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return cty.NilVal, fmt.Errorf("not a JSON value: %w", err)
	}
	t, err := ctyjson.ImpliedType(text)
	if err != nil {
		return cty.NilVal, fmt.Errorf("not a JSON value: %w", err)
	}
	out, err := ctyjson.Unmarshal(text, t)
	if err != nil {
		return cty.NilVal, fmt.Errorf("not a JSON value: %w", err)
	}
	return out, nil
}
