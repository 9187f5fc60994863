package input

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/parapet-dev/parapet/internal/diag"
)

// fileValues reads the values in the files that Terraform loads by itself. Of
// two values for a variable, the later file's counts: terraform.tfvars, its
// JSON form, then the others by name.
// Source: https://developer.hashicorp.com/terraform/language/values/variables
func (p *program) fileValues(files map[string][]byte) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(n string) bool { return !isVarsName(n) })
	rank := func(n string) int {
		switch n {
		case "terraform.tfvars":
			return 0
		case "terraform.tfvars.json":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		p.readValues(files[name], path.Join(p.shown, name))
	}
}

// giveValues adds the values that the options give: those of the environment
// under, those of named files over what the files of the directory say.
func (p *program) giveValues() error {
	for name := range p.root.module.variables {
		if look := p.src.options.Variable; look != nil && p.given[name] == nil {
			if text, ok := look(name); ok {
				p.texts[name] = text
				p.read["TF_VAR_"+name] = []byte(text)
			}
		}
	}
	for _, name := range p.src.options.VarFiles {
		text, err := readVarFile(name)
		if err != nil {
			return err
		}
		shown := filepath.ToSlash(name)
		p.readValues(text, shown)
		p.read["-var-file="+shown] = text
	}
	return nil
}

func (p *program) readValues(text []byte, shown string) {
	body, diags := parseSource(text, shown, strings.HasSuffix(shown, ".json"))
	p.diags = append(p.diags, diags...)
	if body == nil {
		return
	}
	attributes, diags := body.JustAttributes()
	p.diags = append(p.diags, diags...)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		if p.root.module.variables[name] == nil {
			p.note(diag.Warningf("variable-undeclared", "there is no variable %q", name).At(place(a.NameRange)).
				WithDetail("The configuration does not declare it, so that its value is not used.").
				WithHint("correct the name, or leave the value out"))
			continue
		}
		if native, ok := a.Expr.(hclsyntax.Expression); ok {
			p.limits.meter(native)
		}
		delete(p.texts, name)
		p.given[name] = a.Expr
	}
}

// variable returns the value of a variable: the argument of the call or a
// given value, else its default, else unknown.
func (e *evaluator) variable(name string) (cty.Value, bool) {
	if v, ok := e.variables[name]; ok {
		return v, true
	}
	b := e.module.variables[name]
	if b == nil {
		return cty.NilVal, false
	}
	if !e.enter("var."+name, b.DefRange) {
		return cty.DynamicVal, true
	}
	v := e.variableValue(name, b)
	delete(e.active, "var."+name)
	e.variables[name] = v
	return v, true
}

func (e *evaluator) variableValue(name string, b *hcl.Block) cty.Value {
	content, _, diags := b.Body.PartialContent(variableSchema)
	e.diags = append(e.diags, diags...)
	want, defaults := e.variableType(content.Attributes["type"])
	fallback := cty.UnknownVal(want)
	constant := func(name string) cty.Value { // NilVal when it is not set
		a := content.Attributes[name]
		if a == nil {
			return cty.NilVal
		}
		return e.constant(a.Expr)
	}
	at := b.DefRange
	v := cty.NilVal
	if given, where, ok := e.argument(name, want); ok {
		v, at = given, where
		if n := constant("nullable"); n != cty.NilVal && isFalse(n) && v.IsNull() {
			v = cty.NilVal
		}
	}
	if v == cty.NilVal {
		if v = constant("default"); v == cty.NilVal {
			return e.secret(constant, fallback)
		}
		at = content.Attributes["default"].Expr.Range()
	}
	if defaults != nil && !v.IsNull() {
		v = defaults.Apply(v)
	}
	converted, err := convert.Convert(v, want)
	if err != nil {
		e.fail(at, "Invalid value for variable", "The value of var.%s does not fit its type: %s.", name, err)
		converted = fallback
	}
	return e.secret(constant, converted)
}

func (e *evaluator) secret(constant func(string) cty.Value, v cty.Value) cty.Value {
	if s := constant("sensitive"); s != cty.NilVal && isTrue(s) {
		return v.Mark(sensitive)
	}
	return v
}

// argument returns the value that a module is given for a variable, and where.
func (e *evaluator) argument(name string, want cty.Type) (cty.Value, hcl.Range, bool) {
	if e.parent != nil {
		attributes, _ := e.call.Body.JustAttributes()
		a := attributes[name]
		if a == nil {
			return cty.NilVal, hcl.Range{}, false
		}
		return e.parent.expr(a.Expr, e.in.local), a.Expr.Range(), true
	}
	if x := e.given[name]; x != nil {
		return e.constant(x), x.Range(), true
	}
	text, ok := e.texts[name]
	if !ok {
		return cty.NilVal, hcl.Range{}, false
	}
	at := hcl.Range{Filename: "TF_VAR_" + name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if want == cty.DynamicPseudoType || want.IsPrimitiveType() {
		return cty.StringVal(text), at, true
	}
	x, diags := parseExpression([]byte(text), at.Filename, hcl.InitialPos)
	if diags.HasErrors() {
		e.diags = append(e.diags, diags...)
		return cty.DynamicVal, at, true
	}
	e.limits.meter(x)
	return e.constant(x), at, true
}

var variableSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "type"}, {Name: "default"}, {Name: "sensitive"}, {Name: "nullable"},
}}

// variableType reads a type constraint; without one anything fits.
func (e *evaluator) variableType(a *hcl.Attribute) (cty.Type, *typeexpr.Defaults) {
	if a == nil {
		return cty.DynamicPseudoType, nil
	}
	x := static(bare(a.Expr))
	switch hcl.ExprAsKeyword(x) {
	case "list": // the oldest syntax
		return cty.List(cty.DynamicPseudoType), nil
	case "map":
		return cty.Map(cty.DynamicPseudoType), nil
	}
	t, defaults, diags := typeexpr.TypeConstraintWithDefaults(x)
	e.diags = append(e.diags, diags...)
	if diags.HasErrors() {
		return cty.DynamicPseudoType, nil
	}
	return t, defaults
}
