package input

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// Kinds of input, as in Options.Kind and Info.Kind.
const (
	KindPlan   = "plan"
	KindConfig = "config"
	KindState  = "state"
	// KindSnapshot is live state that was collected into a directory.
	KindSnapshot = "snapshot"
)

// Options say how to read an input.
type Options struct {
	// Kind forces a kind; empty means that the content decides.
	Kind string
	// Account and Region stand in where the input does not say its own. They
	// never replace what it says.
	Account, Region string
	// Name is shown in diagnostics and reports in place of the path.
	Name string
	// MaxBytes is the largest file that is read; 0 means no limit.
	MaxBytes int64
	// VarFiles are files with values for the variables of configurations, as
	// -var-file takes them: they win over the files that are read by themselves,
	// the later over the earlier.
	VarFiles []string
	// Variable looks up the text of a variable of the root module in the
	// environment (TF_VAR_name); it counts where no file has a value. Nil means
	// that there is none.
	Variable func(name string) (string, bool)
	// Workspace is the workspace that configurations are evaluated in; empty
	// means the one that the directory has selected, else "default".
	Workspace string
	// Show prints the JSON form of a binary plan, as terraform show -json does; nil
	// means that binary plans are refused. Close waits for the program and says
	// why it failed, if it did. Dir is the directory of the plan's configuration,
	// empty when it has to be found.
	Show func(ctx context.Context, file, dir string) (io.ReadCloser, error)
	Dir  string
	// Document asks for [Result.Document] of a plan, with what the projection
	// keeps.
	Document *Projection
	// OnlyDocument leaves the resources of a plan out, which saves their making
	// when no policy is about single resources.
	OnlyDocument bool
	// Again says that the caller reads the input again, with Only, where it needs
	// resources after all, and wants [Document.Changes] to tell. What cannot be
	// read again, such as standard input, gives its resources although
	// OnlyDocument is set.
	Again bool
	// Only leaves resources of a plan out for whose address it is false, and of
	// the others what the configuration says of them; nil keeps all.
	Only func(address string) bool

	work int64 // bounds the evaluation of a configuration in place of maxWork; for tests
}

// Info says what was read.
type Info struct {
	Path      string // as shown to users, with forward slashes
	Kind      string
	SHA256    string // of the bytes; of a directory, of its files in order
	Resources int
}

// Result is what an input holds.
type Result struct {
	Resources []*resource.Resource
	Info      Info
	Warnings  diag.Diagnostics
	// Document is the input as a whole, where it was asked for. Only plans have
	// one.
	Document *Document

	// What follows is of snapshots. Incomplete are the scopes that were not read
	// whole, and Gaps what could not be read for single resources: their Unread
	// says the same to policies that relate to them. Collected are the types that
	// were asked for; nil means that the input itself says what there is.
	Incomplete []resource.Scope
	Gaps       []resource.Scope
	Collected  []string
	Snapshot   *snapshot.Manifest
}

// unreadCodes are the warnings that say of a part of the input that it was not
// read as it stands.
var unreadCodes = []string{codePlanIncomplete, codeModuleSkipped}

const (
	codePlanIncomplete = "plan-incomplete"
	codeModuleSkipped  = "config-module-skipped"
)

// Unread returns those of the warnings that say that a part of the input was
// not read: nothing is known of what is in it, so that no finding about it is
// no pass.
func (r Result) Unread() diag.Diagnostics {
	var ds diag.Diagnostics
	for _, d := range r.Warnings {
		if slices.Contains(unreadCodes, d.Code) {
			ds = append(ds, d)
		}
	}
	return ds
}

// kind is one row of the table of formats. Files are matched by the names of
// their first top-level members.
type kind struct {
	name  string
	match func(keys []string) bool
	load  func(*source) ([]*resource.Resource, error)
}

// kinds lists the file formats in the order in which they are tried.
// Configuration is a directory and handled before.
func kinds() []kind {
	return []kind{
		{KindState, isState, loadState},
		planKind(),
	}
}

func planKind() kind {
	return kind{KindPlan, func(keys []string) bool { return slices.Contains(keys, "format_version") }, loadPlan}
}

// source is one input while it is read.
type source struct {
	ctx      context.Context
	r        io.Reader
	name     string
	options  Options
	warnings diag.Diagnostics
	file     bool // r is a file, which can be read again
}

func (s *source) warn(d diag.Diagnostic) { s.warnings = append(s.warnings, d) }

func (s *source) place() diag.Place { return diag.Place{File: s.name} }

// Load reads the plan, the state, the configuration directory or the single
// configuration file (.tf, .tf.json) at a path; "-" is stdin. Errors are diagnostics with a code, a place and hints.
func Load(ctx context.Context, path string, stdin io.Reader, o Options) (Result, error) {
	name := o.Name
	if name == "" {
		name = filepath.ToSlash(path)
		if path == "-" {
			name = "<stdin>"
		}
	}
	src := &source{ctx: ctx, name: name, options: o}
	if o.Kind != "" && o.Kind != KindConfig && o.Kind != KindSnapshot && !slices.ContainsFunc(kinds(), func(k kind) bool { return k.name == o.Kind }) {
		return Result{}, diag.Errorf("input-kind-unknown", "there is no kind of input called %q", o.Kind).
			At(src.place()).WithHint("the kinds are plan, config, state and snapshot")
	}
	if path == "-" {
		return loadStream(src, stdin, nil)
	}
	st, err := os.Stat(path)
	if err != nil {
		return Result{}, unreadable(src, err)
	}
	if st.IsDir() && (o.Kind == KindSnapshot || snapshot.Is(path)) {
		return loadSnapshot(src, path)
	}
	if st.IsDir() {
		return loadConfigAt(src, path, loadConfig)
	}
	if isConfigName(path) && (o.Kind == "" || o.Kind == KindConfig) {
		return loadConfigAt(src, path, loadConfigFile)
	}
	if o.Kind == KindSnapshot {
		return Result{}, diag.Errorf("input-kind-mismatch", "%s is not a directory, but the kind is snapshot", src.name).
			At(src.place()).WithHint("give the directory that parapet snapshot wrote")
	}
	f, err := os.Open(path)
	if err != nil {
		return Result{}, unreadable(src, err)
	}
	defer f.Close()
	info, err := f.Stat()
	src.file = err == nil && info.Mode().IsRegular()
	return loadStream(src, f, func() (Result, error) { return loadBinary(src, path) })
}

func unreadable(src *source, err error) error {
	return diag.Errorf("input-unreadable", "cannot read %s", src.name).At(src.place()).WithDetail("%v", plainError(err))
}

// plainError leaves the operation and the path out of an error about a file.
func plainError(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

func loadConfigAt(src *source, path string, load func(*source, string) ([]*resource.Resource, string, error)) (Result, error) {
	if k := src.options.Kind; k != "" && k != KindConfig {
		return Result{}, diag.Errorf("input-kind-mismatch", "%s is a directory, which cannot be a %s", src.name, k).
			At(src.place()).WithHint("give the file, or leave out the kind")
	}
	resources, sum, err := load(src, path)
	if err != nil {
		return Result{Warnings: src.warnings}, err
	}
	return src.result(KindConfig, sum, resources), nil
}

func (s *source) result(kind, sum string, resources []*resource.Resource) Result {
	for _, r := range resources {
		resource.DropEmpty(r.Values)
		resource.DropEmpty(r.Before)
	}
	return Result{
		Resources: resources,
		Info:      Info{Path: s.name, Kind: kind, SHA256: sum, Resources: len(resources)},
		Warnings:  s.warnings,
	}
}

// loadStream reads JSON. When it is a binary plan, binary takes over; nil means
// that nothing can.
func loadStream(src *source, r io.Reader, binary func() (Result, error)) (Result, error) {
	if src.options.Kind == KindConfig {
		return Result{}, diag.Errorf("input-kind-mismatch", "%s is not a directory, but the kind is config", src.name).
			At(src.place()).WithHint("give the directory that holds the .tf files")
	}
	sum := sha256.New()
	r = &meter{ctx: src.ctx, r: r, sum: sum, limit: src.options.MaxBytes, name: src.name}
	br := bufio.NewReaderSize(r, scanBuffer)
	head, err := br.Peek(scanBuffer)
	if err != nil && !errors.Is(err, io.EOF) {
		return Result{}, src.locate(err)
	}
	if binary != nil && src.options.Show != nil && isBinaryPlan(head) {
		return binary()
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) { // a byte order mark, which Windows editors add
		head = head[3:]
		if _, err := br.Discard(3); err != nil {
			return Result{}, src.locate(err)
		}
	}
	k, err := sniff(src, head)
	if err != nil {
		return Result{}, err
	}
	src.r = br
	resources, doc, err := loadWith(k, src)
	if err != nil {
		return Result{Warnings: src.warnings}, err
	}
	// What follows the document is white space, but it counts for the hash.
	if _, err := io.Copy(io.Discard, br); err != nil {
		return Result{}, src.locate(err)
	}
	res := src.result(k.name, hex.EncodeToString(sum.Sum(nil)), resources)
	res.attach(doc)
	return res, nil
}

// attach adds the document, if there is one.
func (r *Result) attach(doc *Document) {
	if doc != nil {
		r.Document = doc
		r.Info.Resources = len(doc.Types)
	}
}

// sniff chooses the loader by the head of a file.
func sniff(src *source, head []byte) (kind, error) {
	keys, err := topKeys(head)
	if slices.Contains(keys, "encrypted_data") {
		return kind{}, encrypted(src, keys)
	}
	for _, k := range kinds() {
		if src.options.Kind == k.name || src.options.Kind == "" && k.match(keys) {
			if err != nil {
				return k, src.locate(err)
			}
			return k, nil
		}
	}
	if err != nil {
		return kind{}, src.locate(err)
	}
	return kind{}, unrecognized(src, keys)
}

// topKeys returns the names of the top-level members that begin in head. The
// error tells what head is when it is no JSON object at all.
func topKeys(head []byte) ([]string, error) {
	if err := foreign(head); err != nil {
		return nil, err
	}
	var keys []string
	sc := newScanner(bytes.NewReader(head))
	err := sc.object(func(key string) error {
		keys = append(keys, key)
		return sc.skip()
	})
	var syntax *syntaxError
	if errors.As(err, &syntax) && len(keys) == 0 {
		return nil, err
	}
	return keys, nil
}

// foreign recognizes common files that are not the JSON that is meant.
func foreign(head []byte) error {
	const show = "make one with: terraform show -json plan.tfplan > plan.json"
	trimmed := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return diag.Errorf("input-empty", "the file is empty").WithHint(show)
	case isBinaryPlan(head):
		return diag.Errorf("plan-binary", "this is a binary plan, not its JSON form").
			WithHint("convert it with: terraform show -json plan.tfplan > plan.json")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return diag.Errorf("input-encoding", "the file is UTF-16, but JSON must be UTF-8").
			WithHint("in Windows PowerShell, write it with: terraform show -json plan.tfplan | Out-File -Encoding ascii plan.json")
	case trimmed[0] != '{':
		return diag.Errorf("plan-unrecognized", "this is not the JSON form of a plan").
			WithDetail("It begins with %s.", quoteHead(trimmed)).WithHint(show)
	case bytes.HasPrefix(trimmed, []byte(`{"@level"`)):
		return diag.Errorf("plan-unrecognized", "this is the log of terraform plan -json, which holds no plan").WithHint(show)
	}
	return nil
}

func quoteHead(b []byte) string {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	return fmt.Sprintf("%q", strings.ToValidUTF8(string(b[:min(len(b), 40)]), "?"))
}

func unrecognized(src *source, keys []string) error {
	seen := "It has no members."
	if len(keys) > 0 {
		seen = "Its top-level members are " + strings.Join(keys[:min(len(keys), 12)], ", ") + "."
	}
	return diag.Errorf("plan-unrecognized", "this is neither a plan nor a state").At(src.place()).
		WithDetail("%s A plan has format_version, resource_changes and configuration.", seen).
		WithHint("make one with: terraform show -json plan.tfplan > plan.json")
}

// locate gives an error its place and, if it has none, a code.
func (s *source) locate(err error) error {
	var d diag.Diagnostic
	var syntax *syntaxError
	switch {
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case errors.As(err, &d):
		if d.Subject.File == "" {
			d = d.At(s.place())
		}
		return d
	case errors.As(err, &syntax):
		return diag.Errorf("json-syntax", "this is not valid JSON").At(s.place()).WithDetail("At byte %d: %s.", syntax.offset, syntax.what)
	}
	return diag.Errorf("input-unreadable", "cannot read %s", s.name).At(s.place()).WithDetail("%v", err)
}

// meter hashes and bounds what passes, and stops when the context ends.
type meter struct {
	ctx   context.Context
	r     io.Reader
	sum   hash.Hash
	n     int64
	limit int64
	name  string
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.sum.Write(p[:n])
	if m.n += int64(n); m.limit > 0 && m.n > m.limit {
		return 0, diag.Errorf("input-too-large", "the file is larger than %d bytes", m.limit).At(diag.Place{File: m.name})
	}
	return n, err
}
