package symbolic

import (
	"encoding/binary"
	"slices"

	"github.com/parapet-dev/parapet/internal/iam"
)

// supposition is an atom that is taken to hold, or not to.
type supposition struct {
	atom int
	want bool
}

func (s supposition) code() int {
	if s.want {
		return s.atom << 1
	}
	return s.atom<<1 | 1
}

// answer is what a theory says of suppositions on one key.
type answer struct {
	ok      bool
	value   value
	open    bool   // a variable decides: the value is a guess
	unknown string // why neither a value nor a proof was found
}

// theory decides suppositions on one key at a time.
type theory struct {
	atoms  []*atom
	sets   func(key string) bool // whether a key can have a set of values
	limit  int                   // of states, for one question
	budget int                   // of states, for all
	stats  *Stats
	cache  map[string]answer
	recent map[string][]value // values found for a key, latest last
}

// fewRecent is how many values of a key are tried before a search.
const fewRecent = 8

// check decides a list of suppositions on one key, sorted by their code.
func (t *theory) check(list []supposition) answer {
	id := make([]byte, 0, 4*len(list))
	for _, s := range list {
		id = binary.BigEndian.AppendUint32(id, uint32(s.code()))
	}
	if known, ok := t.cache[string(id)]; ok {
		return known
	}
	key := t.atoms[list[0].atom].key
	for _, v := range slices.Backward(t.recent[key]) {
		if t.fits(list, v) {
			return answer{ok: true, value: v}
		}
	}
	t.stats.Checks++
	a := t.decide(key, list, nil)
	t.cache[string(id)] = a
	if a.ok && !a.open {
		r := append(t.recent[key], a.value)
		t.recent[key] = r[max(0, len(r)-fewRecent):]
	}
	return a
}

// fits reports whether a value is known to meet all suppositions.
func (t *theory) fits(list []supposition, v value) bool {
	for _, s := range list {
		if h := t.atoms[s.atom].on(v); h != surely && s.want || h != never && !s.want {
			return false
		}
	}
	return true
}

// decide is check without what was learned before. With a text given, it is
// preferred: a value of text must match it.
func (t *theory) decide(key string, list []supposition, prefer glob) answer {
	switch key {
	case theAction:
		// service:Name, see the package documentation.
		return t.text(list, nil, shape{need: []glob{plainGlob("?*:?*")}, never: []glob{plainGlob("*:*:*")}}, prefer)
	case theResource:
		return t.resource(list, prefer)
	case thePrincipal:
		return t.principal(list)
	}
	return t.condition(key, list, prefer)
}

// resource finds a resource: "*", or an ARN.
func (t *theory) resource(list []supposition, prefer glob) answer {
	star := !slices.ContainsFunc(list, func(s supposition) bool { return t.atoms[s.atom].star != s.want })
	if star && prefer == nil {
		return answer{ok: true, value: single("*")}
	}
	arn, _, _ := arnGlob("arn:?*:?*:*:*:?*", false, 6)
	return t.text(list, nil, shape{need: []glob{arn}}, prefer)
}

// text finds a text for atoms that are elements.
func (t *theory) text(list []supposition, more []claim, s shape, prefer glob) answer {
	for _, l := range list {
		more = append(more, claim{&t.atoms[l.atom].test, l.want})
	}
	text, a := t.find(more, s, prefer)
	a.value = single(text)
	return a
}

// condition finds a value of a condition key: none, one, or a set.
func (t *theory) condition(key string, list []supposition, prefer glob) answer {
	holds := func(of func(*atom) bool) bool {
		return !slices.ContainsFunc(list, func(s supposition) bool { return of(t.atoms[s.atom]) != s.want })
	}
	if prefer == nil && holds((*atom).onAbsent) {
		return answer{ok: true}
	}
	var problem answer // a kind of value for which nothing was proved
	for _, kind := range []func() answer{
		func() answer { return t.oneValue(list, prefer) },
		func() answer { return t.emptyText(list) },
		func() answer {
			if !t.sets(key) {
				return answer{}
			}
			if holds((*atom).onEmptySet) {
				return answer{ok: true, value: value{kind: set}}
			}
			return t.someValues(list, prefer)
		},
	} {
		switch a := kind(); {
		case a.ok:
			return a
		case a.unknown != "" && problem.unknown == "":
			problem = a
		}
	}
	return problem
}

// onEmptySet reports whether the condition holds for a set without values. An
// operator without a set operator finds no value to look at.
func (a *atom) onEmptySet() bool { return !a.plain() && a.onNothing() }

// oneValue finds a single value that is not empty: set operators then speak of
// it alone.
func (t *theory) oneValue(list []supposition, prefer glob) answer {
	var claims []claim
	for _, s := range list {
		a := t.atoms[s.atom]
		if a.isNull {
			if (a.null&asksPresent != 0) != s.want {
				return answer{}
			}
			continue
		}
		claims = append(claims, claim{&a.test, s.want != a.negated})
	}
	text, a := t.find(claims, filled(), prefer)
	a.value = single(text)
	return a
}

// filled is the shape of a text that is not empty.
func filled() shape { return shape{need: []glob{plainGlob("?*")}} }

// emptyText tries the empty text, which is a value, though none for a set
// operator.
func (t *theory) emptyText(list []supposition) answer {
	out := answer{ok: true, value: single("")}
	for _, s := range list {
		switch t.atoms[s.atom].on(out.value) {
		case perhaps:
			out.open = true
		case surely:
			if !s.want {
				return answer{}
			}
		case never:
			if s.want {
				return answer{}
			}
		}
	}
	return out
}

// someValues finds a set of values. Suppositions either limit every value or
// ask for one: ForAllValues limits when it is to hold, ForAnyValue when it is
// not to. An operator without a set operator does not hold for a set.
func (t *theory) someValues(list []supposition, prefer glob) answer {
	var every, some []claim
	for _, s := range list {
		a := t.atoms[s.atom]
		c := claim{&a.test, s.want != a.negated}
		switch {
		case a.isNull:
			if (a.null&asksPresent != 0) != s.want {
				return answer{}
			}
		case a.plain():
			if s.want {
				return answer{}
			}
		case (a.set == iam.ForAllValues) == s.want:
			every = append(every, c)
		default:
			some = append(some, c)
		}
	}
	out := answer{ok: true}
	var values []string
	for _, c := range some {
		text, a := t.find(append(slices.Clone(every), c), filled(), prefer)
		if !a.ok {
			if text, a = "", t.alone(append(slices.Clone(every), c), a); !a.ok {
				return a
			}
		}
		out.open = out.open || a.open
		values = append(values, text)
	}
	values = distinct(values)
	if len(values) == 1 && values[0] == "" {
		// An empty text alone is an empty set: it needs company.
		text, a := t.find(every, filled(), nil)
		if !a.ok {
			return a
		}
		out.open = out.open || a.open
		values = append(values, text)
	}
	out.value = value{kind: set, texts: values}
	return out
}

// alone tries the empty text as a value of a set; before is what was found
// without it.
func (t *theory) alone(claims []claim, before answer) answer {
	out := answer{ok: true}
	for _, c := range claims {
		switch m := c.test.on(""); {
		case m == perhaps:
			out.open = true
		case (m == surely) != c.want:
			return before
		}
	}
	return out
}
