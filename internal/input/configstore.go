package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// maxConfigFile is the size up to which a file of a configuration is read.
	maxConfigFile = 16 << 20
	// maxConfigBytes bounds all files of a configuration together.
	maxConfigBytes = 256 << 20
)

// store holds the files of a configuration. Directories and files are named
// relative to the root module, with forward slashes: ".", "modules/a",
// "../shared".
type store interface {
	// files returns the configuration and the variable files of a directory, by
	// name.
	files(dir string) (map[string][]byte, error)
	// read returns a file, for the functions that read files.
	read(name string) ([]byte, error)
	// list returns the files below a directory that match a pattern, and whether
	// that can be told.
	list(dir, pattern string) ([]string, bool)
	// same reports whether two directories are one.
	same(a, b string) bool
}

// errOutside says that a file lies outside of every module.
var errOutside = errors.New("the file is in no module of the configuration")

// disk is the store of a configuration on disk. Files are read through the
// root of a module's directory, so that no link leads out of it.
type disk struct {
	base  string
	roots map[string]*os.Root
	bytes int64
}

func openDisk(base string) (*disk, error) {
	d := &disk{base: base, roots: map[string]*os.Root{}}
	_, err := d.root(".")
	return d, err
}

func (d *disk) close() {
	for _, r := range d.roots {
		_ = r.Close()
	}
}

func (d *disk) root(dir string) (*os.Root, error) {
	if r := d.roots[dir]; r != nil {
		return r, nil
	}
	r, err := os.OpenRoot(filepath.Join(d.base, filepath.FromSlash(dir)))
	if err != nil {
		return nil, err
	}
	d.roots[dir] = r
	return r, nil
}

func (d *disk) files(dir string) (map[string][]byte, error) {
	root, err := d.root(dir)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || !isConfigName(name) && !isVarsName(name) {
			continue
		}
		if files[name], err = d.take(root, name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// take reads one file. What is no ordinary file, such as a pipe, might never
// end.
func (d *disk) take(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no ordinary file", name)
	case info.Size() > maxConfigFile:
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxConfigFile)
	}
	if d.bytes += info.Size(); d.bytes > maxConfigBytes {
		return nil, fmt.Errorf("the configuration is larger than %d bytes", maxConfigBytes)
	}
	return root.ReadFile(name)
}

// holder returns the deepest module that holds a file, and the file's name
// there.
func (d *disk) holder(name string) (dir, rest string) {
	for dir := range d.roots {
		if len(dir) > len(rest) && (name == dir || strings.HasPrefix(name, dir+"/")) {
			rest = dir
		}
	}
	if rest == "" {
		return ".", name
	}
	if name == rest {
		return rest, "."
	}
	return rest, strings.TrimPrefix(name, rest+"/")
}

// read takes a file through the module whose directory holds it; the deepest
// one, since a module's directory may be a link.
func (d *disk) read(name string) ([]byte, error) {
	holder, rest := d.holder(path.Clean(filepath.ToSlash(name)))
	if !fs.ValidPath(rest) {
		return nil, errOutside
	}
	root, err := d.root(holder)
	if err != nil {
		return nil, err
	}
	return d.take(root, rest)
}

// list walks a directory of a module. Alternatives in braces are not read.
func (d *disk) list(dir, pattern string) ([]string, bool) {
	dir = path.Clean(filepath.ToSlash(dir))
	holder, rest := d.holder(dir)
	if !fs.ValidPath(rest) || strings.Contains(pattern, "{") {
		return nil, false
	}
	root, err := d.root(holder)
	if err != nil {
		return nil, false
	}
	below, err := fs.Sub(root.FS(), rest)
	if err != nil {
		return nil, false
	}
	var names []string
	err = walkGlob(below, path.Clean(pattern), false, func(name string, e fs.DirEntry) error {
		if info, err := fs.Stat(below, name); err == nil && info.Mode().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	return names, err == nil
}

func (d *disk) same(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(filepath.Join(d.base, filepath.FromSlash(a)))
	if err != nil {
		return false
	}
	two, err := os.Stat(filepath.Join(d.base, filepath.FromSlash(b)))
	return err == nil && os.SameFile(one, two)
}

// memory is the store of a configuration that is held in memory. Functions can
// read no files.
type memory map[string][]byte

func (m memory) files(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, text := range m {
		if path.Dir(name) == dir && (isConfigName(name) || isVarsName(path.Base(name))) {
			files[path.Base(name)] = text
		}
	}
	return files, nil
}

func (m memory) list(string, string) ([]string, bool) { return nil, false }

func (m memory) read(string) ([]byte, error) { return nil, errOutside }

func (m memory) same(a, b string) bool { return a == b }

// configSuffixes are the endings of configuration files. Those of OpenTofu
// stand for a file of the same name with Terraform's ending.
// Source: https://opentofu.org/docs/language/files/
var configSuffixes = []string{".tf", ".tf.json", ".tofu", ".tofu.json"}

func isConfigName(name string) bool {
	return slices.ContainsFunc(configSuffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

// isVarsName reports whether Terraform loads a file of values by itself.
func isVarsName(name string) bool {
	return name == "terraform.tfvars" || name == "terraform.tfvars.json" ||
		strings.HasSuffix(name, ".auto.tfvars") || strings.HasSuffix(name, ".auto.tfvars.json")
}

func isOverride(name string) bool {
	base := strings.TrimSuffix(name, ".json")
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".tofu"), ".tf")
	return base == "override" || strings.HasSuffix(base, "_override")
}

// withoutShadowed drops the .tf files that OpenTofu does not read, because
// there is a .tofu file of the same name.
func withoutShadowed(files map[string][]byte) {
	for name := range files {
		base, found := strings.CutSuffix(name, ".tofu")
		if !found {
			if base, found = strings.CutSuffix(name, ".tofu.json"); !found {
				continue
			}
			delete(files, base+".tf.json")
			continue
		}
		delete(files, base+".tf")
	}
}
