package input

import (
	"crypto/md5"  // #nosec G501 -- Terraform's filemd5, no protection
	"crypto/sha1" // #nosec G505 -- Terraform's filesha1, no protection
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io/fs"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// addFileFunctions adds the functions that read files of the modules. What
// cannot be read, such as a file outside of them or one that is built later, is
// unknown.
func addFileFunctions(table map[string]function.Function, p *program) {
	table["file"] = fileFunc(p, func(b []byte) cty.Value {
		if !utf8.Valid(b) {
			return cty.UnknownVal(cty.String)
		}
		return cty.StringVal(string(b))
	})
	table["filebase64"] = fileFunc(p, func(b []byte) cty.Value { return cty.StringVal(base64.StdEncoding.EncodeToString(b)) })
	for name, sum := range map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New} {
		digest := func(b []byte) []byte {
			h := sum()
			h.Write(b)
			return h.Sum(nil)
		}
		table["file"+name] = fileFunc(p, func(b []byte) cty.Value { return cty.StringVal(hex.EncodeToString(digest(b))) })
		if strings.HasPrefix(name, "sha2") || strings.HasPrefix(name, "sha5") {
			table["filebase64"+name] = fileFunc(p, func(b []byte) cty.Value { return cty.StringVal(base64.StdEncoding.EncodeToString(digest(b))) })
		}
	}
	table["fileexists"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			_, err := p.store.read(args[0].AsString())
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.BoolVal(err == nil), nil
		},
	})
	table["fileset"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			names, known := p.store.list(args[0].AsString(), args[1].AsString())
			if !known {
				return cty.UnknownVal(cty.Set(cty.String)), nil
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			var list []cty.Value
			for _, n := range names {
				list = append(list, cty.StringVal(n))
			}
			return cty.SetVal(list), nil
		},
	})
	// A template calls the same functions, except templatefile itself.
	inner := maps.Clone(table)
	for name, f := range inner {
		inner[name] = p.limits.guard(name, f)
	}
	table["templatefile"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, dynamicParam("vars")},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return p.template(args[0].AsString(), args[1], inner)
		},
	})
}

// fileFunc makes a function of the content of a file.
func fileFunc(p *program, f func([]byte) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			b, err := p.store.read(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), nil //nolint:nilerr // what cannot be read is unknown
			}
			p.limits.spend(int64(len(b) / 16))
			return f(b), nil
		},
	})
}

// template renders a template file.
func (p *program) template(name string, vars cty.Value, functions map[string]function.Function) (cty.Value, error) {
	text, err := p.store.read(name)
	if err != nil {
		return cty.DynamicVal, nil //nolint:nilerr // what cannot be read is unknown
	}
	if t := vars.Type(); !t.IsObjectType() && !t.IsMapType() {
		return cty.NilVal, function.NewArgErrorf(1, "the variables of a template must be an object")
	}
	x, diags := parseTemplate(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, function.NewArgError(0, diags)
	}
	known := true
	// The visitor returns no diagnostics.
	_ = hclsyntax.VisitAll(x, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			_, found := functions[call.Name]
			known = known && (found || !strings.Contains(call.Name, "::"))
		}
		return nil
	})
	if !known {
		return cty.DynamicVal, nil
	}
	p.limits.meter(x)
	v, diags := x.Value(&hcl.EvalContext{Variables: vars.AsValueMap(), Functions: functions})
	if diags.HasErrors() {
		return cty.NilVal, function.NewArgError(0, diags)
	}
	return v, nil
}
