package emit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// ProofSchema names the form of proof.json.
const ProofSchema = "parapet.proof/v1"

// Proof is the evidence beside a module: what every guardrail enforces, how
// faithfully and why that is believed, what cannot be prevented, and the
// documents as they are with the exceptions in force.
type Proof struct {
	Schema         string              `json:"schema"`
	Tool           Tool                `json:"tool"`
	Account        string              `json:"account,omitempty"`
	Guardrails     []ProofGuardrail    `json:"guardrails"`
	NotPreventable []ir.NotPreventable `json:"not_preventable"`
	Documents      []ProofDocument     `json:"documents"`
	Exceptions     []ProofException    `json:"exceptions"`
}

// Tool is the compiler that wrote a proof.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ProofGuardrail is one guardrail with its verdict.
type ProofGuardrail struct {
	ID          string                 `json:"id"`
	Title       string                 `json:"title"`
	Layer       ir.Layer               `json:"layer"`
	Fidelity    ir.Fidelity            `json:"fidelity"`
	Trust       ir.Trust               `json:"trust"`
	Origin      ir.Origin              `json:"origin"`
	Why         string                 `json:"why"`                   // it is on this layer
	Statements  []string               `json:"statements"`            // Sids before exceptions
	Settings    []ProofSetting         `json:"settings,omitempty"`    // Terraform resources in account/
	Declarative []ir.DeclarativePolicy `json:"declarative,omitempty"` // parts of declarative policies
	Policy      ir.PolicyRef           `json:"policy"`
	Findings    []string               `json:"findings"` // fingerprints
	Operations  []string               `json:"operations"`
	Checks      ir.Checks              `json:"checks"`
	Notes       []string               `json:"notes"`
}

// ProofSetting names an account setting.
type ProofSetting struct {
	Type   string         `json:"type"`
	Name   string         `json:"name"`
	Values map[string]any `json:"values"`
}

// ProofDocument is one document as it is attached.
type ProofDocument struct {
	Name       string   `json:"name"`
	Layer      ir.Layer `json:"layer"`
	Type       string   `json:"type"`       // what it is created as: SERVICE_CONTROL_POLICY
	Characters int      `json:"characters"` // bytes of UTF-8
	Limit      int      `json:"limit"`
	Statements int      `json:"statements"` // with those that exceptions add, and a boundary's allow
	Sids       []string `json:"sids"`       // of the guardrails' statements, before exceptions
	SHA256     string   `json:"sha256"`     // of the content
	Content    string   `json:"content"`    // the exact text of the policy
}

// ProofException is one exception in force.
type ProofException struct {
	ID         string   `json:"id"`
	Policies   []string `json:"policies"`
	Guardrails []string `json:"guardrails"` // that it reaches
	Owner      string   `json:"owner"`
	Ticket     string   `json:"ticket"`
	Reason     string   `json:"reason"`
	Expires    *string  `json:"expires"`    // first instant at which it no longer holds
	Characters int      `json:"characters"` // that it adds to the documents
}

// ReadProof reads a proof.json.
func ReadProof(src []byte, file string) (Proof, error) {
	var p Proof
	if err := json.Unmarshal(src, &p); err != nil {
		return Proof{}, diag.Errorf("proof-malformed", "not a proof.json: %v", err).At(diag.Place{File: file})
	}
	if p.Schema != ProofSchema {
		return Proof{}, diag.Errorf("proof-schema", "its schema is %q, not %s", p.Schema, ProofSchema).
			At(diag.Place{File: file}).WithHint("compile the module again")
	}
	for _, d := range p.Documents {
		if digest([]byte(d.Content)) != d.SHA256 {
			return Proof{}, diag.Errorf("proof-changed", "document %s is not the one whose sha256 is given", d.Name).
				At(diag.Place{File: file}).WithHint("compile the module again")
		}
	}
	return p, nil
}

// Assignment returns which document each statement is in: what pack.Options
// takes as Previous, so that the next compilation leaves it there.
func (p Proof) Assignment() map[string]string {
	out := map[string]string{}
	for _, d := range p.Documents {
		for _, sid := range d.Sids {
			out[sid] = d.Name
		}
	}
	return out
}

func (m module) proof() (Proof, error) {
	p := Proof{
		Schema: ProofSchema, Tool: Tool{"parapet", m.o.Version}, Account: m.prog.Account,
		Guardrails: []ProofGuardrail{}, NotPreventable: []ir.NotPreventable{},
		Documents: []ProofDocument{}, Exceptions: []ProofException{},
	}
	for _, g := range m.prog.Guardrails {
		pg := ProofGuardrail{
			ID: g.ID, Title: g.Title, Layer: g.Layer, Fidelity: g.Fidelity, Trust: g.Trust, Origin: g.Origin,
			Why: g.Why, Statements: []string{}, Declarative: g.Declaratives, Policy: g.Policy, Findings: some(g.Findings), Operations: some(g.Operations),
			Checks: g.Checks, Notes: some(g.Notes),
		}
		pg.Checks.Counterexamples = some(pg.Checks.Counterexamples)
		for _, st := range g.Statements {
			pg.Statements = append(pg.Statements, st.Sid)
		}
		for _, s := range g.Settings {
			pg.Settings = append(pg.Settings, ProofSetting(s))
		}
		p.Guardrails = append(p.Guardrails, pg)
	}
	for _, n := range m.prog.NotPreventable {
		n.Findings = some(n.Findings)
		p.NotPreventable = append(p.NotPreventable, n)
	}
	for _, d := range m.docs {
		policy, statements, err := content(d, m.set)
		if err != nil {
			return Proof{}, err
		}
		pd := ProofDocument{
			Name: d.Name, Layer: d.Layer, Type: d.PolicyType, Characters: len(policy), Limit: d.Limit, Statements: statements,
			Sids: []string{}, SHA256: digest(policy), Content: string(policy),
		}
		for _, st := range d.Statements {
			pd.Sids = append(pd.Sids, st.Sid)
		}
		p.Documents = append(p.Documents, pd)
	}
	price := m.set.Price(m.characters)
	for _, r := range m.set.Records() {
		e := ProofException{
			ID: r.ID, Policies: r.Policies, Guardrails: []string{}, Owner: r.Source.Owner, Ticket: r.Source.Ticket,
			Reason: r.Source.Reason, Characters: price[r.ID],
		}
		if r.Until != "" {
			e.Expires = &r.Until
		}
		for _, g := range m.guardrails() {
			if r.Reaches(g.ID) {
				e.Guardrails = append(e.Guardrails, g.ID)
			}
		}
		e.Guardrails = slices.Compact(e.Guardrails)
		p.Exceptions = append(p.Exceptions, e)
	}
	return p, nil
}

// characters counts those of all documents with a set of exceptions worked in.
func (m module) characters(set except.Set) int {
	n := 0
	for _, d := range m.docs {
		policy, _, err := content(d, set)
		if err == nil { // what cannot be written is refused by proof
			n += len(policy)
		}
	}
	return n
}

// some is the list, and never null in JSON.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// marshal writes JSON for people: indented, nothing escaped that need not be.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}
