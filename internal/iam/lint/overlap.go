package lint

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
)

// placeholders turns an ARN template into a pattern: each ${…} becomes *.
func placeholders(template string) string {
	var b strings.Builder
	for rest := template; ; {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte('*')
		_, rest, _ = strings.Cut(after, "}")
	}
}

// overlaps reports whether some ARN of the template matches the pattern.
// Variables may be anything.
func overlaps(pattern, template string, variables bool) bool {
	// Variables become * first, so that their colons do not count.
	var b strings.Builder
	for _, t := range iam.ParseTemplate(pattern, variables) {
		switch t.Kind {
		case iam.Literal:
			b.WriteString(t.Text)
		case iam.AnyOne:
			b.WriteByte('?')
		case iam.AnyRun, iam.Variable:
			b.WriteByte('*')
		}
	}
	p, okP := iam.SplitARN(iam.CompleteARN(b.String()))
	t, okT := iam.SplitARN(placeholders(template))
	if !okP || !okT {
		return !okT
	}
	return intersect(p.Partition, t.Partition) && intersect(p.Service, t.Service) && intersect(p.Region, t.Region) &&
		intersect(p.Account, t.Account) && intersect(p.Resource, t.Resource)
}

// intersect reports whether two patterns match a string in common.
func intersect(a, b string) bool {
	// next[j] says whether a[i+1:] and b[j:] meet; row by row from the end.
	next := make([]bool, len(b)+1)
	row := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i < len(a) && a[i] == '*':
				row[j] = next[j] || j < len(b) && row[j+1]
			case j < len(b) && b[j] == '*':
				row[j] = row[j+1] || i < len(a) && next[j]
			case i < len(a) && j < len(b):
				row[j] = (a[i] == b[j] || a[i] == '?' || b[j] == '?') && next[j+1]
			default:
				row[j] = false
			}
		}
		row, next = next, row
	}
	return next[0]
}

// contradiction warns of conditions that cannot hold together: Null asking
// that a key be absent beside an operator that needs it, and two lists of
// values without one in common.
func (l *linter) contradiction(s iam.Statement) bool {
	for i, a := range s.Conditions {
		for _, b := range s.Conditions[:i] {
			if !strings.EqualFold(a.Key, b.Key) || !(clash(a, b) || clash(b, a)) {
				continue
			}
			place := l.at.Statement
			if i < len(l.at.Keys) {
				place = l.at.Keys[i]
			}
			l.add(diag.Warningf("iam-lint-never", "the statement can never match").
				WithDetail("%s %s and %s exclude each other.", a.Key, a.Operator, b.Operator).
				WithHint("conditions of one statement hold together; write two statements for alternatives"), place)
			return true
		}
	}
	return false
}

// clash reports whether two conditions on one key exclude each other.
func clash(a, b iam.Condition) bool {
	if a.Operator.Family() == iam.NullFamily {
		absent := slices.ContainsFunc(a.Values, func(v string) bool { return strings.EqualFold(v, "true") })
		present := slices.ContainsFunc(a.Values, func(v string) bool { return strings.EqualFold(v, "false") })
		if b.Operator.Family() == iam.NullFamily {
			return false // one Null a key: Null twice is a duplicate key
		}
		return absent && !present && needsKey(b.Operator)
	}
	if a.Operator.Set != iam.NoSet || b.Operator.Set != iam.NoSet || a.Operator.Base != "StringEquals" || b.Operator.IfExists && a.Operator.IfExists {
		return false
	}
	if slices.ContainsFunc(append(slices.Clone(a.Values), b.Values...), iam.HasVariables) {
		return false
	}
	switch b.Operator.Base {
	case "StringNotEquals": // every value that one wants the other refuses
		return !a.Operator.IfExists && len(a.Values) > 0 && !slices.ContainsFunc(a.Values, func(v string) bool { return !slices.Contains(b.Values, v) })
	case "StringEquals", "StringLike":
		return !slices.ContainsFunc(a.Values, func(v string) bool {
			return slices.ContainsFunc(b.Values, func(w string) bool { return v == w || b.Operator.Base == "StringLike" && iam.Match(w, v) })
		})
	}
	return false
}

// needsKey reports whether an operator is false for an absent key.
func needsKey(op iam.Operator) bool {
	switch op.Set {
	case iam.ForAnyValue:
		return true
	case iam.ForAllValues:
		return false
	case iam.NoSet:
	}
	return !op.Negated() && !op.IfExists
}
