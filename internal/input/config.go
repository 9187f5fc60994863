package input

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// maxConfigFile is the size up to which a file of a configuration is read.
const maxConfigFile = 16 << 20

// loadConfig reads a configuration directory as one root module. Its functions
// may read files below the directory and nowhere else.
func loadConfig(src *source, dir string) ([]*resource.Resource, string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	defer root.Close()
	files, err := configFiles(root.FS())
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	return loadModule(src, files, root.FS(), filepath.ToSlash(dir))
}

// loadConfigFile reads one configuration file as a root module.
func loadConfigFile(src *source, file string) ([]*resource.Resource, string, error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	defer root.Close()
	text, err := root.ReadFile(filepath.Base(file))
	if err != nil {
		return nil, "", unreadable(src, err)
	}
	files := map[string][]byte{filepath.Base(file): text}
	return loadModule(src, files, root.FS(), filepath.ToSlash(filepath.Dir(file)))
}

// LoadFiles reads configuration files that are held in memory, by name, as one
// root module. Its functions can read no files.
func LoadFiles(ctx context.Context, files map[string][]byte, o Options) (Result, error) {
	src := &source{ctx: ctx, name: cmp.Or(o.Name, "."), options: o}
	resources, sum, err := loadModule(src, files, nil, cmp.Or(o.Name, "."))
	if err != nil {
		return Result{Warnings: src.warnings}, err
	}
	return src.result(KindConfig, sum, resources), nil
}

// loadModule evaluates the files of a root module. Functions read from fsys,
// which may be nil; shown is what the directory is called in diagnostics and in
// the place of a resource.
func loadModule(src *source, files map[string][]byte, fsys fs.FS, shown string) ([]*resource.Resource, string, error) {
	if !slices.ContainsFunc(slices.Collect(maps.Keys(files)), isConfigName) {
		return nil, "", diag.Errorf("config-empty", "%s holds no Terraform configuration", src.name).At(src.place()).
			WithHint("give a directory with .tf files, or the JSON form of a plan")
	}
	m, diags := parseModule(files, shown)
	m.files = fsys
	m.options = src.options
	var resources []*resource.Resource
	if !diags.HasErrors() {
		if err := src.ctx.Err(); err != nil {
			return nil, "", err
		}
		e := newEvaluator(m)
		resources = e.resources()
		diags = append(diags, e.diags...)
	}
	all := fromHCL(diags)
	all = append(all, m.notes...)
	all.Sort()
	if err := all.Err(); err != nil {
		return nil, "", err
	}
	for _, d := range all {
		src.warn(d)
	}
	return resources, hashFiles(files), nil
}

// configFiles reads the files of a module: configuration and variable values.
func configFiles(fsys fs.FS) (map[string][]byte, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || !isConfigName(name) && !isVarsName(name) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Size() > maxConfigFile {
			return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%s is larger than %d bytes", name, maxConfigFile)}
		}
		if files[name], err = fs.ReadFile(fsys, name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func isConfigName(name string) bool {
	return strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, ".tf.json")
}

// isVarsName reports whether Terraform loads a file of values by itself.
func isVarsName(name string) bool {
	return name == "terraform.tfvars" || name == "terraform.tfvars.json" ||
		strings.HasSuffix(name, ".auto.tfvars") || strings.HasSuffix(name, ".auto.tfvars.json")
}

func isOverride(name string) bool {
	base := strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".tf")
	return base == "override" || strings.HasSuffix(base, "_override")
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

// module is a parsed module, its blocks by kind.
type module struct {
	shown     string // directory as shown
	files     fs.FS  // what functions may read
	options   Options
	variables map[string]*hcl.Block
	values    map[string]hcl.Expression // from tfvars files
	locals    map[string]*hcl.Attribute
	objects   map[string]*object // managed and data resources by address
	providers map[string]*hcl.Block
	required  map[string]string // local names of providers → source address
	calls     map[string]*hcl.Block
	names     map[string]bool // attribute names that any expression reads
	notes     diag.Diagnostics
}

// object is one resource or data block.
type object struct {
	data       bool
	kind, name string
	block      *hcl.Block
}

func (o *object) address() string {
	if o.data {
		return "data." + o.kind + "." + o.name
	}
	return o.kind + "." + o.name
}

var rootSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "terraform"},
	{Type: "provider", LabelNames: []string{"name"}},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "output", LabelNames: []string{"name"}},
	{Type: "module", LabelNames: []string{"name"}},
	{Type: "resource", LabelNames: []string{"type", "name"}},
	{Type: "data", LabelNames: []string{"type", "name"}},
	{Type: "ephemeral", LabelNames: []string{"type", "name"}},
	{Type: "check", LabelNames: []string{"name"}},
	{Type: "moved"},
	{Type: "removed"},
	{Type: "import"},
}}

// parseModule parses files and sorts their blocks by kind. Diagnostics name
// files as they are shown.
func parseModule(files map[string][]byte, shown string) (*module, hcl.Diagnostics) {
	m := &module{
		shown: shown, variables: map[string]*hcl.Block{}, values: map[string]hcl.Expression{},
		locals: map[string]*hcl.Attribute{}, objects: map[string]*object{},
		providers: map[string]*hcl.Block{}, required: map[string]string{}, calls: map[string]*hcl.Block{},
		names: map[string]bool{},
	}
	parser := hclparse.NewParser()
	var diags hcl.Diagnostics
	for _, name := range valueOrder(files) {
		place := path.Join(shown, name)
		if isConfigName(name) && isOverride(name) {
			m.notes = append(m.notes, diag.Warningf(codeOverrideSkipped, "override files are not merged").
				At(diag.Place{File: place}).WithHint("gate the JSON form of a plan instead"))
			continue
		}
		parse := parser.ParseHCL
		if strings.HasSuffix(name, ".json") {
			parse = parser.ParseJSON
		}
		f, more := parse(files[name], place)
		diags = append(diags, more...)
		if f == nil || f.Body == nil {
			continue
		}
		if isVarsName(name) {
			attributes, more := f.Body.JustAttributes()
			diags = append(diags, more...)
			for k, a := range attributes {
				m.values[k] = a.Expr // a later file wins
			}
			continue
		}
		diags = append(diags, m.collect(f.Body)...)
		collectNames(f.Body, m.names)
	}
	return m, diags
}

// valueOrder returns the files in the order in which values override each
// other: terraform.tfvars, terraform.tfvars.json, then the others by name.
func valueOrder(files map[string][]byte) []string {
	names := slices.Sorted(maps.Keys(files))
	slices.SortStableFunc(names, func(a, b string) int {
		rank := func(n string) int {
			switch n {
			case "terraform.tfvars":
				return 0
			case "terraform.tfvars.json":
				return 1
			}
			return 2
		}
		return rank(a) - rank(b)
	})
	return names
}

func (m *module) collect(body hcl.Body) hcl.Diagnostics {
	content, diags := body.Content(rootSchema)
	for _, b := range content.Blocks {
		switch b.Type {
		case "terraform":
			m.require(b)
		case "provider":
			key := b.Labels[0]
			if alias := providerAlias(b.Body); alias != "" {
				key += "." + alias
			}
			m.providers[key] = b
		case "variable":
			diags = append(diags, declare(m.variables, b.Labels[0], b, b.DefRange)...)
		case "locals":
			attributes, more := b.Body.JustAttributes()
			diags = append(diags, more...)
			for name, a := range attributes {
				diags = append(diags, declare(m.locals, name, a, a.NameRange)...)
			}
		case "module":
			diags = append(diags, declare(m.calls, b.Labels[0], b, b.DefRange)...)
			m.notes = append(m.notes, diag.Warningf(codeModuleSkipped, "the module %q is not loaded", b.Labels[0]).
				At(place(b.DefRange)).WithDetail("Its resources are not evaluated, and its outputs count as unknown.").
				WithHint("gate the JSON form of a plan, which holds every module"))
		case "resource", "data":
			o := &object{data: b.Type == "data", kind: b.Labels[0], name: b.Labels[1], block: b}
			diags = append(diags, declare(m.objects, o.address(), o, b.DefRange)...)
		}
	}
	return diags
}

// declare adds a declaration, once.
func declare[T any](to map[string]T, name string, v T, at hcl.Range) hcl.Diagnostics {
	if _, ok := to[name]; ok {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Duplicate declaration",
			Detail: fmt.Sprintf("%s is declared more than once.", name), Subject: &at,
		}}
	}
	to[name] = v
	return nil
}

// require notes where the providers of a module come from.
func (m *module) require(b *hcl.Block) {
	content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "required_providers"}}})
	for _, r := range content.Blocks {
		attributes, _ := r.Body.JustAttributes()
		for name, a := range attributes {
			v, _ := a.Expr.Value(nil)
			if source := stringMember(v, "source"); source != "" {
				m.required[name] = source
			}
		}
	}
}

func providerAlias(body hcl.Body) string {
	content, _, _ := body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "alias"}}})
	if a := content.Attributes["alias"]; a != nil {
		v, _ := a.Expr.Value(nil)
		return knownString(v)
	}
	return ""
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
