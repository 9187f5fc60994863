package input

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/parapet-dev/parapet/internal/diag"
)

const (
	// maxWork bounds the evaluation of a configuration, in units of about 16
	// bytes: what is made, and what is made on the way. It takes seconds and some
	// hundred megabytes to get there.
	maxWork = 16 << 20
	// perTurn is the price of an expression that is evaluated in a loop.
	perTurn = 8
	// maxInstances bounds what count and for_each make, of resources and modules
	// together.
	maxInstances = 100_000
	// maxNested bounds the nesting of expressions and blocks, and of what refers
	// to what.
	maxNested = 1000
)

// limits bounds the work of an evaluation, so that a small hostile file cannot
// take all time or memory. Configurations are evaluated on one goroutine.
type limits struct {
	ctx       context.Context
	left      int64
	instances int
	what      string // what was exceeded
}

// exhausted is what ends an evaluation in the middle of an expression, where
// HCL offers no other way out of a for expression. The evaluator catches it.
type exhausted struct{}

func (l *limits) spent() bool { return l.what != "" || l.ctx.Err() != nil }

// take takes from what is left, and reports whether there was enough.
func (l *limits) take(n int64) bool {
	l.left -= n
	if l.left < 0 && l.what == "" {
		l.what = "Its expressions make more values, or longer texts, than any real configuration."
	}
	return l.what == "" && (l.left&0xff >= n || l.ctx.Err() == nil)
}

// spend takes from what is left, and ends the evaluation when nothing is.
func (l *limits) spend(n int64) {
	if !l.take(n) {
		panic(exhausted{})
	}
}

// more notes new instances, and reports whether there may be so many.
func (l *limits) more(n int) bool {
	if l.instances += n; l.instances > maxInstances && l.what == "" {
		l.what = fmt.Sprintf("count and for_each make more than %d instances of resources and modules.", maxInstances)
	}
	return l.what == ""
}

func (l *limits) diagnostic() (diag.Diagnostic, bool) {
	if l.what == "" {
		return diag.Diagnostic{}, false
	}
	return diag.Errorf("config-too-large", "the configuration is too large to evaluate").WithDetail("%s", l.what).
		WithHint("give it in parts, or gate the JSON form of a plan"), true
}

// measure spends for every part of a value.
func (l *limits) measure(v cty.Value) {
	v, _ = v.Unmark()
	l.spend(1)
	if !v.IsKnown() || v.IsNull() {
		return
	}
	switch t := v.Type(); {
	case t == cty.String:
		l.spend(int64(len(v.AsString()) / 16))
	case t.IsObjectType() || t.IsTupleType() || t.IsCollectionType():
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			l.measure(element)
		}
	}
}

// metered spends for every evaluation of the expression in it.
type metered struct {
	*hclsyntax.ParenthesesExpr
	limits *limits
}

func (m *metered) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	m.limits.spend(perTurn)
	v, diags := m.ParenthesesExpr.Value(ctx)
	if v, _ := v.Unmark(); v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		m.limits.spend(int64(len(v.AsString()) / 16))
	}
	return v, diags
}

// meter makes every expression below a node spend that is evaluated many times
// or that makes long texts.
func (l *limits) meter(node hclsyntax.Node) {
	wrap := func(x hclsyntax.Expression) hclsyntax.Expression {
		return &metered{&hclsyntax.ParenthesesExpr{Expression: x, SrcRange: x.Range()}, l}
	}
	// The visitor returns no diagnostics.
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.ForExpr:
			if n.CondExpr != nil {
				n.CondExpr = wrap(n.CondExpr)
			} else {
				n.ValExpr = wrap(n.ValExpr)
			}
		case *hclsyntax.TemplateExpr:
			for i, part := range n.Parts {
				if _, literal := part.(*hclsyntax.LiteralValueExpr); !literal {
					n.Parts[i] = wrap(part)
				}
			}
		}
		return nil
	})
}

// errExhausted ends a function, which cty does not let panic.
var errExhausted = errors.New("the evaluation takes too much")

// guard makes a function spend for its calls and the texts that it returns.
// What a function may make of its arguments is counted before it is called.
func (l *limits) guard(name string, f function.Function) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			t, err := f.ReturnTypeForValues(args)
			return t, withoutStack(err)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !l.take(1 + callCost(name, args)/16) {
				return cty.DynamicVal, errExhausted
			}
			v, err := f.Call(args)
			if err != nil {
				return v, withoutStack(err)
			}
			if plain, _ := v.Unmark(); plain.Type() == cty.String && plain.IsKnown() && !plain.IsNull() {
				if !l.take(int64(len(plain.AsString()) / 16)) {
					return cty.DynamicVal, errExhausted
				}
			}
			return v, nil
		},
	})
}

// withoutStack leaves the stack out of the error of a function that panicked.
func withoutStack(err error) error {
	if p, ok := errors.AsType[function.PanicError](err); ok {
		return fmt.Errorf("it cannot be called with this: %v", p.Value)
	}
	return err
}

// callCost is at least the length of what a function returns that can make
// more than the sum of its arguments.
func callCost(name string, args []cty.Value) int64 {
	text := func(i int) string {
		if i < len(args) {
			return knownString(args[i])
		}
		return ""
	}
	cost := int64(1)
	switch name {
	case "replace":
		return (int64(len(text(0))) + 1) * (int64(len(text(2))) + 1)
	case "indent":
		cost = int64(strings.Count(text(1), "\n")+1) * number(args[0])
	case "join":
		for _, list := range args[min(1, len(args)):] {
			for _, e := range elements(list) {
				cost += int64(len(text(0)) + len(knownString(e)))
			}
		}
	case "format", "formatlist":
		cost = 1 + widths(text(0))
		for _, list := range args {
			cost *= max(1, int64(len(elements(list))))
		}
	case "setproduct":
		for _, list := range args {
			if cost *= max(1, int64(len(elements(list)))); cost > maxWork {
				break
			}
		}
		cost *= int64(16 * len(args))
	}
	return min(cost, 32*maxWork)
}

// widths adds up the numbers in a format string, which pad what is formatted.
func widths(format string) int64 {
	total, n := int64(0), int64(0)
	for _, c := range format {
		if c < '0' || c > '9' {
			total, n = total+n, 0
			continue
		}
		n = min(n*10+int64(c-'0'), maxWork*32)
	}
	return min(total+n, maxWork*32)
}

func elements(v cty.Value) []cty.Value {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return nil
	}
	return v.AsValueSlice()
}

func number(v cty.Value) int64 {
	v, _ = v.Unmark()
	if v.Type() != cty.Number || !v.IsKnown() || v.IsNull() {
		return 0
	}
	n, _ := v.AsBigFloat().Int64()
	return max(0, min(n, 1<<32))
}
