package input

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/schema"
)

// loadConfig reads a configuration directory as a root module with the modules
// that it calls. Functions may read files below these and nowhere else.
func loadConfig(src *source, dir string) ([]*resource.Resource, string, error) {
	d, err := openDisk(dir)
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	defer d.close()
	files, err := d.files(".")
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	return loadModules(src, files, d, filepath.ToSlash(dir))
}

// loadConfigFile reads one configuration file as a root module.
func loadConfigFile(src *source, file string) ([]*resource.Resource, string, error) {
	d, err := openDisk(filepath.Dir(file))
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	defer d.close()
	text, err := d.take(d.roots["."], filepath.Base(file))
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	files := map[string][]byte{filepath.Base(file): text}
	return loadModules(src, files, d, filepath.ToSlash(filepath.Dir(file)))
}

// LoadFiles reads configuration files that are held in memory, by name, as a
// root module; files below a directory ("app/main.tf") are modules that it may
// call. What its functions would read from files is unknown.
func LoadFiles(ctx context.Context, files map[string][]byte, o Options) (Result, error) {
	src := &source{ctx: ctx, name: cmp.Or(o.Name, "."), options: o}
	m := memory(files)
	root, err := m.files(".")
	if err != nil {
		return Result{}, unreadable(src, err)
	}
	resources, sum, err := loadModules(src, root, m, cmp.Or(o.Name, "."))
	if err != nil {
		return Result{Warnings: src.warnings}, err
	}
	return src.result(KindConfig, sum, resources), nil
}

// loadModules evaluates the files of a root module and the modules that it
// calls. Shown is what the directory is called in diagnostics and in the place
// of a resource.
func loadModules(src *source, files map[string][]byte, from store, shown string) ([]*resource.Resource, string, error) {
	if !slices.ContainsFunc(slices.Collect(maps.Keys(files)), isConfigName) {
		return nil, "", diag.Errorf("config-empty", "%s holds no Terraform configuration", src.name).At(src.place()).
			WithHint("give a directory with .tf files, or the JSON form of a plan")
	}
	provider, err := schema.AWS()
	if err != nil {
		return nil, "", err
	}
	p := newProgram(src, from, shown)
	p.schema = provider
	p.load(files)
	var resources []*resource.Resource
	if !p.diags.HasErrors() && !p.limits.spent() {
		if err := p.giveValues(); err != nil {
			return nil, "", err
		}
		resources = newEvaluator(p).resources()
		if err := markSecrets(resources); err != nil {
			return nil, "", err
		}
	}
	if err := src.ctx.Err(); err != nil {
		return nil, "", err
	}
	if d, over := p.limits.diagnostic(); over {
		return nil, "", d.At(src.place()) // all else may come of it
	}
	all := fromHCL(p.diags)
	all = append(all, p.notes...)
	all.Sort()
	if err := all.Err(); err != nil {
		return nil, "", err
	}
	for _, d := range all {
		src.warn(d)
	}
	return resources, hashFiles(p.read), nil
}

// hashFiles is the SHA-256 of names and contents in the order of names.
func hashFiles(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func place(r hcl.Range) diag.Place {
	return diag.Place{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
}

// fromHCL turns HCL's diagnostics into ours, each once.
func fromHCL(diags hcl.Diagnostics) diag.Diagnostics {
	var out diag.Diagnostics
	seen := map[string]bool{}
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		code := "config-syntax"
		if _, ours := d.Extra.(evaluation); ours || d.EvalContext != nil {
			code = "config-eval"
		}
		e := diag.Errorf(code, "%s", strings.ToLower(d.Summary[:min(1, len(d.Summary))])+d.Summary[min(1, len(d.Summary)):]).
			WithDetail("%s", d.Detail)
		if d.Subject != nil {
			e = e.At(place(*d.Subject))
		}
		if !seen[e.Error()] {
			seen[e.Error()] = true
			out = append(out, e)
		}
	}
	return out
}

// evaluation marks diagnostics that come from evaluating, as their Extra.
type evaluation struct{}

// readVarFile reads a file of values that was named.
func readVarFile(name string) ([]byte, error) {
	shown := filepath.ToSlash(name)
	fail := func(err error) error {
		return diag.Errorf("variables-unreadable", "cannot read %s", shown).At(diag.Place{File: shown}).WithDetail("%v", err)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fail(plainError(err))
	case info.IsDir():
		return nil, fail(fmt.Errorf("%s is a directory", shown))
	case info.Size() > maxConfigFile:
		return nil, fail(fmt.Errorf("%s is larger than %d bytes", shown, maxConfigFile))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fail(plainError(err))
	}
	return text, nil
}
