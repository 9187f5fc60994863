package source

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Code is the Terraform code of a root module and of the modules that it calls.
// It reads what it is asked for, when it is asked, and each file once; it keeps
// some files parsed, so that questions are best asked in the order of
// [Code.FileOf]. It is not safe for concurrent use.
type Code struct {
	fsys     fs.FS
	root     *module
	modules  map[string]*module // by directory
	manifest map[string]string  // directories of downloaded modules by key; nil before it is read
	parsed   []*file            // that are held parsed, the oldest first
	ds       diag.Diagnostics
}

// Open opens the code in a directory. Places name its files below shown, which
// is what the directory is called in output. Nothing is read but the names of
// the files; a directory without code gives a Code that is [Code.Empty].
func Open(dir, shown string) (*Code, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the directory of the code: %w", err)
	}
	// Modules may lie beside the directory and above, so that the file system
	// is that of the whole volume.
	volume := filepath.VolumeName(full) + string(filepath.Separator)
	below := strings.Trim(filepath.ToSlash(strings.TrimPrefix(full, volume)), "/")
	return New(os.DirFS(volume), path.Join(".", below), shown)
}

// New is [Open] on a directory of a file system.
func New(fsys fs.FS, dir, shown string) (*Code, error) {
	c := &Code{fsys: fsys, modules: map[string]*module{}}
	root, err := c.open(path.Clean(dir), path.Clean(filepath.ToSlash(shown)))
	if err != nil {
		return nil, err
	}
	c.root = root
	return c, nil
}

// Empty reports whether the directory holds no Terraform code.
func (c *Code) Empty() bool { return len(c.root.files) == 0 }

// Only leaves out all files of the root module but one.
func (c *Code) Only(name string) {
	c.root.files = slices.DeleteFunc(c.root.files, func(f *file) bool { return path.Base(f.path) != name })
}

// Declares reports whether the code holds the block of a resource, a data source
// or a module.
func (c *Code) Declares(address string) bool {
	m, _, key := c.enter(address)
	return m != nil && len(m.find(c, key)) > 0
}

// FileOf returns the file that most likely holds the block of a resource, empty
// when there is none.
func (c *Code) FileOf(address string) string {
	m, _, key := c.enter(address)
	if m == nil {
		return ""
	}
	m.load(c)
	if files := m.index[key]; len(files) > 0 {
		return files[0].shown
	}
	return ""
}

// Diagnostics returns what was wrong with the code that was read so far: files
// that cannot be parsed, as warnings, and comments that cannot be understood, as
// errors. They are sorted.
func (c *Code) Diagnostics() diag.Diagnostics {
	ds := append(diag.Diagnostics(nil), c.ds...)
	ds.Sort()
	return ds
}

// call is a module block that was followed.
type call struct {
	from *module
	key  string // "module.name" in from
	resource.ModuleCall
}

// enter finds the module that holds an address, the calls that lead there and
// the key of the block; no module where the code does not lead there.
func (c *Code) enter(address string) (m *module, chain []call, key string) {
	steps := resource.SplitAddress(resource.StripInstanceKeys(address))
	m = c.root
	var names []string
	for len(steps) > 2 && steps[0] == "module" {
		key, names = "module."+steps[1], append(names, steps[1])
		blocks := m.find(c, key)
		if len(blocks) == 0 {
			return nil, nil, ""
		}
		chain = append(chain, call{m, key, resource.ModuleCall{
			Name: steps[1], File: blocks[0].file.shown, Line: blocks[0].name.Start.Line,
		}})
		if m = c.follow(m, blocks, names); m == nil {
			return nil, nil, ""
		}
		steps = steps[2:]
	}
	if len(steps) < 2 || len(steps) > 3 || len(steps) == 3 && steps[0] != "data" {
		return nil, nil, ""
	}
	return m, chain, strings.Join(steps, ".")
}
