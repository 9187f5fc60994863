package emit

import (
	"fmt"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// Format is a form in which guardrails are written.
type Format string

// Formats.
const (
	FormatModule         Format = "module"         // a Terraform module, which takes exceptions itself
	FormatJSON           Format = "json"           // policy documents as they are
	FormatCloudFormation Format = "cloudformation" // templates
)

// Formats lists every format.
var Formats = []Format{FormatModule, FormatJSON, FormatCloudFormation}

// Write writes the program in a format. See [Module].
func Write(f Format, prog ir.Program, docs []pack.Document, set except.Set, o Options) (Output, error) {
	switch f {
	case FormatModule:
		return Module(prog, docs, set, o)
	case FormatJSON:
		return JSON(prog, docs, set, o)
	case FormatCloudFormation:
		return CloudFormation(prog, docs, set, o)
	}
	return Output{}, fmt.Errorf("format %q is not one that the compiler writes", f)
}

// bakedReadme tells a reviewer what documents without a module of their own do.
// use says how they are applied.
func (m module) bakedReadme(p Proof, use func(*markdown)) []byte {
	w := &markdown{}
	m.readmeHead(w)
	w.line("Exceptions are baked in: whoever changes one compiles again, also after it has ended. (IAM itself ends it in time.)")
	m.readmeGuardrails(w)
	m.readmeLayers(w)
	m.readmeDocuments(w, p)
	m.readmeNotPreventable(w)
	m.readmeNotCovered(w)
	m.readmeExceptions(w, p)
	m.readmeRollout(w)
	w.line("")
	w.line("## Use")
	w.line("")
	use(w)
	return []byte(w.String())
}

// readmeNotCovered lists the settings of accounts that this format has no form
// for.
func (m module) readmeNotCovered(w *markdown) {
	settings := m.placedSettings()
	if len(settings) == 0 {
		return
	}
	w.line("")
	w.line("## What is not covered here")
	w.line("")
	w.line("These settings of accounts have no form here. Make them by other means, or compile with `--format module`.")
	w.line("")
	w.head("guardrail", "setting (Terraform resource)", "values in proof.json")
	for _, s := range settings {
		w.row("`"+s.guardrail.ID+"`", "`"+s.Type+"."+s.Name+"`", fmt.Sprint(len(s.Values)))
	}
}
