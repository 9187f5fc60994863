package iam

import "strings"

// TokenKind is the kind of a [Token].
type TokenKind int

// Kinds of tokens.
const (
	Literal  TokenKind = iota // the text itself
	AnyRun                    // *
	AnyOne                    // ?
	Variable                  // ${Text}, or ${Text, 'Default'}
)

// Token is a piece of a value: text, a wildcard or a policy variable.
type Token struct {
	Kind       TokenKind
	Text       string // of a Literal; the key of a Variable
	Default    string // of a Variable
	HasDefault bool
}

// ParseTemplate splits a value into tokens. With variables set, ${key} is a
// policy variable, and ${*}, ${?} and ${$} are the characters themselves;
// otherwise, as in policies of 2008, a $ is plain text. A ${ that is not
// closed, or holds no key, is plain text too. Neighbouring literals are one
// token.
func ParseTemplate(s string, variables bool) []Token {
	var tokens []Token
	literal := func(text string) {
		if n := len(tokens); n > 0 && tokens[n-1].Kind == Literal {
			tokens[n-1].Text += text
		} else if text != "" {
			tokens = append(tokens, Token{Kind: Literal, Text: text})
		}
	}
	for s != "" {
		stop := "*?"
		if variables {
			stop = "*?$"
		}
		i := strings.IndexAny(s, stop)
		if i < 0 {
			literal(s)
			break
		}
		literal(s[:i])
		s = s[i:]
		switch s[0] {
		case '*':
			tokens = append(tokens, Token{Kind: AnyRun})
			s = s[1:]
		case '?':
			tokens = append(tokens, Token{Kind: AnyOne})
			s = s[1:]
		default:
			t, rest, ok := variable(s)
			switch {
			case !ok:
				literal("$")
			case t.Kind == Literal:
				literal(t.Text)
			default:
				tokens = append(tokens, t)
			}
			s = rest
		}
	}
	return tokens
}

// variable reads the ${…} at the start of s. When there is none, the rest is
// s without its $.
func variable(s string) (t Token, rest string, ok bool) {
	end := strings.IndexByte(s, '}')
	if !strings.HasPrefix(s, "${") || end < 0 {
		return Token{}, s[1:], false
	}
	body, rest := s[2:end], s[end+1:]
	if body == "*" || body == "?" || body == "$" {
		return Token{Kind: Literal, Text: body}, rest, true
	}
	key, fallback, _ := strings.Cut(body, ",")
	if key = strings.TrimSpace(key); key == "" {
		return Token{}, s[1:], false
	}
	t = Token{Kind: Variable, Text: key}
	// reference_policies_variables: a comma, a space, single quotes.
	fallback = strings.TrimSpace(fallback)
	if n := len(fallback); n >= 2 && fallback[0] == '\'' && fallback[n-1] == '\'' {
		t.Default, t.HasDefault = fallback[1:n-1], true
	}
	return t, rest, true
}

// HasVariables reports whether s holds a policy variable or one of the escapes
// ${*}, ${?} and ${$}, all of which need Version 2012-10-17.
func HasVariables(s string) bool {
	for i := strings.Index(s, "${"); i >= 0; {
		if _, _, ok := variable(s[i:]); ok {
			return true
		}
		next := strings.Index(s[i+1:], "${")
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// Escape returns the pattern that matches s and nothing else in a policy of
// 2012-10-17: its *, ? and $ are written ${*}, ${?} and ${$}.
func Escape(s string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(s)
}
