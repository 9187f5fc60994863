package symbolic

import (
	"fmt"
	"slices"
	"strings"
)

// shape is what a text must look like, whatever the policy says.
type shape struct {
	need, never []glob
}

// find looks for a text that passes all claims. With prefer, it must match that
// as well.
func (t *theory) find(claims []claim, s shape, prefer glob) (string, answer) {
	var byTheSort [sorts][]claim
	for _, c := range claims {
		byTheSort[c.test.sort] = append(byTheSort[c.test.sort], c)
	}
	var used []sort
	for of := ofNumber; of < sorts; of++ {
		if byTheSort[of] != nil {
			used = append(used, of)
		}
	}
	if len(used) == 0 {
		return t.findText(claims, s, prefer)
	}
	texts := byTheSort[ofText]
	if len(used) == 1 && texts == nil {
		for _, v := range candidates(used[0], claims) {
			if passes(v, claims) {
				return v, answer{ok: true}
			}
		}
		return "", answer{}
	}
	return t.findMixed(used, byTheSort, claims, s)
}

// findMixed looks for a text where one key meets operators of several sorts.
// It proves that there is none only where one sort alone has none.
func (t *theory) findMixed(used []sort, byTheSort [sorts][]claim, claims []claim, s shape) (string, answer) {
	text, a := t.findText(byTheSort[ofText], s, nil)
	if !a.ok {
		return "", a
	}
	all := []string{text}
	for _, of := range used {
		own := candidates(of, claims)
		if !slices.ContainsFunc(own, func(v string) bool { return passes(v, byTheSort[of]) }) {
			return "", answer{}
		}
		all = append(all, own...)
	}
	for _, v := range all {
		if passes(v, claims) {
			return v, answer{ok: true}
		}
	}
	return "", answer{unknown: "one key meets operators of different types"}
}

// passes reports whether a text passes all claims for sure.
func passes(text string, claims []claim) bool {
	return !slices.ContainsFunc(claims, func(c claim) bool {
		m := c.test.on(text)
		return c.want && m != surely || !c.want && m != never
	})
}

// findText puts the question to the automaton. A pattern with variables
// matches at most what it would with * for each; where the same pattern must
// not match, it helps nothing.
func (t *theory) findText(claims []claim, s shape, prefer glob) (string, answer) {
	q := question{never: slices.Clone(s.never)}
	for _, g := range s.need {
		q.need = append(q.need, []glob{g})
	}
	open := false
	refused := map[string]bool{}
	for _, c := range claims {
		if !c.want {
			q.never = append(q.never, c.test.globs...)
			for _, r := range c.test.relaxed {
				refused[r.text], open = true, true
			}
		}
	}
	for _, c := range claims {
		if !c.want {
			continue
		}
		list := slices.Clone(c.test.globs)
		for _, r := range c.test.relaxed {
			if !refused[r.text] {
				list, open = append(list, r.glob), true
			}
		}
		if len(list) == 0 {
			return "", answer{}
		}
		q.need = append(q.need, list)
	}
	limit := min(t.limit, t.budget)
	if prefer != nil {
		q.need = append(q.need, []glob{prefer})
		limit = min(limit, preferLimit)
	}
	text, found, states, gaveUp := q.search(limit)
	t.budget -= states
	t.stats.States += states
	if gaveUp {
		return "", answer{unknown: fmt.Sprintf("limit of %d states reached%s", states, hardest(claims))}
	}
	return text, answer{ok: found, open: open}
}

// preferLimit bounds the search for a text that reads well.
const preferLimit = 2000

// hardest names the pattern with the most wildcards, the likely reason for a
// question that is too hard.
func hardest(claims []claim) string {
	worst, most := "", 0
	for _, c := range claims {
		for _, text := range c.test.texts {
			if n := strings.Count(text, "*") + strings.Count(text, "?"); n > most {
				worst, most = text, n
			}
		}
	}
	if worst == "" {
		return ""
	}
	return fmt.Sprintf(", with patterns like %q", worst)
}
