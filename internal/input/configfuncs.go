package input

import (
	"crypto/md5"  // #nosec G501 -- Terraform's md5 function, no protection
	"crypto/sha1" // #nosec G505 -- Terraform's sha1 function, no protection
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/parapet-dev/parapet/internal/diag"
)

// configFunctions is the table of the functions of Terraform and OpenTofu.
// Those whose result depends on the time, on chance or on more than the
// configuration are known by name, and their result is unknown.
// Source: https://developer.hashicorp.com/terraform/language/functions and
// https://opentofu.org/docs/language/functions/
func configFunctions(p *program) map[string]function.Function {
	table := map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc,
		"signum": stdlib.SignumFunc,

		"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc,
		"indent": stdlib.IndentFunc, "join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc,
		"regexall": stdlib.RegexAllFunc, "split": stdlib.SplitFunc, "strrev": stdlib.ReverseFunc,
		"substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc,
		"trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc,
		"upper": stdlib.UpperFunc, "replace": replaceFunc(),
		"startswith":  text2(strings.HasPrefix),
		"endswith":    text2(strings.HasSuffix),
		"strcontains": text2(strings.Contains),

		"chunklist": stdlib.ChunklistFunc, "coalesce": coalesceFunc(), "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
		"index": indexFunc(), "keys": stdlib.KeysFunc, "length": lengthFunc(), "lookup": lookupFunc(),
		"merge": stdlib.MergeFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc, "setproduct": stdlib.SetProductFunc,
		"setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc,
		"sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
		"one": oneFunc(), "sum": sumFunc(), "alltrue": everyFunc(true), "anytrue": everyFunc(false),

		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"base64encode": text1(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }),
		"base64decode": text1(func(s string) (string, error) {
			b, err := base64.StdEncoding.DecodeString(s)
			return string(b), err
		}),
		"urlencode": text1(func(s string) (string, error) { return url.QueryEscape(s), nil }),

		"md5":    text1(func(s string) (string, error) { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]), nil }),
		"sha1":   text1(func(s string) (string, error) { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]), nil }),
		"sha256": text1(func(s string) (string, error) { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]), nil }),
		"sha512": text1(func(s string) (string, error) { h := sha512.Sum512([]byte(s)); return hex.EncodeToString(h[:]), nil }),
		"base64sha256": text1(func(s string) (string, error) {
			h := sha256.Sum256([]byte(s))
			return base64.StdEncoding.EncodeToString(h[:]), nil
		}),

		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
		"basename": text1(func(s string) (string, error) { return path.Base(s), nil }),
		"dirname":  text1(func(s string) (string, error) { return path.Dir(s), nil }),

		"cidrhost": cidrHostFunc(), "cidrnetmask": text1(cidrNetmask), "cidrsubnet": cidrSubnetFunc(),
		"cidrsubnets": cidrSubnetsFunc(),

		"can": tryfunc.CanFunc, "try": tryfunc.TryFunc, "sensitive": sensitiveFunc(), "nonsensitive": nonsensitiveFunc(),
		"tobool": stdlib.MakeToFunc(cty.Bool), "tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String),
		"tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)), "tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	}
	addMoreFunctions(table)
	for _, name := range unknownFunctions {
		table[name] = unknownFunc()
	}
	addFileFunctions(table, p)
	for name, f := range table {
		table[name] = p.limits.guard(name, f)
	}
	for name, f := range maps.Clone(table) {
		table["core::"+name] = f
	}
	return table
}

// missingFunctions makes the functions that are called but not known give
// unknown values: those of providers, and those that are newer than Parapet.
func (p *program) missingFunctions() {
	for _, name := range slices.Sorted(maps.Keys(p.called)) {
		if _, known := p.functions[name]; known {
			continue
		}
		p.functions[name] = unknownFunc()
		if !strings.Contains(name, "::") {
			p.note(diag.Warningf("config-function-unknown", "there is no function %q", name).At(place(p.called[name])).
				WithDetail("What depends on it counts as unknown.").WithHint("correct the name, or gate the JSON form of a plan"))
		}
	}
}

// unknownFunctions are not evaluated: see configFunctions.
var unknownFunctions = []string{
	"abspath", "base64gunzip", "base64gzip", "bcrypt", "issensitive", "plantimestamp", "rsadecrypt", "templatestring",
	"textdecodebase64", "textencodebase64", "timestamp", "type", "uuid", "uuidv5",
}

func unknownFunc() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{
			Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		},
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) { return cty.DynamicVal, nil },
	})
}

// text1 makes a function of one string to a string.
func text1(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

// text2 makes a predicate of two strings.
func text2(f func(a, b string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}
