package drift

import (
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Live is what was collected.
type Live struct {
	Resources  []*resource.Resource
	Incomplete []resource.Scope // scopes that were not read whole
	Collected  []string         // types that were asked for
	// Skip lists, by type, the attributes that the collector calls no drift, by
	// path: those that have no live value, and those that move by themselves.
	Skip map[string][]string
	// Overlap lists those that other types hold too. Where that depends on the
	// code, it is the code that decides.
	Overlap map[string][]string
}

// Compare compares the resources of the code with live state, in their order.
// What a plan is about to delete is left out.
func Compare(desired []*resource.Resource, live Live) []Result {
	index := NewIndex(live.Resources)
	shared := sharedAttributes(desired)
	var results []Result
	for _, d := range desired {
		if d.Deleted() || !strings.HasPrefix(d.Type, "aws_") {
			continue
		}
		if p, ok := parts[d.Type]; ok {
			results = append(results, p.compare(d, index, live))
			continue
		}
		l, several := index.find(d)
		if several {
			results = append(results, ambiguous(d))
			continue
		}
		r := compare(d, l, live, shared)
		if l != nil {
			r.add(strayRules(d, l, desired, shared(d)))
		}
		results = append(results, r)
	}
	return results
}

func compare(d, l *resource.Resource, live Live, shared func(*resource.Resource) []string) Result {
	r := Result{Desired: d, Live: l}
	if l == nil {
		r.absent(d, live)
		return r
	}
	skip := shared(d)
	filled := parseFilled(l.Filled)
	c := comparison{desired: d, live: l}
	c.skip = append(c.skip, parsePaths(live.Skip[kind(d.Type)])...)
	for _, p := range live.Overlap[kind(d.Type)] {
		if !conditional(kind(d.Type), p) {
			c.skip = append(c.skip, parsePaths([]string{p})...)
		}
	}
	want, have := values(d), values(l)
	names := slices.Sorted(maps.Keys(union(want, have)))
	for _, name := range names {
		if name == "id" || slices.Contains(skip, name) { // ids have joined the two, or are of Terraform's making
			continue
		}
		inside, ok := filled.below(name)
		if !ok {
			continue
		}
		if _, set := want[name]; !set && d.Origin == resource.OriginConfig {
			continue // a default, which the code does not say
		}
		c.walk(want[name], have[name], inside, resource.Path{name})
	}
	r.Status = Same
	r.add(c.found)
	return r
}

// add takes differences.
func (r *Result) add(found []Difference) {
	if len(found) > 0 {
		r.Status, r.Differences = Changed, append(r.Differences, found...)
	}
}

// ambiguous is what is known of a resource that may be one of several.
func ambiguous(d *resource.Resource) Result {
	return Result{Desired: d, Status: Unknown, Why: "several live resources may be meant, as the code does not say in which account and Region it is"}
}

// conditional reports whether an attribute is held by other types only where
// the code has such resources.
func conditional(resourceType, attribute string) bool {
	return slices.ContainsFunc(overlaps, func(o overlap) bool {
		return o.resourceType == resourceType && o.attribute == attribute
	})
}

// absent says what it means that d was not found.
func (r *Result) absent(d *resource.Resource, live Live) {
	if live.Collected != nil && !slices.Contains(live.Collected, kind(d.Type)) {
		r.Status, r.Why, r.Uncollected = Unknown, "the snapshot was not asked for "+d.Type, true
		return
	}
	r.Status, r.Why = absence(d, live)
}

func absence(d *resource.Resource, live Live) (Status, string) {
	for _, s := range live.Incomplete {
		if s.Type == kind(d.Type) && near(s.Account, d.Account) && near(s.Region, d.Region) {
			return Unknown, "not read: " + s.Status
		}
	}
	if len(keys(d)) == 0 {
		return Unknown, "the code does not say what identifies it"
	}
	if d.Origin != resource.OriginState && !slices.Contains(d.Actions, resource.ActionNoOp) && !slices.Contains(d.Actions, resource.ActionUpdate) {
		return Unknown, "it is not there; the code alone does not tell whether it was ever created"
	}
	return Gone, ""
}

// sharedAttributes finds the attributes that other resources of the code manage
// too.
func sharedAttributes(desired []*resource.Resource) func(*resource.Resource) []string {
	type user struct{ resourceType, attribute, name string }
	used := map[user]bool{}
	unnamed := map[[2]string]bool{}
	for _, d := range desired {
		for _, o := range overlaps {
			if o.by != d.Type || d.Deleted() {
				continue
			}
			v := d.Values[o.via]
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			for _, e := range list {
				if s := text(e); s != "" {
					used[user{o.resourceType, o.attribute, s}] = true
				} else { // not known: it may be any
					unnamed[[2]string{o.resourceType, o.attribute}] = true
				}
			}
		}
	}
	return func(d *resource.Resource) []string {
		var list []string
		for _, o := range overlaps {
			if o.resourceType != kind(d.Type) || slices.Contains(list, o.attribute) {
				continue
			}
			hit := unnamed[[2]string{o.resourceType, o.attribute}]
			for _, name := range []string{d.ID, d.ARN, text(d.Values["id"]), text(d.Values["arn"]), text(d.Values["name"]), text(d.Values["bucket"]), text(d.Values["url"]), text(d.Values["key_id"]), text(d.Values["domain_name"])} {
				hit = hit || name != "" && used[user{o.resourceType, o.attribute, name}]
			}
			if hit {
				list = append(list, o.attribute)
			}
		}
		return list
	}
}

// values returns the attributes as they are compared. The provider keeps the
// tags of the code in tags and those of AWS in tags_all, in blocks too; live
// state knows only the second, and AWS's own tags are nobody's.
func values(r *resource.Resource) map[string]any {
	v, _ := allTags(r.Values).(map[string]any)
	if tags, ok := v["tags"].(map[string]any); ok {
		tags = maps.Clone(tags)
		maps.DeleteFunc(tags, func(k string, _ any) bool { return strings.HasPrefix(k, "aws:") })
		v["tags"] = tags
	}
	return v
}

// allTags copies a value with tags_all in place of tags.
func allTags(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if k == "tags" || k == "tags_all" {
				out[k] = e // whose keys are anything
			} else {
				out[k] = allTags(e)
			}
		}
		if all, ok := v["tags_all"]; ok {
			out["tags"] = all
			delete(out, "tags_all")
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = allTags(e)
		}
		return out
	}
	return v
}

func union(a, b map[string]any) map[string]bool {
	names := map[string]bool{}
	for k := range a {
		names[k] = true
	}
	for k := range b {
		names[k] = true
	}
	return names
}

// comparison collects the differences of one resource.
type comparison struct {
	desired, live *resource.Resource
	skip          filledPaths // paths that are left out
	found         []Difference
}

// skips reports whether a path is at or below one that is left out.
func (c *comparison) skips(at resource.Path) bool {
	return slices.ContainsFunc(c.skip, func(p resource.Path) bool {
		if len(p) > len(at) {
			return false
		}
		for i, step := range p {
			_, index := at[i].(int)
			if step != at[i] && !(step == anyElement{} && index) {
				return false
			}
		}
		return true
	})
}

// walk compares two values at a path.
func (c *comparison) walk(want, have any, filled filledPaths, at resource.Path) {
	if c.skips(at) || resource.Marked(c.desired.Unknown, at) || resource.Marked(c.live.Unknown, at) {
		return
	}
	want, have = filled.project(want), filled.project(have)
	exact := at[0] == "tags"
	if canonical(want, exact) == canonical(have, exact) {
		return
	}
	if len(at) == 1 && slices.Contains(byName[c.desired.Type], at.String()) && sameName(want, have) {
		return
	}
	wm, wok := want.(map[string]any)
	hm, hok := have.(map[string]any)
	if wok && hok {
		for _, k := range slices.Sorted(maps.Keys(union(wm, hm))) {
			if inside, ok := filled.below(k); ok {
				c.walk(wm[k], hm[k], inside, append(slices.Clone(at), k))
			}
		}
		return
	}
	wl, wok := want.([]any)
	hl, hok := have.([]any)
	if wok && hok && c.elements(wl, hl, filled, at) {
		return
	}
	d := Difference{Path: at.String(), Live: have, Desired: want}
	if resource.Marked(c.desired.Sensitive, at) || resource.Marked(c.live.Sensitive, at) {
		d.Live, d.Desired, d.Sensitive = nil, nil, true
	}
	c.found = append(c.found, d)
}

// sameName reports whether a name of the code is that at the end of a live ARN.
func sameName(want, have any) bool {
	name, ok := want.(string)
	arn, there := have.(string)
	if !ok || !there || name == "" || strings.HasPrefix(name, "arn:") || !strings.HasPrefix(arn, "arn:") {
		return false
	}
	last := arn[strings.LastIndexByte(arn, '/')+1:]
	return last == name || strings.HasPrefix(last, name+":")
}

// elements compares lists of blocks element by element where they pair, and
// reports whether it could. Lists are compared as sets: most blocks of the
// provider are, and the order of the others does not change what policies say.
func (c *comparison) elements(want, have []any, filled filledPaths, at resource.Path) bool {
	block := func(v any) bool { _, ok := v.(map[string]any); return ok }
	if len(want) != len(have) || !slices.ContainsFunc(want, block) {
		return false
	}
	inside, _ := filled.below(0)
	left := slices.Clone(have)
	var rest []int
	for i, w := range want {
		j := slices.IndexFunc(left, func(h any) bool { return canonical(h, false) == canonical(w, false) })
		if j < 0 {
			rest = append(rest, i)
			continue
		}
		left = slices.Delete(left, j, j+1)
	}
	for k, i := range rest {
		c.walk(want[i], left[k], inside, append(slices.Clone(at), i))
	}
	return true
}
