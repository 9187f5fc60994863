package input

import (
	"math"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/parapet-dev/parapet/internal/diag"
)

type expandMode int

const (
	single expandMode = iota
	byCount
	byKey
	undecided // count or for_each is not known
)

type expansion struct {
	mode      expandMode
	instances []evaluatedInstance
}

var metaSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "count"}, {Name: "for_each"}, {Name: "provider"}, {Name: "depends_on"},
}}

// expand works out the instances of a resource, data or module block; what is
// its address, and quiet leaves the warning out. When count or for_each is not
// known, one instance without key stands for all of them, so that no resource
// escapes its policies.
func (e *evaluator) expand(body hcl.Body, what string, quiet bool) expansion {
	content, _, _ := body.PartialContent(metaSchema)
	x := expansion{single, []evaluatedInstance{{}}}
	switch {
	case content.Attributes["count"] != nil:
		x = e.expandCount(content.Attributes["count"], what, quiet)
	case content.Attributes["for_each"] != nil:
		x = e.expandForEach(content.Attributes["for_each"], what, quiet)
	}
	if !e.limits.more(len(x.instances)) {
		return expansion{mode: undecided}
	}
	return x
}

func (e *evaluator) expandCount(a *hcl.Attribute, what string, quiet bool) expansion {
	v, _ := e.expr(a.Expr, nil).Unmark()
	v, err := convert.Convert(v, cty.Number)
	if err == nil && !v.IsKnown() {
		return e.undecided(a, what, quiet, bindings{"count": cty.ObjectVal(map[string]cty.Value{"index": cty.UnknownVal(cty.Number)})})
	}
	n := -1.0
	if err == nil && !v.IsNull() {
		n, _ = v.AsBigFloat().Float64()
	}
	if n < 0 || n > maxInstances || n != math.Trunc(n) {
		e.fail(a.Expr.Range(), "Invalid count argument", "count must be a whole number from 0 to %d.", maxInstances)
		return expansion{mode: byCount}
	}
	x := expansion{mode: byCount}
	for i := range int(n) {
		x.instances = append(x.instances, evaluatedInstance{
			key:   "[" + strconv.Itoa(i) + "]",
			local: bindings{"count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(int64(i))})},
		})
	}
	return x
}

func (e *evaluator) expandForEach(a *hcl.Attribute, what string, quiet bool) expansion {
	v, _ := e.expr(a.Expr, nil).Unmark()
	switch t := v.Type(); {
	case !v.IsKnown():
		return e.undecided(a, what, quiet, bindings{"each": cty.DynamicVal})
	case v.IsNull() || !v.CanIterateElements() || t.IsListType() || t.IsTupleType():
		e.fail(a.Expr.Range(), "Invalid for_each argument", "for_each must be a map, an object or a set of strings.")
		return expansion{mode: byKey}
	case v.LengthInt() > maxInstances:
		e.fail(a.Expr.Range(), "Invalid for_each argument", "for_each makes more than %d instances.", maxInstances)
		return expansion{mode: byKey}
	}
	x := expansion{mode: byKey}
	for k, element := range v.Elements() {
		if v.Type().IsSetType() {
			k, _ = element.Unmark()
			element = k
		}
		if !k.IsKnown() {
			return e.undecided(a, what, quiet, bindings{"each": cty.DynamicVal})
		}
		if k.Type() != cty.String || k.IsNull() {
			e.fail(a.Expr.Range(), "Invalid for_each argument", "for_each over a set needs a set of strings.")
			break
		}
		x.instances = append(x.instances, evaluatedInstance{
			key:   "[" + quoteKey(k.AsString()) + "]",
			local: bindings{"each": cty.ObjectVal(map[string]cty.Value{"key": k, "value": element})},
		})
	}
	return x
}

func (e *evaluator) undecided(a *hcl.Attribute, what string, quiet bool, local bindings) expansion {
	if !quiet {
		e.note(diag.Warningf("config-count-unknown", "%s of %s is not known", a.Name, join(e.address, what)).At(place(a.Range)).
			WithDetail("It is evaluated as one resource that stands for all its instances.").
			WithHint("give the variables that it depends on a value, or gate a plan"))
	}
	return expansion{undecided, []evaluatedInstance{{local: local}}}
}
