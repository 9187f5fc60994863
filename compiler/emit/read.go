package emit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
)

// Emitted is a module as it stands in a directory, perhaps edited by hand: what
// Terraform would make of it, worked out without Terraform.
type Emitted struct {
	Proof         Proof
	Documents     []pack.Document    // sorted by name
	Settings      []ir.Setting       // of account/
	Tests         []ir.TestRequest   // that the module's own tests decide
	Records       []exception.Record // all that its files hold, sorted by id
	Exceptions    except.Set         // those in force
	ProtectedTags []string

	// Changed are files that decide what the documents say and are not as this
	// version of the compiler writes them. While there are any, Documents says
	// what the data means in the compiler's logic, and not what Terraform makes.
	Changed []diag.Place

	// Edited are files that Parapet wrote and that were changed or removed since,
	// sorted; Written says whether the module says which those are.
	Edited  []string
	Written bool

	places map[string]diag.Place // of statements, by Sid, and of exceptions, by id
}

// ReadOptions tell ReadModule what the files do not.
type ReadOptions struct {
	Dir string    // stands before the files' names in diagnostics
	Now time.Time // exceptions that ended by then are not in force
}

// Policy returns a document's policy with the exceptions worked in. That of a
// declarative policy, which is in another language, has no statements.
func (m Emitted) Policy(d pack.Document) iam.Policy {
	l, _ := layer.Lookup(d.Layer)
	return l.Policy(m.Exceptions.Document(d.Statements).Statements)
}

// StatementPlace returns where a statement stands.
func (m Emitted) StatementPlace(sid string) diag.Place { return m.places["statement "+sid] }

// ExceptionPlace returns where an exception stands.
func (m Emitted) ExceptionPlace(id string) diag.Place { return m.places["exception "+id] }

// The directory and the files that hold what differs from module to module.
const (
	documentsDir  = "modules/documents"
	statementsTF  = documentsDir + "/statements.tf"
	requestsTF    = documentsDir + "/tests/decide/requests.tf"
	rootVariables = "variables.tf"
	proofFile     = "proof.json"
)

// ReadModule reads a module's directory. What Terraform would not accept, and
// what is not a literal, is an error with its place; what it would silently
// ignore is a warning.
func ReadModule(fsys fs.FS, o ReadOptions) (Emitted, diag.Diagnostics) {
	r := &reader{fsys: fsys, dir: o.Dir, out: Emitted{places: map[string]diag.Place{}}}
	r.proof()
	if r.ds.HasErrors() {
		return r.out, r.ds
	}
	r.manifest()
	r.logic()
	r.documents()
	r.tests()
	r.settings()
	r.exceptions(o.Now)
	r.ds.Sort()
	return r.out, r.ds
}

// reader is the work on one module.
type reader struct {
	fsys fs.FS
	dir  string
	out  Emitted
	ds   diag.Diagnostics
}

// at returns the place of a file of the module.
func (r *reader) at(file string) diag.Place { return diag.Place{File: path.Join(r.dir, file)} }

// file reads a file. One that is not there is an error only when it must be.
func (r *reader) file(name string, must bool) ([]byte, bool) {
	src, err := fs.ReadFile(r.fsys, name)
	switch {
	case err == nil:
		return src, true
	case errors.Is(err, fs.ErrNotExist) && !must:
	case errors.Is(err, fs.ErrNotExist):
		r.ds = append(r.ds, diag.Errorf("module-incomplete", "%s is missing", name).At(r.at(name)).
			WithHint("compile the module again"))
	default:
		r.ds = append(r.ds, diag.Errorf("module-unreadable", "%v", err).At(r.at(name)))
	}
	return nil, false
}

func (r *reader) proof() {
	src, err := fs.ReadFile(r.fsys, proofFile)
	if err != nil {
		what := cmp.Or(r.dir, "the directory")
		r.ds = append(r.ds, diag.Errorf("not-a-module", "%s is not a guardrail module: it has no proof.json", what).
			WithHint("give a directory that parapet compile wrote"))
		return
	}
	proof, err := ReadProof(src, path.Join(r.dir, proofFile))
	r.ds = append(r.ds, diag.From("proof-malformed", err)...)
	r.out.Proof = proof
	if !r.ds.HasErrors() && len(r.list(documentsDir)) == 0 && len(r.list("modules")) == 0 && len(proof.Documents) > 0 && !slices.Contains(r.list("."), "main.tf") {
		r.ds = append(r.ds, diag.Errorf("not-a-module", "%s holds documents with the exceptions baked in, and no Terraform module", cmp.Or(r.dir, "the directory")).
			WithHint("compile it with --format module"))
	}
}

// manifest finds the files that were edited. Exceptions are there to be edited;
// proof.json is not, since it says what is to be proved.
func (r *reader) manifest() {
	src, ok := r.file(manifestName, false)
	if !ok {
		return
	}
	var m manifest
	if err := json.Unmarshal(src, &m); err != nil {
		r.ds = append(r.ds, diag.Warningf("module-manifest", "which files were edited is not known: %v", err).At(r.at(manifestName)))
		return
	}
	r.out.Written = true
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		data, err := fs.ReadFile(r.fsys, path.Clean(name))
		if err != nil || !slices.Contains(m.Files[name], digest(data)) && !slices.Contains(m.Files[name], digest(unix(data))) {
			r.out.Edited = append(r.out.Edited, name)
		}
	}
	if slices.Contains(r.out.Edited, proofFile) {
		r.ds = append(r.ds, diag.Warningf("proof-changed", "proof.json was changed since Parapet wrote it").At(r.at(proofFile)).
			WithDetail("It says which guardrails there are to prove, so one may be missing.").WithHint("compile the module again"))
	}
}

// logic compares the files that turn data into documents with what this version
// writes, and finds those that would override them.
func (r *reader) logic() {
	changed := func(file string) { r.out.Changed = append(r.out.Changed, r.at(file)) }
	from := copies
	if len(r.list("boundary")) > 0 {
		from = slices.Concat(copies, boundaryCopies)
	}
	for _, c := range from {
		if strings.Contains(c.to, "/tests/") || path.Base(c.to) == "versions.tf" || c.to == "outputs.tf" || c.to == "boundary/outputs.tf" {
			continue // these have no part in what the documents say
		}
		want, err := staticFile(c.from)
		if err != nil {
			r.ds = append(r.ds, diag.From("module-unreadable", err)...)
			continue
		}
		if got, ok := r.file(c.to, true); ok && !bytes.Equal(unix(got), want) {
			changed(c.to)
		}
	}
	for _, dir := range []string{".", documentsDir, "boundary"} {
		for _, name := range r.list(dir) {
			stem := strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".tf")
			if stem == name || stem == strings.TrimSuffix(name, ".json") {
				continue // not a file of Terraform code
			}
			if stem == "override" || strings.HasSuffix(stem, "_override") || strings.HasSuffix(name, ".tf.json") && dir == documentsDir {
				changed(path.Join(dir, name))
			}
		}
	}
	slices.SortFunc(r.out.Changed, func(a, b diag.Place) int { return cmp.Compare(a.File, b.File) })
}

// unix gives text the line ends that this package writes: a checkout on Windows
// may have others.
func unix(src []byte) []byte { return bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")) }

// list returns the names of a directory's files, sorted; none when there is no
// such directory.
func (r *reader) list(dir string) []string {
	entries, err := fs.ReadDir(r.fsys, dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// Program returns the guardrails that the documents hold, as far as the module
// tells: their ids, layers and statements.
func (m Emitted) Program() ir.Program {
	p := ir.Program{Account: m.Proof.Account}
	type key struct {
		id    string
		layer ir.Layer
	}
	byKey := map[key]*ir.Guardrail{}
	for _, d := range m.Documents {
		for _, st := range d.Statements {
			k := key{st.Guardrail, d.Layer}
			if byKey[k] == nil {
				byKey[k] = &ir.Guardrail{ID: st.Guardrail, Layer: d.Layer}
			}
			byKey[k].Statements = append(byKey[k].Statements, st)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(byKey), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.layer, b.layer))
	}) {
		p.Guardrails = append(p.Guardrails, *byKey[k])
	}
	return p
}
