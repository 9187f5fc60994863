package cmd

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/policies"
)

// libraryPrefix stands before the paths of the embedded library.
const libraryPrefix = "policies"

// sources says which policies to load.
type sources struct {
	dirs      []string
	noLibrary bool
}

func (o *sources) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&o.dirs, "policy", nil, "add the policies below `DIR` (repeatable)")
	c.Flags().BoolVar(&o.noLibrary, "no-library", false, "leave the embedded library out")
	mustDirs(c, "policy")
}

// mustDirs completes a flag with directories.
func mustDirs(c *cobra.Command, flag string) {
	// It fails only for a flag that does not exist, which the help test shows.
	_ = c.MarkFlagDirname(flag)
}

// modules reads the policy modules. The library's helpers are always there for
// policies to import, unless a directory brings its own of the same name.
func (o sources) modules() ([]engine.Module, error) {
	var own []engine.Module
	for _, dir := range o.dirs {
		mods, err := readDir(dir, engine.ReadModules)
		if err != nil {
			return nil, err
		}
		if len(mods) == 0 {
			return nil, diag.Errorf("no-policies", "%s holds no .rego files", filepath.ToSlash(dir))
		}
		own = append(own, mods...)
	}
	library, err := engine.ReadModules(policies.FS, libraryPrefix)
	if err != nil {
		return nil, fmt.Errorf("read the library: %w", err)
	}
	bringsHelpers := slices.ContainsFunc(own, isHelper)
	library = slices.DeleteFunc(library, func(m engine.Module) bool {
		if isHelper(m) {
			return bringsHelpers
		}
		return o.noLibrary
	})
	return append(library, own...), nil
}

var helperPackage = regexp.MustCompile(`(?m)^package parapet\.lib\s*$`)

func isHelper(m engine.Module) bool { return helperPackage.Match(m.Source) }

// readDir reads modules below a directory.
func readDir(dir string, read func(fs.FS, string) ([]engine.Module, error)) ([]engine.Module, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a directory", filepath.ToSlash(dir))
	}
	if err != nil {
		return nil, diag.Errorf("policy-unreadable", "%v", err)
	}
	mods, err := read(os.DirFS(dir), filepath.ToSlash(dir))
	if err != nil {
		return nil, diag.Errorf("policy-unreadable", "%v", err)
	}
	return mods, nil
}

// newEngine compiles modules. Problems are printed with the lines that they
// point at.
func (s Streams) newEngine(o engine.Options) (*engine.Engine, error) {
	e, ds := engine.New(o)
	texts := make(map[string][]byte, len(o.Modules))
	for _, m := range o.Modules {
		texts[m.Path] = m.Source
	}
	w := diag.Writer{Out: s.Err, Color: s.color(s.ErrTerminal), Sources: func(file string) ([]byte, bool) {
		src, ok := texts[file]
		return src, ok
	}}
	_ = w.Write(ds...)
	if ds.HasErrors() {
		return nil, errReported
	}
	return e, nil
}
