package snapshot

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Files of a snapshot.
const (
	manifestFile = "manifest.json"
	journalFile  = "journal.jsonl"
	runFile      = "run.json"
	shardDir     = "shards"
	shardSuffix  = ".gz"
)

// Writer writes a snapshot. It is safe for concurrent use.
type Writer struct {
	dir     string
	tool    string
	request Request
	types   map[string]Type

	mu       sync.Mutex
	journal  *os.File
	done     map[Scope]Entry
	accounts map[string]Account
	expected map[Scope]bool // of the accounts that were entered
	resumed  int
	flags    map[string][]string
}

// Create starts a snapshot in a directory that does not exist or is empty.
func Create(dir, tool string, request Request, types map[string]Type) (*Writer, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unwritable(dir, err)
	}
	if len(entries) > 0 {
		d := diag.Errorf("snapshot-exists", "%s is not empty", filepath.ToSlash(dir))
		if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == journalFile }) {
			return nil, d.WithDetail("It holds a snapshot that was not finished.").
				WithHint("finish it with --resume").WithHint("or give another directory")
		}
		return nil, d.WithHint("give another directory, or remove it")
	}
	return open(dir, tool, request, types, journal{})
}

// Resume goes on with an unfinished snapshot. One that is finished is an error,
// one that was never begun is begun.
func Resume(dir, tool string, request Request, types map[string]Type) (*Writer, error) {
	if err := unfinished(dir); err != nil {
		return nil, err
	}
	j, err := openJournal(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Create(dir, tool, request, types)
	}
	h := j.head
	switch {
	case err != nil:
		return nil, err
	case h.Schema == "": // killed before its first line was whole
		return open(dir, tool, request, types, journal{})
	case h.Schema != Schema:
		return nil, diag.Errorf("snapshot-schema", "%s is of the format %q; this version writes %s", filepath.ToSlash(dir), h.Schema, Schema)
	case h.Tool != tool:
		return nil, diag.Errorf("snapshot-version", "%s was begun by %s; this is %s", filepath.ToSlash(dir), h.Tool, tool).
			WithDetail("Two versions may read different attributes.").
			WithHint("finish it with the version that began it, or begin again in another directory")
	case !h.Request.equal(request):
		return nil, diag.Errorf("snapshot-request", "%s was begun with other accounts, Regions or types", filepath.ToSlash(dir)).
			WithDetail("It holds %s.", h.Request).WithHint("resume it with the same flags")
	}
	// A shard that is not there whole is collected again.
	for s, e := range j.done {
		if e.Shard != "" && !intact(filepath.Join(dir, shardDir, e.Shard+shardSuffix), e.Shard) {
			delete(j.done, s)
		}
	}
	return open(dir, tool, request, types, j)
}

func (r Request) equal(o Request) bool {
	return r.Partition == o.Partition && slices.Equal(r.Accounts, o.Accounts) &&
		slices.Equal(r.Regions, o.Regions) && slices.Equal(r.Types, o.Types)
}

func (r Request) String() string {
	return fmt.Sprintf("%d accounts, %d Regions and %d types", len(r.Accounts), len(r.Regions), len(r.Types))
}

// open writes the journal anew with what is done, and keeps it open.
func open(dir, tool string, request Request, types map[string]Type, j journal) (*Writer, error) {
	// State may hold what only its owner should read.
	if err := os.MkdirAll(filepath.Join(dir, shardDir), 0o700); err != nil {
		return nil, unwritable(dir, err)
	}
	w := &Writer{
		dir: dir, tool: tool, request: request, types: types,
		done: j.done, accounts: j.accounts, expected: map[Scope]bool{}, resumed: len(j.done), flags: j.flags,
	}
	if w.done == nil {
		w.done, w.accounts = map[Scope]Entry{}, map[string]Account{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	_ = enc.Encode(head{Schema, tool, request}) // a buffer takes everything
	if len(w.flags) > 0 {
		_ = enc.Encode(record{Flags: w.flags})
	}
	for _, a := range w.entered() {
		_ = enc.Encode(record{Account: &a})
	}
	for _, e := range w.entries() {
		_ = enc.Encode(record{Scope: &e})
	}
	path := filepath.Join(dir, journalFile)
	if err := replace(path, b.Bytes()); err != nil {
		return nil, unwritable(dir, err)
	}
	var err error
	if w.journal, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return nil, unwritable(dir, err)
	}
	return w, nil
}

// Resumed returns the number of scopes that were there already.
func (w *Writer) Resumed() int { return w.resumed }

// Account returns an account as an earlier run entered it.
func (w *Writer) Account(id string) (Account, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, ok := w.accounts[id]
	return a, ok
}

// Enter notes an account and the scopes that it must end with.
func (w *Writer) Enter(a Account, scopes []Scope) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range scopes {
		w.expected[s] = true
	}
	w.accounts[a.ID] = a
	return w.note(record{Account: &a})
}

// Done reports whether a scope has ended, now or before it was resumed.
func (w *Writer) Done(s Scope) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.done[s]
	return ok
}

// Put stores how a scope ended, with the resources that were read. Shard and
// number of resources of the entry are set here.
func (w *Writer) Put(e Entry, resources []*resource.Resource) error {
	e.Resources, e.Shard = len(resources), ""
	if len(resources) > 0 {
		data, err := encode(resources, w.types[e.Type])
		if err != nil {
			return err
		}
		e.Shard = name(data)
		if err := replace(filepath.Join(w.dir, shardDir, e.Shard+shardSuffix), pack(data)); err != nil {
			return unwritable(w.dir, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(record{Scope: &e}); err != nil {
		return err
	}
	w.done[e.Scope] = e
	return nil
}

// encode writes the resources as lines, sorted, so that equal content has equal
// bytes.
func encode(resources []*resource.Resource, t Type) ([]byte, error) {
	sorted := slices.Clone(resources)
	slices.SortStableFunc(sorted, func(a, b *resource.Resource) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.ID, b.ID), cmp.Compare(a.ARN, b.ARN))
	})
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, r := range sorted {
		if err := enc.Encode(lineOf(r, t)); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Type, r.Address, err)
		}
	}
	return b.Bytes(), nil
}

// name is the hash of the lines before they are compressed: another compressor
// does not make another name.
func name(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func pack(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b) // without a time, so that the bytes are the same twice
	_, _ = z.Write(data)
	_ = z.Close() // a buffer takes everything
	return b.Bytes()
}

// entries returns what ended, sorted.
func (w *Writer) entries() []Entry {
	list := make([]Entry, 0, len(w.done))
	for _, e := range w.done {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return a.compare(b.Scope) })
	return list
}

// entered returns the accounts, sorted.
func (w *Writer) entered() []Account {
	return slices.SortedFunc(maps.Values(w.accounts), func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
}

// Close leaves an unfinished snapshot as it is, to be resumed. After Finish it
// does nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.journal == nil {
		return nil
	}
	err := w.journal.Close()
	w.journal = nil
	return err
}

// Discard removes what was written of a snapshot that cannot be resumed, and
// leaves its directory empty. After Finish it does nothing.
func (w *Writer) Discard() error {
	w.mu.Lock()
	begun := w.journal != nil
	w.mu.Unlock()
	if !begun {
		return nil
	}
	err := w.Close()
	for _, name := range []string{journalFile, shardDir} {
		if gone := os.RemoveAll(filepath.Join(w.dir, name)); err == nil {
			err = gone
		}
	}
	if err != nil {
		return unwritable(w.dir, err)
	}
	return nil
}

// Finish writes the manifest, and removes the journal and the shards that no
// scope needs. The run is kept beside it, as it is.
func (w *Writer) Finish(notes []string, run any) (Manifest, error) {
	for s := range w.expected {
		if _, ok := w.done[s]; !ok {
			return Manifest{}, diag.Errorf("snapshot-incomplete", "%s of account %s has not ended", s.Type, s.Account).
				WithHint("go on with --resume")
		}
	}
	if err := w.Close(); err != nil {
		return Manifest{}, unwritable(w.dir, err)
	}
	m := Manifest{
		Schema: Schema, Tool: w.tool, Request: w.request, Types: w.types,
		Accounts: w.entered(), Notes: notes, Scopes: w.entries(),
	}
	used := map[string]bool{}
	for _, e := range m.Scopes {
		used[e.Shard+shardSuffix] = true
	}
	shards, err := os.ReadDir(filepath.Join(w.dir, shardDir))
	if err != nil {
		return Manifest{}, unwritable(w.dir, err)
	}
	for _, f := range shards {
		if !used[f.Name()] {
			if err := os.Remove(filepath.Join(w.dir, shardDir, f.Name())); err != nil {
				return Manifest{}, unwritable(w.dir, err)
			}
		}
	}
	for _, f := range []struct {
		name    string
		content any
	}{{runFile, run}, {manifestFile, m}} {
		text, err := indent(f.content)
		if err != nil {
			return Manifest{}, err
		}
		if err := replace(filepath.Join(w.dir, f.name), text); err != nil {
			return Manifest{}, unwritable(w.dir, err)
		}
	}
	if err := os.Remove(filepath.Join(w.dir, journalFile)); err != nil {
		return Manifest{}, unwritable(w.dir, err)
	}
	return m, nil
}

func indent(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

// replace writes a file whole or not at all.
func replace(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+strings.TrimPrefix(filepath.Base(path), ".")+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

func unwritable(dir string, err error) error {
	return diag.Errorf("snapshot-unwritable", "cannot write the snapshot %s: %v", filepath.ToSlash(dir), err)
}
