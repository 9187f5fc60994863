package emit

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// This file holds what hclwrite lacks: objects with comments, lists that break
// over lines, and expressions from their text.

// wide is how long a line of HCL may get before a list is broken up.
const wide = 80

// member is one member of an object.
type member struct {
	name    string
	comment []string // lines above it
	value   hclwrite.Tokens
}

// object writes an object with one member a line.
func object(members ...member) hclwrite.Tokens {
	if len(members) == 0 {
		return tokens(hclsyntax.TokenOBrace, "{", hclsyntax.TokenCBrace, "}")
	}
	out := tokens(hclsyntax.TokenOBrace, "{", hclsyntax.TokenNewline, "\n")
	for _, m := range members {
		out = append(out, comments(m.comment)...)
		out = append(out, key(m.name)...)
		out = append(out, tokens(hclsyntax.TokenEqual, "=")...)
		out = append(out, m.value...)
		out = append(out, tokens(hclsyntax.TokenNewline, "\n")...)
	}
	return append(out, tokens(hclsyntax.TokenCBrace, "}")...)
}

// key writes the name of a member, quoted where it must be.
func key(name string) hclwrite.Tokens {
	if hclsyntax.ValidIdentifier(name) {
		return hclwrite.TokensForIdentifier(name)
	}
	return text(name)
}

// list writes a list of strings, on one line where it fits.
func list(values []string) hclwrite.Tokens {
	width := 0
	for _, v := range values {
		width += len(v) + len(`"", `)
	}
	if width <= wide {
		var items []hclwrite.Tokens
		for _, v := range values {
			items = append(items, text(v))
		}
		return hclwrite.TokensForTuple(items)
	}
	out := tokens(hclsyntax.TokenOBrack, "[", hclsyntax.TokenNewline, "\n")
	for _, v := range values {
		out = append(out, text(v)...)
		out = append(out, tokens(hclsyntax.TokenComma, ",", hclsyntax.TokenNewline, "\n")...)
	}
	return append(out, tokens(hclsyntax.TokenCBrack, "]")...)
}

// text writes a string.
func text(s string) hclwrite.Tokens { return hclwrite.TokensForValue(cty.StringVal(s)) }

// number writes an integer, boolean a truth value.
func number(n int) hclwrite.Tokens   { return hclwrite.TokensForValue(cty.NumberIntVal(int64(n))) }
func boolean(b bool) hclwrite.Tokens { return hclwrite.TokensForValue(cty.BoolVal(b)) }

// comments writes lines of comment.
func comments(lines []string) hclwrite.Tokens {
	var out hclwrite.Tokens
	for _, l := range lines {
		l = strings.TrimSpace("# " + strings.Join(strings.Fields(l), " "))
		out = append(out, tokens(hclsyntax.TokenComment, l+"\n")...)
	}
	return out
}

// tokens makes tokens from pairs of type and text.
func tokens(pairs ...any) hclwrite.Tokens {
	var out hclwrite.Tokens
	for i := 0; i < len(pairs); i += 2 {
		kind, _ := pairs[i].(hclsyntax.TokenType)
		bytes, _ := pairs[i+1].(string)
		out = append(out, &hclwrite.Token{Type: kind, Bytes: []byte(bytes)})
	}
	return out
}

// expression reads an expression from its text, which is ours: a failure is a
// mistake in this package.
func expression(src string) (hclwrite.Tokens, error) {
	f, ds := hclwrite.ParseConfig([]byte("x = "+src+"\n"), "expression", hcl.InitialPos)
	if ds.HasErrors() {
		return nil, fmt.Errorf("expression %s: %w", src, ds)
	}
	return f.Body().GetAttribute("x").Expr().BuildTokens(nil), nil
}

// render formats a file.
func render(f *hclwrite.File) []byte { return hclwrite.Format(f.Bytes()) }
