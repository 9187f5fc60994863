package bundle

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Selection is a named choice of the library's policies: a file of the package
// bundles.
type Selection struct {
	Name        string                    `yaml:"name" json:"name"` // the file's name without .yaml
	Title       string                    `yaml:"title" json:"title"`
	Description string                    `yaml:"description" json:"description"`
	Framework   string                    `yaml:"framework" json:"framework,omitempty"` // that it covers, if it is made from one
	Policies    []string                  `yaml:"policies" json:"policies"`             // ids, sorted
	Parameters  map[string]map[string]any `yaml:"parameters" json:"parameters"`         // policy id, parameter, value
}

// Selections reads every *.yaml of a directory, sorted by name.
func Selections(fsys fs.FS) ([]Selection, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	var list []Selection
	for _, file := range files {
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		var s Selection
		if err := yaml.UnmarshalWithOptions(src, &s, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if want := strings.TrimSuffix(file, ".yaml"); s.Name != want {
			return nil, fmt.Errorf("%s: the name is %q, not %q", file, s.Name, want)
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Selection) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}
