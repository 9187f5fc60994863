package emit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
)

// markdown collects lines of a page.
type markdown struct{ strings.Builder }

func (w *markdown) line(format string, args ...any) {
	fmt.Fprintf(&w.Builder, format, args...)
	w.WriteByte('\n')
}

// row writes a row of a table.
func (w *markdown) row(cells ...string) {
	for i, c := range cells {
		c = strings.Join(strings.Fields(c), " ")
		cells[i] = strings.ReplaceAll(c, "|", "\\|")
	}
	w.line("| %s |", strings.Join(cells, " | "))
}

// head writes the head of a table.
func (w *markdown) head(cells ...string) {
	w.row(cells...)
	w.line("|%s", strings.Repeat("---|", len(cells)))
}

// moduleReadme tells a reviewer what a Terraform module does.
func (m module) moduleReadme(p Proof) ([]byte, error) {
	w := &markdown{}
	m.readmeHead(w)
	w.line("Change exceptions in `exceptions.auto.tfvars.json`; everything else is compiled again.")
	if len(m.o.Suggested) > 0 {
		w.line("")
		w.line("`%s` holds exceptions that live state suggests: identities that use today what a guardrail will deny. They are not in force; read them before the rollout.", suggestedFile)
	}
	m.readmeGuardrails(w)
	m.readmeLayers(w)
	m.readmeDocuments(w, p)
	if len(p.Documents) > 0 {
		w.line("")
		w.line("Sizes are those with the exceptions in force. The plan fails, with the numbers, when exceptions make a document larger than AWS takes, or when a target would have more policies of a type than AWS takes (`attached_policies` says how many others it has).")
	}
	m.readmeNotPreventable(w)
	m.readmeExceptions(w, p)
	m.readmeRecords(w)
	m.readmeRollout(w)
	m.readmeUse(w)
	if err := m.readmeReference(w); err != nil {
		return nil, err
	}
	return []byte(w.String()), nil
}

func (m module) readmeHead(w *markdown) {
	w.line("# Guardrails%s", prefixed(" for account ", m.prog.Account))
	w.line("")
	w.line("Written by Parapet %s from policies and their findings. Review it, attach it to a canary OU, then apply it widely.", m.o.Version)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func (m module) readmeGuardrails(w *markdown) {
	w.line("")
	w.line("## What it prevents")
	w.line("")
	if len(m.prog.Guardrails) == 0 {
		w.line("Nothing: none of the policies has a guardrail.")
		return
	}
	w.head("guardrail", "title", "layer", "fidelity", "trust", "statements", "findings")
	for _, g := range m.prog.Guardrails {
		parts := make([]string, 0, len(g.Statements)+len(g.Settings)+len(g.Declaratives))
		for _, st := range g.Statements {
			parts = append(parts, "`"+st.Sid+"`")
		}
		for _, s := range g.Settings {
			parts = append(parts, "`"+s.Type+"."+s.Name+"`")
		}
		for _, d := range g.Declaratives {
			parts = append(parts, d.PolicyType)
		}
		w.row(fmt.Sprintf("`%s` (%s)", g.ID, source(g, 0)), g.Title, layerTitle(g.Layer), string(g.Fidelity), string(g.Trust), strings.Join(parts, " "), fmt.Sprint(len(g.Findings)))
	}
	w.line("")
	w.line("Fidelity compares the guardrail with its policy: *exact* denies what the policy flags and nothing else, *stricter* denies more, *looser* less.")
	w.line("Trust says how well it is known that AWS sends the condition keys that the guardrail reads.")
	for _, g := range m.prog.Guardrails {
		if len(g.Notes) == 0 && g.Why == "" {
			continue
		}
		w.line("")
		w.line("`%s` as %s:", g.ID, layerTitle(g.Layer))
		w.line("")
		if g.Why != "" {
			w.line("- Why there: %s", g.Why)
		}
		for _, n := range g.Notes {
			w.line("- %s", n)
		}
	}
}

func layerTitle(id ir.Layer) string {
	l, _ := layer.Lookup(id)
	return cmp.Or(l.Title, string(id))
}

func (m module) readmeDocuments(w *markdown, p Proof) {
	if len(p.Documents) == 0 {
		return
	}
	w.line("")
	w.line("## Documents")
	w.line("")
	w.head("document", "layer", "type", "statements", "characters", "limit")
	for _, d := range p.Documents {
		w.row("`"+d.Name+"`", layerTitle(d.Layer), "`"+d.Type+"`", fmt.Sprint(d.Statements), fmt.Sprint(d.Characters), fmt.Sprint(d.Limit))
	}
}

// readmeLayers says of every layer in use whom it binds and what it misses.
func (m module) readmeLayers(w *markdown) {
	var used []layer.Layer
	for _, l := range layer.Layers() {
		if slices.ContainsFunc(m.prog.Guardrails, func(g ir.Guardrail) bool { return g.Layer == l.ID }) {
			used = append(used, l)
		}
	}
	if len(used) == 0 {
		return
	}
	w.line("")
	w.line("## Whom it binds")
	w.line("")
	w.head("layer", "binds", "does not reach", "exceptions")
	for _, l := range used {
		w.row(l.Title, strings.Join(l.Binds, "; "), strings.Join(l.Misses, "; "), l.Exceptions)
	}
}

func (m module) readmeNotPreventable(w *markdown) {
	if len(m.prog.NotPreventable) == 0 {
		return
	}
	w.line("")
	w.line("## What it cannot prevent")
	w.line("")
	w.head("policy", "findings", "why", "where", "instead")
	for _, n := range m.prog.NotPreventable {
		w.row("`"+n.Policy+"`", fmt.Sprint(len(n.Findings)), n.Reason, n.At, n.Instead)
	}
}

func (m module) readmeExceptions(w *markdown, p Proof) {
	w.line("")
	w.line("## Exceptions")
	w.line("")
	if len(p.Exceptions) == 0 {
		w.line("None were in force when this was compiled.")
	} else {
		w.head("id", "guardrails", "owner", "ticket", "until", "characters", "reason")
		for _, e := range p.Exceptions {
			until := "no end"
			if e.Expires != nil {
				until = *e.Expires
			}
			w.row("`"+e.ID+"`", strings.Join(e.Guardrails, ", "), e.Owner, e.Ticket, until, fmt.Sprint(e.Characters), e.Reason)
		}
		w.line("")
		w.line("Characters are what the exception adds to the documents. One without an end and without resources adds its identities only; each further deadline adds a statement to the guardrails that it reaches, and each further list of resources doubles theirs.")
	}
	if slices.ContainsFunc(m.set.Records(), func(r except.Record) bool { return len(r.Resources) > 0 }) {
		w.line("")
		w.line("Exceptions on resources use NotResource, which service control policies take since 2025-09-19 in the commercial and GovCloud partitions.")
	}
	w.line("")
	w.line("IAM itself ends an exception at its time: nothing has to be applied.")
	for _, g := range m.prog.Guardrails {
		if l, _ := layer.Lookup(g.Layer); !l.HasStatements() {
			w.line("`%s` as %s takes none of them (exceptions: %s).", g.ID, l.Title, l.Exceptions)
		}
	}
}

// readmeRecords tells how exceptions of a module are changed.
func (m module) readmeRecords(w *markdown) {
	w.line("")
	w.line("From the end of an exception on a plan asks for its removal.")
	w.line("To exempt someone, add a record to `exceptions.auto.tfvars.json` and apply:")
	w.line("")
	w.line("```json")
	w.line("\"migration\": {")
	w.line("  \"policies\": [%q],", m.exampleID())
	w.line("  \"principals\": [\"arn:aws:iam::*:role/migration\"],")
	w.line("  \"reason\": \"Moves the old images\",")
	w.line("  \"owner\": \"platform-security\",")
	w.line("  \"ticket\": \"SEC-1204\",")
	w.line("  \"expires\": \"2027-03-31\"")
	w.line("}")
	w.line("```")
	w.line("")
	w.line("Besides `principals` it takes `permission_sets`, `principal_tags`, `accounts` and `org_paths`, which are alternatives, and `resources` (ARN patterns), which limits it. Compiling again keeps the edited file as long as the exceptions that it is compiled from stay the same.")
	w.line("The plan refuses records that are expired, malformed or so broad that they name everyone. An exception by principal tag needs a tag that nobody else can set: `protected_principal_tags`.")
}

func (m module) exampleID() string {
	if gs := m.guardrails(); len(gs) > 0 {
		return gs[0].ID
	}
	return "*"
}
