package source

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/parapet-dev/parapet/internal/resource"
)

// choose returns the element of the code that stands for the element of a value
// at an index. The provider keeps many kinds of blocks as sets, so that their
// order in a plan is not that of the code: where the constants of the elements
// tell which one is meant, they decide; else it is the position.
func choose(elements []item, index int, values any) (item, bool) {
	list, _ := values.([]any)
	at, ok := position(elements, index, len(list))
	value, known := resource.Lookup(values, resource.Path{index})
	if !known || len(elements) < 2 {
		return at, ok
	}
	// More constants that are the same are more evidence. Where it is even, the
	// position decides, or else the first.
	var best item
	evidence := -1
	for _, e := range elements {
		n, agrees := e.agrees(value)
		if agrees && (n > evidence || n == evidence && ok && e.whole == at.whole) {
			best, evidence = e, n
		}
	}
	if evidence < 0 {
		return at, ok
	}
	return best, true
}

// position returns the element at an index. A dynamic one takes as many places
// as the others leave of n; n is zero when it is not known.
func position(elements []item, index, n int) (item, bool) {
	d := slices.IndexFunc(elements, func(e item) bool { return e.dynamic })
	switch {
	case d < 0 || index < d:
		if index < len(elements) {
			return elements[index], true
		}
		return item{}, false
	case n > 0:
		after := elements[d+1:]
		if back := n - index; back <= len(after) && !slices.ContainsFunc(after, func(e item) bool { return e.dynamic }) {
			return after[len(after)-back], true
		}
	}
	return elements[d], true
}

// agrees reports how many constants of the element a value has, and whether
// none contradicts it.
func (it item) agrees(value any) (n int, ok bool) {
	fits := func(name string, e hcl.Expression) bool {
		v, ok := constant(e)
		if !ok {
			return true
		}
		have, there := resource.Lookup(value, resource.Path{name})
		if !there {
			return v.IsNull()
		}
		n++
		return equal(v, have)
	}
	if it.body != nil {
		for name, a := range it.body.Attributes {
			if !fits(name, a.Expr) {
				return 0, false
			}
		}
		return n, true
	}
	pairs := it.pairs()
	for _, m := range pairs {
		if m.key != "" && !fits(m.key, m.expr) {
			return 0, false
		}
	}
	if v, ok := constant(it.expr); ok && pairs == nil {
		return 1, equal(v, value)
	}
	return n, true
}

// equal compares a constant with a value as it is loaded. What it cannot compare
// counts as equal. Lists are compared without order, since they may be sets.
func equal(v cty.Value, have any) bool {
	if v.IsNull() {
		return have == nil
	}
	t := v.Type()
	switch {
	case t.IsPrimitiveType():
		s, err := convert.Convert(v, cty.String)
		text, ok := scalar(have)
		return err != nil || ok && s.AsString() == text
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		list, ok := have.([]any)
		if !ok || len(list) != v.LengthInt() {
			return false
		}
		var want, got []string
		for _, e := range v.AsValueSlice() {
			s, err := convert.Convert(e, cty.String)
			if err != nil || s.IsNull() {
				return true
			}
			want = append(want, s.AsString())
		}
		for _, e := range list {
			text, ok := scalar(e)
			if !ok {
				return true
			}
			got = append(got, text)
		}
		slices.Sort(want)
		slices.Sort(got)
		return slices.Equal(want, got)
	}
	return true
}

// scalar writes a loaded value as go-cty converts it to a text.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		f, _, err := big.ParseFloat(v.String(), 10, 512, big.ToNearestEven)
		if err != nil {
			return "", false
		}
		return f.Text('f', -1), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// inside reports whether a range lies within another of the same file.
func inside(r, outer hcl.Range) bool {
	return r.Filename == outer.Filename && r.Start.Byte >= outer.Start.Byte && r.End.Byte <= outer.End.Byte
}
