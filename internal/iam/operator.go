package iam

import (
	"fmt"
	"slices"
	"strings"
)

// Family groups the condition operators that read a value in the same way.
type Family int

// Families.
const (
	StringFamily  Family = iota // text, equal or by wildcard
	NumericFamily               // integers and decimals
	DateFamily                  // ISO 8601 instants or seconds since 1970
	BoolFamily                  // true or false
	BinaryFamily                // base64, compared as bytes
	IPFamily                    // addresses and CIDR ranges
	ARNFamily                   // ARNs, six parts compared one by one
	NullFamily                  // presence of the key
)

// operators lists every operator under its lower-case name. Source:
// reference_policies_elements_condition_operators in the IAM User Guide.
var operators = map[string]struct {
	name    string
	family  Family
	negated bool
}{
	"stringequals":              {"StringEquals", StringFamily, false},
	"stringnotequals":           {"StringNotEquals", StringFamily, true},
	"stringequalsignorecase":    {"StringEqualsIgnoreCase", StringFamily, false},
	"stringnotequalsignorecase": {"StringNotEqualsIgnoreCase", StringFamily, true},
	"stringlike":                {"StringLike", StringFamily, false},
	"stringnotlike":             {"StringNotLike", StringFamily, true},
	"numericequals":             {"NumericEquals", NumericFamily, false},
	"numericnotequals":          {"NumericNotEquals", NumericFamily, true},
	"numericlessthan":           {"NumericLessThan", NumericFamily, false},
	"numericlessthanequals":     {"NumericLessThanEquals", NumericFamily, false},
	"numericgreaterthan":        {"NumericGreaterThan", NumericFamily, false},
	"numericgreaterthanequals":  {"NumericGreaterThanEquals", NumericFamily, false},
	"dateequals":                {"DateEquals", DateFamily, false},
	"datenotequals":             {"DateNotEquals", DateFamily, true},
	"datelessthan":              {"DateLessThan", DateFamily, false},
	"datelessthanequals":        {"DateLessThanEquals", DateFamily, false},
	"dategreaterthan":           {"DateGreaterThan", DateFamily, false},
	"dategreaterthanequals":     {"DateGreaterThanEquals", DateFamily, false},
	"bool":                      {"Bool", BoolFamily, false},
	"binaryequals":              {"BinaryEquals", BinaryFamily, false},
	"ipaddress":                 {"IpAddress", IPFamily, false},
	"notipaddress":              {"NotIpAddress", IPFamily, true},
	"arnequals":                 {"ArnEquals", ARNFamily, false},
	"arnnotequals":              {"ArnNotEquals", ARNFamily, true},
	"arnlike":                   {"ArnLike", ARNFamily, false},
	"arnnotlike":                {"ArnNotLike", ARNFamily, true},
	"null":                      {"Null", NullFamily, false},
}

// Operators returns the base operators in their canonical spelling, sorted.
func Operators() []string {
	names := make([]string, 0, len(operators))
	for _, o := range operators {
		names = append(names, o.name)
	}
	slices.Sort(names)
	return names
}

// ParseOperator reads an operator in any case, with its set operator and its
// IfExists. Null takes no IfExists: it tests existence itself.
func ParseOperator(s string) (Operator, error) {
	var op Operator
	rest := strings.ToLower(s)
	if set, base, ok := strings.Cut(rest, ":"); ok {
		switch set {
		case "foranyvalue":
			op.Set = ForAnyValue
		case "forallvalues":
			op.Set = ForAllValues
		default:
			return Operator{}, fmt.Errorf("unknown set operator %q: it is ForAnyValue or ForAllValues", s[:len(set)])
		}
		rest = base
	}
	rest, op.IfExists = strings.CutSuffix(rest, "ifexists")
	known, ok := operators[rest]
	if !ok {
		return Operator{}, fmt.Errorf("unknown condition operator %q", s)
	}
	if op.IfExists && known.family == NullFamily {
		return Operator{}, fmt.Errorf("%q: Null tests existence itself and takes no IfExists", s)
	}
	op.Base = known.name
	return op, nil
}

// Family returns how the operator reads values. An operator that
// [ParseOperator] does not know counts as one of strings.
func (o Operator) Family() Family { return operators[strings.ToLower(o.Base)].family }

// Negated reports whether the operator holds when no value matches. A negated
// operator holds for a key that the request does not carry.
func (o Operator) Negated() bool { return operators[strings.ToLower(o.Base)].negated }

// Wildcards reports whether * and ? in the operator's values are wildcards.
// ArnEquals behaves as ArnLike does.
func (o Operator) Wildcards() bool {
	return o.Family() == ARNFamily || o.Base == "StringLike" || o.Base == "StringNotLike"
}

// Variables reports whether policy variables in the operator's values are
// filled in: for strings, ARNs and Bool only.
func (o Operator) Variables() bool {
	switch o.Family() {
	case StringFamily, ARNFamily, BoolFamily:
		return true
	default:
		return false
	}
}

// nearest returns the operator that a misspelled one is near to, with its
// modifiers; empty when there is none.
func nearest(s string) string {
	set, base, ok := strings.Cut(s, ":")
	if !ok {
		set, base = "", s
	}
	base, ifExists := strings.CutSuffix(base, "IfExists")
	best := Nearest(base, Operators())
	if best == "" {
		return ""
	}
	if ifExists && best != "Null" {
		best += "IfExists"
	}
	for _, known := range []SetOperator{ForAnyValue, ForAllValues} {
		if ok && Nearest(set, []string{string(known)}) != "" {
			return string(known) + ":" + best
		}
	}
	return best
}

// Nearest returns the known name closest to s, without regard to case, if it is
// close enough to be what was meant: one letter in four may differ.
func Nearest(s string, known []string) string {
	best, distance := "", max(len(s)/4, 1)+1
	s = strings.ToLower(s)
	for _, name := range known {
		if n := len(name) - len(s); n >= distance || -n >= distance {
			continue
		}
		if d := editDistance(s, strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance counts the letters to insert, remove or replace.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
