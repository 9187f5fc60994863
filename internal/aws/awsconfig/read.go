package awsconfig

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Bounds, in bytes. AWS bounds an item at 256 KB and what it keeps of larger ones
// in S3 at little more; a snapshot of a large account has some hundred MB.
const (
	maxItem = 32 << 20
	maxFile = 8 << 30
)

func place(path string) diag.Place { return diag.Place{File: filepath.ToSlash(path)} }

func unreadable(path string, err error) error {
	return diag.Errorf("config-unreadable", "cannot read %s: %v", filepath.ToSlash(path), err)
}

// readFile reads the items of a snapshot, one after the other.
func readFile(ctx context.Context, path string, each func(*item) error) error {
	f, err := os.Open(path)
	if err != nil {
		return unreadable(path, err)
	}
	defer f.Close()
	return readItems(ctx, path, f, each)
}

// meter bounds what is read, of an item and of all.
type meter struct {
	r          io.Reader
	item, file int64 // bytes that are left
}

var errTooLarge = errors.New("too large")

func (m *meter) Read(p []byte) (int, error) {
	if m.item <= 0 || m.file <= 0 {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p)
	m.item -= int64(n)
	m.file -= int64(n)
	return n, err
}

// readItems reads a snapshot, compressed or not: an object whose member
// configurationItems is the list of the items. An error of each ends it and is
// returned as it is.
func readItems(ctx context.Context, path string, r io.Reader, each func(*item) error) error {
	buffered := bufio.NewReader(r)
	m := &meter{r: buffered, item: maxItem, file: maxFile}
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return broken(path, err)
		}
		m.r = z
	}
	d := json.NewDecoder(m)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return notSnapshot(path, err, "It is no JSON object.")
	}
	listed := false
	for d.More() {
		m.item = maxItem
		key, err := d.Token()
		if err != nil {
			return broken(path, err)
		}
		if key != "configurationItems" {
			var skip json.RawMessage
			if err := d.Decode(&skip); err != nil {
				return broken(path, err)
			}
			continue
		}
		if listed {
			return notSnapshot(path, nil, "It has configurationItems twice.")
		}
		listed = true
		if err := readList(ctx, path, d, m, each); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return broken(path, err)
	}
	if !listed {
		return notSnapshot(path, nil, "It has no configurationItems.")
	}
	m.item = maxItem
	if _, err := d.Token(); !errors.Is(err, io.EOF) { // the checksum of the compression is read here, too
		if err == nil {
			return notSnapshot(path, nil, "More follows after its end.")
		}
		return broken(path, err)
	}
	return nil
}

func readList(ctx context.Context, path string, d *json.Decoder, m *meter, each func(*item) error) error {
	t, err := d.Token()
	if err != nil {
		return broken(path, err)
	}
	if t != json.Delim('[') {
		return notSnapshot(path, nil, "Its configurationItems are no list.")
	}
	for n := 1; d.More(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.item = maxItem
		it := &item{}
		var misfit *json.UnmarshalTypeError
		if err := d.Decode(it); errors.As(err, &misfit) {
			return notSnapshot(path, nil, "Its item %d is no configuration item: %s is a %s.", n, misfit.Field, misfit.Value)
		} else if err != nil {
			return broken(path, err)
		}
		if it.Type == "" || it.ID == "" {
			return notSnapshot(path, nil, "Its item %d has no resourceType or no resourceId.", n)
		}
		if err := each(it); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return broken(path, err)
	}
	return nil
}

// broken says why a file could not be read to its end.
func broken(path string, err error) error {
	name := filepath.ToSlash(path)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return diag.Errorf("config-truncated", "%s ends early", name).At(place(path)).
			WithHint("fetch it again: the download was cut")
	case errors.Is(err, errTooLarge):
		return diag.Errorf("config-too-large", "%s is too large", name).At(place(path)).
			WithDetail("An item may have %d MB, a file %d GB.", maxItem>>20, maxFile>>30)
	}
	return diag.Errorf("config-damaged", "%s cannot be read: %v", name, err).At(place(path)).WithHint("fetch it again")
}

func notSnapshot(path string, err error, why string, args ...any) error {
	if err != nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTooLarge) || errors.Is(err, gzip.ErrChecksum)) {
		return broken(path, err)
	}
	return diag.Errorf("config-not-snapshot", "%s is no AWS Config snapshot", filepath.ToSlash(path)).At(place(path)).
		WithDetail(why, args...)
}
