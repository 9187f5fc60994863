package emit

import (
	"slices"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// JSON writes the program as policy documents: one compact file each, with the
// exceptions in force worked in.
func JSON(prog ir.Program, docs []pack.Document, set except.Set, o Options) (Output, error) {
	m, proof, err := prepare(prog, docs, set, o)
	if err != nil {
		return Output{}, err
	}
	var files []File
	for _, d := range proof.Documents {
		files = append(files, File{d.Name + ".json", []byte(d.Content)})
	}
	return assemble(proof, files, []part{
		{"proof.json", func() ([]byte, error) { return marshal(proof) }},
		{suggestedFile, m.suggested},
		{"README.md", func() ([]byte, error) { return m.bakedReadme(proof, m.useJSON), nil }},
	})
}

func (m module) useJSON(w *markdown) {
	w.line("Each document is one file, without white space, since white space counts:")
	w.line("")
	w.line("```sh")
	for _, d := range m.docs {
		if d.Layer == ir.Boundary {
			w.line("aws iam create-policy --policy-name %s-%s --policy-document file://%s.json", m.o.Name, d.Name, d.Name)
			continue
		}
		w.line("aws organizations create-policy --name %s-%s --type %s --description %q --content file://%s.json", m.o.Name, d.Name, d.PolicyType, description(d), d.Name)
	}
	if slices.ContainsFunc(m.docs, func(d pack.Document) bool { return d.Layer != ir.Boundary }) {
		w.line("aws organizations attach-policy --policy-id p-… --target-id ou-…")
	}
	w.line("```")
	w.line("")
	w.line("- `proof.json` holds the evidence: verdicts, checks, and the documents again.")
}
