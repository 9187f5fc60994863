package finding

import "time"

// Input is one file or directory that was read.
type Input struct {
	Path      string `json:"path"`
	Kind      string `json:"kind"`
	SHA256    string `json:"sha256"`
	Resources int    `json:"resources"`
}

// Tool names the program that wrote a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Summary counts findings by status, and violations by severity.
type Summary struct {
	Violation  int              `json:"violation"`
	Exempt     int              `json:"exempt"`
	Unknown    int              `json:"unknown"`
	Error      int              `json:"error"`
	Passed     int              `json:"passed"`
	BySeverity map[Severity]int `json:"by_severity"`
}

// Report is the findings document: everything that a run found.
type Report struct {
	Schema   string    `json:"schema"`
	Tool     Tool      `json:"tool"`
	Inputs   []Input   `json:"inputs"`
	Summary  Summary   `json:"summary"`
	Findings []Finding `json:"findings"`
	// Unread counts the parts of the inputs that were not evaluated, such as
	// modules that a configuration does not hold. They have no policy and no
	// resource, so that they are no findings and no part of the document.
	Unread int `json:"-"`
	// Account and Region are those that were given for inputs that do not say
	// theirs; empty: none.
	Account, Region string `json:"-"`
	// Policies are those that were evaluated, sorted by id, and Time is when.
	Policies []Policy  `json:"-"`
	Time     time.Time `json:"-"`
}

// Policy is what reports say of a policy that was evaluated, whether it found
// anything or not.
type Policy struct {
	ID          string
	Title       string
	Description string
	Severity    Severity
	Frameworks  map[string][]string
	Remediation string
	File        string // its Rego source
	Line        int
}

// NewReport signs, sorts and counts the findings. Passed is the number of
// (policy, resource) pairs that were evaluated and gave no finding.
func NewReport(tool Tool, inputs []Input, findings []Finding, passed int) Report {
	if findings == nil {
		findings = []Finding{}
	}
	for i := range findings {
		findings[i].Sign()
	}
	Sort(findings)
	r := Report{Schema: Schema, Tool: tool, Inputs: inputs, Findings: findings}
	r.Summary = Summary{Passed: passed, BySeverity: map[Severity]int{}}
	for _, s := range Severities {
		if s != Info { // it is there only where a rule of this kind has spoken
			r.Summary.BySeverity[s] = 0
		}
	}
	for _, f := range findings {
		switch f.Status {
		case Violation:
			r.Summary.Violation++
			r.Summary.BySeverity[f.Severity]++
		case Exempt:
			r.Summary.Exempt++
		case Unknown:
			r.Summary.Unknown++
		case Error:
			r.Summary.Error++
		}
	}
	return r
}
