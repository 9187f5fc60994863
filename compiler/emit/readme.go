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

// readme tells a reviewer what the module does.
func (m module) readme(p Proof) []byte {
	w := &markdown{}
	w.line("# Guardrails%s", prefixed(" for account ", m.prog.Account))
	w.line("")
	w.line("Written by Parapet %s from policies and their findings. Review it, attach it to a canary OU, then apply it widely.", m.o.Version)
	w.line("Change exceptions in `exceptions.auto.tfvars.json`; everything else is compiled again.")
	m.readmeGuardrails(w)
	m.readmeDocuments(w, p)
	m.readmeNotPreventable(w)
	m.readmeExceptions(w, p)
	m.readmeRollout(w)
	m.readmeUse(w)
	return []byte(w.String())
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
		parts := make([]string, 0, len(g.Statements)+len(g.Settings))
		for _, st := range g.Statements {
			parts = append(parts, "`"+st.Sid+"`")
		}
		for _, s := range g.Settings {
			parts = append(parts, "`"+s.Type+"."+s.Name+"`")
		}
		w.row(fmt.Sprintf("`%s` (%s)", g.ID, source(g, 0)), g.Title, layerTitle(g.Layer), string(g.Fidelity), string(g.Trust), strings.Join(parts, " "), fmt.Sprint(len(g.Findings)))
	}
	w.line("")
	w.line("Fidelity compares the guardrail with its policy: *exact* denies what the policy flags and nothing else, *stricter* denies more, *looser* less.")
	w.line("Trust says how well it is known that AWS sends the condition keys that the guardrail reads.")
	for _, g := range m.prog.Guardrails {
		if len(g.Notes) == 0 {
			continue
		}
		w.line("")
		w.line("`%s`:", g.ID)
		w.line("")
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
	w.head("document", "layer", "statements", "characters", "limit")
	for _, d := range p.Documents {
		w.row("`"+d.Name+"`", layerTitle(d.Layer), fmt.Sprint(d.Statements), fmt.Sprint(d.Characters), fmt.Sprint(d.Limit))
	}
	w.line("")
	w.line("Sizes are those with the exceptions in force. The plan fails, with the numbers, when exceptions make a document larger than AWS takes, or when a target would have more policies than AWS takes (`attached_policies` says how many others it has).")
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
	w.line("IAM itself ends an exception at its time: nothing has to be applied. From then on a plan asks for its removal.")
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

func (m module) readmeRollout(w *markdown) {
	w.line("")
	w.line("## Rollout")
	w.line("")
	w.line("1. Attach to a canary OU with one account first: `targets = [\"ou-…\"]`. Service control policies bind every principal there, root too, but nobody in the management account and no service-linked role.")
	w.line("2. Try there that what must be denied is denied, and that pipelines and people still work.")
	w.line("3. Attach wider. Organizations takes one change at a time: `terraform apply -parallelism=1` saves retries on the first apply.")
	var doubted []ir.Guardrail
	for _, g := range m.prog.Guardrails {
		if slices.Contains([]ir.Trust{ir.Reported, ir.Inferred, ir.Doubtful}, g.Trust) {
			doubted = append(doubted, g)
		}
	}
	if len(doubted) == 0 {
		return
	}
	w.line("")
	w.line("Not documented by AWS, so to be tried on the canary OU, once with and once without the violation:")
	w.line("")
	w.head("guardrail", "trust", "calls to try")
	for _, g := range doubted {
		w.row("`"+g.ID+"`", string(g.Trust), "`"+strings.Join(g.Operations, "` `")+"`")
	}
}

func (m module) readmeUse(w *markdown) {
	w.line("")
	w.line("## Use")
	w.line("")
	w.line("```sh")
	w.line("terraform init && terraform test && terraform plan                          # with the management account's credentials")
	w.line("terraform -chdir=modules/documents init && terraform -chdir=modules/documents test   # no provider, no account")
	w.line("```")
	w.line("")
	w.line("- `modules/documents/statements.tf` holds the statements, each below the policy's line and the findings that it comes from.")
	w.line("- `modules/documents/main.tf` works exceptions in; `modules/documents/tests` decides the findings' own API calls on the result.")
	w.line("- `proof.json` holds the evidence: verdicts, checks, and every document as it was compiled.")
	if len(m.placedSettings()) > 0 {
		w.line("- `account/` holds settings of the account itself. It is a root module of its own: apply it with that account's credentials. Settings hold for everyone, without exceptions.")
	}
}
