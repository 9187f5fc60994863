package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/bundle"
)

func TestUnpack(t *testing.T) {
	good := archive(t, entry{"./b/c.rego", "c", 0}, entry{"dir/", "", tar.TypeDir}, entry{"/a.rego", "a", 0})
	files, err := bundle.Unpack("b", good, bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || files[0].Path != "a.rego" || files[1].Path != "b/c.rego" || string(files[1].Data) != "c" {
		t.Errorf("files are %v", files)
	}
	small := bundle.Limits{Packed: 10_000, Unpacked: 8000, Entries: 3}
	for _, tt := range []struct {
		name   string
		packed []byte
		code   string
	}{
		{"up", archive(t, entry{"../x.rego", "", 0}), "bundle-entry"},
		{"up from the root", archive(t, entry{"/../x.rego", "", 0}), "bundle-entry"},
		{"up in the middle", archive(t, entry{"a/../../x.rego", "", 0}), "bundle-entry"},
		{"two slashes", archive(t, entry{"//etc/x.rego", "", 0}), "bundle-entry"},
		{"backslash", archive(t, entry{`..\x.rego`, "", 0}), "bundle-entry"},
		{"drive", archive(t, entry{"C:/x.rego", "", 0}), "bundle-entry"},
		{"line break", archive(t, entry{"a\nb.rego", "", 0}), "bundle-entry"},
		{"no name", archive(t, entry{".", "x", 0}), "bundle-entry"},
		{"long name", archive(t, entry{strings.Repeat("a/", 600) + "x", "", 0}), "bundle-entry"},
		{"symbolic link", archive(t, entry{"x.rego", "/etc/passwd", tar.TypeSymlink}), "bundle-entry"},
		{"hard link", archive(t, entry{"x.rego", "/etc/passwd", tar.TypeLink}), "bundle-entry"},
		{"device", archive(t, entry{"x.rego", "", tar.TypeChar}), "bundle-entry"},
		{"twice", archive(t, entry{"x.rego", "1", 0}, entry{"/x.rego", "2", 0}), "bundle-entry"},
		{"bomb", archive(t, entry{"x", strings.Repeat("0", 1<<20), 0}), "bundle-too-large"},
		{"bomb behind the end", append(archive(t), zeros(t, 1<<20)...), "bundle-too-large"},
		{"bombs", archive(t, entry{"x", strings.Repeat("0", 3000), 0}, entry{"y", strings.Repeat("0", 3000), 0}), "bundle-too-large"},
		{"entries", archive(t, entry{"a", "", 0}, entry{"b", "", 0}, entry{"c/", "", tar.TypeDir}, entry{"d", "", 0}), "bundle-too-large"},
		{"large", archive(t, entry{"a", random(20_000), 0}), "bundle-too-large"},
		{"no archive", []byte("package main"), "bundle-not-an-archive"},
		{"nothing", nil, "bundle-not-an-archive"},
		{"no tar", zip(t, []byte(strings.Repeat("x", 600))), "bundle-unreadable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := bundle.Unpack("b", tt.packed, small)
			wantCode(t, err, tt.code)
		})
	}
}

// A cut archive is an error, wherever it was cut.
func TestUnpackCut(t *testing.T) {
	whole := build(t, contents())
	for n := range whole {
		if _, err := bundle.Unpack("b", whole[:n], bundle.Limits{}); err == nil {
			t.Fatalf("the first %d of %d bytes pass for a whole archive", n, len(whole))
		}
	}
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zeros(t testing.TB, n int) []byte { t.Helper(); return zip(t, make([]byte, n)) }

// random is text that does not compress, the same every time.
func random(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}

// FuzzRead: whatever an archive holds, reading it ends with an error or with
// plain relative paths, each once, within the limits; never with a panic.
func FuzzRead(f *testing.F) {
	f.Add([]byte(nil), true)
	f.Add(gunzip(f, build(f, contents())), true)
	signed := contents()
	signed.Key = signer(f, rsaPair(f).private)
	f.Add(gunzip(f, build(f, signed)), true)
	f.Add(gunzip(f, archive(f, entry{"../x", "y", 0}, entry{"data.yaml", "a: &x [1]\nb: *x", 0}, entry{".manifest", `{"roots":["a"]}`, 0})), true)
	f.Add([]byte("not gzip"), false)
	limits := bundle.Limits{Packed: 1 << 20, Unpacked: 1 << 18, Entries: 50}
	key := verifier(f, rsaPair(f).public)
	f.Fuzz(func(t *testing.T, data []byte, compress bool) {
		if compress {
			data = zip(t, data)
		}
		files, err := bundle.Unpack("b", data, limits)
		if err != nil {
			return
		}
		total, last := 0, ""
		for _, file := range files {
			if !fs.ValidPath(file.Path) || strings.ContainsAny(file.Path, `\:`) || file.Path <= last && last != "" {
				t.Fatalf("the path %q after %q", file.Path, last)
			}
			last = file.Path
			total += len(file.Data)
		}
		if int64(total) > limits.Unpacked {
			t.Fatalf("%d bytes", total)
		}
		if b, err := bundle.Load("b", files, bundle.Options{Key: key, Now: now()}); err == nil {
			t.Fatalf("the key verifies %v", b.Files)
		}
		b, err := bundle.Load("b", files, bundle.Options{})
		if err != nil {
			return
		}
		if b.Verified {
			t.Fatal("verified without a key")
		}
		bundle.PolicyIDs(b.Modules)
		b.Parameters()
	})
}

func gunzip(t testing.TB, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
