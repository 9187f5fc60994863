package emit

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// readmeReference writes the inputs and outputs of the root between the markers
// of terraform-docs, so that a team which uses it finds its own form, and its
// next run replaces ours.
func (m module) readmeReference(w *markdown) error {
	variables, err := m.variables()
	if err != nil {
		return err
	}
	outputs, err := staticFile("root/outputs.tf")
	if err != nil {
		return err
	}
	inputs, err := described(variables, "variable")
	if err != nil {
		return err
	}
	results, err := described(outputs, "output")
	if err != nil {
		return err
	}
	w.line("")
	w.line("<!-- BEGIN_TF_DOCS -->")
	w.line("## Requirements")
	w.line("")
	w.head("Name", "Version")
	w.row(anchor("requirement", "terraform"), ">= 1.9")
	w.row(anchor("requirement", "aws"), ">= "+m.provider())
	w.line("")
	w.line("## Inputs")
	w.line("")
	w.line("| Name | Description | Type | Default | Required |")
	w.line("|------|-------------|------|---------|:--------:|")
	for _, d := range inputs {
		required := "no"
		if d.fallback == "" {
			required, d.fallback = "yes", "n/a"
		} else {
			d.fallback = code(d.fallback)
		}
		w.cells(anchor("input", d.name), oneLine(d.text), code(d.kind), d.fallback, required)
	}
	w.line("")
	w.line("## Outputs")
	w.line("")
	w.head("Name", "Description")
	for _, d := range results {
		w.row(anchor("output", d.name), d.text)
	}
	w.line("<!-- END_TF_DOCS -->")
	return nil
}

// cells writes a row whose cells are markup already.
func (w *markdown) cells(cells ...string) {
	w.line("| %s |", strings.Join(cells, " | "))
}

func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "\\|")
}

// anchor names a row as terraform-docs does.
func anchor(kind, name string) string {
	link := strings.ReplaceAll(kind+"_"+name, "_", "\\_")
	return fmt.Sprintf("<a name=\"%s_%s\"></a> [%s](#%s)", kind, name, strings.ReplaceAll(name, "_", "\\_"), link)
}

// code writes source text in a cell: over several lines as preformatted text.
func code(s string) string {
	s = strings.ReplaceAll(s, "|", "\\|")
	if !strings.Contains(s, "\n") {
		return "`" + s + "`"
	}
	return "<pre>" + strings.ReplaceAll(s, "\n", "<br/>") + "</pre>"
}

// described is a variable or an output as its block says it.
type describedBlock struct{ name, text, kind, fallback string }

// described reads the blocks of a kind from a file, in their order.
func described(src []byte, kind string) ([]describedBlock, error) {
	f, ds := hclsyntax.ParseConfig(src, kind+"s.tf", hcl.InitialPos)
	if ds.HasErrors() {
		return nil, fmt.Errorf("parse: %w", ds)
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		return nil, fmt.Errorf("%ss.tf is not in native syntax", kind)
	}
	var out []describedBlock
	for _, b := range body.Blocks {
		if b.Type != kind || len(b.Labels) != 1 {
			continue
		}
		d := describedBlock{name: b.Labels[0]}
		if a := b.Body.Attributes["description"]; a != nil {
			v, ds := a.Expr.Value(nil)
			if ds.HasErrors() || v.Type() != cty.String {
				return nil, fmt.Errorf("description of %s %s: %w", kind, d.name, ds)
			}
			d.text = v.AsString()
		}
		for name, into := range map[string]*string{"type": &d.kind, "default": &d.fallback} {
			if a := b.Body.Attributes[name]; a != nil {
				*into = string(a.Expr.Range().SliceBytes(src))
			}
		}
		out = append(out, d)
	}
	return out, nil
}
