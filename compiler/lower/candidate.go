package lower

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/binding"
)

// contextKeys are the parts of the input, besides the resource's values, that
// requests carry under a global condition key.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var contextKeys = map[string]key{
	"resource.region":    {name: "aws:RequestedRegion", family: "String", always: true},
	"resource.account":   {name: "aws:PrincipalAccount", family: "String", always: true},
	"region":             {name: "aws:RequestedRegion", family: "String", always: true},
	"account":            {name: "aws:PrincipalAccount", family: "String", always: true},
	"principal.arn":      {name: "aws:PrincipalArn", family: "ARN"},
	"principal.username": {name: "aws:username", family: "String"},
	"request.source_ip":  {name: "aws:SourceIp", family: "IPAddress"},
}

// contextKey returns the global key of a path.
func contextKey(path string) (key, bool) {
	if k, ok := contextKeys[path]; ok {
		return k, true
	}
	if tag, ok := strings.CutPrefix(path, "principal.tags."); ok {
		return key{name: "aws:PrincipalTag/" + tag, family: "String"}, true
	}
	return key{}, false
}

// candidate is an operation that carries every attribute of a case, on one
// kind of IAM resource.
type candidate struct {
	operation string
	phase     binding.Phase
	resources []string
	keys      map[string]key // by path
	trust     ir.Trust
	notes     []string
}

// bindingsOf returns the bindings of an attribute that may be used.
func (l *lowering) bindingsOf(typ, path string) []binding.Binding {
	attribute, ok := strings.CutPrefix(path, valuesRoot+".")
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(l.table.Bindings(typ, attribute)), func(b binding.Binding) bool {
		return b.Trust == binding.Doubtful && !l.options.AllowUntested ||
			strings.Contains(b.Key, "${") || // the tags as a whole have no key
			b.Form() == binding.FormJSON
	})
}

// kindOf tells an attribute's type from all of its bindings.
func (l *lowering) kindOf(typ, path string) kind {
	attribute, ok := strings.CutPrefix(path, valuesRoot+".")
	if !ok {
		return stringKind
	}
	bs := l.table.Bindings(typ, attribute)
	if len(bs) == 0 {
		return anyKind
	}
	found := anyKind // of EC2's attributes the keys are strings, whatever they are
	for _, b := range bs {
		_, mapsTrue := b.Values["true"]
		_, mapsFalse := b.Values["false"]
		switch {
		case b.KeyType == "Bool" && b.Form() == binding.FormSame || mapsTrue || mapsFalse:
			return boolKind
		case b.KeyType == "Numeric":
			return numberKind
		case !strings.HasPrefix(b.Key, "ec2:Attribute/"):
			found = stringKind
		}
	}
	return found
}

// singleBlock is the only block that is judged by itself and stands once.
const singleBlock = "root_block_device[]"

// isPlural reports whether a list may have several elements that a request
// tells apart or that AWS judges one by one. Other blocks stand at most once
// wherever a key carries what is in them.
func (l *lowering) isPlural(typ, path string) bool {
	attribute, ok := strings.CutPrefix(path, valuesRoot+".")
	if !ok {
		return false
	}
	for _, a := range l.table.Attributes(typ) {
		switch {
		case a == attribute:
			return !slices.ContainsFunc(l.table.Bindings(typ, a), isTag)
		case strings.HasPrefix(a, attribute+"[]") && !strings.HasPrefix(a, singleBlock):
			if slices.ContainsFunc(l.table.Bindings(typ, a), func(b binding.Binding) bool { return b.Each != "" }) {
				return true
			}
		}
	}
	return false
}

// isTag reports whether a binding is that of tags, a map and not a list.
func isTag(b binding.Binding) bool {
	return strings.HasPrefix(b.Key, "aws:RequestTag/") || b.Key == "aws:TagKeys"
}

// checkLists finds conditions on the elements of lists that one statement cannot
// say.
func (l *lowering) checkLists(typ string, d disjunct) (string, *atom) {
	items := map[string]int{} // block → the element that it is about
	for _, path := range d.paths() {
		c := d.on[path]
		tests := slices.Concat(c.pos, c.neg)
		if len(tests) == 0 || !tests[0].many {
			continue
		}
		judgedAlone := slices.ContainsFunc(l.bindingsOf(typ, path), func(b binding.Binding) bool {
			return !b.Multivalued && b.Form() != binding.FormContains
		})
		if !judgedAlone {
			if len(tests) > 1 && !slices.ContainsFunc(l.bindingsOf(typ, path), func(b binding.Binding) bool { return b.Form() == binding.FormContains }) {
				return "puts several tests to the elements of one list; a condition asks about each by itself", tests[1]
			}
			continue
		}
		block, _, _ := strings.Cut(path, "[]")
		for _, a := range c.neg {
			if a.item == 0 {
				return fmt.Sprintf("is about all of %s; AWS judges each by itself", pretty(block)), a
			}
		}
		for _, a := range tests {
			if seen, ok := items[block]; ok && seen != a.item {
				return fmt.Sprintf("is about several of %s at once; AWS judges each by itself", pretty(block)), a
			}
			items[block] = a.item
		}
	}
	return "", nil
}

// repeats reports whether a path is an element of a list, or stands in a block,
// of which there may be several.
func (l *lowering) repeats(typ, path string) bool {
	block, _, ok := strings.Cut(path, "[]")
	return ok && l.isPlural(typ, block)
}

// unbound returns the first attribute without a usable binding.
func (l *lowering) unbound(typ string, paths []string) string {
	for _, p := range paths {
		if len(l.bindingsOf(typ, p)) == 0 {
			return p
		}
	}
	return ""
}

// candidates lists the operations that carry all of the attributes.
func (l *lowering) candidates(typ string, paths []string) []candidate {
	var out []candidate
	for _, first := range l.bindingsOf(typ, paths[0]) {
		c := candidate{
			operation: first.Operation, phase: first.Phase, resources: first.Resources,
			keys: map[string]key{}, trust: ir.Documented,
		}
		complete := true
		for _, p := range paths {
			bs := l.bindingsOf(typ, p)
			i := slices.IndexFunc(bs, func(b binding.Binding) bool {
				return b.Operation == c.operation && b.Phase == c.phase && slices.Equal(b.Resources, c.resources)
			})
			if i < 0 {
				complete = false
				break
			}
			b := bs[i]
			c.keys[p] = boundKey(b)
			if b.Form() == binding.FormContains {
				c.keys[p] = elementKeys(bs, c)
			}
			c.trust = ir.Weakest(c.trust, ir.Trust(b.Trust))
			if b.Absent.State == binding.AbsentDefault {
				c.notes = append(c.notes, fmt.Sprintf("%s: AWS fills in %q where a request says nothing, which is judged as if it had been said.", b.Key, b.Absent.Value))
			}
			if isTag(b) {
				c.notes = append(c.notes, "Condition keys of tags ignore case: a request with the tag key in other letters counts as well.")
			}
			if b.Notes != "" {
				c.notes = append(c.notes, b.Key+": "+b.Notes)
			}
		}
		if complete {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.operation, b.operation), slices.Compare(a.resources, b.resources))
	})
	return out
}

// elementKeys is the key of a list of which each element has a key of its own.
func elementKeys(bs []binding.Binding, c candidate) key {
	k := key{elements: map[string]string{}}
	for _, b := range bs {
		if b.Form() == binding.FormContains && b.Operation == c.operation && b.Phase == c.phase && slices.Equal(b.Resources, c.resources) {
			k.name = b.Key
			k.elements[b.Element()] = b.Key
		}
	}
	return k
}

// emit makes the statement of a case on one operation. On an update, a case
// that needs an attribute to be absent cannot happen: silence means unchanged.
func (l *lowering) emit(typ string, d disjunct, c candidate) error {
	update := c.phase == binding.Update
	keyOf := func(path string) (key, bool) {
		if k, ok := c.keys[path]; ok {
			return k, true
		}
		return contextKey(path)
	}
	var conds conditions
	for _, p := range d.paths() {
		con := d.on[p]
		if update && !con.value && c.keys[p].name != "" {
			return nil
		}
		if update && slices.ContainsFunc(con.neg, func(a *atom) bool { return a.many && a.item == 0 }) {
			return nil // the call may carry only what is added to the list
		}
		list, demanded := d.on[strings.TrimSuffix(p, "[]")]
		if demanded && !list.missing && slices.ContainsFunc(con.neg, func(a *atom) bool { return a.many && a.item == 0 && c.keys[p].elements == nil }) {
			l.skipped = true
			l.note("looser: %s that is there and empty is not sent, and so is let through", pretty(strings.TrimSuffix(p, "[]")))
		}
		k, ok := keyOf(p)
		if !ok {
			return fmt.Errorf("no request carries %s", pretty(p))
		}
		_, carried := c.keys[p]
		if err := conds.constrain(con, k, update && carried, keyOf); err != nil {
			return err
		}
	}
	if !update {
		l.creates[c.operation] = true
	}
	l.out.Statements = append(l.out.Statements, ir.Statement{
		Actions: []string{c.operation}, Resources: c.resources, Conditions: conds.sorted(), Line: d.place.Line,
	})
	l.out.Trust = ir.Weakest(l.out.Trust, c.trust)
	for path := range c.keys {
		attribute := strings.TrimPrefix(path, valuesRoot+".")
		for _, op := range l.table.Uncovered(typ, attribute) {
			l.out.Bypasses = append(l.out.Bypasses, ir.Bypass{Operation: op, Attribute: attribute})
		}
	}
	for _, n := range c.notes {
		l.note("%s", n)
	}
	return nil
}

// wholeOperation denies the creation itself, under global conditions at most.
func (l *lowering) wholeOperation(typ string, d disjunct) {
	ops, ok := l.table.Operations(typ)
	if !ok || len(ops.Create) == 0 {
		l.refuse(Refusal{Type: typ, Reason: "no API operation is known that creates " + typ, At: d.place})
		return
	}
	for _, op := range ops.Create {
		c := candidate{operation: op, phase: binding.Create, resources: []string{"*"}, trust: ir.Documented}
		if err := l.emit(typ, d, c); err != nil {
			l.refuse(Refusal{Type: typ, Reason: err.Error(), At: d.place})
		}
	}
}

// whyUnbound says why no request carries an attribute.
func (l *lowering) whyUnbound(typ, path string) string {
	attribute, ok := strings.CutPrefix(path, valuesRoot+".")
	if !ok {
		return fmt.Sprintf("reads %s, which Terraform knows and an API request does not carry", path)
	}
	if bs := l.table.Bindings(typ, attribute); len(bs) > 0 {
		return fmt.Sprintf("%s of %s reaches %s, but that AWS sends %s there is doubtful (%s); --allow-untested uses it all the same",
			attribute, typ, bs[0].Operation, bs[0].Key, bs[0].Evidence)
	}
	return fmt.Sprintf("no IAM condition key carries %s of %s", attribute, typ)
}

// onlyChanged reports whether the attributes take effect by calls other than
// the creation, which neither carries nor sets them: a key's deletion window
// counts when the key is deleted.
func (l *lowering) onlyChanged(typ string, paths []string) bool {
	ops, _ := l.table.Operations(typ)
	for _, p := range paths {
		attribute := strings.TrimPrefix(p, valuesRoot+".")
		for _, b := range l.table.Bindings(typ, attribute) {
			if b.Phase == binding.Create {
				return false
			}
		}
		for _, op := range l.table.Uncovered(typ, attribute) {
			if slices.Contains(ops.Create, op) {
				return false
			}
		}
	}
	return true
}

// noOperation says why no operation serves a case.
func (l *lowering) noOperation(typ string, paths []string) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = pretty(p)
	}
	if len(names) == 1 {
		return fmt.Sprintf("no operation that creates %s carries %s", typ, names[0])
	}
	return fmt.Sprintf("no single operation that creates %s carries %s on the same IAM resource", typ, strings.Join(names, " and "))
}
