package schema

// Root is a type as the object that holds its attributes, for a walk with
// [Type.Members] and [Attribute.Elem].
func (t Type) Root() Attribute { return t.root }

// Members returns the attributes of an object of the type by name; nil for
// anything else.
func (t Type) Members(a Attribute) map[string]Attribute {
	if a.Kind != Object {
		return nil
	}
	out := map[string]Attribute{}
	for _, m := range t.provider.members(a.block) {
		out[m.name] = m.Attribute
	}
	return out
}

// Elem is what a list, a set or a map holds; false for anything else.
func (a Attribute) Elem() (Attribute, bool) {
	if a.elem == nil {
		return Attribute{}, false
	}
	return *a.elem, true
}
