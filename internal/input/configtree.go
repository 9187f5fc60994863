package input

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/schema"
)

const (
	// maxModuleDepth and maxModules bound the tree of module calls.
	maxModuleDepth = 64
	maxModules     = 10_000
)

// program is a configuration while it is loaded: what all of its modules
// share.
type program struct {
	src       *source
	schema    *schema.Provider
	store     store
	shown     string
	limits    *limits
	root      *node
	modules   map[string]*module // parsed, by directory
	calls     int
	manifest  map[string]manifestEntry
	workspace string
	functions map[string]function.Function
	called    map[string]hcl.Range      // functions, and where first
	names     map[string]bool           // attribute names that any expression reads
	given     map[string]hcl.Expression // values of the root module's variables
	texts     map[string]string         // the same, from the environment: not parsed
	read      map[string][]byte         // files that were read, for the hash
	depth     int
	diags     hcl.Diagnostics
	notes     diag.Diagnostics
	noted     map[string]bool
}

// node is one call in the tree of modules. Its children are nil where a module
// could not be found.
type node struct {
	module   *module
	parent   *node
	key      string // names of the calls with dots, as in modules.json
	children map[string]*node
}

// manifestEntry is one module that terraform init fetched.
type manifestEntry struct {
	Key, Source, Dir string
}

func newProgram(src *source, from store, shown string) *program {
	p := &program{
		src: src, store: from, shown: shown, limits: &limits{ctx: src.ctx, left: cmp.Or(src.options.work, maxWork)},
		modules: map[string]*module{}, called: map[string]hcl.Range{}, names: map[string]bool{}, given: map[string]hcl.Expression{},
		texts: map[string]string{}, read: map[string][]byte{}, noted: map[string]bool{}, workspace: "default",
	}
	p.functions = configFunctions(p)
	return p
}

// load parses the root module and every module below it.
func (p *program) load(files map[string][]byte) {
	p.readManifest()
	if name, err := p.store.read(".terraform/environment"); err == nil {
		p.workspace = cmp.Or(strings.TrimSpace(string(name)), p.workspace)
	}
	p.workspace = cmp.Or(p.src.options.Workspace, p.workspace)
	p.root = &node{module: p.parse(files, ".")}
	p.fileValues(files)
	p.descend(p.root, 0)
	p.missingFunctions()
}

func (p *program) parse(files map[string][]byte, dir string) *module {
	withoutShadowed(files)
	m, blocks, diags := parseModule(files, dir, path.Join(p.shown, dir))
	p.diags = append(p.diags, diags...)
	for _, b := range blocks {
		if b.Type != "variable" { // types look like calls
			p.collectNames(b.Body)
		}
		p.limits.meter(b.Body)
	}
	for name, text := range files {
		if dir == "." || isConfigName(name) {
			p.read[path.Join(dir, name)] = text
		}
	}
	p.modules[dir] = m
	return m
}

// readManifest reads where terraform init put the modules that are not local.
func (p *program) readManifest() {
	p.manifest = map[string]manifestEntry{}
	text, err := p.store.read(".terraform/modules/modules.json")
	if err != nil {
		return // not initialised: the modules are said to be missing
	}
	var file struct{ Modules []manifestEntry }
	if json.Unmarshal(text, &file) != nil {
		return
	}
	for _, e := range file.Modules {
		p.manifest[e.Key] = e
	}
}

// descend loads the modules that a module calls.
func (p *program) descend(n *node, depth int) {
	n.children = map[string]*node{}
	for _, name := range slices.Sorted(maps.Keys(n.module.calls)) {
		call := n.module.calls[name]
		if p.limits.spent() {
			return
		}
		dir, why, hint := p.locate(n, name, call)
		if dir == "" {
			p.skipped(name, call, why, hint)
			continue
		}
		for up := n; up != nil; up = up.parent {
			if p.store.same(up.module.dir, dir) {
				p.refuse(call.DefRange, "Module calls itself", "The module %q is %s, which calls it, if only through others.", name, path.Join(p.shown, dir))
				return
			}
		}
		if p.calls++; depth >= maxModuleDepth || p.calls > maxModules {
			p.refuse(call.DefRange, "Too many modules", "Modules may call each other %d deep, and %d times in all.", maxModuleDepth, maxModules)
			return
		}
		m := p.modules[dir]
		if m == nil {
			files, err := p.store.files(dir)
			if err == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(files)), isConfigName) {
				err = fmt.Errorf("%s holds no Terraform configuration", path.Join(p.shown, dir))
			}
			if err != nil {
				p.skipped(name, call, fmt.Sprintf("Its directory cannot be read: %v.", plainError(err)), hint)
				continue
			}
			m = p.parse(files, dir)
		}
		child := &node{module: m, parent: n, key: joinKey(n.key, name)}
		n.children[name] = child
		p.descend(child, depth+1)
	}
}

// locate returns the directory of a module, or why there is none.
func (p *program) locate(n *node, name string, call *hcl.Block) (dir, why, hint string) {
	const initialise = "run terraform init there, or gate the JSON form of a plan, which holds every module"
	attributes, _ := call.Body.JustAttributes()
	source := ""
	if a := attributes["source"]; a != nil {
		v, _ := a.Expr.Value(nil)
		source = filepath.ToSlash(knownString(v))
	}
	switch {
	case source == "":
		return "", "Its source is not a constant.", "gate the JSON form of a plan, which holds every module"
	case strings.HasPrefix(source, "./"), strings.HasPrefix(source, "../"), source == ".", source == "..":
		return path.Join(n.module.dir, source), "", "correct its source, or gate the JSON form of a plan, which holds every module"
	}
	e, found := p.manifest[joinKey(n.key, name)]
	switch {
	case !found || e.Dir == "" || path.IsAbs(filepath.ToSlash(e.Dir)) || filepath.IsAbs(e.Dir):
		return "", "It is not among the modules that terraform init fetched.", initialise
	case registrySource(source) && !strings.HasSuffix(e.Source, source):
		return "", "Its source has changed since terraform init fetched it.", initialise
	}
	return path.Clean(filepath.ToSlash(e.Dir)), "", initialise
}

// registrySource reports whether a source is an address of a module registry,
// NAMESPACE/NAME/SYSTEM with or without host, which init notes with a host.
func registrySource(source string) bool {
	n := strings.Count(source, "/")
	first, _, _ := strings.Cut(source, "/")
	return n == 2 && !strings.Contains(first, ".") && !strings.ContainsAny(source, ":?@")
}

func joinKey(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func (p *program) skipped(name string, call *hcl.Block, why, hint string) {
	p.note(diag.Warningf(codeModuleSkipped, "the module %q is not loaded", name).At(place(call.DefRange)).
		WithDetail("%s Its resources are not evaluated, and its outputs count as unknown.", why).WithHint("%s", hint))
}

// note adds a warning, once.
func (p *program) note(d diag.Diagnostic) {
	if text := d.Error(); !p.noted[text] {
		p.noted[text] = true
		p.notes = append(p.notes, d)
	}
}

// refuse adds an error in the configuration.
func (p *program) refuse(at hcl.Range, summary, format string, args ...any) {
	p.diags = append(p.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at})
}
