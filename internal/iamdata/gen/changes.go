package main

import (
	"fmt"
	"slices"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

// shown is how many names of a kind are printed.
const shown = 20

// changes tells what a new reference adds and removes, a line each. What goes
// missing can break bindings and lints, so removals come first.
func changes(last, next *iamdata.Reference, size int) []string {
	_, version, updated := next.Source()
	now := names(next)
	lines := []string{fmt.Sprintf("version %s of %s: %d services, %d actions, %d resource types, %d keys with actions, %d bytes",
		version, updated, len(next.Services()), len(now["action"]), len(now["resource type"]), len(now["key of an action"]), size)}
	if last == nil {
		return append(lines, "there was no reference before")
	}
	before := names(last)
	for _, kind := range []string{"service", "action", "access level", "resource type", "key of an action"} {
		gone, added := minus(before[kind], now[kind]), minus(now[kind], before[kind])
		lines = append(lines, list(kind, "removed", gone)...)
		lines = append(lines, list(kind, "added", added)...)
	}
	if len(lines) == 1 {
		lines = append(lines, "nothing changed")
	}
	return lines
}

// names lists the facts of a reference by kind.
func names(r *iamdata.Reference) map[string]map[string]bool {
	out := map[string]map[string]bool{
		"service": {}, "action": {}, "access level": {}, "resource type": {}, "key of an action": {},
	}
	for _, prefix := range r.Services() {
		s, _ := r.Service(prefix)
		out["service"][prefix] = true
		for _, t := range s.ResourceTypes {
			out["resource type"][prefix+" "+t.Name+" "+t.ARN] = true
		}
		for _, a := range s.Actions {
			out["action"][a.String()] = true
			out["access level"][a.String()+" "+string(a.Access)] = true
			for _, k := range a.AllKeys() {
				out["key of an action"][a.String()+" "+k] = true
			}
		}
	}
	return out
}

// minus returns what a has and b has not, sorted.
func minus(a, b map[string]bool) []string {
	var out []string
	for name := range a {
		if !b[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func list(kind, verb string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("%s %s: %d", kind, verb, len(names))}
	for _, n := range names[:min(len(names), shown)] {
		lines = append(lines, "  "+n)
	}
	if more := len(names) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return lines
}
