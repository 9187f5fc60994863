package binding

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.json
var dataFiles embed.FS

// entry is a resource type whose lines are found but not yet parsed.
type entry struct {
	operations []byte
	bindings   [][]byte
	resources  func() map[string]string // of its file: name of an IAM resource type → ARN template
	parsed     func() *parsedType
}

// parsedType is all that is known about a resource type.
type parsedType struct {
	arn       string
	create    []step
	delete    []string
	update    map[string][]step
	judged    map[string]string // operation → ARN template it is judged on; "*" for none; own ARN when missing
	calls     []call            // sorted by key, operation and phase within an attribute
	byAttr    map[string][]call
	uncovered map[string][]string
}

// step is an operation and what an attribute must be for it: the one that is
// updated, or a named one at creation.
type step struct {
	operation string
	attribute string
	when      string // "", "set", "unset", a value, or "not " and a value
}

// call is a binding with what Requests needs beside it.
type call struct {
	Binding
	word      string   // the word in the data that lists the operation
	templates []string // ARN templates of Resources; empty when the key does not depend on them
}

// Words of the data that list operations.
const (
	wordCreate     = "create"
	wordReplace    = "replace"
	wordUpdate     = "update"
	wordFollowUp   = "follow_up"
	wordAlso       = "also"
	wordAlsoUpdate = "also_update"
)

type typeLine struct {
	Type   string              `json:"type"`
	ARN    string              `json:"arn"`
	Create []string            `json:"create"`
	Delete []string            `json:"delete"`
	Update map[string][]string `json:"update"`
	Judged map[string]string   `json:"judged"`
}

type bindingLine struct {
	Type        string            `json:"type"`
	Attribute   string            `json:"attribute"`
	Key         string            `json:"key"`
	Kind        string            `json:"kind"`
	Multivalued bool              `json:"multivalued"`
	IgnoreCase  bool              `json:"ignore_case"`
	Create      []string          `json:"create"`
	Replace     []string          `json:"replace"`
	Update      []string          `json:"update"`
	FollowUp    []string          `json:"follow_up"`
	Also        []string          `json:"also"`
	AlsoUpdate  []string          `json:"also_update"`
	On          []string          `json:"on"`
	Values      map[string]string `json:"values"`
	Omit        []string          `json:"omit"`
	Absent      string            `json:"absent"`
	Default     string            `json:"default"`
	Scope       string            `json:"scope"`
	Enforced    string            `json:"enforced"`
	Each        string            `json:"each"`
	Trust       Trust             `json:"trust"`
	Evidence    string            `json:"evidence"`
	Notes       string            `json:"notes"`
	Uncovered   []string          `json:"uncovered"`
}

type resourceLine struct {
	Resource string `json:"resource"`
	ARN      string `json:"arn"`
}

var library = sync.OnceValue(func() *Table {
	t, err := index(dataFiles)
	if err != nil {
		panic(err) // the data is part of the program; a test parses all of it
	}
	return t
})

// index finds the lines of every resource type without parsing them: start-up
// time counts, and a run asks for few types.
func index(files fs.FS) (*Table, error) {
	names, err := fs.Glob(files, "data/*.json")
	if err != nil {
		return nil, fmt.Errorf("binding data: %w", err)
	}
	t := &Table{types: map[string]*entry{}}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("binding data: %w", err)
		}
		var resources [][]byte
		parseResources := sync.OnceValue(func() map[string]string { return mustResources(resources) })
		for line := range bytes.Lines(data) {
			line = bytes.TrimRight(line, ",\r\n")
			if bytes.HasPrefix(line, []byte(`{"resource":"`)) {
				resources = append(resources, line)
				continue
			}
			rest, ok := bytes.CutPrefix(line, []byte(`{"type":"`))
			if !ok {
				continue
			}
			typ, rest, ok := bytes.Cut(rest, []byte{'"'})
			if !ok {
				return nil, fmt.Errorf("binding data: %s: a type is not closed", name)
			}
			e := t.types[string(typ)]
			if e == nil {
				e = &entry{resources: parseResources}
				e.parsed = sync.OnceValue(func() *parsedType { return mustParse(e) })
				t.types[string(typ)] = e
			}
			if bytes.HasPrefix(rest, []byte(`,"attribute":`)) {
				e.bindings = append(e.bindings, line)
			} else {
				e.operations = line
			}
		}
	}
	return t, nil
}

func mustResources(lines [][]byte) map[string]string {
	m := map[string]string{}
	for _, line := range lines {
		var r resourceLine
		if err := json.Unmarshal(line, &r); err != nil {
			panic(fmt.Errorf("binding data: %w in %s", err, line)) // part of the program
		}
		m[r.Resource] = r.ARN
	}
	return m
}

func mustParse(e *entry) *parsedType {
	p, err := parse(e)
	if err != nil {
		panic(err) // the data is part of the program; a test parses all of it
	}
	return p
}

func parse(e *entry) (*parsedType, error) {
	p := &parsedType{
		update:    map[string][]step{},
		judged:    map[string]string{},
		byAttr:    map[string][]call{},
		uncovered: map[string][]string{},
	}
	templates := e.resources()
	var tl typeLine
	if e.operations != nil {
		if err := json.Unmarshal(e.operations, &tl); err != nil {
			return nil, fmt.Errorf("binding data: %w in %s", err, e.operations)
		}
	}
	p.arn, p.delete = tl.ARN, tl.Delete
	for _, op := range tl.Create {
		name, condition, _ := strings.Cut(op, " if ")
		attr, when, _ := strings.Cut(condition, " is ")
		p.create = append(p.create, step{name, attr, when})
	}
	for attr, ops := range tl.Update {
		for _, op := range ops {
			name, when, _ := strings.Cut(op, " if ")
			p.update[attr] = append(p.update[attr], step{name, attr, when})
		}
	}
	for op, name := range tl.Judged {
		arn, ok := templates[name]
		if name == "*" {
			arn, ok = "*", true
		}
		if !ok {
			return nil, fmt.Errorf("binding data: %s is judged on %q, which has no ARN", op, name)
		}
		p.judged[op] = arn
	}
	for _, line := range e.bindings {
		var bl bindingLine
		if err := json.Unmarshal(line, &bl); err != nil {
			return nil, fmt.Errorf("binding data: %w in %s", err, line)
		}
		if len(bl.Uncovered) > 0 {
			p.uncovered[bl.Attribute] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.uncovered[bl.Attribute], bl.Uncovered))))
		}
		calls, err := bl.calls(templates)
		if err != nil {
			return nil, err
		}
		p.calls = append(p.calls, calls...)
	}
	slices.SortStableFunc(p.calls, func(a, b call) int {
		return cmp.Or(cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Phase, b.Phase))
	})
	for _, c := range p.calls {
		p.byAttr[c.Attribute] = append(p.byAttr[c.Attribute], c)
	}
	return p, nil
}

// calls returns the bindings of a line, one per operation.
func (l *bindingLine) calls(arns map[string]string) ([]call, error) {
	if l.Key == "" {
		return nil, nil
	}
	var templates, patterns []string
	for _, name := range l.On {
		arn, ok := arns[name]
		if !ok {
			return nil, fmt.Errorf("binding data: %s %s: resource type %q has no ARN", l.Type, l.Attribute, name)
		}
		templates = append(templates, arn)
		patterns = append(patterns, pattern(arn))
	}
	if patterns == nil {
		patterns = []string{"*"}
	}
	base := Binding{
		ResourceType: l.Type, Attribute: l.Attribute, Resources: patterns,
		Key: l.Key, KeyType: cmp.Or(l.Kind, "String"), Multivalued: l.Multivalued, IgnoreCase: l.IgnoreCase,
		Values: l.Values, Omit: l.Omit, Scope: cmp.Or(l.Scope, ScopeRequest), Enforced: cmp.Or(l.Enforced, EnforcedAtCall), Each: l.Each,
		Trust: l.Trust, Evidence: l.Evidence, Notes: l.Notes,
	}
	var out []call
	for _, g := range []struct {
		word    string
		ops     []string
		phase   Phase
		related bool
	}{
		{wordCreate, l.Create, Create, false},
		{wordReplace, l.Replace, Create, false},
		{wordUpdate, l.Update, Update, false},
		{wordFollowUp, l.FollowUp, Update, false},
		{wordAlso, l.Also, Create, true},
		{wordAlsoUpdate, l.AlsoUpdate, Update, true},
	} {
		for _, op := range g.ops {
			b := base
			b.Operation, b.Phase, b.Related = op, g.phase, g.related
			if b.Absent = (Absent{State: l.Absent, Value: l.Default}); g.phase == Update {
				b.Absent = Absent{State: AbsentUnchanged}
			}
			out = append(out, call{Binding: b, word: g.word, templates: templates})
			if b.Key == requestTag {
				b.Key, b.Multivalued = tagKeys, true
				out = append(out, call{Binding: b, word: g.word, templates: templates})
			}
		}
	}
	return out, nil
}

// lookup finds the calls of an attribute; a list asked for by its elements is
// found by its own name.
func (p *parsedType) lookup(attr string) []call {
	if c, ok := p.byAttr[attr]; ok {
		return c
	}
	return p.byAttr[strings.TrimSuffix(attr, "[]")]
}

// regionBindings says that every call carries the Region of its endpoint.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (p *parsedType) regionBindings(resourceType string) []Binding {
	var out []Binding
	for _, s := range p.create {
		out = append(out, Binding{
			ResourceType: resourceType, Attribute: regionAttribute, Operation: s.operation, Phase: Create,
			Resources: []string{"*"}, Key: requestedRegion, KeyType: "String",
			Absent: Absent{State: AbsentRequired}, Scope: ScopeRequest, Enforced: EnforcedAtCall, Trust: Documented,
			Evidence: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
			Notes:    "The Region of the endpoint that is called. IAM and other global services report us-east-1.",
		})
	}
	slices.SortFunc(out, func(a, b Binding) int { return cmp.Compare(a.Operation, b.Operation) })
	return out
}
