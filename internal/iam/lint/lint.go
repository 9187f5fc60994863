package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iamdata"
)

// Check lints a policy. The places come from [iam.ParsePlaces]; the zero Places
// gives diagnostics without places.
func Check(p iam.Policy, places iam.Places, ref *iamdata.Reference) diag.Diagnostics {
	l := &linter{ref: ref, variables: p.Version == iam.Version2012}
	for i, s := range p.Statements {
		l.at = iam.StatementPlaces{}
		if i < len(places.Statements) {
			l.at = places.Statements[i]
		}
		l.statement(s)
	}
	l.diags.Sort()
	return l.diags
}

type linter struct {
	ref       *iamdata.Reference
	variables bool
	at        iam.StatementPlaces // of the statement at hand
	diags     diag.Diagnostics
}

// place returns where value j of an element stands, or the next best.
func (l *linter) place(element string, j int) diag.Place {
	if values := l.at.Values[element]; j < len(values) {
		return values[j]
	}
	return l.at.Statement
}

func (l *linter) add(d diag.Diagnostic, p diag.Place) { l.diags = append(l.diags, d.At(p)) }

func (l *linter) statement(s iam.Statement) {
	actions, whole := l.actions("Action", s.Actions)
	l.actions("NotAction", s.NotActions)
	if l.contradiction(s) || whole || len(actions) == 0 {
		return // actions without bound: any key and any resource may come
	}
	reached := l.resources(s, actions)
	if len(reached) > 0 {
		l.keys(s, reached)
	}
}

// actions expands the actions of an element and warns of those that do not
// exist. It reports whether they are without bound: "*", or a service that the
// reference does not know.
func (l *linter) actions(element string, patterns []string) (found []iamdata.Action, whole bool) {
	seen := map[string]bool{}
	for j, pattern := range patterns {
		service, name, ok := strings.Cut(pattern, ":")
		if !ok || strings.ContainsAny(service, "*?") {
			whole = true
			continue
		}
		s, known := l.ref.Service(service)
		if !known {
			whole = true
			d := diag.Warningf("iam-lint-action", "no service %q is known", service)
			if near := iam.Nearest(service, l.ref.Services()); near != "" {
				d = d.WithHint("did you mean %s:%s?", near, name)
			}
			l.add(d, l.place(element, j))
			continue
		}
		names := l.ref.ExpandActions(pattern)
		if len(names) == 0 {
			d := diag.Warningf("iam-lint-action", "no action %q is known", pattern)
			if near := iam.Nearest(name, actionNames(s)); near != "" {
				d = d.WithHint("did you mean %s:%s?", s.Prefix, near)
			}
			l.add(d.WithDetail("%s", effectOf(element)), l.place(element, j))
		}
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				a, _ := l.ref.Action(n)
				found = append(found, a)
			}
		}
	}
	return found, whole
}

func effectOf(element string) string {
	if element == "NotAction" {
		return "It excepts nothing."
	}
	return "It matches no request."
}

func actionNames(s *iamdata.Service) []string {
	names := make([]string, len(s.Actions))
	for i, a := range s.Actions {
		names[i] = a.Name
	}
	return names
}

// reach is an action with the resource types that a statement meets it on; a
// nil Types with Bare set means the action's bare request, on "*".
type reach struct {
	action iamdata.Action
	types  []iamdata.ActionResource
	bare   bool // the request on "*"
}

// resources finds out which resource types each action meets the statement on,
// and warns of resources that no action takes. NotResource leaves all types in.
func (l *linter) resources(s iam.Statement, actions []iamdata.Action) []reach {
	used := make([]bool, len(s.Resources))
	var out []reach
	for _, a := range actions {
		r := reach{action: a, bare: len(a.Resources) == 0}
		if s.Resources == nil {
			r.types = a.Resources
			out = append(out, r)
			continue
		}
		meets := false
		for j, pattern := range s.Resources {
			if strings.Trim(pattern, "*") == "" {
				used[j], meets = true, true
				r.types = a.Resources
				continue
			}
			if !strings.HasPrefix(pattern, "arn:") {
				used[j], meets = true, true // a name of the service's own
				r.types = a.Resources
				continue
			}
			for _, t := range a.Resources {
				if kind, ok := l.ref.ResourceType(a.Service, t.Type); !ok || kind.ARN == "" || overlaps(pattern, kind.ARN, l.variables) {
					used[j], meets = true, true
					if !slices.ContainsFunc(r.types, func(have iamdata.ActionResource) bool { return have.Type == t.Type }) {
						r.types = append(r.types, t)
					}
				}
			}
		}
		if r.bare = r.bare && slices.ContainsFunc(s.Resources, func(p string) bool { return strings.Trim(p, "*") == "" }); meets {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		l.add(l.dead(s, actions), l.at.Statement)
		return nil
	}
	for j, ok := range used {
		if !ok {
			l.add(diag.Warningf("iam-lint-resource", "none of the actions is judged on %q", s.Resources[j]).
				WithDetail("It changes nothing.").WithHint("the actions take %s", l.takes(actions)), l.place("Resource", j))
		}
	}
	return out
}

// dead tells of a statement whose resources none of its actions takes.
func (l *linter) dead(s iam.Statement, actions []iamdata.Action) diag.Diagnostic {
	d := diag.Warningf("iam-lint-never", "the statement can never match").
		WithDetail("None of its actions is judged on any of its resources.").WithHint("the actions take %s", l.takes(actions))
	if s.Effect == iam.Deny {
		d.Detail += " This deny guards nothing."
	}
	return d
}

// takes lists the ARN patterns that actions are judged on.
func (l *linter) takes(actions []iamdata.Action) string {
	const most = 4
	var list []string
	add := func(p string) {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, a := range actions {
		if len(a.Resources) == 0 {
			add(`only "*"`)
		}
		for _, r := range a.Resources {
			if t, ok := l.ref.ResourceType(a.Service, r.Type); ok && t.ARN != "" {
				add(placeholders(t.ARN))
			}
		}
	}
	if more := len(list) - most; more > 0 {
		list = append(list[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

// keys warns of condition keys that AWS sends with none of the actions on the
// statement's resources, and of keys that it sends with some only.
func (l *linter) keys(s iam.Statement, reached []reach) {
	for j, c := range s.Conditions {
		if _, ok := iamdata.GlobalKey(c.Key); ok || l.foreign(c.Key) {
			continue
		}
		l.partial(j, c, s, reached)
		var sent, missing []string
		for _, r := range reached {
			if r.carries(c.Key) {
				sent = append(sent, r.action.String())
			} else {
				missing = append(missing, r.action.String())
			}
		}
		if len(missing) == 0 {
			continue
		}
		d := diag.Warningf("iam-lint-key", "%s never comes with %s", c.Key, some(missing))
		if len(sent) > 0 {
			d.Summary = fmt.Sprintf("%s comes with %s, but never with %s", c.Key, some(sent), some(missing))
		}
		l.add(d.WithDetail("%s", consequence(c, s.Effect)).WithHint("%s", l.keyHint(c.Key, missing)), l.keyPlace(j))
	}
}

func (l *linter) keyPlace(j int) diag.Place {
	if j < len(l.at.Keys) {
		return l.at.Keys[j]
	}
	return l.at.Statement
}

// partial warns of a deny that holds without its key, where AWS judges an
// action on several resources and sends the key with some of them only: the
// deny then fires on the others whatever is asked.
func (l *linter) partial(j int, c iam.Condition, s iam.Statement, reached []reach) {
	if s.Effect != iam.Deny || !holdsWithout(c) {
		return
	}
	match := func(k string) bool { return iamdata.MatchKey(k, c.Key) }
	for _, r := range reached {
		if slices.ContainsFunc(r.action.Keys, match) {
			continue
		}
		var with, without []string
		for _, t := range r.types {
			kind, _ := l.ref.ResourceType(r.action.Service, t.Type)
			if slices.ContainsFunc(t.Keys, match) {
				with = append(with, placeholders(kind.ARN))
			} else {
				without = append(without, t.Type)
			}
		}
		if len(with) > 0 && len(without) > 0 {
			l.add(diag.Warningf("iam-lint-key", "%s comes with %s on some resources only", c.Key, r.action).
				WithDetail("The action is judged on %s too. There the condition holds without the key, so the statement denies whatever else is asked.", some(without)).
				WithHint("limit Resource to %s", some(with)), l.keyPlace(j))
			return
		}
	}
}

// foreign reports whether the reference cannot speak for a key: its prefix is
// no service, as with the keys of identity providers.
func (l *linter) foreign(key string) bool {
	prefix, _, ok := strings.Cut(key, ":")
	if !ok {
		return true
	}
	_, known := l.ref.Service(prefix)
	return !known && !strings.EqualFold(prefix, "aws")
}

// carries reports whether the key comes with the action on some resource type
// that the statement meets it on.
func (r reach) carries(key string) bool {
	match := func(k string) bool { return iamdata.MatchKey(k, key) }
	if slices.ContainsFunc(r.action.Keys, match) {
		return true
	}
	return slices.ContainsFunc(r.types, func(t iamdata.ActionResource) bool { return slices.ContainsFunc(t.Keys, match) })
}

// holdsWithout reports whether a condition holds when its key is absent.
func holdsWithout(c iam.Condition) bool {
	if c.Operator.Family() == iam.NullFamily {
		return slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "true") })
	}
	return !needsKey(c.Operator)
}

// consequence says what a key that never comes does to its condition.
func consequence(c iam.Condition, effect iam.Effect) string {
	switch {
	case !holdsWithout(c):
		return "Without the key the condition does not hold, so the statement does not match there."
	case effect == iam.Deny:
		return "Without the key the condition holds, so there the statement denies whatever else is asked."
	}
	return "Without the key the condition holds, so there it does not limit the statement."
}

// keyHint says where the key does come, if that is a matter of the resource.
func (l *linter) keyHint(key string, missing []string) string {
	a, _ := l.ref.Action(missing[0])
	for _, t := range a.Resources {
		if slices.ContainsFunc(t.Keys, func(k string) bool { return iamdata.MatchKey(k, key) }) {
			kind, _ := l.ref.ResourceType(a.Service, t.Type)
			return fmt.Sprintf("%s carries it on %s", a, placeholders(kind.ARN))
		}
	}
	service, _ := l.ref.Service(a.Service)
	var names []string
	for _, k := range service.Keys {
		names = append(names, k.Name)
	}
	if _, known := service.Key(key); !known {
		if near := iam.Nearest(key, names); near != "" {
			return "did you mean " + near + "?"
		}
	}
	if keys := a.AllKeys(); len(keys) > 0 {
		return fmt.Sprintf("%s comes with %s", a, some(keys))
	}
	return a.String() + " comes with global keys only"
}

// some lists a few of many names.
func some(names []string) string {
	const most = 4
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
