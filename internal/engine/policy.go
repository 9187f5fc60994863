package engine

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/schema"
)

// Policy describes one policy: a Rego package with custom.id in its METADATA
// and a deny rule.
type Policy struct {
	ID          string              `json:"id"`
	Title       string              `json:"title"`
	Description string              `json:"description"`
	Severity    finding.Severity    `json:"severity"`
	Frameworks  map[string][]string `json:"frameworks"`
	Remediation string              `json:"remediation"`
	Instead     string              `json:"instead,omitempty"` // what to do when it cannot be prevented
	Parameters  []Parameter         `json:"parameters"`
	Package     string              `json:"package"` // "data.parapet.aws.ec2.imdsv2"
	File        string              `json:"file"`
	Line        int                 `json:"line"`   // of the first deny rule
	SHA256      string              `json:"sha256"` // of the file

	// Types are the resource types that deny names; empty means every type.
	Types []string `json:"types"`
	// Attributes are the paths below input.resource.values that deny reads:
	// "metadata_options[0].http_tokens". [] stands for any element. A dynamic
	// key at the end is left out: tags[k] reads "tags".
	Attributes []string `json:"attributes"`
	// Related are the types that deny reads below input.related; ["*"] when
	// they cannot be told.
	Related []string `json:"related"`
	// Unchecked are resource types and attributes ("aws_instance.new_attribute")
	// that the schema check leaves out, for newer versions of the provider.
	Unchecked []string `json:"unchecked,omitempty"`
	// Guardrail says that the policy declares its guardrail.
	Guardrail bool `json:"guardrail"`
}

// Parameter is a value that users may set.
type Parameter struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Default     any    `json:"default"`
	Value       any    `json:"value"` // the default, or what the options say
}

// Ref returns the package as a reference.
func (p Policy) Ref() ast.Ref { return ast.MustParseRef(p.Package) }

// policy is a Policy with what evaluation needs.
type policy struct {
	Policy
	path    ast.Ref     // of the package
	deny    []*ast.Rule // as parsed
	reads   reads
	denyAll ast.Body // data.<package>.deny = x
	asleep  bool     // only the metadata is there
	denyOne ast.Body // data.<package>.deny[x], for partial evaluation

	schema func() (*schema.Provider, error) // what resource types have; nil: not known
}

// result is the variable that queries bind.
const result = ast.Var("x")

// prepare finds out what the compiled policy reads and builds its queries.
func (p *policy) prepare(c *ast.Compiler, provider func() (*schema.Provider, error)) {
	p.schema = provider
	p.reads = analyse(c, p.path)
	p.Types = p.reads.types
	p.Attributes = p.reads.attributes()
	p.Related = p.reads.relatedTypes()
	p.denyAll = p.query("deny")
	one := p.path.Append(ast.StringTerm("deny")).Append(ast.NewTerm(result))
	p.denyOne = ast.NewBody(ast.NewExpr(ast.NewTerm(one)))
}

func (p *policy) query(rule string) ast.Body {
	return ast.NewBody(ast.Equality.Expr(ast.NewTerm(p.path.Append(ast.StringTerm(rule))), ast.NewTerm(result)))
}
