package document

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/open-policy-agent/opa/v1/loader"

	"github.com/parapet-dev/parapet/internal/diag"
)

// LoadData reads the JSON and YAML files at paths and below directories into
// what policies see as data. As in conftest and OPA, a file in a directory
// below a path is placed below members named after its directories, and a path
// PREFIX:PATH places it below the prefix. Two files that say different things
// of one place are an error.
func LoadData(paths []string) (map[string]any, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	skip := func(_ string, info os.FileInfo, _ int) bool {
		return !info.IsDir() && !slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(info.Name()))
	}
	res, err := loader.NewFileLoader().Filtered(paths, skip)
	if err != nil {
		return nil, diag.Errorf("data-unreadable", "cannot read the data of policies").WithDetail("%v", err)
	}
	if len(res.Documents) == 0 {
		return nil, diag.Errorf("data-empty", "%s holds no data", filepath.ToSlash(paths[0])).
			WithDetail("Data is in files whose names end in .json, .yaml or .yml.")
	}
	return res.Documents, nil
}
