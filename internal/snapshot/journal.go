package snapshot

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/parapet-dev/parapet/internal/diag"
)

// record is a line of the journal after the first.
type record struct {
	Flags   map[string][]string `json:"flags,omitempty"`
	Account *Account            `json:"account,omitempty"`
	Scope   *Entry              `json:"scope,omitempty"`
}

// head is the first line of the journal.
type head struct {
	Schema  string  `json:"schema"`
	Tool    string  `json:"tool"`
	Request Request `json:"request"`
}

// journal is what an unfinished snapshot holds.
type journal struct {
	head     head
	flags    map[string][]string
	accounts map[string]Account
	done     map[Scope]Entry
}

// openJournal reads the journal of a directory; an error that is
// [fs.ErrNotExist] says that there is none.
func openJournal(dir string) (journal, error) {
	f, err := os.Open(filepath.Join(dir, journalFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return journal{}, err
	case err != nil:
		return journal{}, unwritable(dir, err)
	}
	j, err := readJournal(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return journal{}, diag.Errorf("snapshot-journal", "the journal of %s cannot be read: %v", filepath.ToSlash(dir), err).
			WithHint("begin again in another directory")
	}
	return j, nil
}

// readJournal reads what ended. The last line may be cut, where the run was
// killed; any other that cannot be read is an error.
func readJournal(r io.Reader) (journal, error) {
	j := journal{accounts: map[string]Account{}, done: map[Scope]Entry{}}
	br := bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return j, nil
		}
		if err != nil {
			return j, err
		}
		var rec record
		if n == 1 {
			err = json.Unmarshal(text, &j.head)
		} else {
			err = json.Unmarshal(text, &rec)
		}
		switch {
		case err != nil:
			return j, fmt.Errorf("line %d: %w", n, err)
		case rec.Flags != nil:
			j.flags = rec.Flags
		case rec.Account != nil:
			j.accounts[rec.Account.ID] = *rec.Account
		case rec.Scope != nil:
			j.done[rec.Scope.Scope] = *rec.Scope
		}
	}
}

// Begun tells what an unfinished snapshot was asked to hold, and the flags that
// [Writer.Remember] kept, so that it can be gone on with alike. A directory in
// which none was begun gives nothing; one that is finished is an error.
func Begun(dir string) (Request, map[string][]string, error) {
	if err := unfinished(dir); err != nil {
		return Request{}, nil, err
	}
	j, err := openJournal(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return j.head.Request, j.flags, err
}

func unfinished(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); err == nil {
		return diag.Errorf("snapshot-finished", "%s is finished; there is nothing to resume", filepath.ToSlash(dir))
	}
	return nil
}

// Remember keeps how the collection was begun, for [Begun]. It is no part of the
// content. What an earlier run kept is kept.
func (w *Writer) Remember(flags map[string][]string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flags != nil || len(flags) == 0 {
		return nil
	}
	w.flags = flags
	return w.note(record{Flags: flags})
}

// note appends a line to the journal.
func (w *Writer) note(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := w.journal.Write(append(text, '\n')); err != nil {
		return unwritable(w.dir, err)
	}
	return nil
}
