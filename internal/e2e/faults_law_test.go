//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// broken holds what was seen through faults to what there is, and returns where
// it is not so: every scope is accounted for, what is complete is whole, what is
// not whole is said so, and a verdict is the true one or unknown.
func broken(whole, got world) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if got.code == 2 {
		if !strings.Contains(got.errs, "aws-credentials") && !strings.Contains(got.errs, "snapshot-nothing-read") {
			say("the run failed: %s", got.errs)
		}
		return wrong
	}
	scopes := entries(got.in.Snapshot)
	if len(scopes) != len(got.in.Snapshot.Scopes) || len(scopes) != len(whole.in.Snapshot.Scopes) {
		say("there are %d scopes, of which %d differ; there were %d", len(got.in.Snapshot.Scopes), len(scopes), len(whole.in.Snapshot.Scopes))
	}
	for _, w := range whole.in.Snapshot.Scopes {
		e, ok := scopes[w.Scope]
		switch {
		case !ok:
			say("%v is not accounted for", w.Scope)
		case !slices.Contains(snapshot.Statuses, e.Status):
			say("%v ended with %q", w.Scope, e.Status)
		case e.Status != snapshot.Complete && e.Detail == "":
			say("%v is %s, and nothing says why", w.Scope, e.Status)
		case e.Status == snapshot.Complete && len(e.Gaps) == 0 && e.Shard != w.Shard:
			say("%v is said to be complete, and is not", w.Scope)
		}
	}
	wrong = append(wrong, wrongResources(whole, got, scopes)...)
	return append(wrong, wrongVerdicts(whole, got)...)
}

// wrongResources looks for resources that are lost, made up, or not as they are.
func wrongResources(whole, got world, scopes map[snapshot.Scope]snapshot.Entry) []string {
	var wrong []string
	have := map[string]*resource.Resource{}
	for _, r := range got.in.Resources {
		have[r.Address] = r
	}
	for _, w := range whole.in.Resources {
		r := have[w.Address]
		delete(have, w.Address)
		if r != nil {
			wrong = append(wrong, untrue(w, r)...)
			continue
		}
		e := scopes[snapshot.Scope{Account: w.Account, Region: w.Region, Type: w.Type}]
		gap := slices.ContainsFunc(e.Gaps, func(g snapshot.Gap) bool { return g.Related == w.Type })
		if e.Status == snapshot.Complete && !gap {
			wrong = append(wrong, w.Address+" is lost")
		}
	}
	for address := range have {
		wrong = append(wrong, address+" is made up")
	}
	slices.Sort(wrong)
	return wrong
}

// untrue compares what is said of a resource with what it is.
func untrue(w, r *resource.Resource) []string {
	var wrong []string
	for name, v := range w.Values {
		if !resource.Marked(r.Unknown, resource.Path{name}) && !reflect.DeepEqual(r.Values[name], v) {
			wrong = append(wrong, fmt.Sprintf("%s: %s is said to be %v and is %v", r.Address, name, r.Values[name], v))
		}
	}
	for name, v := range r.Values {
		if _, ok := w.Values[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s: %s is said to be %v and is not there", r.Address, name, v))
		}
	}
	return wrong
}

// wrongVerdicts: a verdict stays what it is or becomes unknown, for the resource
// or for the scope that it is in. What has no finding passes, or is not there.
func wrongVerdicts(whole, got world) []string {
	var wrong []string
	had := map[string]bool{}
	for _, w := range whole.report.Findings {
		had[w.Policy+" "+w.Resource.Address+" "+string(w.Status)] = true
		said := slices.ContainsFunc(got.report.Findings, func(f finding.Finding) bool {
			switch {
			case f.Policy != w.Policy:
				return false
			case f.Resource.Address != "":
				return f.Resource.Address == w.Resource.Address && (f.Status == w.Status || f.Status == finding.Unknown)
			}
			return f.Status == finding.Unknown && f.Resource.Type == w.Resource.Type && f.Message != ""
		})
		if !said {
			wrong = append(wrong, fmt.Sprintf("%s: %s of %s is not said any more", w.Policy, w.Status, w.Resource.Address))
		}
	}
	for _, f := range got.report.Findings {
		if f.Status != finding.Unknown && !had[f.Policy+" "+f.Resource.Address+" "+string(f.Status)] {
			wrong = append(wrong, fmt.Sprintf("%s: %s of %s is not so: %s", f.Policy, f.Status, f.Resource.Address, f.Message))
		}
	}
	if got.report.Summary.Passed > whole.report.Summary.Passed {
		wrong = append(wrong, fmt.Sprintf("%d pass, of %d", got.report.Summary.Passed, whole.report.Summary.Passed))
	}
	return wrong
}

// clean returns the policies that are about collected types and find nothing.
func clean(w world, about map[string][]string) []string {
	found := map[string]bool{}
	for _, f := range w.report.Findings {
		found[f.Policy] = true
	}
	var list []string
	for _, p := range slices.Sorted(maps.Keys(about)) {
		some := slices.ContainsFunc(about[p], func(typ string) bool { return slices.Contains(w.in.Collected, typ) })
		if !found[p] && some {
			list = append(list, p)
		}
	}
	return list
}
