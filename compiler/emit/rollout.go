package emit

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
)

// watch says what a trust asks of whoever rolls a guardrail out.
var watch = []struct {
	trust ir.Trust
	what  string
}{
	{ir.Documented, "AWS documents the condition keys. Make one call that violates and one that does not, then widen."},
	{ir.Reported, "Others have seen AWS send the keys; AWS does not say so for every call. Make each call below with and without the violation before you widen."},
	{ir.Inferred, "The keys follow from how the service names its parameters. It may deny nothing, or sound calls too: make each call below both ways, and leave it on the canary OU for a week."},
	{ir.Doubtful, "There are reports to the contrary. Expect sound calls to be denied, or violations to pass; keep it on the canary OU until each call below did what it should."},
}

// readmeRollout advises how to bring the guardrails into force.
func (m module) readmeRollout(w *markdown) {
	w.line("")
	w.line("## Rollout")
	w.line("")
	if slices.ContainsFunc(m.prog.Guardrails, func(g ir.Guardrail) bool { l, _ := layer.Lookup(g.Layer); return l.Organization() }) {
		w.line("1. Enable the policy types on the root once, where they are not: %s.", strings.Join(m.types(), ", "))
		w.line("2. Attach to a canary OU with one account first.")
		w.line("3. Try there that what must be denied is denied, and that pipelines and people still work.")
		w.line("4. Watch CloudTrail for `errorCode` AccessDenied with \"explicit deny\" in the message, at least through one release of what runs there. The beginning of a statement's id leads back to its guardrail.")
		w.line("5. Attach wider, OU by OU, the root last. Organizations takes one change at a time: with Terraform, `-parallelism=1` saves retries on the first apply.")
	} else {
		w.line("Try it in one account, watch CloudTrail for AccessDenied, then widen.")
	}
	for _, l := range layer.Layers() {
		if lines := rolloutNotes[l.ID]; slices.ContainsFunc(m.prog.Guardrails, func(g ir.Guardrail) bool { return g.Layer == l.ID }) {
			for _, n := range lines {
				w.line("- %s: %s", l.Title, n)
			}
		}
	}
	m.readmeTrust(w)
}

// rolloutNotes are what a layer asks for besides.
var rolloutNotes = map[ir.Layer][]string{
	ir.RCP: {
		"watch log and backup buckets most: AWS services that deliver to them call with principals of their own.",
	},
	ir.Boundary: {
		"give it to one role first, then to all that the account's own pipelines create.",
		"it holds only while those who carry it cannot take it off or rewrite it: deny " + strings.Join(slices.Concat(layer.BoundaryRemovals, layer.BoundaryEdits), ", ") + " to them in an SCP.",
	},
	ir.Declarative: {
		"let Organizations write an account status report first (`aws ec2 start-declarative-policies-report`): it lists the accounts whose setting differs today.",
	},
	ir.Account: {
		"it holds for everyone at once: look for what relies on the old value before you apply.",
	},
}

// types returns the policy types of the documents in Organizations, as code.
func (m module) types() []string {
	var out []string
	for _, d := range m.docs {
		if d.Layer != ir.Boundary {
			out = append(out, "`"+d.PolicyType+"`")
		}
	}
	return sorted(out)
}

// readmeTrust says what to try, by how well the guardrails' keys are known.
func (m module) readmeTrust(w *markdown) {
	for _, level := range watch {
		var rows [][]string
		for _, g := range m.prog.Guardrails {
			if g.Trust == level.trust && len(g.Statements) > 0 {
				rows = append(rows, []string{"`" + g.ID + "`", "`" + strings.Join(g.Operations, "` `") + "`"})
			}
		}
		rows = slices.CompactFunc(rows, slices.Equal) // on two layers
		if len(rows) == 0 {
			continue
		}
		w.line("")
		w.line("Trust *%s*: %s", level.trust, level.what)
		w.line("")
		w.head("guardrail", "calls to try")
		for _, r := range rows {
			w.row(r...)
		}
	}
}

// readmeUse says what is where in a module, and how it is run.
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
	if m.hasBoundary() {
		w.line("- `boundary/` holds the permissions boundary. It is a root module of its own: apply it with the credentials of each account whose principals shall carry it. It reads the same exceptions.")
	}
	if len(m.placedSettings()) > 0 {
		w.line("- `account/` holds settings of the account itself. It is a root module of its own: apply it with that account's credentials. Settings hold for everyone, without exceptions.")
	}
}
