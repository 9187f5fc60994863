package input

import (
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// loadConfig reads a configuration directory.
func loadConfig(src *source, path string) ([]*resource.Resource, string, error) {
	return nil, "", diag.Errorf("config-unsupported", "configuration directories cannot be read yet").At(src.place())
}
