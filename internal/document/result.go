package document

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// result is one element of what a rule gave.
type result struct {
	message string
	value   ast.Value // as it was given
}

// decode reads one result: a message, or an object with msg. conftest passes
// over everything else, and over empty messages: they are errors here, since
// something was to be said.
func decode(t *ast.Term) (result, error) {
	switch v := t.Value.(type) {
	case ast.String:
		if v == "" {
			return result{}, errors.New("an empty message, which says nothing; conftest takes it for a pass")
		}
		return result{string(v), v}, nil
	case ast.Object:
		msg := v.Get(ast.InternedTerm("msg"))
		if msg == nil {
			return result{}, errors.New("an object without msg")
		}
		text, ok := msg.Value.(ast.String)
		if !ok || text == "" {
			return result{}, errors.New("an object whose msg is not a text")
		}
		return result{string(text), v}, nil
	}
	return result{}, fmt.Errorf("a %s; a result is a message or an object with msg", ast.ValueName(t.Value))
}

// decodeWhole reads the value of a rule that is not made element by element.
// False stands for nothing.
func decodeWhole(t *ast.Term) ([]result, error) {
	var list []result
	var problem error
	add := func(e *ast.Term) {
		r, err := decode(e)
		if err != nil {
			problem = err
			return
		}
		list = append(list, r)
	}
	switch v := t.Value.(type) {
	case ast.Set:
		v.Foreach(add)
	case *ast.Array:
		v.Foreach(add)
	case ast.Boolean:
		if v {
			return nil, errors.New("true, which conftest takes for a pass; write `contains msg if`")
		}
	default:
		return nil, fmt.Errorf("a %s, which conftest takes for a pass; write `contains msg if`", ast.ValueName(v))
	}
	return list, problem
}
