package document

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// addresses finds the resources that results are about.
type addresses struct {
	types map[string]string // address → type
}

func newAddresses(types map[string]string) addresses { return addresses{types} }

// addressMembers are the members of results in which policies say what they are
// about, in the order in which they are believed.
var addressMembers = []string{"address", "resource", "resource_address"}

// of returns the address of the resource that a result is about: one that a
// member of the result gives, or else the first that the message names. It is
// empty when there is none.
func (a addresses) of(r result) string {
	if o, ok := r.value.(ast.Object); ok {
		for _, name := range addressMembers {
			if t := o.Get(ast.InternedTerm(name)); t != nil {
				if s, ok := t.Value.(ast.String); ok {
					if _, known := a.types[string(s)]; known {
						return string(s)
					}
				}
			}
		}
	}
	found := a.first(r.message)
	if strings.Contains(r.message, `\"`) { // the message may quote an address with a key
		if quoted := a.first(strings.ReplaceAll(r.message, `\"`, `"`)); len(quoted) > len(found) {
			return quoted
		}
	}
	return found
}

// first returns the first address in a text, the longest where one begins
// another. Addresses stand between characters that are no part of any.
func (a addresses) first(text string) string {
	for i := 0; i < len(text); i++ {
		if i > 0 && (isName(text[i-1]) || text[i-1] == '.') {
			continue
		}
		if !isName(text[i]) {
			continue
		}
		found := ""
		for _, end := range ends(text[i:]) {
			if _, ok := a.types[text[i:i+end]]; ok {
				found = text[i : i+end]
			}
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// ends returns where an address that begins a text may end: after each name and
// each key in brackets.
func ends(text string) []int {
	var list []int
	i := 0
	for {
		start := i
		for i < len(text) && isName(text[i]) {
			i++
		}
		if i == start {
			return list
		}
		list = append(list, i)
		for i < len(text) && text[i] == '[' {
			n := keyLength(text[i:])
			if n == 0 {
				return list
			}
			i += n
			list = append(list, i)
		}
		if i == len(text) || text[i] != '.' {
			return list
		}
		i++
	}
}

// keyLength returns the length of the instance key that begins a text, brackets
// included: [0] or ["name"]. It is 0 when there is none.
func keyLength(text string) int {
	if len(text) > 1 && text[1] == '"' {
		for i := 2; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				if i+1 < len(text) && text[i+1] == ']' {
					return i + 2
				}
				return 0
			}
		}
		return 0
	}
	for i := 1; i < len(text); i++ {
		if text[i] == ']' && i > 1 {
			return i + 1
		}
		if text[i] < '0' || text[i] > '9' {
			return 0
		}
	}
	return 0
}

func isName(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
