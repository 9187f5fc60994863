package input

import (
	"errors"
	"math/big"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// replaceFunc is replace: with a pattern in slashes it is a regular expression.
func replaceFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}, {Name: "by", Type: cty.String},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			part := args[1].AsString()
			if len(part) > 1 && strings.HasPrefix(part, "/") && strings.HasSuffix(part, "/") {
				return stdlib.RegexReplaceFunc.Call([]cty.Value{args[0], cty.StringVal(part[1 : len(part)-1]), args[2]})
			}
			return cty.StringVal(strings.ReplaceAll(args[0].AsString(), part, args[2].AsString())), nil
		},
	})
}

// dynamicParam is a parameter of any type.
func dynamicParam(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowDynamicType: true}
}

// coalesceFunc is coalesce, which also passes over empty strings.
func coalesceFunc() function.Function {
	p := dynamicParam("values")
	p.AllowNull, p.AllowUnknown = true, true
	return function.New(&function.Spec{
		VarParam: &p,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for _, a := range args {
				if !a.IsKnown() {
					return cty.DynamicVal, nil
				}
				if !a.IsNull() && (a.Type() != cty.String || a.AsString() != "") {
					return a, nil
				}
			}
			return cty.DynamicVal, errors.New("every argument is null or empty")
		},
	})
}

// lengthFunc is length: of a string its characters, else its elements.
func lengthFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v := args[0]
			switch t := v.Type(); {
			case t == cty.DynamicPseudoType:
				return cty.UnknownVal(cty.Number), nil
			case t == cty.String:
				return stdlib.Strlen(v)
			case t.IsTupleType():
				return cty.NumberIntVal(int64(t.Length())), nil
			case t.IsObjectType():
				return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
			case t.IsCollectionType():
				return v.Length(), nil
			}
			return cty.NilVal, function.NewArgErrorf(0, "only strings and collections have a length")
		},
	})
}

// lookupFunc is lookup, with or without a default.
func lookupFunc() function.Function {
	spare := dynamicParam("default")
	spare.AllowNull, spare.AllowUnknown = true, true
	return function.New(&function.Spec{
		Params:   []function.Parameter{dynamicParam("map"), {Name: "key", Type: cty.String}},
		VarParam: &spare,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			m, key := args[0], args[1].AsString()
			if t := m.Type(); !t.IsObjectType() && !t.IsMapType() {
				return cty.NilVal, function.NewArgErrorf(0, "lookup needs a map or an object")
			}
			if v, ok := m.AsValueMap()[key]; ok {
				return v, nil
			}
			if len(args) > 2 {
				return args[2], nil
			}
			return cty.NilVal, function.NewArgErrorf(1, "there is no key %q, and no default", key)
		},
	})
}

// indexFunc is index: the position of a value in a list.
func indexFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{dynamicParam("list"), dynamicParam("value")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].CanIterateElements() {
				return cty.NilVal, function.NewArgErrorf(0, "index needs a list")
			}
			for i, e := range args[0].AsValueSlice() {
				same := e.Equals(args[1])
				if !same.IsKnown() {
					return cty.UnknownVal(cty.Number), nil
				}
				if same.True() {
					return cty.NumberIntVal(int64(i)), nil
				}
			}
			return cty.NilVal, errors.New("the list does not hold the value")
		},
	})
}

// oneFunc is one: the only element of a list, null when it is empty.
func oneFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{dynamicParam("list")},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].CanIterateElements() {
				return cty.NilVal, function.NewArgErrorf(0, "one needs a list or a set")
			}
			switch list := args[0].AsValueSlice(); len(list) {
			case 0:
				return cty.NullVal(cty.DynamicPseudoType), nil
			case 1:
				return list[0], nil
			}
			return cty.NilVal, function.NewArgErrorf(0, "the list has more than one element")
		},
	})
}

// sumFunc is sum.
func sumFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{dynamicParam("list")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			total := new(big.Float)
			if !args[0].CanIterateElements() {
				return cty.NilVal, function.NewArgErrorf(0, "sum needs a list of numbers")
			}
			for _, e := range args[0].AsValueSlice() {
				n, err := convert.Convert(e, cty.Number)
				if err != nil || n.IsNull() {
					return cty.NilVal, function.NewArgErrorf(0, "sum needs a list of numbers")
				}
				if !n.IsKnown() {
					return cty.UnknownVal(cty.Number), nil
				}
				total.Add(total, n.AsBigFloat())
			}
			return cty.NumberVal(total), nil
		},
	})
}

// everyFunc is alltrue (all) or anytrue.
func everyFunc(all bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{dynamicParam("list")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].CanIterateElements() {
				return cty.NilVal, function.NewArgErrorf(0, "a list of booleans is needed")
			}
			open := false
			for _, e := range args[0].AsValueSlice() {
				b, err := convert.Convert(e, cty.Bool)
				switch {
				case err != nil:
					return cty.NilVal, function.NewArgErrorf(0, "a list of booleans is needed")
				case !b.IsKnown():
					open = true
				case (!b.IsNull() && b.True()) != all:
					return cty.BoolVal(!all), nil
				}
			}
			if open {
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.BoolVal(all), nil
		},
	})
}

func sensitiveFunc() function.Function {
	return markFunc(func(v cty.Value) cty.Value { return v.Mark(sensitive) })
}

func nonsensitiveFunc() function.Function {
	return markFunc(func(v cty.Value) cty.Value {
		v, _ = v.Unmark()
		return v
	})
}

func markFunc(f func(cty.Value) cty.Value) function.Function {
	p := dynamicParam("value")
	p.AllowNull, p.AllowUnknown, p.AllowMarked = true, true, true
	return function.New(&function.Spec{
		Params: []function.Parameter{p},
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f(args[0]), nil },
	})
}
