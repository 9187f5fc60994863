package iamdata

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// The data is deflated. Inflated it holds, in this order, numbers as uvarints
// and strings with their length before them:
//
//	magic, package, version, updated
//	the access levels, the key types
//	the directory: for each service prefix, title, 1 if RCPs reach it, length of its body
//	the bodies
//
// A body is columns, so that like stands beside like:
//
//	keys: names, types
//	key sets: length and indices of each; the actions and types share them
//	resource types: names, templates, key sets
//	rows: type, 1 if required, key set; the actions share them
//	row sets: length and indices of each
//	actions: names, access levels, key sets, row sets, dependents
const magic = "parapet.iamdata/1"

var errDamaged = errors.New("the service reference is damaged")

// Encode packs services for [Decode]. Their lists are sorted in passing.
func Encode(pkg, version, updated string, services []Service) ([]byte, error) {
	services = slices.Clone(services)
	slices.SortFunc(services, func(a, b Service) int { return strings.Compare(a.Prefix, b.Prefix) })
	access, types := newTable(), newTable()
	bodies := make([][]byte, len(services))
	for i := range services {
		bodies[i] = encodeService(&services[i], access, types)
	}
	w := &writer{}
	w.text(magic)
	w.text(pkg)
	w.text(version)
	w.text(updated)
	w.texts(access.list)
	w.texts(types.list)
	w.number(len(services))
	for i, s := range services {
		w.text(s.Prefix)
		w.text(s.Title)
		w.flag(s.RCP)
		w.number(len(bodies[i]))
	}
	for _, b := range bodies {
		w.buf.Write(b)
	}
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("deflate the service reference: %w", err)
	}
	if _, err := z.Write(w.buf.Bytes()); err != nil {
		return nil, fmt.Errorf("deflate the service reference: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("deflate the service reference: %w", err)
	}
	return out.Bytes(), nil
}

func encodeService(s *Service, access, types *table) []byte {
	keys, keySets, rows, rowSets, kinds := newTable(), newTable(), newTable(), newTable(), newTable()
	keyTypes := map[string]string{}
	slices.SortFunc(s.Keys, func(a, b Key) int { return strings.Compare(a.Name, b.Name) })
	for _, k := range s.Keys {
		keyTypes[k.Name] = k.Type
		keys.index(k.Name)
	}
	keySet := func(names []string) int {
		w := &writer{}
		w.number(len(names))
		for _, n := range names {
			w.number(keys.index(n))
		}
		return keySets.index(w.buf.String())
	}
	slices.SortFunc(s.ResourceTypes, func(a, b ResourceType) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range s.ResourceTypes {
		kinds.index(t.Name)
	}
	slices.SortFunc(s.Actions, func(a, b Action) int { return compareFold(a.Name, b.Name) })
	actions := [5]writer{}
	for _, a := range s.Actions {
		set := &writer{}
		set.number(len(a.Resources))
		for _, r := range a.Resources {
			row := &writer{}
			row.number(kinds.index(r.Type))
			row.flag(r.Required)
			row.number(keySet(r.Keys))
			set.number(rows.index(row.buf.String()))
		}
		actions[0].text(a.Name)
		actions[1].number(access.index(string(a.Access)))
		actions[2].number(keySet(a.Keys))
		actions[3].number(rowSets.index(set.buf.String()))
		actions[4].texts(a.Dependents)
	}
	var kindColumns [3]writer
	for _, name := range kinds.list {
		t, _ := s.ResourceType(name) // a type that an action takes and the service does not list has no template
		kindColumns[0].text(name)
		kindColumns[1].text(t.ARN)
		kindColumns[2].number(keySet(t.Keys))
	}
	w := &writer{}
	w.texts(keys.list)
	for _, name := range keys.list {
		w.number(types.index(keyTypes[name]))
	}
	w.raw(keySets)
	w.number(len(kinds.list))
	for i := range kindColumns {
		w.buf.Write(kindColumns[i].buf.Bytes())
	}
	w.raw(rows)
	w.raw(rowSets)
	w.number(len(s.Actions))
	for i := range actions {
		w.buf.Write(actions[i].buf.Bytes())
	}
	return w.buf.Bytes()
}

// Decode opens packed data and reads all of it, so that later use cannot fail.
func Decode(data []byte) (*Reference, error) {
	r, err := open(data)
	if err != nil {
		return nil, err
	}
	for _, p := range r.prefixes {
		if r.services[p].load() == nil {
			return nil, fmt.Errorf("%w: %s", errDamaged, p)
		}
	}
	return r, nil
}

// open inflates packed data and reads its directory.
func open(data []byte) (*Reference, error) {
	inflated, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	d := &decoder{rest: string(inflated)}
	if d.text() != magic {
		return nil, fmt.Errorf("%w: not in the form %s", errDamaged, magic)
	}
	r := &Reference{pkg: d.text(), version: d.text(), updated: d.text(), services: map[string]*entry{}}
	access, types := d.texts(), d.texts()
	n := d.count()
	lengths := make([]int, n)
	for i := range n {
		prefix := d.text()
		e := &entry{title: d.text(), rcp: d.flag()}
		lengths[i] = d.number()
		r.prefixes = append(r.prefixes, prefix)
		r.services[prefix] = e
	}
	for i, prefix := range r.prefixes {
		body, e := d.take(lengths[i]), r.services[prefix]
		e.load = sync.OnceValue(func() *Service {
			s := &Service{Prefix: prefix, Title: e.title, RCP: e.rcp}
			if !s.decode(&decoder{rest: body}, access, types) {
				return nil
			}
			return s
		})
	}
	if d.bad || d.rest != "" || len(r.services) != n || !slices.IsSorted(r.prefixes) {
		return nil, errDamaged
	}
	return r, nil
}

// decode reads a body. It reports whether the body is sound.
func (s *Service) decode(d *decoder, access, types []string) bool {
	keys := d.texts()
	for _, name := range keys {
		s.Keys = append(s.Keys, Key{Name: name, Type: pick(d, types)})
	}
	keySets := make([][]string, d.count())
	for i := range keySets {
		for range d.count() {
			keySets[i] = append(keySets[i], pick(d, keys))
		}
	}
	s.ResourceTypes = make([]ResourceType, d.count())
	for i := range s.ResourceTypes {
		s.ResourceTypes[i].Name = d.text()
	}
	for i := range s.ResourceTypes {
		s.ResourceTypes[i].ARN = d.text()
	}
	for i := range s.ResourceTypes {
		s.ResourceTypes[i].Keys = pick(d, keySets)
	}
	rows := make([]ActionResource, d.count())
	for i := range rows {
		rows[i] = ActionResource{Type: pick(d, s.ResourceTypes).Name, Required: d.flag(), Keys: pick(d, keySets)}
	}
	rowSets := make([][]ActionResource, d.count())
	for i := range rowSets {
		for range d.count() {
			rowSets[i] = append(rowSets[i], pick(d, rows))
		}
	}
	s.Actions = make([]Action, d.count())
	for i := range s.Actions {
		s.Actions[i].Service, s.Actions[i].Name = s.Prefix, d.text()
	}
	for i := range s.Actions {
		s.Actions[i].Access = Access(pick(d, access))
	}
	for i := range s.Actions {
		s.Actions[i].Keys = pick(d, keySets)
	}
	for i := range s.Actions {
		s.Actions[i].Resources = pick(d, rowSets)
	}
	for i := range s.Actions {
		s.Actions[i].Dependents = d.texts()
	}
	return !d.bad && d.rest == ""
}

// pick reads an index and returns what it points to.
func pick[T any](d *decoder, list []T) T {
	i := d.number()
	if i >= len(list) {
		d.bad = true
		var zero T
		return zero
	}
	return list[i]
}

// table numbers strings in the order in which they come.
type table struct {
	list  []string
	known map[string]int
}

func newTable() *table { return &table{known: map[string]int{}} }

func (t *table) index(s string) int {
	i, ok := t.known[s]
	if !ok {
		i = len(t.list)
		t.known[s], t.list = i, append(t.list, s)
	}
	return i
}

type writer struct {
	buf bytes.Buffer
}

func (w *writer) number(n int) { w.buf.Write(binary.AppendUvarint(nil, uint64(n))) }

func (w *writer) flag(b bool) {
	if b {
		w.number(1)
	} else {
		w.number(0)
	}
}

func (w *writer) text(s string) {
	w.number(len(s))
	w.buf.WriteString(s)
}

func (w *writer) texts(list []string) {
	w.number(len(list))
	for _, s := range list {
		w.text(s)
	}
}

// raw writes a table whose strings are encoded already.
func (w *writer) raw(t *table) {
	w.number(len(t.list))
	for _, s := range t.list {
		w.buf.WriteString(s)
	}
}

// decoder reads; after the first damage it reads zeros.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) number() int {
	var n uint64
	for i := range min(len(d.rest), 5) {
		c := d.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return int(n)
		}
	}
	d.bad, d.rest = true, ""
	return 0
}

// count reads the length of a list, of which each item takes a byte at least.
func (d *decoder) count() int {
	n := d.number()
	if n > len(d.rest) {
		d.bad, d.rest = true, ""
		return 0
	}
	return n
}

func (d *decoder) flag() bool { return d.number() == 1 }

func (d *decoder) take(n int) string {
	if n > len(d.rest) {
		d.bad, d.rest = true, ""
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) text() string { return d.take(d.number()) }

func (d *decoder) texts() []string {
	n := d.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.text()
	}
	return list
}
