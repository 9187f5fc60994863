package source

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Bounds of nesting. Parsers and walks of syntax trees recurse, and the stack of
// the process is bounded.
const (
	maxDepth     = 10_000 // brackets
	maxOperators = 30_000 // in one expression, with those around it
)

// nesting counts what is open at a place of the code.
type nesting struct {
	open      []level
	operators int
}

// level is an open bracket.
type level struct {
	bracket byte // $ is the brace of a template
	base    int  // operators outside of it
}

func (n *nesting) tooDeep() bool { return len(n.open) > maxDepth || n.operators > maxOperators }

func (n *nesting) enter(bracket byte) {
	base := n.operators
	if n.operators++; bracket != '$' {
		base++ // calls and indexes follow each other, parts of a text do not
	}
	n.open = append(n.open, level{bracket, base})
}

// leave closes a bracket. A brace closes also what is open inside of it.
func (n *nesting) leave(bracket byte) {
	for i, l := range slices.Backward(n.open) {
		if bracket == '{' && l.bracket == '$' || l.bracket == bracket {
			n.operators, n.open = l.base, n.open[:i]
			return
		}
		if bracket != '{' {
			return
		}
	}
}

// separate ends an expression. Line ends do so in bodies and objects only.
func (n *nesting) separate(line bool) {
	if len(n.open) == 0 {
		n.operators = 0
	} else if l := n.open[len(n.open)-1]; !line || l.bracket == '{' {
		n.operators = l.base
	}
}

// tooDeep reports whether a file may be nested deeper than is read.
func tooDeep(text []byte, json bool) bool {
	if !maybeDeep(text) || json {
		return maybeDeep(text)
	}
	tokens, _ := hclsyntax.LexConfig(text, "", hcl.InitialPos)
	var n nesting
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace:
			n.enter('{')
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			n.enter('$')
		case hclsyntax.TokenOParen:
			n.enter('(')
		case hclsyntax.TokenOBrack:
			n.enter('[')
		case hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			n.leave('{')
		case hclsyntax.TokenCParen:
			n.leave('(')
		case hclsyntax.TokenCBrack:
			n.leave('[')
		case hclsyntax.TokenComma:
			n.separate(false)
		case hclsyntax.TokenNewline:
			n.separate(true)
		case hclsyntax.TokenComment: // # and // hold the line end
			if t.Bytes[len(t.Bytes)-1] == '\n' {
				n.separate(true)
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
		default:
			n.operators++
		}
		if n.tooDeep() {
			return true
		}
	}
	return false
}

// maybeDeep is quick and counts also what stands in comments and texts.
func maybeDeep(text []byte) bool {
	var n nesting
	for i, b := range text {
		switch b {
		case '(', '[':
			n.enter(b)
		case '{':
			if i > 0 && (text[i-1] == '$' || text[i-1] == '%') {
				b = '$'
			}
			n.enter(b)
		case ')':
			n.leave('(')
		case ']':
			n.leave('[')
		case '}':
			n.leave('{')
		case ',':
			n.separate(false)
		case '\n':
			n.separate(true)
		case '+', '-', '*', '/', '%', '<', '>', '=', '!', '&', '|', '?':
			n.operators++
		}
		if n.tooDeep() {
			return true
		}
	}
	return false
}
