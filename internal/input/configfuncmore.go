package input

import (
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// addMoreFunctions adds functions that are in no library, and those for YAML.
func addMoreFunctions(table map[string]function.Function) {
	table["yamldecode"] = yaml.YAMLDecodeFunc
	table["yamlencode"] = yaml.YAMLEncodeFunc
	table["base64sha512"] = text1(func(s string) (string, error) {
		h := sha512.Sum512([]byte(s))
		return base64.StdEncoding.EncodeToString(h[:]), nil
	})
	table["urldecode"] = text1(url.QueryUnescape)
	table["timecmp"] = timeCmpFunc()
	table["matchkeys"] = matchKeysFunc()
	table["transpose"] = transposeFunc()
	table["cidrcontains"] = cidrContainsFunc()
	table["ephemeralasnull"] = markFunc(func(v cty.Value) cty.Value { return v }) // nothing ephemeral is known here
	table["pathexpand"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if strings.HasPrefix(args[0].AsString(), "~") {
				return cty.UnknownVal(cty.String), nil // whose home it is depends on where it runs
			}
			return args[0], nil
		},
	})
}

// timeCmpFunc is timecmp: -1, 0 or 1.
func timeCmpFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "a", Type: cty.String}, {Name: "b", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var at [2]time.Time
			for i, a := range args {
				t, err := time.Parse(time.RFC3339, a.AsString())
				if err != nil {
					return cty.NilVal, function.NewArgErrorf(i, "%q is not a time in the form of RFC 3339", a.AsString())
				}
				at[i] = t
			}
			return cty.NumberIntVal(int64(at[0].Compare(at[1]))), nil
		},
	})
}

// matchKeysFunc is matchkeys: the values at the positions where the keys are
// among those searched for.
func matchKeysFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{dynamicParam("values"), dynamicParam("keys"), dynamicParam("search")},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for _, a := range args {
				if !a.CanIterateElements() {
					return cty.NilVal, errors.New("matchkeys needs three lists")
				}
				if !a.IsWhollyKnown() {
					return cty.DynamicVal, nil
				}
			}
			values, keys, search := args[0].AsValueSlice(), args[1].AsValueSlice(), args[2].AsValueSlice()
			if len(values) != len(keys) {
				return cty.NilVal, errors.New("matchkeys needs as many keys as values")
			}
			out := []cty.Value{}
			for i, k := range keys {
				if slices.ContainsFunc(search, func(s cty.Value) bool { return k.RawEquals(s) }) {
					out = append(out, values[i])
				}
			}
			return cty.TupleVal(out), nil
		},
	})
}

// transposeFunc is transpose: a map of lists of texts, with keys and texts
// swapped.
func transposeFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "map", Type: cty.Map(cty.List(cty.String))}},
		Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
		Impl: func(args []cty.Value, ret cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(ret), nil
			}
			lists := map[string][]cty.Value{}
			for it := args[0].ElementIterator(); it.Next(); { // in the order of the keys
				k, list := it.Element()
				if list.IsNull() {
					return cty.NilVal, function.NewArgErrorf(0, "a list is null")
				}
				for _, v := range list.AsValueSlice() {
					if v.IsNull() {
						return cty.NilVal, function.NewArgErrorf(0, "a list holds null")
					}
					lists[v.AsString()] = append(lists[v.AsString()], k)
				}
			}
			out := map[string]cty.Value{}
			for k, list := range lists {
				out[k] = cty.ListVal(list)
			}
			if len(out) == 0 {
				return cty.MapValEmpty(cty.List(cty.String)), nil
			}
			return cty.MapVal(out), nil
		},
	})
}

// cidrContainsFunc is OpenTofu's cidrcontains: whether a prefix holds an
// address or another prefix.
func cidrContainsFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "containing", Type: cty.String}, {Name: "contained", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			outer, err := netip.ParsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "%q is not a network prefix", args[0].AsString())
			}
			if addr, err := netip.ParseAddr(args[1].AsString()); err == nil {
				return cty.BoolVal(outer.Contains(addr)), nil
			}
			in, err := netip.ParsePrefix(args[1].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(1, "%q is neither an address nor a network prefix", args[1].AsString())
			}
			return cty.BoolVal(outer.Bits() <= in.Bits() && outer.Contains(in.Addr())), nil
		},
	})
}
