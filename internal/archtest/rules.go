package archtest

// Module is the path of this module.
const Module = "github.com/parapet-dev/parapet"

// MaxLines is the longest that a Go file may be. Most stay under 400: a file
// holds one concept, and its name says which.
const MaxLines = 500

// Package says what the packages of one row may import of ours. Paths are
// relative to the module; "compiler/..." stands for everything below compiler.
type Package struct {
	Imports []string // what the code imports
	Tests   []string // what its _test files may import besides
}

// Packages is the layering of the tree, leaves first. A package without a row
// fails the test. Rows may be ahead of the tree: they say where a package that
// is still to come will stand. Change a row together with the page
// docs/architecture.md, in a commit that says why.
var Packages = map[string]Package{
	// Vocabulary: what everything else is said in.
	"internal/diag":     {},
	"internal/resource": {},
	"internal/iamdata":  {Tests: []string{"internal/golden"}},
	"internal/iam":      {Imports: []string{"internal/diag"}},
	"internal/finding":  {Imports: []string{"internal/resource", "internal/diag"}},

	// The IAM policy language at work.
	"internal/iam/simulate": {Imports: []string{"internal/iam", "internal/diag"}},
	"internal/iam/symbolic": {Imports: []string{"internal/iam"}},
	"internal/binding": {
		Imports: []string{"internal/resource", "internal/iam", "internal/iamdata"},
		Tests:   []string{"internal/iam/simulate"},
	},
	"internal/trail": {Imports: []string{"internal/binding", "internal/iam", "internal/iam/simulate", "internal/diag"}},

	// From bytes to findings, and from findings to bytes.
	"internal/input": {
		Imports: []string{"internal/resource", "internal/diag"},
		Tests:   []string{"internal/input/plangen"},
	},
	"internal/input/plangen": {Tests: []string{"internal/input", "internal/resource"}},
	"internal/aws":           {Imports: []string{"internal/resource", "internal/diag"}},
	"internal/exception":     {Imports: []string{"internal/resource", "internal/diag"}},
	"internal/engine": {
		Imports: []string{"internal/resource", "internal/finding", "internal/diag"},
		Tests:   []string{"internal/input", "policies", "bundles"},
	},
	"internal/report": {
		Imports: []string{"internal/finding", "internal/diag"},
		Tests:   []string{"internal/resource"},
	},

	// The compiler, in the order of its passes.
	"compiler/ir":       {Imports: []string{"internal/diag", "internal/iam"}},
	"compiler/lower":    {Imports: []string{"compiler/ir", "internal/binding", "internal/engine", "internal/diag"}, Tests: []string{"policies", "internal/iam"}},
	"compiler/layer":    {Imports: []string{"compiler/ir", "internal/iam"}},
	"compiler/optimize": {Imports: []string{"compiler/ir", "internal/iam"}, Tests: []string{"internal/iam/simulate"}},
	"compiler/except": {
		Imports: []string{"compiler/ir", "internal/iam", "internal/exception"},
		Tests:   []string{"internal/iam/simulate", "internal/diag"},
	},
	"compiler/pack": {Imports: []string{"compiler/ir", "compiler/layer"}, Tests: []string{"internal/iam"}},
	"compiler/emit": {
		Imports: []string{"compiler/ir", "compiler/layer", "internal/exception"},
		Tests:   []string{"internal/iam"},
	},
	"compiler/verify": {
		Imports: []string{"compiler/ir", "compiler/layer", "internal/binding", "internal/engine", "internal/iam", "internal/iam/..."},
		Tests:   []string{"internal/resource", "internal/diag", "policies"},
	},
	"compiler": {
		Imports: []string{"compiler/...", "internal/engine", "internal/finding", "internal/exception", "internal/diag"},
		Tests:   []string{"internal/...", "policies", "bundles"},
	},

	// Content, embedded.
	"policies": {Tests: []string{"internal/...", "compiler", "compiler/..."}},
	"bundles":  {Tests: []string{"internal/...", "policies"}},

	// The program.
	"cmd":         {Imports: []string{"internal/...", "compiler", "compiler/...", "policies", "bundles"}},
	"cmd/parapet": {Imports: []string{"cmd"}},

	// What only tests use.
	"internal/golden":   {},
	"internal/archtest": {},
	"internal/e2e":      {Tests: []string{"cmd", "internal/..."}},
}

// Everywhere is what the _test files of every package may import of ours.
var Everywhere = []string{"internal/golden"}

// Dependency says which packages may import a module that is not ours.
type Dependency struct {
	Owners []string // packages that may use it
	Tests  []string // packages whose _test files may use it besides
}

// Dependencies keeps heavy modules where they belong: one owner can be replaced,
// twenty users cannot. A module without a row fails the test.
var Dependencies = map[string]Dependency{
	"github.com/open-policy-agent/opa":      {Owners: []string{"internal/engine", "compiler/lower"}},
	"github.com/hashicorp/hcl/v2":           {Owners: []string{"internal/input", "compiler/emit"}},
	"github.com/zclconf/go-cty":             {Owners: []string{"internal/input", "compiler/emit"}},
	"github.com/hashicorp/terraform-json":   {Owners: []string{"internal/input"}},
	"github.com/spf13/cobra":                {Owners: []string{"cmd"}},
	"github.com/spf13/pflag":                {Owners: []string{"cmd"}},
	"github.com/goccy/go-yaml":              {Owners: []string{"internal/exception", "cmd"}},
	"github.com/aws/aws-sdk-go-v2":          {Owners: []string{"internal/aws"}, Tests: []string{"internal/e2e"}},
	"github.com/rogpeppe/go-internal":       {Owners: []string{"internal/golden"}, Tests: []string{"cmd"}},
	"golang.org/x/sync":                     {Owners: []string{"internal/engine", "internal/aws"}},
	"golang.org/x/term":                     {Owners: []string{"cmd"}},
	"github.com/santhosh-tekuri/jsonschema": {Tests: []string{"internal/report"}},
}

// Forbidden names what may be used only where the process meets the program:
// in cmd and cmd/parapet. Keys are "import path.name", values say what to do
// instead.
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

// VagueNames are package names that say nothing of what the package owns.
var VagueNames = []string{"util", "utils", "common", "shared", "helper", "helpers", "misc", "base", "types"}
