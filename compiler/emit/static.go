package emit

import (
	"embed"
	"fmt"
)

// static holds the parts of a module that are the same in every one, as the
// Terraform files that they are: `terraform fmt` and `terraform test` run on
// them as they stand.
//
//go:embed static
var static embed.FS

// staticFile returns an embedded file.
func staticFile(name string) ([]byte, error) {
	data, err := static.ReadFile("static/" + name)
	if err != nil {
		return nil, fmt.Errorf("embedded module part: %w", err)
	}
	return data, nil
}

// copied is an embedded file and where it goes.
type copied struct{ from, to string }

// copies says where the embedded files of every module go.
var copies = []copied{
	{"root/main.tf", "main.tf"},
	{"root/outputs.tf", "outputs.tf"},
	{"documents/main.tf", "modules/documents/main.tf"},
	{"documents/refusals.tf", "modules/documents/refusals.tf"},
	{"documents/variables.tf", "modules/documents/variables.tf"},
	{"documents/outputs.tf", "modules/documents/outputs.tf"},
	{"documents/versions.tf", "modules/documents/versions.tf"},
	{"decide/main.tf", "modules/documents/tests/decide/main.tf"},
	{"decide/versions.tf", "modules/documents/tests/decide/versions.tf"},
}

// boundaryCopies are the embedded files of modules with a permissions boundary.
var boundaryCopies = []copied{
	{"boundary/main.tf", "boundary/main.tf"},
	{"boundary/outputs.tf", "boundary/outputs.tf"},
	{"boundary/versions.tf", "boundary/versions.tf"},
	{"boundary/tests/boundary.tftest.hcl", "boundary/tests/boundary.tftest.hcl"},
}
