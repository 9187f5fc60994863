package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// converter turns JSON values into Rego values. The names of members repeat in
// every resource, so their terms are kept. It is not safe for concurrent use.
type converter struct {
	keys map[string]*ast.Term
}

func newConverter() *converter { return &converter{keys: map[string]*ast.Term{}} }

// maxKeys bounds the memory that a hostile document can take with new names.
const maxKeys = 1 << 14

func (c *converter) key(s string) *ast.Term {
	if t, ok := c.keys[s]; ok {
		return t
	}
	t := ast.StringTerm(s)
	if len(c.keys) < maxKeys {
		c.keys[s] = t
	}
	return t
}

func (c *converter) term(v any) (*ast.Term, error) {
	switch v := v.(type) {
	case nil:
		return ast.NullTerm(), nil
	case bool:
		return ast.InternedTerm(v), nil
	case string:
		return ast.InternedTerm(v), nil
	case json.Number:
		if !json.Valid([]byte(v)) {
			return nil, fmt.Errorf("%q is not a number", string(v))
		}
		return ast.NewTerm(ast.Number(v)), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a JSON number", v)
		}
		format := byte('g')
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			format = 'f' // a whole number must not print as 1e+06 in a message
		}
		return ast.NewTerm(ast.Number(json.Number(strconv.FormatFloat(v, format, -1, 64)))), nil
	case int:
		return ast.InternedTerm(v), nil
	case int64:
		return ast.NewTerm(ast.Number(json.Number(strconv.FormatInt(v, 10)))), nil
	case []any:
		return c.array(v)
	case []string:
		elems := make([]*ast.Term, len(v))
		for i, e := range v {
			elems[i] = ast.InternedTerm(e)
		}
		return ast.ArrayTerm(elems...), nil
	case map[string]any:
		return c.object(v)
	}
	value, err := ast.InterfaceToValue(v)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

func (c *converter) array(list []any) (*ast.Term, error) {
	elems := make([]*ast.Term, len(list))
	for i, e := range list {
		t, err := c.term(e)
		if err != nil {
			return nil, err
		}
		elems[i] = t
	}
	return ast.ArrayTerm(elems...), nil
}

func (c *converter) object(m map[string]any) (*ast.Term, error) {
	items := make([][2]*ast.Term, 0, len(m))
	for k, e := range m {
		t, err := c.term(e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		items = append(items, [2]*ast.Term{c.key(k), t})
	}
	return ast.ObjectTerm(items...), nil
}
