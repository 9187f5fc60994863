package symbolic

import "slices"

// core returns a part of suppositions that have no value together, such that
// none of it can be left out (Junker, QuickXplain, AAAI 2004).
func (t *theory) core(list []supposition) []supposition {
	out := t.explain(nil, list, false)
	slices.SortFunc(out, func(a, b supposition) int { return a.code() - b.code() })
	return out
}

// explain returns the part of list that is needed to clash with base. changed
// tells that base has grown since it was known not to clash alone.
func (t *theory) explain(base, list []supposition, changed bool) []supposition {
	if changed && t.clashes(base) {
		return nil
	}
	if len(list) == 1 {
		return list
	}
	left, right := list[:len(list)/2], list[len(list)/2:]
	needRight := t.explain(slices.Concat(base, left), right, true)
	needLeft := t.explain(slices.Concat(base, needRight), left, len(needRight) > 0)
	return slices.Concat(needLeft, needRight)
}

// clashes reports whether suppositions are known to have no value together.
func (t *theory) clashes(list []supposition) bool {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b supposition) int { return a.code() - b.code() })
	a := t.check(list)
	return !a.ok && a.unknown == ""
}
