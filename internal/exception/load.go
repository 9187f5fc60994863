package exception

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Load reads an exceptions file. It is strict: what it does not know is an
// error, since a misspelt limit would exempt more than was meant. When there is
// an error there are no records. Records are sorted by id.
//
// A date such as 2027-03-31 is the first instant at which the record no longer
// holds, 2027-03-31T00:00:00Z; a time in RFC 3339 is taken as it stands.
func Load(src []byte, file string) ([]Record, diag.Diagnostics) {
	l := &loader{file: file}
	if len(src) > maxSize {
		return nil, diag.Diagnostics{diag.Errorf("exception-too-large", "the file has %d bytes; at most %d are read", len(src), maxSize).At(diag.Place{File: file})}
	}
	root, err := parseYAML(src)
	if err != nil {
		return nil, diag.Diagnostics{l.syntax(err)}
	}
	if root == nil {
		return nil, nil // an empty file has no exceptions
	}
	l.document(root)
	if l.ds.HasErrors() {
		l.ds.Sort()
		return nil, l.ds
	}
	slices.SortFunc(l.records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	return l.records, l.ds
}

// maxSize bounds the work of reading a file. A thousand records take a quarter
// of it.
const maxSize = 1 << 20

// parseYAML returns the root of the one document in src. The YAML library has
// panicked on malformed input before; a panic is a syntax error here.
func parseYAML(src []byte) (root ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML cannot be read: %v", p)
		}
	}()
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, err
	}
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			return nil, errors.New("the file holds more than one YAML document")
		}
		root = doc.Body
	}
	return root, nil
}

type loader struct {
	file    string
	records []Record
	ds      diag.Diagnostics
}

// syntax makes a diagnostic of a YAML error, whose text begins with [line:col].
func (l *loader) syntax(err error) diag.Diagnostic {
	text, _, _ := strings.Cut(err.Error(), "\n")
	at := diag.Place{File: l.file}
	var line, column int
	if n, _ := fmt.Sscanf(text, "[%d:%d]", &line, &column); n == 2 {
		at.Line, at.Column = line, column
		_, text, _ = strings.Cut(text, "] ")
	}
	return diag.Errorf("exception-syntax", "%s", text).At(at)
}

func (l *loader) errorf(n ast.Node, code, format string, args ...any) {
	l.ds = append(l.ds, diag.Errorf(code, format, args...).At(l.at(n)))
}

func (l *loader) empty(e entry) {
	l.ds = append(l.ds, diag.Errorf("exception-empty", "%s is empty", e.name).At(l.at(e.key)).WithHint("leave the field out"))
}

func (l *loader) at(n ast.Node) diag.Place {
	p := diag.Place{File: l.file}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return p
	}
	p.Line, p.Column = n.GetToken().Position.Line, n.GetToken().Position.Column
	return p
}

func (l *loader) document(root ast.Node) {
	for _, e := range l.entries(root, "the file") {
		if e.name != "exceptions" {
			l.errorf(e.key, "exception-field", "%q is not known at the top of an exceptions file; it holds `exceptions:`", e.name)
			continue
		}
		if _, null := e.value.(*ast.NullNode); null {
			continue
		}
		for _, r := range l.entries(e.value, "exceptions") {
			l.record(r)
		}
	}
}

// entry is one member of a mapping.
type entry struct {
	name       string
	key, value ast.Node
}

// entries returns the members of a mapping, and complains when n is not one.
func (l *loader) entries(n ast.Node, what string) []entry {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		l.errorf(n, "exception-type", "%s must be a mapping", what)
		return nil
	}
	var list []entry
	for _, v := range values {
		name, ok := scalar(v.Key)
		if !ok {
			l.errorf(v.Key, "exception-type", "a key of %s must be a plain name; anchors and merge keys are not read", what)
			continue
		}
		if slices.ContainsFunc(list, func(e entry) bool { return e.name == name }) {
			l.errorf(v.Key, "exception-duplicate", "%q stands twice in %s", name, what)
			continue
		}
		list = append(list, entry{name: name, key: v.Key, value: v.Value})
	}
	return list
}

// scalar returns the text of a scalar as it was written, so that an account
// number keeps its leading zeros.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value, true
	}
	return "", false
}

func (l *loader) text(e entry) string {
	s, ok := scalar(e.value)
	if !ok {
		l.errorf(e.value, "exception-type", "%s must be a string", e.name)
	}
	return s
}

// item is one string of a list, with its place.
type item struct {
	text string
	node ast.Node
}

func (l *loader) list(e entry) []item {
	seq, ok := e.value.(*ast.SequenceNode)
	if !ok {
		l.errorf(e.value, "exception-type", "%s must be a list of strings", e.name)
		return nil
	}
	if len(seq.Values) == 0 {
		l.empty(e)
	}
	var items []item
	for _, v := range seq.Values {
		s, ok := scalar(v)
		if !ok {
			l.errorf(v, "exception-type", "%s must be a list of strings", e.name)
			continue
		}
		items = append(items, item{s, v})
	}
	return items
}

// record reads and checks one exception.
func (l *loader) record(e entry) {
	r := Record{ID: e.name}
	if !idPattern.MatchString(e.name) {
		l.errorf(e.key, "exception-id", "exception id %q must be letters, digits, - and _", e.name)
	}
	before := len(l.ds)
	checked := func(f entry, code string, check func(string) error) []string {
		var out []string
		for _, it := range l.list(f) {
			if err := check(it.text); err != nil {
				l.errorf(it.node, code, "%s: %v", e.name, err)
				continue
			}
			out = append(out, it.text)
		}
		return out
	}
	for _, f := range l.entries(e.value, "exception "+e.name) {
		switch f.name {
		case "policies":
			r.Policies = checked(f, "exception-policy", checkPolicy)
		case "principals":
			r.Principals = checked(f, "exception-principal", checkPrincipal)
		case "permission_sets":
			r.PermissionSets = checked(f, "exception-permission-set", checkPermissionSet)
		case "principal_tags":
			r.PrincipalTags = l.tags(e.name, f)
		case "accounts":
			r.Accounts = checked(f, "exception-account", checkAccount)
		case "org_paths":
			r.OrgPaths = checked(f, "exception-org-path", checkOrgPath)
		case "resources":
			r.Resources = checked(f, "exception-resource", checkResource)
		case "reason":
			r.Reason = strings.TrimSpace(l.text(f))
		case "owner":
			r.Owner = strings.TrimSpace(l.text(f))
		case "ticket":
			r.Ticket = strings.TrimSpace(l.text(f))
		case "expires":
			var err error
			if r.Expires, err = ParseExpiry(l.text(f)); err != nil {
				l.errorf(f.value, "exception-expires", "%s: %v", e.name, err)
			}
		default:
			l.ds = append(l.ds, diag.Errorf("exception-field", "%s: %q is not a field of an exception", e.name, f.name).
				At(l.at(f.key)).WithHint("fields: %s", strings.Join(fields, ", ")))
		}
	}
	if len(l.ds) == before { // else the fields that are missing may be those that are wrong
		l.required(e, r)
	}
	l.records = append(l.records, r)
}

var fields = []string{
	"policies", "principals", "permission_sets", "principal_tags", "accounts",
	"org_paths", "resources", "reason", "owner", "ticket", "expires",
}

// required checks what a record must have.
func (l *loader) required(e entry, r Record) {
	for _, f := range []struct {
		name    string
		missing bool
	}{
		{"policies", len(r.Policies) == 0},
		{"reason", r.Reason == ""},
		{"owner", r.Owner == ""},
	} {
		if f.missing {
			l.errorf(e.key, "exception-required", "%s: %s is required", e.name, f.name)
		}
	}
	if !r.NamesIdentities() && len(r.Resources) == 0 {
		l.errorf(e.key, "exception-unlimited", "%s: names neither identities nor resources, so it would exempt everybody from everything", e.name)
	}
}

func (l *loader) tags(id string, f entry) map[string][]string {
	tags := map[string][]string{}
	entries := l.entries(f.value, "principal_tags of "+id)
	if m, ok := f.value.(*ast.MappingNode); ok && len(m.Values) == 0 {
		l.empty(f)
	}
	for _, t := range entries {
		if t.name == "" || len(t.name) > 128 || strings.ContainsAny(t.name, "*?") {
			l.errorf(t.key, "exception-principal-tag", "%s: tag key %q must be 1 to 128 characters without wildcards", id, t.name)
		}
		for _, v := range l.list(t) {
			if strings.Trim(v.text, "*?") == "" || len(v.text) > 256 {
				l.errorf(v.node, "exception-principal-tag", "%s: tag value %q exempts every principal with the tag; name the value", id, v.text)
				continue
			}
			tags[t.name] = append(tags[t.name], v.text)
		}
	}
	return tags
}

// firstYear is the year in which AWS opened.
const firstYear = 2006

// ParseExpiry reads a date or an RFC 3339 time: the first instant at which an
// exception no longer holds. Its errors name the text and the forms that are
// read.
func ParseExpiry(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a date like 2027-03-31 nor a time like 2027-03-31T18:00:00Z", s)
	}
	if t.Year() < firstYear { // the zero time would mean that it never ends
		return time.Time{}, fmt.Errorf("%q is before there was anything to except", s)
	}
	return t.UTC(), nil
}
