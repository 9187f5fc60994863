package archtest

// Module is the path of this module.
const Module = "github.com/parapet-dev/parapet"

// MaxLines is the longest that a Go file may be. Most stay under 400: a file
// holds one concept, and its name says which.
const MaxLines = 500

// Package is one row of the layering: a package and what it may import of
// ours. Paths are relative to the module; "compiler/..." stands for everything
// below compiler.
type Package struct {
	Path    string
	Imports []string // what the code imports
	Tests   []string // what its _test files may import besides
	Process bool     // whether it may use the names in Forbidden
}

// Packages is the layering of the tree, leaves first: a row imports rows above
// it only. A package without a row fails the test. Rows may be ahead of the
// tree: they say where a package that is still to come will stand. Change a row
// in a commit that says why, and run make docs, which writes the table into
// docs/architecture.md.
var Packages = []Package{
	// Vocabulary: what everything else is said in.
	{Path: "internal/diag"},
	{Path: "internal/resource"},
	{Path: "internal/finding", Imports: []string{"internal/resource", "internal/diag"}},
	{Path: "internal/snapshot", Imports: []string{"internal/resource", "internal/diag"}},
	{Path: "internal/drift", Imports: []string{"internal/resource", "internal/finding"}},
	{Path: "internal/iam", Imports: []string{"internal/diag"}},
	{Path: "internal/iamdata"},
	{Path: "internal/schema"},
	{Path: "internal/schema/gen", Imports: []string{"internal/schema"}, Process: true},
	{Path: "internal/iamdata/gen", Imports: []string{"internal/iamdata"}, Process: true},

	// From bytes to findings, and from findings to bytes.
	{
		Path:  "internal/input/plangen",
		Tests: []string{"internal/input", "internal/resource"},
	},
	{
		Path:    "internal/input",
		Imports: []string{"internal/resource", "internal/schema", "internal/snapshot", "internal/diag"},
		Tests:   []string{"internal/input/plangen"},
	},
	{Path: "internal/input/plangen/cmd", Imports: []string{"internal/input/plangen"}, Process: true},
	{Path: "internal/aws", Imports: []string{"internal/resource", "internal/diag"}, Tests: []string{"internal/iam"}},
	{Path: "internal/aws/collect", Imports: []string{"internal/aws"}, Tests: []string{"internal/resource", "internal/input", "internal/drift", "internal/iamdata"}},
	{Path: "internal/aws/awsconfig", Imports: []string{"internal/aws", "internal/aws/collect", "internal/resource", "internal/diag"}},
	{Path: "internal/exception", Imports: []string{"internal/resource", "internal/diag"}},
	{
		Path:    "internal/source",
		Imports: []string{"internal/resource", "internal/finding", "internal/exception", "internal/diag"},
	},
	{
		Path:    "internal/engine",
		Imports: []string{"internal/resource", "internal/schema", "internal/finding", "internal/diag"},
		Tests:   []string{"internal/input", "internal/input/plangen", "policies"},
	},
	{Path: "internal/bundle/registrytest"},
	{Path: "internal/bundle", Imports: []string{"internal/diag"}, Tests: []string{"bundles", "internal/bundle/registrytest"}},
	{Path: "internal/report", Imports: []string{"internal/resource", "internal/finding", "internal/diag"}},
	{Path: "internal/runtask", Imports: []string{"internal/finding", "internal/report", "internal/diag"}, Tests: []string{"internal/resource"}},
	{
		Path:    "internal/document",
		Imports: []string{"internal/resource", "internal/finding", "internal/diag", "internal/schema", "internal/engine", "internal/input"},
		Tests:   []string{"internal/input/plangen"},
	},

	// The IAM policy language at work.
	{Path: "internal/iam/simulate", Imports: []string{"internal/iam", "internal/diag"}},
	{Path: "internal/iam/lint", Imports: []string{"internal/iam", "internal/iamdata", "internal/diag"}},
	{Path: "internal/iam/symbolic", Imports: []string{"internal/iam", "internal/iam/simulate"}},
	{
		Path:    "internal/binding",
		Imports: []string{"internal/resource", "internal/iam", "internal/iamdata"},
		Tests:   []string{"internal/iam/simulate"},
	},
	{
		Path:    "internal/trail",
		Imports: []string{"internal/binding", "internal/iam", "internal/iam/simulate", "internal/diag"},
	},

	// The compiler, in the order of its passes.
	{Path: "compiler/ir", Imports: []string{"internal/diag", "internal/iam"}},
	{
		Path:    "compiler/lower",
		Imports: []string{"compiler/ir", "internal/binding", "internal/engine", "internal/iam", "internal/diag"},
		Tests:   []string{"policies"},
	},
	{
		Path:    "compiler/layer",
		Imports: []string{"compiler/ir", "internal/iam", "internal/diag"},
		Tests:   []string{"internal/iamdata"},
	},
	{
		Path:    "compiler/optimize",
		Imports: []string{"compiler/ir", "internal/iam"},
		Tests:   []string{"internal/iam/simulate"},
	},
	{
		Path:    "compiler/except",
		Imports: []string{"compiler/ir", "internal/iam", "internal/exception", "internal/diag"},
		Tests:   []string{"internal/iam/simulate"},
	},
	{Path: "compiler/pack", Imports: []string{"compiler/ir", "compiler/layer", "internal/iam", "internal/diag"}},
	{
		Path:    "compiler/emit",
		Imports: []string{"compiler/ir", "compiler/layer", "compiler/except", "compiler/pack", "internal/exception", "internal/iam", "internal/diag"},
		Tests:   []string{"internal/iam/simulate"},
	},
	{
		Path: "compiler/verify",
		Imports: []string{
			"compiler/ir", "compiler/layer", "internal/binding", "internal/engine", "internal/resource", "internal/iam", "internal/iam/...",
			"internal/iamdata", "internal/diag",
		},
		Tests: []string{"compiler/lower", "policies"},
	},
	{
		Path: "compiler/prove",
		Imports: []string{
			"compiler/ir", "compiler/pack", "compiler/except", "compiler/verify", "internal/exception", "internal/iam", "internal/iam/...",
			"internal/iamdata",
		},
		Tests: []string{"compiler/layer", "internal/diag"},
	},
	{
		Path:    "compiler",
		Imports: []string{"compiler/...", "internal/binding", "internal/engine", "internal/finding", "internal/exception", "internal/iam", "internal/diag"},
		Tests:   []string{"internal/...", "policies", "bundles"},
	},

	// Content, embedded.
	{Path: "policies", Tests: []string{"internal/...", "compiler", "compiler/..."}},
	{Path: "bundles", Tests: []string{"internal/...", "policies"}},

	// The program.
	{Path: "cmd", Imports: []string{"internal/...", "compiler", "compiler/...", "policies", "bundles"}, Process: true},
	{Path: "cmd/parapet", Imports: []string{"cmd"}, Process: true},

	// What only tests use.
	{Path: "internal/golden"},
	{Path: "internal/tftest", Process: true}, // finds terraform
	{Path: "internal/archtest"},
	{Path: "internal/e2e", Tests: []string{"cmd", "compiler/...", "internal/..."}},
}

// Everywhere is what the _test files of every package may import of ours.
var Everywhere = []string{"internal/golden", "internal/tftest"}

// Dependency is a module that is not ours, and who may import it.
type Dependency struct {
	Module string
	Owners []string // packages whose code may use it
	Tests  []string // packages whose _test files may use it besides
}

// Dependencies keeps heavy modules where they belong: one owner can be
// replaced, twenty users cannot. A module without a row fails the test.
var Dependencies = []Dependency{
	{Module: "github.com/agnivade/levenshtein", Owners: []string{"internal/schema"}},
	{Module: "github.com/aws/aws-sdk-go-v2", Owners: []string{"internal/aws", "internal/aws/collect", "internal/aws/awsconfig"}, Tests: []string{"internal/e2e"}},
	{Module: "github.com/aws/smithy-go", Owners: []string{"internal/aws"}},
	{Module: "github.com/chromedp/cdproto", Tests: []string{"internal/report"}},
	{Module: "github.com/chromedp/chromedp", Tests: []string{"internal/report"}},
	{Module: "github.com/goccy/go-yaml", Owners: []string{"internal/exception", "internal/bundle", "compiler/layer", "cmd"}, Tests: []string{"bundles"}},
	{Module: "github.com/hashicorp/hcl/v2", Owners: []string{"internal/input", "internal/source", "compiler/emit"}},
	{Module: "github.com/hashicorp/terraform-json", Owners: []string{"internal/input"}},
	// internal/bundle reads, signs and verifies bundles with OPA's own code: a
	// format and cryptography that are better not written twice.
	{Module: "github.com/open-policy-agent/opa", Owners: []string{"internal/engine", "internal/document", "internal/bundle", "internal/input", "compiler/lower"}, Tests: []string{"compiler/verify"}},
	{Module: "github.com/opencontainers/image-spec", Owners: []string{"internal/bundle"}},
	{Module: "github.com/rogpeppe/go-internal", Owners: []string{"internal/golden"}, Tests: []string{"cmd"}},
	{Module: "github.com/santhosh-tekuri/jsonschema/v6", Tests: []string{"internal/report"}},
	{Module: "github.com/spf13/cobra", Owners: []string{"cmd"}},
	{Module: "github.com/spf13/pflag", Owners: []string{"cmd"}},
	{Module: "github.com/yuin/goldmark", Tests: []string{"internal/report"}},
	{Module: "github.com/zclconf/go-cty", Owners: []string{"internal/input", "internal/source", "compiler/emit"}},
	{Module: "github.com/zclconf/go-cty-yaml", Owners: []string{"internal/input"}},
	{Module: "golang.org/x/net", Tests: []string{"internal/report"}},
	{Module: "golang.org/x/sync", Owners: []string{"internal/engine", "internal/aws"}, Tests: []string{"internal/aws/collect"}},
	{Module: "golang.org/x/text", Owners: []string{"compiler/except"}},
	{Module: "golang.org/x/term", Owners: []string{"cmd"}},
	{Module: "oras.land/oras-go/v2", Owners: []string{"internal/bundle"}},
}

// Forbidden names what may be used only where the process meets the program:
// in the packages marked Process. Keys are "import path.name", values say what
// to do instead. forbidigo in .golangci.yml says the same while one types.
var Forbidden = map[string]string{
	"fmt.Print":    "write to the io.Writer that the caller gives",
	"fmt.Printf":   "write to the io.Writer that the caller gives",
	"fmt.Println":  "write to the io.Writer that the caller gives",
	"os.Stdin":     "take an io.Reader",
	"os.Stdout":    "take an io.Writer",
	"os.Stderr":    "take an io.Writer",
	"os.Exit":      "return an error",
	"os.Getenv":    "take the value as an option",
	"os.LookupEnv": "take the value as an option",
	"os.Environ":   "take the value as an option",
	"time.Now":     "take the time as an option",
	"time.Since":   "take the time as an option",
	"time.Until":   "take the time as an option",
}

// ForbiddenImports are packages that no code of the program imports. Templates
// call methods by name, so that the linker keeps every exported method of every
// type: all operations of all AWS clients, which doubles the binary.
var ForbiddenImports = map[string]string{
	"text/template": "build the text with a strings.Builder or a strings.Replacer",
	"html/template": "write markup with its arguments escaped, as internal/report does",
}

// VagueNames are package names that say nothing of what the package owns.
var VagueNames = []string{"util", "utils", "common", "shared", "helper", "helpers", "misc", "base", "types"}
