package bundle

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Limits bound what a bundle may cost. Zero values take the defaults, which
// are far above what policies need, and far below what hurts.
type Limits struct {
	Packed   int64 // bytes of an archive, or of all layers of an artifact
	Unpacked int64 // bytes of all files, and of what stands between them
	Entries  int   // entries of an archive, directories among them, or layers
}

// The limits by default.
const (
	DefaultPacked   = 64 << 20
	DefaultUnpacked = 256 << 20
	DefaultEntries  = 20_000
)

// maxPath is the longest path of a file, in bytes.
const maxPath = 1024

// budget counts what is left of the limits.
type budget struct {
	Limits
	name  string
	whole Limits // before anything was taken
}

func (l Limits) budget(name string) *budget {
	l = Limits{cmp.Or(l.Packed, DefaultPacked), cmp.Or(l.Unpacked, DefaultUnpacked), cmp.Or(l.Entries, DefaultEntries)}
	return &budget{l, name, l}
}

// Unpack reads a .tar.gz archive into files, sorted by path. Only regular files
// and directories may be in it. The name stands in diagnostics.
func Unpack(name string, packed []byte, l Limits) ([]File, error) {
	b := l.budget(name)
	if err := b.takePacked(int64(len(packed))); err != nil {
		return nil, err
	}
	files, err := b.unpack(packed)
	if err != nil {
		return nil, err
	}
	return finish(name, files)
}

func (b *budget) takePacked(n int64) error {
	if b.Packed -= n; b.Packed < 0 {
		return diag.Errorf("bundle-too-large", "%s is larger than %d bytes", b.name, b.whole.Packed)
	}
	return nil
}

// errUnpacked ends the reading of an archive that unpacks to too much.
var errUnpacked = errors.New("unpacks to too much")

// meter is a reader that takes what it reads from what is left to unpack.
type meter struct {
	r io.Reader
	b *budget
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.b.Unpacked -= int64(n); m.b.Unpacked < 0 {
		return 0, errUnpacked
	}
	return n, err
}

// unpack reads one archive. It reads on to the end of the compressed stream,
// since only its checksum says that nothing was cut.
func (b *budget) unpack(packed []byte) ([]File, error) {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, diag.Errorf("bundle-not-an-archive", "%s is no .tar.gz archive: %v", b.name, err)
	}
	in := meter{zr, b}
	tr := tar.NewReader(in)
	var files []File
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, b.unreadable(err)
		}
		if b.Entries--; b.Entries < 0 {
			return nil, diag.Errorf("bundle-too-large", "%s holds more than %d entries", b.name, b.whole.Entries)
		}
		f, err := b.entry(h, tr)
		if err != nil {
			return nil, err
		}
		if f != nil {
			files = append(files, *f)
		}
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return nil, b.unreadable(err)
	}
	return files, nil
}

// entry reads one entry; nil for a directory.
func (b *budget) entry(h *tar.Header, r io.Reader) (*File, error) {
	switch h.Typeflag {
	case tar.TypeReg:
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return nil, nil //nolint:nilnil // there is no file, and nothing wrong
	default:
		return nil, diag.Errorf("bundle-entry", "%s holds %q, which is no regular file", b.name, h.Name).
			WithDetail("Links and devices can lead out of an archive, so that they are refused.")
	}
	name, err := cleanPath(h.Name)
	if err != nil {
		return nil, diag.Errorf("bundle-entry", "%s holds the file name %q: %v", b.name, h.Name, err)
	}
	if h.Size > b.Unpacked {
		return nil, b.unreadable(errUnpacked)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, b.unreadable(err)
	}
	return &File{name, data, strings.HasPrefix(h.Name, "/")}, nil
}

func (b *budget) unreadable(err error) error {
	switch {
	case errors.Is(err, errUnpacked):
		return diag.Errorf("bundle-too-large", "%s unpacks to more than %d bytes", b.name, b.whole.Unpacked)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return diag.Errorf("bundle-truncated", "%s ends in the middle of the archive", b.name).WithHint("get it again: it was cut")
	}
	return diag.Errorf("bundle-unreadable", "%s cannot be unpacked: %v", b.name, err)
}

// cleanPath returns the path of an entry relative to the bundle. OPA writes
// paths with a slash in front.
func cleanPath(name string) (string, error) {
	p := strings.TrimPrefix(name, "/")
	for strings.HasPrefix(p, "./") {
		p = strings.TrimPrefix(p, "./")
	}
	switch {
	case len(name) > maxPath:
		return "", fmt.Errorf("longer than %d bytes", maxPath)
	case !utf8.ValidString(p) || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", errors.New("characters that cannot be printed")
	case strings.ContainsAny(p, `\:`):
		return "", errors.New("a backslash or a colon, which mean something else on other systems")
	case slices.Contains(strings.Split(p, "/"), ".."):
		return "", errors.New("it leads out of the archive")
	case p == "" || p == "." || path.Clean(p) != p || path.IsAbs(p):
		return "", errors.New("no plain path")
	}
	return p, nil
}

// finish sorts files and refuses what stands twice: two readers may take
// different ones.
func finish(name string, files []File) ([]File, error) {
	sortFiles(files)
	for i := 1; i < len(files); i++ {
		if files[i].Path == files[i-1].Path {
			return nil, diag.Errorf("bundle-entry", "%s holds %s twice", name, files[i].Path)
		}
	}
	return files, nil
}
