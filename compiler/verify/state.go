package verify

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/resource"
)

// A choice is one state of one attribute.
type choice struct {
	absent bool
	block  bool // absent, but the block that it stands in is there
	text   string
	second string // of a second block of the same kind; empty: there is none
}

// setting is an attribute in one of its states.
type setting struct {
	read  Read
	value choice
}

// state is one combination: every attribute in one of its states.
type state []setting

const valuesRoot = "resource.values."

// Parts of the input that are not attributes, with an ordinary value that no
// policy singles out.
var contextValues = map[string]struct{ key, ordinary string }{
	"resource.region":    {"aws:RequestedRegion", Region},
	"resource.account":   {"aws:PrincipalAccount", Account},
	"region":             {"aws:RequestedRegion", Region},
	"account":            {"aws:PrincipalAccount", Account},
	"principal.arn":      {"aws:PrincipalArn", principal},
	"principal.username": {"aws:username", ""},
	"request.source_ip":  {"aws:SourceIp", ""},
}

// always are the keys that every signed request carries.
var always = map[string]bool{"aws:RequestedRegion": true, "aws:PrincipalAccount": true, "aws:PrincipalArn": true}

// states lists what an attribute can be: missing, each constant, and neighbours
// of each constant, which tell a test for equality from one for less or for a
// prefix.
func (r Read) states() []choice {
	var out []choice
	seen := map[string]bool{}
	put := func(texts ...string) {
		for _, t := range texts {
			if !seen[t] {
				seen[t] = true
				out = append(out, choice{text: t})
			}
		}
	}
	key, global := contextValues[r.Path]
	if !global || !always[key.key] {
		out = append(out, choice{absent: true})
		if strings.HasSuffix(r.Path, "[]") || strings.Contains(r.Path, "[].") || strings.Contains(strings.TrimPrefix(r.Path, valuesRoot), ".") {
			out = append(out, choice{absent: true, block: true})
		}
	}
	switch r.Kind {
	case "bool":
		put("true", "false")
	case "number":
		put("0")
		for _, c := range r.Constants {
			n, err := strconv.ParseFloat(c, 64)
			if err != nil {
				continue
			}
			put(format(n-1), format(n), format(n+1))
		}
	default:
		if key.key == "aws:SourceIp" {
			put("10.0.0.1", "10.255.255.255", "192.0.2.1")
			break
		}
		put("zz-other")
		for _, c := range r.Constants {
			put(instances(c)...)
		}
	}
	if !r.Repeats {
		return out
	}
	// Two blocks that differ show which of them is meant, and whether all or any.
	for _, a := range out {
		for _, b := range out {
			if a.text != b.text && !a.absent && !b.absent && len(out) < maxPairs {
				out = append(out, choice{text: a.text, second: b.text})
			}
		}
	}
	return out
}

// maxPairs bounds the states of one attribute with two blocks.
const maxPairs = 24

func format(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// instances gives strings at and beside a constant, which may be a pattern.
func instances(c string) []string {
	plain := strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$")
	if !strings.ContainsAny(strings.NewReplacer("${*}", "", "${?}", "").Replace(c), "*?") {
		v := plain.Replace(c)
		return []string{v, v + "x", "x" + v, strings.ToUpper(v), strings.ToLower(v)}
	}
	var out []string
	for _, star := range []string{"", "q", "q.q"} {
		v := strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$", "*", star, "?", "q").Replace(c)
		out = append(out, v, v+"x", "x"+v)
	}
	return out
}

// combinations lists the states to try.
func combinations(reads []Read) []state {
	total := 1
	choices := make([][]choice, len(reads))
	for i, r := range reads {
		choices[i] = r.states()
		if total <= maxStates {
			total *= len(choices[i])
		}
	}
	at := func(pick []int) state {
		st := make(state, len(reads))
		for i, r := range reads {
			st[i] = setting{r, choices[i][pick[i]]}
		}
		return st
	}
	pick := make([]int, len(reads))
	var out []state
	if total <= maxStates {
		for {
			out = append(out, at(pick))
			i := 0
			for ; i < len(pick); i++ {
				if pick[i]++; pick[i] < len(choices[i]) {
					break
				}
				pick[i] = 0
			}
			if i == len(pick) {
				return out
			}
		}
	}
	for i := range reads {
		for j := i; j < len(reads); j++ {
			for a := range choices[i] {
				for b := range choices[j] {
					clear(pick)
					pick[i], pick[j] = a, b
					out = append(out, at(pick))
				}
			}
		}
	}
	return out
}

// value returns the text of an attribute, and whether it is there.
func (st state) value(path string) (string, bool) {
	for _, s := range st {
		if s.read.Path == path && !s.value.absent {
			return s.value.text, true
		}
	}
	return "", false
}

// region is where the state's request goes.
func (st state) region() string {
	for _, path := range []string{"resource.region", "region"} {
		if r, ok := st.value(path); ok {
			return r
		}
	}
	return Region
}

func (st state) principal() string {
	if p, ok := st.value("principal.arn"); ok {
		return p
	}
	return principal
}

// context holds the global keys of a request in this state.
func (st state) context() map[string]simulate.Value {
	out := map[string]simulate.Value{
		"aws:RequestedRegion":  simulate.Single(Region),
		"aws:PrincipalAccount": simulate.Single(Account),
		"aws:PrincipalArn":     simulate.Single(principal),
	}
	for _, s := range st {
		key := contextValues[s.read.Path].key
		if tag, ok := strings.CutPrefix(s.read.Path, "principal.tags."); ok {
			key = "aws:PrincipalTag/" + tag
		}
		if key == "" {
			continue
		}
		if s.value.absent {
			delete(out, key)
			continue
		}
		out[key] = simulate.Single(s.value.text)
	}
	return out
}

// document is the input that the policy sees in this state.
func (st state) document(typ string) map[string]any {
	res := map[string]any{
		"type": typ, "name": "example", "address": typ + ".example", "id": nil, "arn": nil,
		"account": Account, "region": Region, "partition": "aws", "origin": "plan", "actions": []any{"create"},
		"values": map[string]any{},
	}
	doc := map[string]any{
		"resource": res, "related": map[string]any{},
		"region": Region, "account": Account,
		"principal": map[string]any{"arn": principal},
	}
	for _, s := range st {
		steps := splitPath(s.read.Path)
		if s.value.absent {
			if s.value.block && steps[len(steps)-1] == "[]" {
				placeList(doc, steps)
			} else if s.value.block && len(steps) > 1 {
				place(doc, steps[:len(steps)-1], map[string]any{})
			} else if _, global := contextValues[s.read.Path]; global {
				remove(doc, steps)
			}
			continue
		}
		place(doc, steps, s.read.typed(s.value.text))
		if s.value.second != "" {
			placeSecond(doc, steps, s.read.typed(s.value.text), s.read.typed(s.value.second))
		}
	}
	return doc
}

// placeList puts a list with the values at a path that ends in [].
func placeList(doc map[string]any, steps []string, values ...any) {
	if values == nil {
		values = []any{}
	}
	place(doc, steps[:len(steps)-1], values)
}

// placeSecond puts a value into a second element of the first list on its path.
func placeSecond(doc map[string]any, steps []string, first, value any) {
	i := slices.Index(steps, "[]")
	if i == len(steps)-1 {
		placeList(doc, steps, first, value)
		return
	}
	if i < 1 {
		return
	}
	parent := doc
	for _, step := range steps[:i-1] {
		next, ok := parent[step].(map[string]any)
		if !ok {
			return
		}
		parent = next
	}
	list, _ := parent[steps[i-1]].([]any)
	for len(list) < 2 {
		list = append(list, map[string]any{})
	}
	if second, ok := list[1].(map[string]any); ok {
		place(second, steps[i+1:], value)
	}
	parent[steps[i-1]] = list
}

// values are the attributes of the resource in a state.
func (s Subject) values(typ string, st state) map[string]any {
	res, _ := s.document(typ, st)["resource"].(map[string]any)
	values, _ := res["values"].(map[string]any)
	return values
}

// document is the input of a state, with what messages read.
func (s Subject) document(typ string, st state) map[string]any {
	doc := st.document(typ)
	for _, path := range s.Messages {
		block := slices.ContainsFunc(s.Reads[typ], func(r Read) bool { return strings.HasPrefix(r.Path, path+"[]") || strings.HasPrefix(r.Path, path+".") })
		switch steps := splitPath(path); {
		case block:
			place(doc, append(steps, "[]"), map[string]any{})
		case !slices.ContainsFunc(s.Reads[typ], func(r Read) bool { return r.Path == path }):
			place(doc, steps, "example")
		}
	}
	return doc
}

// typed gives a value its JSON type.
func (r Read) typed(text string) any {
	switch r.Kind {
	case "bool":
		return text == "true"
	case "number":
		return json.Number(text)
	}
	return text
}

// splitPath splits a path into member names; a list step follows as "[]".
func splitPath(path string) []string {
	var out []string
	for path != "" {
		if strings.HasPrefix(path, `["`) {
			if q, err := strconv.QuotedPrefix(path[1:]); err == nil {
				name, err := strconv.Unquote(q)
				if err == nil {
					out = append(out, name)
				}
				path = strings.TrimPrefix(path[1+len(q):], "]")
				continue
			}
		}
		if rest, ok := strings.CutPrefix(path, "[]"); ok {
			out, path = append(out, "[]"), rest
			continue
		}
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if end == 0 {
			break
		}
		out, path = append(out, path[:end]), path[end:]
	}
	return out
}

// place puts a value at a path, making objects and one-element lists on the
// way. What is there already stays, unless the path says otherwise.
func place(doc map[string]any, steps []string, value any) {
	name, rest := steps[0], steps[1:]
	if len(rest) == 0 {
		if m, ok := value.(map[string]any); ok && len(m) == 0 {
			if _, there := doc[name]; there {
				return
			}
		}
		doc[name] = value
		return
	}
	if rest[0] == "[]" {
		if len(rest) == 1 {
			if m, ok := value.(map[string]any); ok && len(m) == 0 {
				if _, there := doc[name]; there {
					return
				}
			}
			doc[name] = []any{value}
			return
		}
		list, _ := doc[name].([]any)
		if len(list) == 0 {
			list = []any{map[string]any{}}
			doc[name] = list
		}
		if m, ok := list[0].(map[string]any); ok {
			place(m, rest[1:], value)
		}
		return
	}
	m, ok := doc[name].(map[string]any)
	if !ok {
		m = map[string]any{}
		doc[name] = m
	}
	place(m, rest, value)
}

func remove(doc map[string]any, steps []string) {
	for _, s := range steps[:len(steps)-1] {
		next, ok := doc[s].(map[string]any)
		if !ok {
			return
		}
		doc = next
	}
	delete(doc, steps[len(steps)-1])
}

// String writes a state for people.
func (st state) String() string {
	var parts []string
	for _, s := range st {
		text := s.value.text
		switch {
		case s.value.absent && s.value.block && strings.HasSuffix(s.read.Path, "[]"):
			text = "(an empty list)"
		case s.value.absent && s.value.block:
			text = "(missing in its block)"
		case s.value.absent:
			text = "(missing)"
		}
		if s.value.second != "" {
			text += " and " + s.value.second + " in a second element"
		}
		parts = append(parts, short(s.read.Path)+"="+text)
	}
	if len(parts) == 0 {
		return "(any)"
	}
	return strings.Join(parts, " ")
}

func short(path string) string { return strings.TrimPrefix(path, valuesRoot) }

// Values makes the values of a resource from the attributes that a finding
// observed; null means absent.
func Values(observed map[string]any) map[string]any {
	out := map[string]any{}
	for path, v := range observed {
		if v == nil {
			continue
		}
		p, err := resource.ParsePath(strings.ReplaceAll(path, "[]", "[0]"))
		if err != nil || len(p) == 0 {
			continue
		}
		steps := make([]string, len(p))
		for i, s := range p {
			if name, ok := s.(string); ok {
				steps[i] = name
			} else {
				steps[i] = "[]"
			}
		}
		place(out, steps, v)
	}
	return out
}
