// Package emit writes a compiled program as a Terraform module.
//
// The module has two parts. modules/documents turns guardrails and exceptions
// into policy documents with no provider at all: it is compiler/except once
// more, in HCL, so that a team changes exceptions without compiling again. The
// root creates and attaches the documents. What differs from program to program
// is data: the guardrails' statements, the requests of the tests, the README,
// the exceptions in force and the proof. Everything else is copied from
// static/. HCL is written with hclwrite only, and the same input gives the same
// bytes.
package emit

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// Options are what a module needs to know besides its guardrails.
type Options struct {
	Name          string       // of the module; the policies' names begin with parapet- and it. Empty: the account
	Targets       []string     // ids of OUs, accounts or the root to attach to
	Version       string       // of the compiler
	Limits        layer.Limits // quotas in force
	ProtectedTags []string     // principal tag keys that exceptions may rely on
	Suggested     []Suggestion // exceptions that live state suggests
}

// File is one file of a module.
type File struct {
	Path string // relative, with forward slashes
	Data []byte
}

// Output is a module.
type Output struct {
	Files []File // sorted by path
	Proof Proof
}

// module is the work on one module: its input, and what several files need.
type module struct {
	prog ir.Program
	docs []pack.Document
	set  except.Set
	o    Options
}

// prepare brings the input of a rendering in order.
func prepare(prog ir.Program, docs []pack.Document, set except.Set, o Options) (module, Proof, error) {
	o.Name = strings.TrimSuffix("parapet-"+cmp.Or(strings.TrimPrefix(o.Name, "parapet-"), prog.Account), "-")
	prog.Guardrails = slices.Clone(prog.Guardrails)
	prog.NotPreventable = slices.Clone(prog.NotPreventable)
	prog.Sort()
	m := module{prog, docs, set, o}
	if err := m.checkSids(); err != nil {
		return module{}, Proof{}, err
	}
	proof, err := m.proof()
	return m, proof, err
}

// hasBoundary reports whether the module has a permissions boundary.
func (m module) hasBoundary() bool {
	return slices.ContainsFunc(m.docs, func(d pack.Document) bool { return d.Layer == ir.Boundary })
}

// part is a file that is written from the program. Nil data is no file.
type part struct {
	path  string
	write func() ([]byte, error)
}

// Module writes the program: documents, which [pack.Pack] made of its
// statements, and settings. The records of set are the exceptions in force.
func Module(prog ir.Program, docs []pack.Document, set except.Set, o Options) (Output, error) {
	m, proof, err := prepare(prog, docs, set, o)
	if err != nil {
		return Output{}, err
	}
	var files []File
	from := copies
	if m.hasBoundary() {
		from = slices.Concat(copies, boundaryCopies)
	}
	for _, c := range from {
		data, err := staticFile(c.from)
		if err != nil {
			return Output{}, err
		}
		files = append(files, File{c.to, data})
	}
	return assemble(proof, files, []part{
		{"versions.tf", m.versions},
		{"variables.tf", m.variables},
		{"boundary/variables.tf", m.boundaryVariables},
		{"exceptions.auto.tfvars.json", m.exceptions},
		{suggestedFile, m.suggested},
		{"modules/documents/statements.tf", m.statements},
		{"modules/documents/tests/decide/requests.tf", m.requests},
		{"modules/documents/tests/decisions.tftest.hcl", m.decisions},
		{"tests/module.tftest.hcl", m.wiring},
		{"account/main.tf", m.settings},
		{"account/versions.tf", m.settingsVersions},
		{"proof.json", func() ([]byte, error) { return marshal(proof) }},
		{"README.md", func() ([]byte, error) { return m.moduleReadme(proof) }},
	})
}

// assemble writes the parts beside the files that there are.
func assemble(proof Proof, files []File, parts []part) (Output, error) {
	for _, p := range parts {
		data, err := p.write()
		if err != nil {
			return Output{}, fmt.Errorf("write %s: %w", p.path, err)
		}
		if data != nil {
			files = append(files, File{p.path, data})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return Output{Files: files, Proof: proof}, nil
}

// suffix splits off what except.Set.Expand adds to a Sid.
var suffix = regexp.MustCompile(`^(.+?)(?:From[0-9]{8}(?:T[0-9]{6})?)?(?:Off[0-9]+)?$`)

// checkSids finds statement ids that meet, now or once a deadline adds its
// suffix: the index of statements and the tests go by them.
func (m module) checkSids() error {
	var sids []string
	for _, d := range m.docs {
		for _, st := range d.Statements {
			sids = append(sids, st.Sid)
		}
	}
	for i, sid := range sids {
		base := suffix.FindStringSubmatch(sid)[1]
		if slices.Contains(sids[:i], sid) || base != sid && slices.Contains(sids, base) {
			return fmt.Errorf("statement ids %s and %s cannot be told apart", base, sid)
		}
	}
	return nil
}

// guardrails returns the guardrails of the documents, sorted by id.
func (m module) guardrails() []ir.Guardrail {
	var out []ir.Guardrail
	for _, g := range m.prog.Guardrails {
		if len(g.Statements) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// addresses returns where the findings of a guardrail are, as far as its tests
// know, sorted. Findings are fingerprints; their addresses are what people
// recognise.
func addresses(g ir.Guardrail) []string {
	var out []string
	for _, t := range g.Tests {
		if t.Finding != "" {
			out = append(out, t.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// source returns file:line of a guardrail's policy.
func source(g ir.Guardrail, line int) string {
	return fmt.Sprintf("%s:%d", g.Policy.File, cmp.Or(line, g.Policy.Line))
}
