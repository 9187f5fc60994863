package source

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// module is the code in one directory.
type module struct {
	dir        string
	shown      string
	downloaded bool    // by terraform init
	files      []*file // in the order in which Terraform merges them
	index      map[string][]*file
	all        bool // whether every file is parsed

	comments     []*Ignore
	commentsRead bool
}

// open reads the names of a module's files.
func (c *Code) open(dir, shown string) (*module, error) {
	if m, ok := c.modules[dir]; ok {
		return m, nil
	}
	entries, err := fs.ReadDir(c.fsys, dir)
	if err != nil {
		return nil, err
	}
	m := &module{dir: dir, shown: shown}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	for _, e := range entries {
		name := e.Name()
		base, isJSON, ok := codeName(name)
		if !ok || e.IsDir() {
			continue
		}
		// OpenTofu takes main.tofu in place of main.tf.
		if tofu := strings.Replace(name, base+".tf", base+".tofu", 1); tofu != name && names[tofu] {
			continue
		}
		m.files = append(m.files, &file{
			path: path.Join(dir, name), shown: path.Join(shown, name), json: isJSON,
			override: base == "override" || strings.HasSuffix(base, "_override"),
		})
	}
	slices.SortStableFunc(m.files, func(a, b *file) int { // entries are sorted by name
		switch {
		case a.override == b.override:
			return 0
		case b.override:
			return -1
		}
		return 1
	})
	c.modules[dir] = m
	return m, nil
}

// codeName cuts the suffix off the name of a file of Terraform code. Hidden
// files and the backups of editors are none.
func codeName(name string) (base string, isJSON, ok bool) {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~") {
		return "", false, false
	}
	base, isJSON = strings.CutSuffix(name, ".json")
	for _, suffix := range []string{".tf", ".tofu"} {
		if b, ok := strings.CutSuffix(base, suffix); ok {
			return b, isJSON, true
		}
	}
	return "", false, false
}

// load reads the files and notes which blocks each may hold.
func (m *module) load(c *Code) {
	if m.index != nil {
		return
	}
	m.index = map[string][]*file{}
	for _, f := range m.files {
		switch {
		case !f.read(c):
		case f.json:
			m.note(f, slices.Collect(maps.Keys(f.blocks(c))))
		default:
			m.note(f, headers(f.text))
		}
	}
}

// note adds a file to the index.
func (m *module) note(f *file, keys []string) {
	for _, key := range keys {
		if !slices.Contains(m.index[key], f) {
			m.index[key] = append(m.index[key], f)
		}
	}
}

// find returns the blocks of a key such as aws_instance.web, data.aws_ami.a or
// module.app: the one that declares it, then those that override it.
func (m *module) find(c *Code, key string) []item {
	m.load(c)
	found := m.indexed(c, key)
	if len(found) > 0 || m.all {
		return found
	}
	// A header in a form that the index does not see: only the parser knows.
	m.all = true
	for _, f := range m.files {
		m.note(f, slices.Collect(maps.Keys(f.blocks(c))))
	}
	return m.indexed(c, key)
}

func (m *module) indexed(c *Code, key string) []item {
	var found []item
	for _, f := range m.index[key] {
		found = append(found, f.blocks(c)[key]...)
	}
	return found
}

// calls returns the keys of the module blocks.
func (m *module) calls(c *Code) []string {
	m.load(c)
	var keys []string
	for key := range m.index {
		if strings.HasPrefix(key, "module.") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// follow opens the module that blocks of m call, nil when it is not there. The
// keys are the names of the calls from the root module on.
func (c *Code) follow(m *module, blocks []item, keys []string) *module {
	it, depth := descend(blocks, resource.Path{"source"}, nil)
	if depth == 0 {
		return nil
	}
	from, ok := literal(it.expr)
	if !ok {
		return nil
	}
	dir, shown, downloaded := path.Join(m.dir, from), path.Join(m.shown, from), m.downloaded
	if !strings.HasPrefix(from, "./") && !strings.HasPrefix(from, "../") {
		below, ok := c.downloads()[strings.Join(keys, ".")]
		if !ok {
			return nil
		}
		dir, shown, downloaded = path.Join(c.root.dir, below), path.Join(c.root.shown, below), true
	}
	if !fs.ValidPath(dir) {
		return nil
	}
	next, err := c.open(dir, shown)
	if err != nil {
		return nil
	}
	next.downloaded = next.downloaded || downloaded
	return next
}

// maxManifest bounds the list of downloaded modules; a thousand take 200 kB.
const maxManifest = 16 << 20

// downloads returns the directories of the modules that terraform init has
// downloaded, relative to the root module, by the names of their calls joined
// with dots. Terraform writes the list to .terraform/modules/modules.json.
func (c *Code) downloads() map[string]string {
	if c.manifest != nil {
		return c.manifest
	}
	c.manifest = map[string]string{}
	name := path.Join(c.root.dir, ".terraform/modules/modules.json")
	text, err := readFile(c.fsys, name, maxManifest)
	if err != nil {
		return c.manifest // before terraform init there is none
	}
	var list struct{ Modules []struct{ Key, Dir string } }
	if err := json.Unmarshal(text, &list); err != nil {
		c.ds = append(c.ds, diag.Warningf("source-unreadable", "the list of downloaded modules cannot be read: %v", err).
			At(diag.Place{File: path.Join(c.root.shown, ".terraform/modules/modules.json")}).
			WithDetail("Findings in downloaded modules have no source lines.").WithHint("run terraform init"))
		return c.manifest
	}
	for _, m := range list.Modules {
		if m.Dir != "" && !path.IsAbs(m.Dir) {
			c.manifest[m.Key] = path.Clean(strings.ReplaceAll(filepath.ToSlash(m.Dir), `\`, "/"))
		}
	}
	return c.manifest
}
