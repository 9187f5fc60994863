package binding

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Target is a resource as it is or as it is wanted.
type Target struct {
	Type      string // "aws_instance"
	Name      string // stands in for ids that are not known yet
	Account   string // 12 digits; an example when empty
	Region    string // an example when empty
	Partition string // follows from the Region when empty
	// Values are the provider's attributes, nested blocks as lists. What is
	// null, an empty text or an empty list counts as not set.
	Values map[string]any
}

// Request is one API call, or one resource of a call that AWS judges per
// resource.
type Request struct {
	Operation string
	Resource  string // ARN; "*" for operations without resource types
	Region    string // Region of the endpoint
	Account   string
	Phase     Phase
	// Context are the condition keys of the request. Keys that say who calls
	// are not among them.
	Context map[string][]string
}

// Requests returns the calls that would create the target with these values,
// sorted by operation and resource, each with the condition keys that AWS
// fills for it.
//
// AWS judges some calls once per resource: RunInstances gives a request for the
// instance, one for every volume, and so on, each with its own keys only.
// Resources that are merely referred to (the image, the subnet) are judged when
// the target names them. Calls beside those that create the type, such as
// iam:PassRole, are made when an attribute asks for them.
//
// When an attribute is not set, its key is absent, or holds the default where
// the binding says default_value.
func (t *Table) Requests(tgt Target) []Request {
	e, ok := t.types[tgt.Type]
	if !ok {
		return nil
	}
	p := e.parsed()
	b := builder{p: p, place: tgt.place(), values: tgt.Values, phase: Create}
	byOp := map[string][]call{}
	certain := map[string]bool{} // made for every resource of the type, or not at all
	for _, s := range p.create {
		byOp[s.operation] = nil
		set := collect(tgt.Values, s.attribute)
		certain[s.operation] = s.attribute == "" || s.holds(texts(set), len(set) > 0)
	}
	for _, c := range p.calls {
		switch c.word {
		case wordCreate, wordReplace, wordFollowUp:
			byOp[c.Operation] = append(byOp[c.Operation], c)
			if c.Enforced == EnforcedDownstream {
				certain[c.Operation] = true
			}
		}
	}
	for _, op := range slices.Sorted(maps.Keys(byOp)) {
		made, known := certain[op]
		if !known {
			made = slices.ContainsFunc(byOp[op], b.isSet)
		}
		if made {
			b.operation(op, byOp[op])
		}
	}
	return b.sorted()
}

// Changes returns the update calls that would set the given attributes of the
// target to the values that it has, sorted by operation and resource. A call
// carries the keys of these attributes only. Attributes have the forms that
// [Table.Bindings] takes.
func (t *Table) Changes(tgt Target, attributes []string) []Request {
	e, ok := t.types[tgt.Type]
	if !ok {
		return nil
	}
	p := e.parsed()
	b := builder{p: p, place: tgt.place(), values: tgt.Values, phase: Update}
	byOp := map[string][]call{}
	bare := func(op string) {
		if _, ok := byOp[op]; !ok {
			byOp[op] = nil
		}
	}
	for _, attribute := range attributes {
		attr, tag := normalize(attribute)
		chosen, left := p.steps(attr, tag, tgt.Values)
		for _, op := range chosen {
			bare(op)
		}
		known := len(chosen)+len(left) > 0
		for _, c := range p.lookup(attr) {
			switch c.word {
			case wordUpdate, wordReplace, wordFollowUp:
			default:
				continue
			}
			known = true
			if slices.Contains(left, c.Operation) || !slices.Contains(chosen, c.Operation) && !b.isSet(c) {
				continue
			}
			if tag != "" {
				c = c.forTag(tag)
			}
			byOp[c.Operation] = append(byOp[c.Operation], c)
		}
		if !known {
			for _, s := range p.update["*"] {
				bare(s.operation)
			}
		}
	}
	for _, op := range slices.Sorted(maps.Keys(byOp)) {
		b.operation(op, byOp[op])
	}
	return b.sorted()
}

// steps returns the update operations that the type's own line gives for an
// attribute: those whose condition holds, and the others.
func (p *parsedType) steps(attr, tag string, values map[string]any) (chosen, left []string) {
	for _, name := range slices.Sorted(maps.Keys(p.update)) {
		if name == "*" || attr != name && !strings.HasPrefix(attr, name+".") && attr+"[]" != name {
			continue
		}
		set := collect(values, name)
		if isTags(name) {
			set = nil
			if all := tagsOf(values, name); tag == "" && len(all) > 0 || hasTag(all, tag) {
				set = []any{true}
			}
		}
		for _, s := range p.update[name] {
			if s.holds(texts(set), len(set) > 0) {
				chosen = append(chosen, s.operation)
			} else {
				left = append(left, s.operation)
			}
		}
	}
	return chosen, left
}

// holds reports whether the attribute chooses the operation.
func (s step) holds(values []string, set bool) bool {
	switch s.when {
	case "":
		return true
	case "set":
		return set
	case "unset":
		return !set
	}
	if v, ok := strings.CutPrefix(s.when, "not "); ok {
		return !slices.Contains(values, v)
	}
	return slices.Contains(values, s.when)
}

// forTag narrows the binding of all tags to one.
func (c call) forTag(tag string) call {
	if c.Key == requestTag {
		c.Key = requestTagPrefix + tag
	}
	c.Attribute += "." + tag
	return c
}

// builder makes the requests of one target.
type builder struct {
	p      *parsedType
	place  place
	values map[string]any
	phase  Phase
	out    []Request
}

func (b *builder) sorted() []Request {
	slices.SortStableFunc(b.out, func(x, y Request) int {
		return cmp.Or(cmp.Compare(x.Operation, y.Operation), cmp.Compare(x.Resource, y.Resource))
	})
	return b.out
}

// operation adds the requests of one operation: one per resource type that its
// bindings name, or a single one.
func (b *builder) operation(op string, calls []call) {
	var everywhere []call
	perResource := map[string][]call{}
	for _, c := range calls {
		if len(c.templates) == 0 {
			everywhere = append(everywhere, c)
			continue
		}
		perResource[c.templates[0]] = append(perResource[c.templates[0]], c)
	}
	made := len(b.out)
	for _, template := range slices.Sorted(maps.Keys(perResource)) {
		group := perResource[template]
		referenced := !slices.ContainsFunc(group, func(c call) bool { return c.Scope != ScopeReferenced })
		if referenced && !slices.ContainsFunc(group, b.isSet) {
			continue
		}
		for _, part := range parts(group, b.values) {
			b.request(op, b.resource(op, template, group), slices.Concat(everywhere, part.calls), part.values)
		}
	}
	if len(b.out) == made {
		b.request(op, b.resource(op, b.judgedOn(op), nil), everywhere, b.values)
	}
}

// judgedOn returns the template of the ARN that an operation without a key of
// its own is judged on.
func (b *builder) judgedOn(op string) string {
	return cmp.Or(b.p.judged[op], b.p.arn, "*")
}

// resource makes the ARN. A role that is passed on is the one in the attribute,
// and the type's own template names the attributes that its ARN is made of.
func (b *builder) resource(op, template string, group []call) string {
	if op == "iam:PassRole" {
		for _, c := range group {
			for _, s := range texts(collect(b.values, c.Attribute)) {
				if strings.HasPrefix(s, "arn:") {
					return s
				}
			}
		}
	}
	// The same resource, or a narrower view: loadbalancer/app/… for loadbalancer/….
	// A template that does not end open names one resource: /restapis is not
	// /restapis/….
	own := pattern(b.p.arn)
	if above, open := strings.CutSuffix(pattern(template), "*"); template != "*" && (own == pattern(template) || open && strings.HasPrefix(own, above)) {
		template = b.p.arn
	}
	return b.place.fill(template)
}

func (b *builder) request(op, resource string, calls []call, values map[string]any) {
	region := b.place.endpointRegion(op)
	context := map[string][]string{requestedRegion: {region}}
	for _, c := range calls {
		b.send(context, c, values)
	}
	for _, c := range calls {
		if _, ok := context[c.Key]; !ok && c.Absent.State == AbsentDefault {
			context[c.Key] = []string{c.Absent.Value}
		}
	}
	b.out = append(b.out, Request{
		Operation: op, Resource: resource, Region: region, Account: b.place.account, Phase: b.phase, Context: context,
	})
}

// send adds the key of a binding when its attribute is set. Of two attributes
// with the same single-valued key, the later in the alphabet wins: it refines
// the other (transit_encryption_mode, xks_key_id).
func (b *builder) send(context map[string][]string, c call, values map[string]any) {
	if name, tag, _ := strings.Cut(c.Attribute, "."); isTags(name) {
		sendTags(context, c, tagsOf(values, name), tag)
		return
	}
	set := collect(values, c.Attribute)
	if b.phase == Create {
		set = slices.DeleteFunc(set, func(v any) bool { s, _ := text(v); return slices.Contains(c.Omit, s) })
	}
	got := c.render(set, b.place.fill)
	if len(got) == 0 {
		return
	}
	if c.Multivalued {
		for _, v := range got {
			if !slices.Contains(context[c.Key], v) {
				context[c.Key] = append(context[c.Key], v)
			}
		}
		return
	}
	context[c.Key] = got
}

// isSet reports whether the request would carry the key of a binding.
func (b *builder) isSet(c call) bool {
	context := map[string][]string{}
	b.send(context, c, b.values)
	return len(context) > 0
}

// part is what one resource of a call is made of.
type part struct {
	calls  []call
	values map[string]any
}

// parts splits the bindings of one resource type into the resources that the
// values describe: every block of a volume is a volume.
func parts(group []call, values map[string]any) []part {
	var shared []call
	blocks := map[string][]call{}
	for _, c := range group {
		block, _, ok := strings.Cut(c.Attribute, "[]")
		if c.Each == "" || !ok {
			shared = append(shared, c)
			continue
		}
		blocks[block] = append(blocks[block], c)
	}
	var out []part
	for _, block := range slices.Sorted(maps.Keys(blocks)) {
		calls := slices.Concat(shared, blocks[block])
		list, _ := values[block].([]any)
		for _, element := range list {
			v := maps.Clone(values)
			v[block] = []any{element}
			out = append(out, part{calls, v})
		}
		if len(list) == 0 && blocks[block][0].Each == EachAlways {
			out = append(out, part{calls, values})
		}
	}
	if out == nil {
		out = []part{{shared, values}}
	}
	return out
}

func isTags(attribute string) bool { return attribute == "tags" || attribute == "volume_tags" }

// tagsOf returns the tags that a call sends: with the provider's default tags,
// where the plan shows them.
func tagsOf(values map[string]any, attribute string) map[string]any {
	tags, _ := values[attribute].(map[string]any)
	if attribute != "tags" {
		return tags
	}
	all, _ := values["tags_all"].(map[string]any)
	if len(all) == 0 {
		return tags
	}
	merged := maps.Clone(all)
	maps.Copy(merged, tags)
	return merged
}

func hasTag(tags map[string]any, tag string) bool {
	_, ok := text(tags[tag])
	return tag != "" && ok
}

// sendTags adds the keys of tags: of one, or of all when tag is empty.
func sendTags(context map[string][]string, c call, tags map[string]any, tag string) {
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		v, ok := text(tags[k])
		if !ok || tag != "" && tag != k {
			continue
		}
		if c.Key == tagKeys {
			context[tagKeys] = append(context[tagKeys], k)
		} else {
			context[requestTagPrefix+k] = []string{v}
		}
	}
}
