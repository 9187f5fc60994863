package lower

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// value is what a term can stand for while the input is unknown.
type value interface{ isValue() }

type (
	// constant is a known value.
	constant struct{ v ast.Value }

	// attribute is a part of the unknown input. Path "" is the input itself.
	attribute struct {
		path   string
		fold   fold
		plural bool // a list that may have several elements
		many   bool // an element of such a list, or below one
		item   int  // which element; 0: any
	}

	// element is the key under which an unknown collection was entered: an index
	// of a list, or a member name of an object.
	element struct {
		of   string
		many bool
		item int
	}

	// keySet is the set of member names of an unknown object.
	keySet struct{ of string }

	// collection is a set or array whose members are there under a condition.
	collection struct {
		set     bool
		members []member
	}

	// composite is an array, set or object literal with parts that are unknown.
	// It can be matched by position or key, and counted.
	composite struct {
		keys   []value // nil for arrays
		values []value
	}

	// size is the number of members of a collection.
	size struct{ of collection }

	// opaque is what no request can tell. It is harmless in a message; a
	// condition on it is refused with the reason.
	opaque struct {
		reason string
		at     diag.Place
		never  bool // never false: a text or number, such as a message
	}
)

type member struct {
	guard *formula
	value value
}

// fold says how the letters of an attribute were changed before a test.
type fold byte

const (
	asIs fold = iota
	lower
	upper
)

func (constant) isValue()   {}
func (attribute) isValue()  {}
func (element) isValue()    {}
func (keySet) isValue()     {}
func (collection) isValue() {}
func (composite) isValue()  {}
func (size) isValue()       {}
func (opaque) isValue()     {}

// scalarOf turns a constant into a scalar; false for null and composites.
func scalarOf(v ast.Value) (scalar, bool) {
	switch v := v.(type) {
	case ast.String:
		return scalar{isString, string(v)}, true
	case ast.Number:
		return scalar{isNumber, string(v)}, true
	case ast.Boolean:
		return scalar{isBool, v.String()}, true
	}
	return scalar{}, false
}
