package input

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// secret is a value that is sensitive or has sensitive parts.
type secret struct {
	path  []hop
	marks any // true, or a pruned tree of marks
}

// mark is a member that says which parts of its siblings are sensitive.
type mark struct {
	of   []string // the siblings
	tree any      // nil: none
}

// markOf returns the members that a member marks; nil for an ordinary one.
// Terraform writes the trees beside the values of changes and resources, and
// "sensitive": true beside those of outputs and variables, and beside the
// expression of an output.
func markOf(name []byte) []string {
	if len(name) < len("sensitive") {
		return nil
	}
	switch string(name) {
	case "after_sensitive":
		return []string{"after"}
	case "before_sensitive":
		return []string{"before"}
	case "sensitive_values":
		return []string{"values"}
	case "sensitive":
		return []string{"value", "default", "expression"}
	}
	return nil
}

// keep notes what the marks of an object say.
func (b *builder) keep(marks []mark) {
	for _, m := range marks {
		if m.tree == nil {
			continue
		}
		for _, name := range m.of {
			path := append(slices.Clone(b.path), hop{key: b.key([]byte(name))})
			b.secrets = append(b.secrets, secret{path, m.tree})
		}
	}
}

// plain turns a tree of marks into what [pruneMarks] takes.
func plain(t *ast.Term) any {
	switch v := t.Value.(type) {
	case ast.Boolean:
		return bool(v)
	case ast.Object:
		m := make(map[string]any, v.Len())
		v.Foreach(func(key, value *ast.Term) {
			name, _ := key.Value.(ast.String)
			m[string(name)] = plain(value)
		})
		return m
	case *ast.Array:
		l := make([]any, 0, v.Len())
		v.Foreach(func(e *ast.Term) { l = append(l, plain(e)) })
		return l
	}
	return nil
}

// variableSecrets finds the values of the variables whose declarations in the
// root module are marked.
func variableSecrets(list []secret) []secret {
	var out []secret
	for _, s := range list {
		if len(s.path) == 5 && isAt(s.path[0], "configuration") && isAt(s.path[1], "root_module") &&
			isAt(s.path[2], "variables") && isAt(s.path[4], "default") {
			out = append(out, secret{[]hop{
				{key: ast.StringTerm("variables")}, s.path[3], {key: ast.StringTerm("value")},
			}, true})
		}
	}
	return out
}

func isAt(s hop, name string) bool { return s.key != nil && s.key.Value == ast.String(name) }

// Masked returns the document with something else in place of every sensitive
// value: texts become redacted, numbers 0, truths false. It reports whether the
// document holds any. Names in sensitive maps stay when known says that
// everybody knows them.
func (d *Document) Masked(redacted string, known func(string) bool) (*ast.Term, bool) {
	root := &maskNode{}
	for _, s := range d.secrets {
		root.add(s)
	}
	m := masker{redacted: ast.StringTerm(redacted), known: known}
	out := m.node(d.Value, root)
	return out, out != d.Value
}

// maskNode is a place on the way to sensitive values.
type maskNode struct {
	members  map[string]*maskNode
	elements map[int]*maskNode
	marks    []any
}

func (n *maskNode) add(s secret) {
	for _, at := range s.path {
		var next *maskNode
		if at.key == nil {
			if next = n.elements[at.index]; next == nil {
				next = &maskNode{}
				if n.elements == nil {
					n.elements = map[int]*maskNode{}
				}
				n.elements[at.index] = next
			}
		} else {
			name, _ := at.key.Value.(ast.String)
			if next = n.members[string(name)]; next == nil {
				next = &maskNode{}
				if n.members == nil {
					n.members = map[string]*maskNode{}
				}
				n.members[string(name)] = next
			}
		}
		n = next
	}
	n.marks = append(n.marks, s.marks)
}

// masker copies values where they hold something sensitive; what holds nothing
// is shared.
type masker struct {
	redacted *ast.Term
	known    func(string) bool
}

func (m masker) node(t *ast.Term, n *maskNode) *ast.Term {
	if n == nil || t == nil {
		return t
	}
	t = mapTerm(t,
		func(name string, e *ast.Term) *ast.Term { return m.node(e, n.members[name]) },
		func(i int, e *ast.Term) *ast.Term { return m.node(e, n.elements[i]) })
	for _, tree := range n.marks {
		t = m.marked(t, tree)
	}
	return t
}

func (m masker) marked(t *ast.Term, tree any) *ast.Term {
	switch tree := tree.(type) {
	case bool:
		if tree {
			return m.replace(t)
		}
	case map[string]any:
		return mapTerm(t, func(name string, e *ast.Term) *ast.Term { return m.marked(e, tree[name]) }, nil)
	case []any:
		return mapTerm(t, nil, func(i int, e *ast.Term) *ast.Term {
			if i < len(tree) {
				return m.marked(e, tree[i])
			}
			return e
		})
	}
	return t
}

// replace returns a value of the same kind that holds nothing of t but the
// lengths of lists and the names that are known anyway.
func (m masker) replace(t *ast.Term) *ast.Term {
	switch v := t.Value.(type) {
	case ast.String:
		return m.redacted
	case ast.Number:
		return ast.InternedTerm(0)
	case ast.Boolean:
		return ast.InternedTerm(false)
	case *ast.Array:
		return mapTerm(t, nil, func(_ int, e *ast.Term) *ast.Term { return m.replace(e) })
	case ast.Object:
		out := ast.NewObject()
		v.Foreach(func(key, value *ast.Term) {
			if name, ok := key.Value.(ast.String); ok && m.known(string(name)) {
				out.Insert(key, m.replace(value))
			} else {
				out.Insert(m.redacted, m.redacted)
			}
		})
		return ast.NewTerm(out)
	}
	return t
}

// mapTerm replaces the members of an object or the elements of an array. It
// returns t itself when nothing changes.
func mapTerm(t *ast.Term, member func(string, *ast.Term) *ast.Term, element func(int, *ast.Term) *ast.Term) *ast.Term {
	changed := false
	switch v := t.Value.(type) {
	case ast.Object:
		if member == nil {
			return t
		}
		pairs := make([][2]*ast.Term, 0, v.Len())
		v.Foreach(func(key, value *ast.Term) {
			name, _ := key.Value.(ast.String)
			e := member(string(name), value)
			changed = changed || e != value
			pairs = append(pairs, [2]*ast.Term{key, e})
		})
		if changed {
			return ast.ObjectTerm(pairs...)
		}
	case *ast.Array:
		if element == nil {
			return t
		}
		elems := make([]*ast.Term, 0, v.Len())
		v.Foreach(func(e *ast.Term) {
			r := element(len(elems), e)
			changed = changed || r != e
			elems = append(elems, r)
		})
		if changed {
			return ast.ArrayTerm(elems...)
		}
	}
	return t
}
