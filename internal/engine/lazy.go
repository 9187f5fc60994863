package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// A run needs few of the library's policies: those about the types of its input.
// When a test has checked all modules, the others sleep: their metadata is read,
// so that they can be selected and exempted, and their rules are not. Nothing
// changes in what is found, since a policy names the types that it is about.

// lazy builds engines in which only some policies are awake.
type lazy struct {
	options Options
	mu      sync.Mutex
	built   map[string]*Engine // by the paths of the modules that are awake
	whole   func() *Engine     // with every policy awake; nil when that fails
}

// sleeping returns an engine whose policies all sleep.
func sleeping(o Options) (*Engine, diag.Diagnostics) {
	e, ds := build(o, map[string]bool{})
	if e == nil {
		return nil, ds
	}
	e.lazy = &lazy{options: o, built: map[string]*Engine{}}
	e.lazy.whole = sync.OnceValue(func() *Engine {
		whole, _ := build(o, nil) // the diagnostics are those of the test
		return whole
	})
	return e, ds
}

// awake returns the engine with every policy awake.
func (e *Engine) awake() *Engine {
	if e.lazy == nil {
		return e
	}
	whole := e.lazy.whole()
	if whole == nil {
		return e
	}
	return e.viewOf(whole)
}

// awakeFor returns the engine in which the policies are awake that may be about
// some types.
func (e *Engine) awakeFor(set *resource.Set) (*Engine, error) {
	if e.lazy == nil {
		return e, nil
	}
	types := map[string]bool{}
	for _, r := range set.All() {
		types[r.Type] = true
	}
	need := map[string]bool{}
	var key strings.Builder
	for _, m := range e.lazy.options.Modules {
		if mentions(m.Source, types) {
			need[m.Path] = true
			key.WriteString(m.Path + "\n")
		}
	}
	e.lazy.mu.Lock()
	defer e.lazy.mu.Unlock()
	some := e.lazy.built[key.String()]
	if some == nil {
		var ds diag.Diagnostics
		if some, ds = build(e.lazy.options, need); some == nil {
			return nil, ds
		}
		e.lazy.built[key.String()] = some
	}
	return e.viewOf(some), nil
}

// viewOf narrows another engine to the policies of this one.
func (e *Engine) viewOf(other *Engine) *Engine {
	view := *other
	view.policies = nil
	for _, p := range e.policies {
		if q := other.find(p.ID); q != nil {
			view.policies = append(view.policies, q)
		}
	}
	return &view
}

// Catalog describes the policies as their metadata does, sorted by id, without
// what it takes compiling to know: Types, Attributes, Related and Guardrail.
func (e *Engine) Catalog() []Policy {
	list := make([]Policy, len(e.policies))
	for i, p := range e.policies {
		list[i] = p.Policy
		list[i].Types, list[i].Attributes, list[i].Related, list[i].Guardrail = nil, nil, nil, false
	}
	return list
}

// mentions reports whether a source has one of the words in it.
func mentions(src []byte, words map[string]bool) bool {
	start := -1
	for i, c := range src {
		word := c == '_' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		switch {
		case word && start < 0:
			start = i
		case !word && start >= 0:
			if words[string(src[start:i])] {
				return true
			}
			start = -1
		}
	}
	return false
}

// split sorts modules into those that are compiled and the policies that sleep.
// Helpers never sleep.
func split(mods []Module, awake map[string]bool) (compiled []Module, asleep []*policy, ds diag.Diagnostics) {
	for _, m := range mods {
		if awake[m.Path] {
			compiled = append(compiled, m)
			continue
		}
		p, more := metadataOf(m)
		ds = append(ds, more...)
		if p == nil {
			compiled = append(compiled, m)
			continue
		}
		asleep = append(asleep, p)
	}
	return compiled, asleep, ds
}

// metadataOf reads the metadata of a policy and where its rule is, without its
// rules; nil when the module holds no policy in the usual form.
func metadataOf(m Module) (*policy, diag.Diagnostics) {
	pkg := lineOf(m.Source, "package ")
	deny := lineOf(m.Source, "deny contains ")
	if pkg < 0 || deny < 0 {
		return nil, nil
	}
	header := m.Source[:pkg]
	if end := bytes.IndexByte(m.Source[pkg:], '\n'); end >= 0 {
		header = m.Source[:pkg+end+1]
	}
	parsed, ds := parse([]Module{{Path: m.Path, Source: header}})
	if ds.HasErrors() || len(parsed[m.Path].Annotations) == 0 {
		return nil, ds
	}
	note := parsed[m.Path].Annotations[0]
	if note.Scope != "package" || note.Custom["id"] == nil {
		return nil, nil
	}
	p := &policy{path: parsed[m.Path].Package.Path, asleep: true}
	p.Package = p.path.String()
	ds = p.describe(note)
	p.File, p.Line = m.Path, 1+bytes.Count(m.Source[:deny], []byte("\n"))
	sum := sha256.Sum256(m.Source)
	p.SHA256 = hex.EncodeToString(sum[:])
	return p, ds
}

// lineOf returns where the first line begins that begins with a text, or -1.
func lineOf(src []byte, text string) int {
	if bytes.HasPrefix(src, []byte(text)) {
		return 0
	}
	if i := bytes.Index(src, []byte("\n"+text)); i >= 0 {
		return i + 1
	}
	return -1
}

// allChecked reports whether a test has checked every module.
func allChecked(mods []Module) bool {
	return len(mods) > 0 && !slices.ContainsFunc(mods, func(m Module) bool { return !m.Checked })
}

// constantsOf returns the strings that stand in modules, compiled or not.
func constantsOf(mods []Module) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		parsed, _ := parse(mods)
		return stringsIn(parsed)
	})
}
