package cmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/prove"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// proveSchema names the form of parapet prove --format json.
const proveSchema = "parapet.prove/v1"

// The JSON of a proof. It is part of the command line's contract.
type (
	proveJSON struct {
		Schema  string            `json:"schema"`
		Tool    toolJSON          `json:"tool"`
		Holds   bool              `json:"holds"`
		Modules []proveModuleJSON `json:"modules"`
	}
	toolJSON struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	proveModuleJSON struct {
		Path       string               `json:"path"`
		Account    string               `json:"account,omitempty"`
		Holds      bool                 `json:"holds"`
		Edited     []string             `json:"edited"` // files, since the module was compiled
		Guardrails []proveGuardrailJSON `json:"guardrails"`
		Lockout    []lockoutJSON        `json:"lockout"`
		Wide       []wideJSON           `json:"wide"`
		Exceptions []conflictJSON       `json:"exceptions"`
		Warnings   []warningJSON        `json:"warnings"`
	}
	proveGuardrailJSON struct {
		ID       string       `json:"id"`
		Layer    ir.Layer     `json:"layer"`
		Policy   ir.PolicyRef `json:"policy"`
		Coverage claimJSON    `json:"coverage"`
		Excess   claimJSON    `json:"excess"`
		Tests    struct {
			Right int      `json:"right"`
			Wrong []string `json:"wrong"`
		} `json:"tests"`
	}
	claimJSON struct {
		Verdict   ir.Claim     `json:"verdict"`
		Statement string       `json:"statement,omitempty"`
		At        string       `json:"at,omitempty"`
		Reason    string       `json:"reason,omitempty"`
		Request   *requestJSON `json:"request,omitempty"`
	}
	requestJSON struct {
		Principal string              `json:"principal"`
		Action    string              `json:"action"`
		Resource  string              `json:"resource"`
		Context   map[string][]string `json:"context"`
	}
	lockoutJSON struct {
		Identity string       `json:"identity"`
		ARN      string       `json:"arn"`
		Need     string       `json:"need"`
		Blocks   bool         `json:"blocks"`
		Denied   []deniedJSON `json:"denied"`
		Unknown  string       `json:"unknown,omitempty"`
	}
	deniedJSON struct {
		Statement string   `json:"statement"`
		Guardrail string   `json:"guardrail"`
		Actions   []string `json:"actions"`
		Always    []string `json:"always"`
	}
	wideJSON struct {
		Statement  string   `json:"statement"`
		Guardrail  string   `json:"guardrail"`
		Everything bool     `json:"everything"`
		Actions    []string `json:"actions"`
	}
	conflictJSON struct {
		Exception string `json:"exception"`
		Guardrail string `json:"guardrail,omitempty"`
		Problem   string `json:"problem"`
	}
	warningJSON struct {
		Code    string `json:"code"`
		Summary string `json:"summary"`
		Detail  string `json:"detail,omitempty"`
	}
)

// writeProofs writes what was found of the modules.
func (s Streams) writeProofs(format string, all []proved) error {
	if format == formatJSON {
		out := proveJSON{Schema: proveSchema, Tool: toolJSON{"parapet", s.Version}, Holds: true}
		for _, p := range all {
			out.Holds = out.Holds && p.report.Holds()
			out.Modules = append(out.Modules, p.json())
		}
		return s.writeJSON(out)
	}
	var b strings.Builder
	for i, p := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		p.table(&b)
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// writeJSON writes a result for machines and for people.
func (s Streams) writeJSON(v any) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (p proved) json() proveModuleJSON {
	out := proveModuleJSON{
		Path: p.path, Account: p.module.Proof.Account, Holds: p.report.Holds(), Edited: append([]string{}, p.module.Edited...), Guardrails: []proveGuardrailJSON{},
		Lockout: []lockoutJSON{}, Wide: []wideJSON{}, Exceptions: []conflictJSON{}, Warnings: []warningJSON{},
	}
	for _, g := range p.report.Guardrails {
		j := proveGuardrailJSON{ID: g.ID, Layer: g.Layer, Policy: p.policy(g), Coverage: p.claim(g.Coverage), Excess: p.claim(g.Excess)}
		j.Tests.Right, j.Tests.Wrong = g.Tests, append([]string{}, g.Wrong...)
		out.Guardrails = append(out.Guardrails, j)
	}
	for _, h := range p.report.Lockout {
		j := lockoutJSON{Identity: h.Identity.Name, ARN: h.Identity.ARN, Need: h.Need, Blocks: h.Blocks(), Denied: []deniedJSON{}, Unknown: h.Reason}
		for _, d := range h.Denied {
			j.Denied = append(j.Denied, deniedJSON{d.Sid, d.Guardrail, d.Actions, append([]string{}, d.Always...)})
		}
		out.Lockout = append(out.Lockout, j)
	}
	for _, w := range p.report.DenyAll {
		out.Wide = append(out.Wide, wideJSON{w.Sid, w.Guardrail, w.Everything, w.Actions})
	}
	for _, c := range p.report.Conflicts {
		out.Exceptions = append(out.Exceptions, conflictJSON{c.Exception, c.Guardrail, c.What})
	}
	for _, w := range p.warnings {
		out.Warnings = append(out.Warnings, warningJSON{w.Code, w.Summary, w.Detail})
	}
	return out
}

// policy returns the policy of a guardrail as proof.json names it.
func (p proved) policy(g prove.Guardrail) ir.PolicyRef {
	for _, pg := range p.module.Proof.Guardrails {
		if pg.ID == g.ID && pg.Layer == g.Layer {
			return pg.Policy
		}
	}
	return ir.PolicyRef{ID: g.ID}
}

func (p proved) claim(c prove.Claim) claimJSON {
	out := claimJSON{Verdict: c.Verdict, Statement: c.Statement, At: p.at(c), Reason: c.Reason}
	if c.Witness != nil {
		out.Request = &requestJSON{Principal: prove.Caller(c.Witness), Action: c.Witness.Action, Resource: cmp.Or(c.Witness.Resource, "*"), Context: prove.Keys(c.Witness)}
	}
	return out
}

// at returns where the statement of a claim stands in the module.
func (p proved) at(c prove.Claim) string {
	for sid := c.Statement; sid != ""; sid = sid[:len(sid)-1] {
		if at := p.module.StatementPlace(sid); at.File != "" {
			return fmt.Sprintf("%s:%d", at.File, at.Line)
		}
	}
	for _, s := range p.module.Settings {
		if at := p.module.SettingPlace(s); c.Statement == s.Type+"."+s.Name {
			return fmt.Sprintf("%s:%d", at.File, at.Line)
		}
	}
	return ""
}

// table writes the report of a module for people.
func (p proved) table(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n\n", p.path)
	rows := [][]string{{"guardrail", "layer", "coverage", "excess", "tests"}}
	counts := map[bool]int{}
	for _, g := range p.report.Guardrails {
		tests := fmt.Sprint(g.Tests)
		if len(g.Wrong) > 0 {
			tests = fmt.Sprintf("%d of %d", g.Tests, g.Tests+len(g.Wrong))
		}
		rows = append(rows, []string{g.ID, string(g.Layer), string(g.Coverage.Verdict), string(g.Excess.Verdict), tests})
		counts[g.Proved()]++
	}
	table(b, "  ", rows)
	for _, g := range p.report.Guardrails {
		p.failures(b, g)
	}
	if counts[false] > 0 {
		p.edits(b)
	}
	p.lockout(b)
	if len(p.report.Conflicts) > 0 {
		b.WriteString("\n  exceptions:\n")
		for _, c := range p.report.Conflicts {
			on := ""
			if c.Guardrail != "" {
				on = " on " + c.Guardrail
			}
			fmt.Fprintf(b, "    %s%s: %s\n", c.Exception, on, c.What)
		}
	}
	if len(p.warnings) > 0 {
		b.WriteString("\n  statements that may not do what they say:\n")
		for _, w := range p.warnings {
			fmt.Fprintf(b, "    %s\n", w.Summary)
			if w.Detail != "" {
				fmt.Fprintf(b, "      %s\n", w.Detail)
			}
		}
	}
	fmt.Fprintf(b, "\n%d of %s proved\n", counts[true], plural(len(p.report.Guardrails), "guardrail"))
}

// failures writes what does not hold of a guardrail.
func (p proved) failures(b *strings.Builder, g prove.Guardrail) {
	if g.Proved() {
		return
	}
	for _, c := range []struct {
		name  string
		claim prove.Claim
	}{{"coverage", g.Coverage}, {"excess", g.Excess}} {
		if c.claim.Verdict == ir.Proved || c.name == "excess" && c.claim.Reason == g.Coverage.Reason {
			continue
		}
		fmt.Fprintf(b, "\n  %s: %s is %s: %s\n", g.ID, c.name, c.claim.Verdict, c.claim.Reason)
		if ref := p.policy(g); ref.File != "" {
			fmt.Fprintf(b, "    policy     %s:%d\n", ref.File, ref.Line)
		}
		if at := p.at(c.claim); at != "" {
			fmt.Fprintf(b, "    statement  %s (%s)\n", c.claim.Statement, at)
		}
		if c.claim.Witness != nil {
			writeRequest(b, "    ", c.claim.Witness)
		}
	}
	for _, w := range g.Wrong {
		fmt.Fprintf(b, "    test       %s\n", w)
	}
}

// edits says what may have led to what does not hold.
func (p proved) edits(b *strings.Builder) {
	files := slices.DeleteFunc(slices.Clone(p.module.Edited), func(f string) bool { return strings.Contains(f, "README") })
	switch {
	case !p.module.Written:
	case len(files) > 0:
		fmt.Fprintf(b, "\n  edited since it was compiled: %s\n", strings.Join(files, ", "))
	default:
		fmt.Fprintf(b, "\n  no file was edited since it was compiled by version %s; parameters, policies, findings or the version may differ now\n", p.module.Proof.Tool.Version)
	}
}

// writeRequest writes a request, a line for each part.
func writeRequest(b *strings.Builder, indent string, r *simulate.Request) {
	fmt.Fprintf(b, "%sprincipal  %s\n%saction     %s\n%sresource   %s\n", indent, cmp.Or(prove.Caller(r), "anonymous"), indent, r.Action, indent, cmp.Or(r.Resource, "*"))
	keys := prove.Keys(r)
	var lines []string
	for k, v := range keys {
		if !strings.EqualFold(k, "aws:PrincipalArn") {
			lines = append(lines, k+" = "+strings.Join(v, ", "))
		}
	}
	slices.Sort(lines)
	for i, l := range lines {
		fmt.Fprintf(b, "%s%-9s  %s\n", indent, []string{"keys", ""}[min(i, 1)], l)
	}
	if len(lines) == 0 {
		fmt.Fprintf(b, "%skeys       none\n", indent)
	}
}

// lockout writes who may be kept from changing the guardrails.
func (p proved) lockout(b *strings.Builder) {
	b.WriteString("\n  who can still change the guardrails:\n")
	b.WriteString("    management account: every call, since no policy of an organization binds it\n")
	var order []verify.Identity
	for _, h := range p.report.Lockout {
		if !slices.Contains(order, h.Identity) {
			order = append(order, h.Identity)
		}
	}
	for _, who := range order {
		fmt.Fprintf(b, "    %s %s", who.Name, who.ARN)
		lines := p.obstacles(who)
		if len(lines) == 0 {
			b.WriteString(": every call\n")
			continue
		}
		b.WriteString(": every call but\n")
		for _, l := range lines {
			fmt.Fprintf(b, "      %s\n", l)
		}
	}
	if !p.pipeline {
		b.WriteString("    pipeline: not checked, name its role with --pipeline ARN\n")
	}
	for _, w := range p.report.DenyAll {
		fmt.Fprintf(b, "    %s denies %s to everybody but for exceptions\n", w.Sid, strings.Join(w.Actions, ", "))
	}
}

// obstacles says what stands between an identity and the calls that it needs.
func (p proved) obstacles(who verify.Identity) []string {
	var out []string
	for _, h := range p.report.Lockout {
		if h.Identity != who {
			continue
		}
		for _, d := range h.Denied {
			some := slices.DeleteFunc(slices.Clone(d.Actions), func(a string) bool { return slices.Contains(d.Always, a) })
			if len(d.Always) > 0 {
				how := "always"
				if h.Blocks() {
					how = "LOCKED OUT: always"
				}
				out = append(out, fmt.Sprintf("%s, which %s denies %s (needed to %s)", strings.Join(d.Always, ", "), d.Sid, how, h.Need))
			}
			if len(some) > 0 {
				out = append(out, fmt.Sprintf("%s, which %s denies under its conditions (needed to %s)", strings.Join(some, ", "), d.Sid, h.Need))
			}
		}
		if h.Reason != "" {
			out = append(out, "those of which nothing is known: "+h.Reason)
		}
	}
	return out
}
