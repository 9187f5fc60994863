package input

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func cidrHostFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "prefix", Type: cty.String}, {Name: "hostnum", Type: cty.Number}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			n, err := whole(args[1])
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			addr, err := cidrHost(args[0].AsString(), n)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(addr.String()), nil
		},
	})
}

func cidrSubnetFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "prefix", Type: cty.String}, {Name: "newbits", Type: cty.Number}, {Name: "netnum", Type: cty.Number},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			bits, err := smallInt(args[1])
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			n, err := whole(args[2])
			if err != nil {
				return cty.NilVal, function.NewArgError(2, err)
			}
			p, err := cidrSubnet(args[0].AsString(), bits, n)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(p.String()), nil
		},
	})
}

func cidrSubnetsFunc() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "prefix", Type: cty.String}},
		VarParam: &function.Parameter{Name: "newbits", Type: cty.Number},
		Type:     function.StaticReturnType(cty.List(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var bits []int
			for i, a := range args[1:] {
				n, err := smallInt(a)
				if err != nil {
					return cty.NilVal, function.NewArgError(i+1, err)
				}
				bits = append(bits, n)
			}
			subnets, err := cidrSubnets(args[0].AsString(), bits)
			if err != nil || len(subnets) == 0 {
				return cty.ListValEmpty(cty.String), err
			}
			var list []cty.Value
			for _, s := range subnets {
				list = append(list, cty.StringVal(s))
			}
			return cty.ListVal(list), nil
		},
	})
}

// whole returns a number that has no fraction.
func whole(v cty.Value) (*big.Int, error) {
	n, accuracy := v.AsBigFloat().Int(nil)
	if n == nil || accuracy != big.Exact {
		return nil, errors.New("a whole number is needed")
	}
	if n.BitLen() > 128 {
		return nil, errors.New("the number is too large")
	}
	return n, nil
}

func smallInt(v cty.Value) (int, error) {
	n, err := whole(v)
	if err != nil {
		return 0, err
	}
	if n.BitLen() > 16 {
		return 0, errors.New("the number is too large")
	}
	return int(n.Int64()), nil
}
