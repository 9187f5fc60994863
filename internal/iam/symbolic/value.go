package symbolic

import (
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// value is what a request carries for a key. The zero value is an absent key.
type value struct {
	kind  valueKind
	texts []string
}

type valueKind uint8

const (
	absent valueKind = iota
	alone
	set
)

func single(text string) value { return value{kind: alone, texts: []string{text}} }

// simulated returns the value as iam/simulate has it.
func (v value) simulated() simulate.Value {
	if v.kind == set {
		return simulate.Set(v.texts...)
	}
	return simulate.Single(v.texts[0])
}

// maybe is what can be said of a value while variables are open.
type maybe uint8

const (
	never maybe = iota
	perhaps
	surely
)

func yesNo(b bool) maybe {
	if b {
		return surely
	}
	return never
}

// on tells whether the atom holds for a value.
func (a *atom) on(v value) maybe {
	switch {
	case v.kind == absent:
		return yesNo(a.onAbsent())
	case a.key == thePrincipal:
		return yesNo(a.principals.names(v.texts[0]))
	case a.key == theResource && v.texts[0] == "*":
		return yesNo(a.star)
	case a.isNull:
		return yesNo(a.null&asksPresent != 0)
	case a.set == iam.NoSet && v.kind == set:
		return never // no value can be chosen
	case a.set == iam.NoSet:
		return a.holds(v.texts[0])
	}
	texts := v.texts
	if len(texts) == 1 && texts[0] == "" {
		texts = nil // reference_policies_multi-value-conditions: a null data set
	}
	if a.set == iam.ForAllValues {
		out := surely
		for _, text := range texts {
			out = min(out, a.holds(text))
		}
		return out
	}
	out := never
	for _, text := range texts {
		out = max(out, a.holds(text))
	}
	return out
}

// holds applies the operator to one value: some value of the policy matches,
// or, negated, none does.
func (a *atom) holds(text string) maybe {
	if a.negated {
		return surely - a.test.on(text)
	}
	return a.test.on(text)
}
