package input

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// parseSource parses a file in native or JSON syntax, unless it is nested so
// deeply that parsing it, or evaluating it later, could exhaust the stack.
func parseSource(text []byte, name string, isJSON bool) (hcl.Body, hcl.Diagnostics) {
	if isJSON {
		sc := newScanner(bytes.NewReader(text))
		var syntax *syntaxError
		if err := sc.skip(); errors.As(err, &syntax) && sc.depth > maxDepth {
			return nil, tooDeep(hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos})
		} else if syntax != nil && syntax.number {
			line := 1 + bytes.Count(text[:syntax.offset], []byte("\n"))
			return nil, outOfRange(syntax.what, hcl.Range{Filename: name, Start: hcl.Pos{Line: line, Column: 1}, End: hcl.Pos{Line: line, Column: 1}})
		}
		f, diags := hcljson.Parse(text, name)
		if f == nil {
			return nil, diags
		}
		return f.Body, diags
	}
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.InitialPos) // the parser reports what is wrong
	if bad := refused(tokens); bad != nil {
		return nil, bad
	}
	f, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if f == nil {
		return nil, diags
	}
	return f.Body, diags
}

// parseTemplate parses a template under the same limit.
func parseTemplate(text []byte, name string, start hcl.Pos) (hclsyntax.Expression, hcl.Diagnostics) {
	tokens, _ := hclsyntax.LexTemplate(text, name, start)
	if bad := refused(tokens); bad != nil {
		return nil, bad
	}
	return hclsyntax.ParseTemplate(text, name, start)
}

// parseExpression parses an expression under the same limit.
func parseExpression(text []byte, name string, start hcl.Pos) (hclsyntax.Expression, hcl.Diagnostics) {
	tokens, _ := hclsyntax.LexExpression(text, name, start)
	if bad := refused(tokens); bad != nil {
		return nil, bad
	}
	return hclsyntax.ParseExpression(text, name, start)
}

// refused says what of a file would take more memory than it is worth.
func refused(tokens hclsyntax.Tokens) hcl.Diagnostics {
	if at, deep := nesting(tokens); deep {
		return tooDeep(at)
	}
	for _, t := range tokens {
		if t.Type == hclsyntax.TokenNumberLit && exponentDigits(t.Bytes) > maxExponentDigits {
			return outOfRange(fmt.Sprintf("the exponent of this number has more than %d digits: %s", maxExponentDigits, t.Bytes), t.Range)
		}
	}
	return nil
}

func outOfRange(what string, at hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Number out of range", Detail: strings.ToUpper(what[:1]) + what[1:] + ".", Subject: &at,
	}}
}

func tooDeep(at hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Too deeply nested",
		Detail: "Expressions and blocks may be nested up to 1000 levels, operators counted.", Subject: &at,
	}}
}

// nesting finds the place where tokens are nested deeper than maxNested. What
// counts is the depth of the syntax tree: brackets, and the operators, indexes
// and conditions that follow each other in one expression.
func nesting(tokens hclsyntax.Tokens) (hcl.Range, bool) {
	type frame struct {
		chain int  // operators since the last separator
		lines bool // whether a new line separates
	}
	frames := []frame{{lines: true}}
	depth := 0
	for _, t := range tokens {
		top := &frames[len(frames)-1]
		switch t.Type {
		case hclsyntax.TokenOBrack: // also an index, which makes the tree deeper by itself
			top.chain++
			depth += 2
			frames = append(frames, frame{})
		case hclsyntax.TokenOBrace:
			depth++
			frames = append(frames, frame{lines: true})
		case hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
			depth++
			frames = append(frames, frame{})
		case hclsyntax.TokenTemplateControl: // if and for hold what follows
			top.chain++
			depth += 2
			frames = append(frames, frame{})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(frames) > 1 {
				depth -= top.chain + 1
				frames = frames[:len(frames)-1]
			}
		case hclsyntax.TokenComma:
			depth -= top.chain
			top.chain = 0
		case hclsyntax.TokenNewline:
			if top.lines {
				depth -= top.chain
				top.chain = 0
			}
		case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent,
			hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
			hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
			hclsyntax.TokenBang, hclsyntax.TokenDot, hclsyntax.TokenQuestion, hclsyntax.TokenColon, hclsyntax.TokenDoubleColon:
			top.chain++
			depth++
		default: // names, literals and what only the parser refuses
		}
		if depth > maxNested {
			return t.Range, true
		}
	}
	return hcl.Range{}, false
}
