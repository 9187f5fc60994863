package iamdata

import (
	_ "embed" // for the data
	"slices"
	"strings"
	"sync"
)

// Access is AWS's access level of an action.
type Access string

// Access levels. Tagging and permissions management are writes too.
const (
	Read                  Access = "Read"
	List                  Access = "List"
	Write                 Access = "Write"
	Tagging               Access = "Tagging"
	PermissionsManagement Access = "Permissions management"
)

// Reference is the service authorization reference. It is safe for concurrent
// use; what it returns must not be changed.
type Reference struct {
	pkg, version, updated string
	prefixes              []string // of the services, sorted
	services              map[string]*entry
}

// entry is a service in the directory, decoded on demand.
type entry struct {
	title string
	rcp   bool
	load  func() *Service
}

// Service is one AWS service, or one prefix of one.
type Service struct {
	Prefix        string // "ec2"
	Title         string // "Amazon EC2"
	RCP           bool   // resource control policies reach it
	Actions       []Action
	ResourceTypes []ResourceType
	Keys          []Key // its condition keys, those of aws: that it lists included
}

// Action is one action of a service.
type Action struct {
	Service    string // "ec2"
	Name       string // "RunInstances"
	Access     Access
	Resources  []ActionResource // resource types that it is judged on; none: "*"
	Keys       []string         // keys that come with it whatever the resource
	Dependents []string         // actions that the caller needs besides
}

// ActionResource is a resource type that an action takes.
type ActionResource struct {
	Type     string
	Required bool
	Keys     []string // keys that come with the action on this type
}

// ResourceType is a kind of resource.
type ResourceType struct {
	Name string
	ARN  string // template: arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}
	Keys []string
}

// Key is a condition key or, with ${…} in its name, a family of keys.
type Key struct {
	Name string // "aws:RequestTag/${TagKey}"
	Type string // String, ARN, Bool, Numeric, Date, IPAddress, Binary, or ArrayOf…; empty: not given
}

// String returns service:Name.
func (a Action) String() string { return a.Service + ":" + a.Name }

// AllKeys returns every key that comes with the action on some resource,
// sorted.
func (a Action) AllKeys() []string {
	keys := slices.Clone(a.Keys)
	for _, r := range a.Resources {
		keys = append(keys, r.Keys...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Multivalued reports whether a request can carry several values.
func (k Key) Multivalued() bool { return strings.HasPrefix(k.Type, "ArrayOf") }

//go:embed reference.bin
var embedded []byte

var load = sync.OnceValue(func() *Reference {
	r, err := open(embedded)
	if err != nil {
		panic(err) // the build is broken; TestEmbedded sees it first
	}
	return r
})

// Load returns the embedded reference.
func Load() *Reference { return load() }

// Source returns the npm package, its version, and when it was made.
func (r *Reference) Source() (pkg, version, updated string) { return r.pkg, r.version, r.updated }

// Services returns the prefixes of all services, sorted.
func (r *Reference) Services() []string { return slices.Clone(r.prefixes) }

// Service returns the service with this prefix, in any case.
func (r *Reference) Service(prefix string) (*Service, bool) {
	e, ok := r.services[prefix]
	if !ok {
		if e, ok = r.services[strings.ToLower(prefix)]; !ok {
			return nil, false
		}
	}
	return e.load(), true
}

// RCPServices returns the services that resource control policies reach, as
// far as the source knows, sorted.
func (r *Reference) RCPServices() []string {
	var out []string
	for _, p := range r.prefixes {
		if r.services[p].rcp {
			out = append(out, p)
		}
	}
	return out
}

// Action returns the action named service:Name, in any case.
func (r *Reference) Action(name string) (Action, bool) {
	prefix, action, _ := strings.Cut(name, ":")
	s, ok := r.Service(prefix)
	if !ok {
		return Action{}, false
	}
	return s.Action(action)
}

// Action returns the service's action of this name, in any case.
func (s *Service) Action(name string) (Action, bool) {
	i, ok := slices.BinarySearchFunc(s.Actions, name, func(a Action, name string) int { return compareFold(a.Name, name) })
	if !ok {
		return Action{}, false
	}
	return s.Actions[i], true
}

// ResourceType returns a resource type of a service.
func (r *Reference) ResourceType(prefix, name string) (ResourceType, bool) {
	s, ok := r.Service(prefix)
	if !ok {
		return ResourceType{}, false
	}
	return s.ResourceType(name)
}

// ResourceType returns the service's resource type of this name.
func (s *Service) ResourceType(name string) (ResourceType, bool) {
	for _, t := range s.ResourceTypes {
		if t.Name == name {
			return t, true
		}
	}
	return ResourceType{}, false
}

// Key returns the key of a service, or the global key, that has this name or
// whose template it fits: aws:RequestTag/Team is of the family
// aws:RequestTag/${TagKey}.
func (s *Service) Key(name string) (Key, bool) {
	for _, k := range s.Keys {
		if MatchKey(k.Name, name) {
			return k, true
		}
	}
	return GlobalKey(name)
}

// ExpandActions returns the actions that a pattern matches, as service:Name,
// sorted. Case does not matter; * and ? are wildcards, also in the service.
func (r *Reference) ExpandActions(pattern string) []string {
	pattern = strings.ToLower(pattern)
	prefix, name, ok := strings.Cut(pattern, ":")
	if !ok {
		if strings.Trim(pattern, "*") != "" {
			return nil
		}
		prefix, name = "*", "*"
	}
	services := []string{prefix}
	if strings.ContainsAny(prefix, "*?") {
		services = r.prefixes
	}
	var out []string
	for _, p := range services {
		if !wildcard(prefix, p) {
			continue
		}
		s, ok := r.Service(p)
		if !ok {
			continue
		}
		for _, a := range s.Actions {
			if wildcard(name, a.Name) {
				out = append(out, a.String())
			}
		}
	}
	return out
}

// MatchKey reports whether a key is the named one or of its family. Case does
// not matter; each ${…} or <…> stands for some text.
func MatchKey(template, key string) bool {
	if !strings.ContainsAny(template, "$<") {
		return strings.EqualFold(template, key)
	}
	var pattern strings.Builder
	for rest := template; ; {
		i := strings.IndexAny(rest, "$<")
		if i < 0 {
			pattern.WriteString(rest)
			break
		}
		pattern.WriteString(rest[:i])
		pattern.WriteString("?*")
		end := "}"
		if rest[i] == '<' {
			end = ">"
		}
		_, rest, _ = strings.Cut(rest[i:], end)
	}
	return wildcard(pattern.String(), key)
}

// wildcard matches * and ? without regard to case. It is the matching of
// internal/iam, which this package does not import, for names in ASCII.
func wildcard(pattern, s string) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			i++
			star, retry = i, j
			continue
		case i < len(pattern) && (pattern[i] == '?' || lower(pattern[i]) == lower(s[j])):
			i++
			j++
			continue
		case star < 0:
			return false
		}
		retry++
		i, j = star, retry
	}
	return strings.Trim(pattern[i:], "*") == ""
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// compareFold orders names without regard to case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}
