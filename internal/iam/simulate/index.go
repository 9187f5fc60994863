package simulate

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// actionIndex finds the statements whose actions can match a request's.
// Statements of other services, and of other names, cost nothing.
type actionIndex struct {
	everywhere []int32 // statements with "*" or NotAction
	services   map[string]*serviceIndex
	patterns   []actionEntry // the service itself is a pattern
}

// serviceIndex holds the statements of one service by the text that their
// action names begin with.
type serviceIndex struct {
	exact   map[string][]int32
	lengths []int // of the keys of prefix, ascending, each once
	prefix  map[string][]actionEntry
}

// actionEntry is a statement with the rest of its pattern; an empty rest is *.
type actionEntry struct {
	statement int32
	rest      string
}

func (x *actionIndex) add(statement int32, action string) {
	action = strings.ToLower(action)
	service, name, ok := strings.Cut(action, ":")
	switch {
	case strings.Trim(action, "*") == "":
		x.everywhere = append(x.everywhere, statement)
		return
	case !ok || strings.ContainsAny(service, "*?"):
		x.patterns = append(x.patterns, actionEntry{statement, action})
		return
	}
	if x.services == nil {
		x.services = map[string]*serviceIndex{}
	}
	s := x.services[service]
	if s == nil {
		s = &serviceIndex{exact: map[string][]int32{}, prefix: map[string][]actionEntry{}}
		x.services[service] = s
	}
	wild := strings.IndexAny(name, "*?")
	if wild < 0 {
		s.exact[name] = append(s.exact[name], statement)
		return
	}
	key, rest := name[:wild], name[wild:]
	if strings.Trim(rest, "*") == "" {
		rest = ""
	}
	s.prefix[key] = append(s.prefix[key], actionEntry{statement, rest})
	if i, found := slices.BinarySearch(s.lengths, wild); !found {
		s.lengths = slices.Insert(s.lengths, i, wild)
	}
}

// find calls visit with every statement that has an action matching the
// request's, some more than once.
func (x *actionIndex) find(s *scratch, visit func(*scratch, int32)) {
	for _, i := range x.everywhere {
		visit(s, i)
	}
	for _, e := range x.patterns {
		if iam.MatchAction(e.rest, s.action) {
			visit(s, e.statement)
		}
	}
	index := x.services[string(s.service)]
	if index == nil {
		return
	}
	for _, i := range index.exact[string(s.operation)] {
		visit(s, i)
	}
	for _, n := range index.lengths {
		if n > len(s.operation) {
			break
		}
		for _, e := range index.prefix[string(s.operation[:n])] {
			if e.rest == "" || iam.MatchAction(e.rest, s.action[len(s.service)+1+n:]) {
				visit(s, e.statement)
			}
		}
	}
}
