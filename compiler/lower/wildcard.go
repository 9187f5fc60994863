package lower

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxPatterns bounds the wildcard patterns that one expression may become.
const maxPatterns = 64

// escape writes a fixed string as an IAM pattern: *, ? and $ stand for
// themselves as ${*}, ${?} and ${$}.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func escape(s string) string {
	if !strings.ContainsAny(s, "*?$") {
		return s
	}
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(s)
}

// regexToWildcards writes a regular expression as wildcard patterns that accept
// exactly the same strings, when there is such a finite list. Values are taken
// to hold no line breaks, so that "." is any character.
func regexToWildcards(expr string) ([]string, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("regex %q does not parse: %w", expr, err)
	}
	ps, err := patterns(re.Simplify())
	if err != nil {
		return nil, fmt.Errorf("regex %q is not a finite set of IAM wildcards: %w", expr, err)
	}
	out := make([]string, 0, len(ps))
	for _, p := range ps {
		if !p.start {
			p.text = "*" + p.text
		}
		if !p.end {
			p.text += "*"
		}
		for strings.Contains(p.text, "**") {
			p.text = strings.ReplaceAll(p.text, "**", "*")
		}
		out = append(out, p.text)
	}
	return out, nil
}

// piece is one alternative of a regular expression as a pattern; start and end
// say whether it is anchored.
type piece struct {
	text       string
	start, end bool
}

var errUnbounded = errors.New("it repeats something other than any character")

// patterns lists the alternatives of a simplified expression.
func patterns(re *syntax.Regexp) ([]piece, error) {
	if re.Flags&syntax.FoldCase != 0 && re.Op == syntax.OpLiteral && strings.ToLower(string(re.Rune)) != strings.ToUpper(string(re.Rune)) {
		return nil, errors.New("it ignores case")
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []piece{{}}, nil
	case syntax.OpLiteral:
		return []piece{{text: escape(string(re.Rune))}}, nil
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []piece{{text: "?"}}, nil
	case syntax.OpBeginText, syntax.OpBeginLine:
		return []piece{{start: true}}, nil
	case syntax.OpEndText, syntax.OpEndLine:
		return []piece{{end: true}}, nil
	case syntax.OpCapture:
		return patterns(re.Sub[0])
	case syntax.OpCharClass:
		return classPatterns(re)
	case syntax.OpQuest:
		ps, err := patterns(re.Sub[0])
		if err != nil {
			return nil, err
		}
		ps = append([]piece{{}}, ps...)
		return ps, tooMany(ps)
	case syntax.OpStar, syntax.OpPlus:
		if op := re.Sub[0].Op; op != syntax.OpAnyChar && op != syntax.OpAnyCharNotNL {
			return nil, errUnbounded
		}
		if re.Op == syntax.OpPlus {
			return []piece{{text: "?*"}}, nil
		}
		return []piece{{text: "*"}}, nil
	case syntax.OpAlternate:
		var out []piece
		for _, sub := range re.Sub {
			ps, err := patterns(sub)
			if err != nil {
				return nil, err
			}
			out = append(out, ps...)
		}
		return out, tooMany(out)
	case syntax.OpConcat:
		return concatPatterns(re.Sub)
	}
	return nil, fmt.Errorf("%s has no wildcard form", re)
}

func tooMany(ps []piece) error {
	if len(ps) > maxPatterns {
		return fmt.Errorf("it has more than %d alternatives", maxPatterns)
	}
	return nil
}

func classPatterns(re *syntax.Regexp) ([]piece, error) {
	var out []piece
	for i := 0; i+1 < len(re.Rune); i += 2 {
		if int(re.Rune[i+1]-re.Rune[i]) >= maxPatterns {
			return nil, fmt.Errorf("the class %s has too many characters", re)
		}
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			out = append(out, piece{text: escape(string(r))})
		}
	}
	return out, tooMany(out)
}

func concatPatterns(subs []*syntax.Regexp) ([]piece, error) {
	out := []piece{{}}
	for _, sub := range subs {
		ps, err := patterns(sub)
		if err != nil {
			return nil, err
		}
		var next []piece
		for _, o := range out {
			for _, p := range ps {
				if p.start && o.text != "" || o.end && p.text != "" {
					return nil, errors.New("an anchor stands inside it")
				}
				next = append(next, piece{o.text + p.text, o.start || p.start, o.end || p.end})
			}
		}
		if err := tooMany(next); err != nil {
			return nil, err
		}
		out = next
	}
	return out, nil
}

// globToWildcard writes a glob of OPA's glob.match as an IAM pattern. OPA's *
// stops at the delimiters ("." when the list is empty; none when it is null),
// and IAM's does not: then wider says what the pattern accepts too much.
func globToWildcard(pattern string, delimiters ast.Value) (text, wider string, err error) {
	if strings.ContainsAny(pattern, `[]{}!\`) {
		return "", "", fmt.Errorf("glob %q has classes or alternatives, which IAM's wildcards lack", pattern)
	}
	stops := ""
	if d, ok := delimiters.(*ast.Array); ok {
		if d.Len() == 0 {
			stops = "."
		}
		d.Foreach(func(t *ast.Term) {
			if s, ok := t.Value.(ast.String); ok {
				stops += string(s)
			}
		})
	}
	if stops != "" && strings.ContainsAny(strings.ReplaceAll(pattern, "**", ""), "*?") {
		wider = fmt.Sprintf("in glob.match(%q, …) the star stops at %q and IAM's does not; null as delimiters would make them agree", pattern, stops)
	}
	text = strings.ReplaceAll(pattern, "$", "${$}")
	for strings.Contains(text, "**") {
		text = strings.ReplaceAll(text, "**", "*")
	}
	return text, wider, nil
}
