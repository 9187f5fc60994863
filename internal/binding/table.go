package binding

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Phase says whether an operation makes a resource or changes one.
type Phase string

// Phases.
const (
	Create Phase = "create"
	Update Phase = "update"
)

// Trust is how well it is known that AWS fills a key. The words are those of
// the compiler's intermediate representation.
type Trust string

// Trusts, best first.
const (
	Documented Trust = "documented" // AWS's guides or example policies
	Reported   Trust = "reported"   // users, with a case that shows it
	Inferred   Trust = "inferred"   // listed in the service reference, nothing more
	Doubtful   Trust = "doubtful"   // sources disagree or deny it
)

// What a request that leaves the attribute out means for the key.
const (
	AbsentRequired       = "required"        // it cannot be left out
	AbsentDefault        = "default_value"   // the key holds the service's default
	AbsentAccountDefault = "account_default" // an account, subnet or image decides; the key may hold that
	AbsentKey            = "key_absent"      // the key is absent
	AbsentUnknown        = "unknown"         // absent or the default: not written down anywhere
	AbsentUnchanged      = "unchanged"       // update: the setting stays as it is
)

// Absent says what AWS sends when the request leaves the attribute out.
type Absent struct {
	State string // one of the Absent constants
	Value string // the default, for AbsentDefault; the service's own default, where known, for AbsentUnknown
}

// Scopes of a key.
const (
	ScopeRequest    = "request"    // the value in the request
	ScopeReferenced = "referenced" // a resource that the request refers to, and that is judged beside it
)

// Where a key is judged.
const (
	EnforcedAtCall     = "at_call"    // when the resource is made
	EnforcedDownstream = "downstream" // when it is used: a launch template is judged at RunInstances
)

// What makes every block of an attribute a resource of its own, judged by
// itself: every volume of a launch is.
const (
	EachAlways  = "always"  // without a block there is still one: the root volume
	EachPresent = "present" // without a block there is none
)

// Binding is the fact that an attribute reaches an operation as a condition
// key.
type Binding struct {
	ResourceType string // "aws_instance"
	Attribute    string // "metadata_options[].http_tokens"; [] stands for any element
	Operation    string // "ec2:RunInstances"
	Phase        Phase
	// Related marks an operation that Terraform does not call for this type but
	// that makes something with the same setting. A guardrail without it can be
	// walked around. Requests and Changes leave it out.
	Related bool
	// Resources are the ARN patterns of the resource types that carry the key,
	// for the Resource of a statement: {"arn:*:ec2:*:*:instance/*"}. {"*"} when
	// the key does not depend on the resource.
	Resources   []string
	Key         string // "ec2:MetadataHttpTokens"; "aws:RequestTag/${TagKey}" for all tags
	KeyType     string // String, Bool, Numeric, ARN, Date or IPAddress
	Multivalued bool   // the key has a set of values
	IgnoreCase  bool   // AWS takes the value in any case: compare with the IgnoreCase operators
	// Values leads from the attribute's value to the key's; nil means the same
	// text. See [Binding.Form].
	Values map[string]string
	// Omit are the attribute's values that Terraform leaves out of the call when
	// it creates the resource: the key is then as if the attribute were not set.
	// An update sends them.
	Omit     []string
	Absent   Absent
	Scope    string
	Enforced string
	Each     string // EachAlways or EachPresent when every block is judged by itself
	Trust    Trust
	Evidence string // where it is written, "; " between sources
	Notes    string // what a user must know, in sentences
}

// Operations are the API actions that make, change and delete a resource type.
type Operations struct {
	Create []string
	Delete []string
	Update map[string][]string // attribute, or "*" for all others → actions
	ARN    string              // template with ${…} placeholders; empty when the type has no ARN
}

// Table is the set of bindings and operations. It is read-only and safe for
// concurrent use.
type Table struct {
	types map[string]*entry
}

// Library returns the embedded table. The first call indexes the data; a
// resource type is parsed when it is first asked for.
func Library() *Table { return library() }

// Types returns every resource type with operations or bindings, sorted.
func (t *Table) Types() []string { return slices.Sorted(maps.Keys(t.types)) }

// Bindings returns the bindings of an attribute, sorted by key, operation and
// phase. The attribute has the form "a[].b", and an index in place of [] is
// taken too. "tags.Owner" and "tags_all.Owner" give the binding of that tag;
// "tags" gives those of all tags and of the tag keys. "provider.region" gives
// aws:RequestedRegion on every operation that creates the type.
func (t *Table) Bindings(resourceType, attribute string) []Binding {
	e, ok := t.types[resourceType]
	if !ok {
		return nil
	}
	if attribute == regionAttribute {
		return e.parsed().regionBindings(resourceType)
	}
	attr, tag := normalize(attribute)
	var out []Binding
	for _, c := range e.parsed().lookup(attr) {
		b := c.Binding
		if tag != "" {
			if b.Key != requestTag {
				continue
			}
			b.Attribute, b.Key = attr+"."+tag, requestTagPrefix+tag
		}
		b.Resources, b.Values, b.Omit = slices.Clone(b.Resources), maps.Clone(b.Values), slices.Clone(b.Omit)
		out = append(out, b)
	}
	return out
}

// Attributes returns the attributes of a resource type that have bindings, in
// the form "a[].b", sorted.
func (t *Table) Attributes(resourceType string) []string {
	e, ok := t.types[resourceType]
	if !ok {
		return nil
	}
	return slices.Sorted(maps.Keys(e.parsed().byAttr))
}

// Operations returns the actions of a resource type.
func (t *Table) Operations(resourceType string) (Operations, bool) {
	e, ok := t.types[resourceType]
	if !ok {
		return Operations{}, false
	}
	p := e.parsed()
	o := Operations{
		Delete: slices.Clone(p.delete),
		Update: map[string][]string{},
		ARN:    p.arn,
	}
	for _, s := range p.create {
		o.Create = append(o.Create, s.operation)
	}
	for attr, steps := range p.update {
		for _, s := range steps {
			o.Update[attr] = append(o.Update[attr], s.operation)
		}
	}
	return o, true
}

// Uncovered returns the operations that set the attribute, or make the same
// thing, and are not known to carry its key, sorted: the ways round a guardrail
// on the key.
func (t *Table) Uncovered(resourceType, attribute string) []string {
	e, ok := t.types[resourceType]
	if !ok {
		return nil
	}
	attr, _ := normalize(attribute)
	return slices.Clone(e.parsed().uncovered[attr])
}

const (
	regionAttribute  = "provider.region"
	requestedRegion  = "aws:RequestedRegion"
	requestTagPrefix = "aws:RequestTag/"
	requestTag       = "aws:RequestTag/${TagKey}"
	tagKeys          = "aws:TagKeys"
)

// normalize brings an attribute path to the form of the data and splits off
// the key of a tag.
func normalize(attribute string) (attr, tag string) {
	attr = attribute
	for _, m := range []string{"tags_all", "volume_tags", "tags"} {
		rest, ok := strings.CutPrefix(attr, m)
		if !ok {
			continue
		}
		if m == "tags_all" {
			m = "tags"
		}
		switch {
		case rest == "":
			return m, ""
		case rest[0] == '.':
			return m, rest[1:]
		case strings.HasPrefix(rest, `["`) && strings.HasSuffix(rest, `"]`) && len(rest) > 4:
			if key, err := strconv.Unquote(rest[1 : len(rest)-1]); err == nil {
				return m, key
			}
			return m, rest[2 : len(rest)-2]
		}
	}
	if !strings.Contains(attr, "[") {
		return attr, ""
	}
	var b strings.Builder
	for rest := attr; rest != ""; {
		open := strings.IndexByte(rest, '[')
		if open < 0 {
			b.WriteString(rest)
			break
		}
		end := strings.IndexByte(rest[open:], ']')
		if end < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:open])
		b.WriteString("[]")
		rest = rest[open+end+1:]
	}
	return b.String(), ""
}
