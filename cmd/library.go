package cmd

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/schema"
	"github.com/parapet-dev/parapet/policies"
)

// libraryPrefix stands before the paths of the embedded library.
const libraryPrefix = "policies"

// sources says which policies to load.
type sources struct {
	dirs      []string
	noLibrary bool
	bundles   []string // names of selections, files, references
	trust     trust
	v0        bool // modules of bundles are Rego v0, unless their manifest says otherwise
}

func (o *sources) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&o.dirs, "policy", nil, "add the policies below `DIR`, or those of a .rego file (repeatable)")
	c.Flags().BoolVar(&o.noLibrary, "no-library", false, "leave the embedded library out")
	mustDirs(c, "policy")
	o.registerBundles(c)
}

// mustDirs completes a flag with directories.
func mustDirs(c *cobra.Command, flag string) {
	// It fails only for a flag that does not exist, which the help test shows.
	_ = c.MarkFlagDirname(flag)
}

// modules reads the modules of the policies about resources, of the library and
// of directories.
func (o sources) modules() ([]engine.Module, error) {
	own, err := o.own()
	if err != nil {
		return nil, err
	}
	parts, err := withLibrary(own, !o.noLibrary)
	return parts.Resource, err
}

// own reads the modules of the directories.
func (o sources) own() ([]engine.Module, error) {
	var own []engine.Module
	for _, dir := range o.dirs {
		mods, err := readDir(dir, engine.ReadModules)
		if err != nil {
			return nil, err
		}
		tests, err := readDir(dir, engine.ReadTests)
		if err != nil {
			return nil, err
		}
		mods = append(mods, document.Deciding(mods, tests)...)
		if len(mods) == 0 {
			return nil, diag.Errorf("no-policies", "%s holds no .rego files", filepath.ToSlash(dir))
		}
		own = append(own, mods...)
	}
	return own, nil
}

// withLibrary tells which modules are about resources and which about whole
// plans, and puts the library in front of the former: all of it, or no more than
// its helpers. These are always there for policies to import, unless the library
// is left out and the modules bring their own of the same name.
func withLibrary(own []engine.Module, all bool) (document.Parts, error) {
	parts := document.Split(own)
	own = parts.Resource
	library, err := engine.ReadModules(policies.FS, libraryPrefix)
	if err != nil {
		return document.Parts{}, fmt.Errorf("read the library: %w", err)
	}
	for i := range library {
		library[i].Checked = true // by the tests
	}
	if all {
		if err := taken(own, library); err != nil {
			return document.Parts{}, err
		}
		parts.Resource, parts.Policies = append(library, own...), true
		return parts, nil
	}
	bringsHelpers := slices.ContainsFunc(own, func(m engine.Module) bool {
		name, _ := m.Package()
		return name == helperPackage
	})
	library = slices.DeleteFunc(library, func(m engine.Module) bool {
		return bringsHelpers || !strings.HasPrefix(m.Path, helperPrefix)
	})
	parts.Resource = append(library, own...)
	return parts, nil
}

// The helpers of the library: their package and where they are.
const (
	helperPackage = "parapet.lib"
	helperPrefix  = libraryPrefix + "/lib/"
)

// names returns a test of globs: whether they match one of the ids or a policy
// of the library that these flags leave out. It is read where that is needed.
func (o sources) names(ids []string) func(glob string) bool {
	library := sync.OnceValue(func() []string {
		if !o.noLibrary && len(o.bundles) == 0 {
			return nil // the ids hold it
		}
		var list []string
		if parts, err := withLibrary(nil, true); err == nil {
			if e, ds := engine.New(engine.Options{Modules: parts.Resource}); !ds.HasErrors() {
				for _, p := range e.Catalog() {
					list = append(list, p.ID)
				}
			}
		}
		return list
	})
	return func(glob string) bool {
		covers := exception.Record{Policies: []string{glob}}.CoversPolicy
		return slices.ContainsFunc(ids, covers) || slices.ContainsFunc(library(), covers)
	}
}

// taken refuses modules that would add to a package of the library or replace
// something in it: the library's policies would no longer be what they are.
func taken(own, library []engine.Module) error {
	const root = "parapet"
	var ds diag.Diagnostics
	packages := sync.OnceValue(func() []string {
		var names []string
		for _, m := range library {
			name, _ := m.Package()
			names = append(names, name)
		}
		return names
	})
	for _, m := range own {
		name, at := m.Package()
		if !within(name, root) { // most have nothing to do with the library
			continue
		}
		for _, p := range packages() {
			d := diag.Errorf("policy-package-taken", "the package %s would add to %s, which is of the library", name, p)
			switch {
			case name == p:
				d.Summary = fmt.Sprintf("the package %s is of the library", name)
			case !within(p, name) && !within(name, p):
				continue
			}
			ds = append(ds, d.At(at).WithDetail("It would change what the library's policies say.").
				WithHint("rename the package").WithHint("or leave the library out with --no-library"))
			break
		}
	}
	return ds.Err()
}

// within reports whether a package is another or lies below it.
func within(name, above string) bool { return name == above || strings.HasPrefix(name, above+".") }

// where returns the flags with which other verbs find a policy: none for those
// of the library.
func (o sources) where(e *engine.Engine, id string) string {
	if len(o.dirs) == 0 && len(o.bundles) == 0 {
		return ""
	}
	p, ok := e.Policy(id)
	if !ok {
		return ""
	}
	if name, ok := strings.CutPrefix(p.File, libraryPrefix+"/"); ok && !o.noLibrary {
		if _, err := fs.Stat(policies.FS, name); err == nil {
			return ""
		}
	}
	var b strings.Builder
	for _, dir := range o.dirs {
		b.WriteString(" --policy " + quoteShell(filepath.ToSlash(dir)))
	}
	for _, name := range o.bundles {
		b.WriteString(" --bundle " + quoteShell(name))
	}
	if o.noLibrary {
		b.WriteString(" --no-library")
	}
	return b.String()
}

// quoteShell quotes a word for a shell where it needs that.
func quoteShell(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("./_-+:@%,", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// readDir reads modules below a directory, or a single one.
func readDir(dir string, read func(fs.FS, string) ([]engine.Module, error)) ([]engine.Module, error) {
	info, err := os.Stat(dir)
	var fsys fs.FS
	switch {
	case err != nil:
	case info.IsDir():
		fsys = os.DirFS(dir)
	case strings.HasSuffix(dir, ".rego"):
		dir = filepath.Dir(dir)
		fsys = oneFile{os.DirFS(dir), info}
	default:
		err = fmt.Errorf("%s is neither a directory nor a .rego file", filepath.ToSlash(dir))
	}
	if err != nil {
		return nil, diag.Errorf("policy-unreadable", "%v", err)
	}
	mods, err := read(fsys, filepath.ToSlash(dir))
	if err != nil {
		return nil, diag.Errorf("policy-unreadable", "%v", err)
	}
	return mods, nil
}

// oneFile is a directory that seems to hold one file and nothing else.
type oneFile struct {
	fs.FS
	file fs.FileInfo
}

// ReadDir is that of [fs.ReadDirFS].
func (o oneFile) ReadDir(string) ([]fs.DirEntry, error) {
	return []fs.DirEntry{fs.FileInfoToDirEntry(o.file)}, nil
}

// newEngine compiles modules and holds them to the provider's schema. Problems
// are printed with the lines that they point at.
func (s Streams) newEngine(o engine.Options) (*engine.Engine, error) {
	o.Schema = schema.AWS
	e, ds := engine.New(o)
	s.showDiagnostics(ds, o.Modules)
	if ds.HasErrors() {
		return nil, errReported
	}
	return e, nil
}

// showDiagnostics prints what is to be said of modules, with their lines.
func (s Streams) showDiagnostics(ds diag.Diagnostics, modules []engine.Module) {
	w := diag.Writer{Out: s.Err, Color: s.color(s.ErrTerminal), Sources: sourcesOf(modules)}
	_ = w.Write(ds...)
}

// sourcesOf finds the text of modules for diagnostics.
func sourcesOf(mods []engine.Module) func(file string) ([]byte, bool) {
	texts := make(map[string][]byte, len(mods))
	for _, m := range mods {
		texts[m.Path] = m.Source
	}
	return func(file string) ([]byte, bool) {
		src, ok := texts[file]
		return src, ok
	}
}
