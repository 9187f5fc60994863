package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
)

// conditionWords says a condition in plain English. What it does to a request
// without the key is part of it, since that is what people get wrong.
func conditionWords(c iam.Condition) string {
	list := valuesWords(c.Values)
	negated := c.Operator.Negated()
	var said string
	switch base := strings.TrimPrefix(strings.TrimPrefix(c.Operator.Base, "Not"), "not"); {
	case c.Operator.Base == "Null":
		if len(c.Values) == 1 && strings.EqualFold(c.Values[0], "true") {
			return "the request does not carry " + c.Key
		}
		if len(c.Values) == 1 && strings.EqualFold(c.Values[0], "false") {
			return "the request carries " + c.Key
		}
		return fmt.Sprintf("whether the request lacks %s is %s", c.Key, list)
	case c.Operator.Base == "Bool":
		said = "is " + strings.ToLower(strings.Join(c.Values, " or "))
	case base == "IpAddress":
		said = either(negated, "is outside ", "is within ") + list
	case strings.Contains(base, "LessThanEquals"):
		said = either(base[0] == 'D', "is not after ", "is at most ") + list
	case strings.Contains(base, "LessThan"):
		said = either(base[0] == 'D', "is before ", "is less than ") + list
	case strings.Contains(base, "GreaterThanEquals"):
		said = either(base[0] == 'D', "is not before ", "is at least ") + list
	case strings.Contains(base, "GreaterThan"):
		said = either(base[0] == 'D', "is after ", "is more than ") + list
	case strings.HasSuffix(base, "Like"), strings.HasPrefix(base, "Arn"):
		said = either(negated, "does not match ", "matches ") + list
	default:
		said = either(negated, "is not ", "is ") + list
		if strings.HasSuffix(base, "IgnoreCase") {
			said += ", whatever the case of letters"
		}
	}
	absent := ", or the request does not carry it"
	switch c.Operator.Set {
	case iam.ForAnyValue:
		return fmt.Sprintf("some value of %s %s", c.Key, said)
	case iam.ForAllValues:
		return fmt.Sprintf("every value of %s %s%s", c.Key, said, absent)
	case iam.NoSet:
	}
	if !negated && !c.Operator.IfExists {
		absent = ""
	}
	return fmt.Sprintf("%s %s%s", c.Key, said, absent)
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// valuesWords lists alternatives.
func valuesWords(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	if n := len(out); n > 1 {
		return strings.Join(out[:n-1], ", ") + " or " + out[n-1]
	}
	return strings.Join(out, "")
}

// exceptionWords says whom an exception exempts, until when and on what.
func exceptionWords(r exception.Record) string {
	var who []string
	add := func(what string, values []string) {
		if len(values) > 0 {
			who = append(who, what+" "+strings.Join(values, ", "))
		}
	}
	add("", r.Principals)
	add("permission set", r.PermissionSets)
	add("account", r.Accounts)
	add("organization path", r.OrgPaths)
	for _, k := range slices.Sorted(maps.Keys(r.PrincipalTags)) {
		add("principals tagged "+k+" =", r.PrincipalTags[k])
	}
	said := strings.TrimSpace(strings.Join(who, "; "))
	if len(r.Resources) > 0 {
		said += ", on " + strings.Join(r.Resources, ", ")
	}
	if !r.Expires.IsZero() {
		said += ", until " + r.Expires.UTC().Format("2006-01-02T15:04:05Z")
	}
	return said
}
