package cmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/report"
)

// writeExplained writes an explanation for people: in full for an id, in a
// table for everything.
func (s Streams) writeExplained(x explainJSON) error {
	var b strings.Builder
	switch {
	case x.ID == "" && x.Kind == "findings":
		findingsOverview(&b, x)
	case x.ID == "":
		moduleOverview(&b, x)
	default:
		var parts []string
		part := func(write func(*strings.Builder)) {
			var p strings.Builder
			write(&p)
			parts = append(parts, p.String())
		}
		for _, f := range x.Findings {
			part(func(b *strings.Builder) { writeFinding(b, f) })
		}
		for _, g := range x.Guardrails {
			part(func(b *strings.Builder) { writeGuardrail(b, g) })
		}
		for _, e := range x.Exceptions {
			part(func(b *strings.Builder) { writeException(b, e) })
		}
		for _, n := range x.NotPreventable {
			part(func(b *strings.Builder) { writeNotPreventable(b, n) })
		}
		b.WriteString(strings.Join(parts, "\n"))
	}
	_, err := io.WriteString(s.Out, b.String())
	return err
}

// field writes a labelled line, and more lines below it.
func field(b *strings.Builder, label string, lines ...string) {
	for i, l := range lines {
		if i > 0 {
			label = ""
		}
		fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf("  %-11s  %s", label, l), " "))
	}
}

func findingsOverview(b *strings.Builder, x explainJSON) {
	rows := [][]string{{"fingerprint", "policy", "status", "resource", "guarded by"}}
	for _, f := range x.Findings {
		rows = append(rows, []string{f.Fingerprint, f.Policy, string(f.Status), report.Subject(f.Finding), guardedBy(f)})
	}
	if len(x.Findings) == 0 {
		b.WriteString("There are no findings.\n")
		return
	}
	table(b, "", rows)
	fmt.Fprintf(b, "\nMore of one: parapet explain %s ID, where ID is a fingerprint, a policy or an address\n", x.Path)
}

// guardedBy says in a few words what guards against a finding.
func guardedBy(f findingView) string {
	var out []string
	for _, g := range f.Guardrails {
		out = append(out, fmt.Sprintf("%s (%s)", g.Layer, g.Fidelity))
	}
	if len(out) == 0 && len(f.NotPreventable) > 0 {
		return "nothing: cannot be prevented"
	}
	return cmp.Or(strings.Join(out, ", "), "not known")
}

// moduleOverview writes what the modules hold, one after the other.
func moduleOverview(b *strings.Builder, x explainJSON) {
	var modules []string
	for _, m := range slices.Concat(
		views(x.Guardrails, func(g guardrailView) string { return g.Module }),
		views(x.Exceptions, func(e exceptionView) string { return e.Module }),
		views(x.NotPreventable, func(n notPreventableView) string { return n.Module }),
	) {
		if !slices.Contains(modules, m) {
			modules = append(modules, m)
		}
	}
	slices.Sort(modules)
	for _, m := range modules {
		fmt.Fprintf(b, "%s\n\n", m)
		guardrailRows(b, slices.DeleteFunc(slices.Clone(x.Guardrails), func(g guardrailView) bool { return g.Module != m }))
		exceptionRows(b, slices.DeleteFunc(slices.Clone(x.Exceptions), func(e exceptionView) bool { return e.Module != m }))
		reasonLines(b, slices.DeleteFunc(slices.Clone(x.NotPreventable), func(n notPreventableView) bool { return n.Module != m }))
		b.WriteString("\n")
	}
	if len(modules) == 0 {
		b.WriteString("There is nothing to explain: the module is empty.\n")
		return
	}
	fmt.Fprintf(b, "More of one: parapet explain %s ID, where ID is a Sid, a guardrail or an exception\n", x.Path)
}

// views returns a part of each view.
func views[T any](list []T, part func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = part(v)
	}
	return out
}

func guardrailRows(b *strings.Builder, guardrails []guardrailView) {
	if len(guardrails) == 0 {
		return
	}
	rows := [][]string{{"guardrail", "layer", "fidelity", "trust", "findings", "statements"}}
	for _, g := range guardrails {
		var what []string
		for _, st := range g.Statements {
			what = append(what, st.Sid)
		}
		for _, s := range g.Settings {
			what = append(what, s.Type)
		}
		for _, d := range g.Declares {
			what = append(what, d.PolicyType)
		}
		rows = append(rows, []string{g.ID, string(g.Layer), string(g.Fidelity), string(g.Trust), fmt.Sprint(len(g.Findings)), strings.Join(what, ", ")})
	}
	table(b, "  ", rows)
}

func exceptionRows(b *strings.Builder, exceptions []exceptionView) {
	if len(exceptions) == 0 {
		return
	}
	rows := [][]string{{"exception", "owner", "guardrails", "characters", "exempts"}}
	for _, e := range exceptions {
		rows = append(rows, []string{e.ID, e.Owner, fmt.Sprint(len(e.Guardrails)), fmt.Sprint(e.Characters), e.Who})
	}
	b.WriteString("\n")
	table(b, "  ", rows)
}

func reasonLines(b *strings.Builder, reasons []notPreventableView) {
	if len(reasons) == 0 {
		return
	}
	b.WriteString("\n  not preventable:\n")
	for _, n := range reasons {
		fmt.Fprintf(b, "    %s (%s): %s\n", n.Policy, n.At, n.Reason)
	}
}

func writeFinding(b *strings.Builder, f findingView) {
	fmt.Fprintf(b, "%s: %s\n", f.Policy, f.Title)
	where := report.Subject(f.Finding)
	if f.Resource.Source != nil && f.Resource.Source.File != "" {
		where += fmt.Sprintf(" (%s:%d)", f.Resource.Source.File, f.Resource.Source.Line)
	}
	field(b, "finding", fmt.Sprintf("%s, %s, %s", f.Fingerprint, f.Status, f.Severity))
	field(b, "resource", where)
	field(b, "why", f.Message)
	if f.Exception != nil {
		field(b, "exempt", "by exception "+*f.Exception)
	}
	if len(f.DependsOn) > 0 {
		field(b, "depends on", strings.Join(f.DependsOn, ", ")+either(f.Resource.Live(), ", not read", ", known only after apply"))
	}
	var seen []string
	for _, k := range slices.Sorted(maps.Keys(f.Observed)) {
		value, _ := json.Marshal(f.Observed[k])
		seen = append(seen, fmt.Sprintf("%s = %s", k, either(f.Observed[k] == nil, "absent", string(value))))
	}
	field(b, "observed", seen...)
	writePolicy(b, f.PolicyAt)
	if f.Remediation != "" {
		field(b, "fix", f.Remediation)
	}
	for _, c := range f.Calls {
		field(b, "call", fmt.Sprintf("%s on %s with %s", c.Action, c.Resource, keysText(c.Context)), "is denied by "+strings.Join(c.DeniedBy, ", "))
	}
	for _, g := range f.Guardrails {
		b.WriteString("\n")
		g.Policy = policyView{} // it stands above
		writeGuardrail(b, g)
	}
	for _, n := range f.NotPreventable {
		b.WriteString("\n")
		writeNotPreventable(b, n)
	}
	if f.Unguarded != "" {
		field(b, "guardrail", "none: "+f.Unguarded)
	}
}

// keysText writes condition keys on one line.
func keysText(ctx map[string][]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(ctx)) {
		out = append(out, k+" = "+strings.Join(ctx[k], " | "))
	}
	return cmp.Or(strings.Join(out, ", "), "no condition keys")
}

// writePolicy writes where a policy stands, and its rule.
func writePolicy(b *strings.Builder, p policyView) {
	if p.ID == "" {
		return
	}
	switch p.State {
	case "unknown":
		field(b, "policy", fmt.Sprintf("%s:%d", p.File, p.Line), "which is not at hand: --policy DIR gives the directory that holds it")
		return
	case "changed":
		field(b, "policy", fmt.Sprintf("%s:%d", p.File, p.Line), "which has changed since: compile the module again")
		return
	}
	lines := []string{fmt.Sprintf("%s:%d", p.File, p.Line)}
	for _, l := range p.Source {
		lines = append(lines, fmt.Sprintf("%4d | %s", l.Line, strings.ReplaceAll(l.Text, "\t", "  ")))
	}
	field(b, "policy", lines...)
}

func writeGuardrail(b *strings.Builder, g guardrailView) {
	fmt.Fprintf(b, "%s: %s\n", g.ID, cmp.Or(g.Title, "a guardrail that proof.json does not know"))
	if g.Module != "" {
		field(b, "module", g.Module)
	}
	if g.Fidelity != "" {
		field(b, "guardrail", fmt.Sprintf("on %s; %s, %s; %s from the policy", g.Layer, g.Fidelity, g.Trust, g.Origin))
	}
	if g.Why != "" {
		field(b, "layer", g.Why)
	}
	writePolicy(b, g.Policy)
	if len(g.Findings) > 0 {
		field(b, "findings", strings.Join(g.Findings, ", "))
	}
	if len(g.Operations) > 0 {
		field(b, "judges", strings.Join(g.Operations, ", "))
	}
	field(b, "checked", checksText(g.Checks)...)
	field(b, "notes", g.Notes...)
	for _, s := range g.Settings {
		var values []string
		for _, k := range slices.Sorted(maps.Keys(s.Values)) {
			v, _ := json.Marshal(s.Values[k])
			values = append(values, fmt.Sprintf("%s = %s", k, v))
		}
		field(b, "setting", append([]string{s.Type + "." + s.Name}, values...)...)
	}
	for _, d := range g.Declares {
		content, _ := json.Marshal(d.Content)
		field(b, "declares", d.PolicyType, string(content))
	}
	for _, st := range g.Statements {
		b.WriteString("\n")
		writeStatement(b, st)
	}
}

// checksText says how a guardrail was checked.
func checksText(c ir.Checks) []string {
	out := []string{fmt.Sprintf("%d states of attributes; examples: %d denied, %d let through", c.States, c.Examples.Denied, c.Examples.Allowed)}
	if c.Proof != nil {
		out = append(out, fmt.Sprintf("over all requests: coverage %s, excess %s", c.Proof.Coverage, c.Proof.Excess))
		out = append(out, c.Proof.Why...)
	}
	return append(out, c.Counterexamples...)
}

func writeStatement(b *strings.Builder, st statementView) {
	where := st.At
	if st.Document != "" {
		where = fmt.Sprintf("document %s, %s", st.Document, st.At)
	}
	field(b, "statement", strings.TrimSuffix(st.Sid+" ("+where+")", " ()"))
	field(b, "denies", strings.Join(st.Actions, ", "))
	field(b, "on", strings.Join(st.Resources, ", "))
	if len(st.Conditions) == 0 {
		field(b, "when", "always")
	}
	for i, c := range st.Conditions {
		field(b, either(i == 0, "when", "and"), c.Words)
	}
	for i, e := range st.Exceptions {
		field(b, either(i == 0, "but for", ""), fmt.Sprintf("%s: %s", e.ID, e.Who))
	}
	if len(st.Denies) > 0 {
		field(b, "tested by", st.Denies...)
	}
	var indented strings.Builder
	var list []json.RawMessage
	if json.Unmarshal(st.Emitted, &list) != nil {
		list = []json.RawMessage{st.Emitted}
	}
	for _, s := range list {
		indented.WriteString(string(s) + "\n")
	}
	field(b, "in AWS", strings.Split(strings.TrimSuffix(indented.String(), "\n"), "\n")...)
}

func writeException(b *strings.Builder, e exceptionView) {
	fmt.Fprintf(b, "exception %s\n", e.ID)
	if e.Module != "" {
		field(b, "module", e.Module)
	}
	field(b, "exempts", e.Who)
	if !e.InForce {
		field(b, "", "not in force: it has ended, or holds for gates only")
	}
	field(b, "from", fmt.Sprintf("%s: %s", strings.Join(e.Policies, ", "), cmp.Or(strings.Join(e.Guardrails, ", "), "no guardrail here")))
	field(b, "reason", e.Reason)
	field(b, "owner", strings.TrimSuffix(e.Owner+", "+e.Ticket, ", "))
	field(b, "price", plural(e.Characters, "character")+" in the documents")
	if e.At != "" {
		field(b, "at", e.At)
	}
}

func writeNotPreventable(b *strings.Builder, n notPreventableView) {
	fmt.Fprintf(b, "%s cannot be prevented\n", n.Policy)
	if n.Module != "" {
		field(b, "module", n.Module)
	}
	lines := []string{n.At}
	for _, l := range n.Source {
		lines = append(lines, fmt.Sprintf("%4d | %s", l.Line, strings.ReplaceAll(l.Text, "\t", "  ")))
	}
	field(b, "at", lines...)
	field(b, "reason", n.Reason)
	field(b, "instead", n.Instead)
	if len(n.Findings) > 0 {
		field(b, "findings", strings.Join(n.Findings, ", "))
	}
}
