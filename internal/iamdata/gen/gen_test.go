package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

// files is a small package in the form of the real one.
func files(version string) map[string]string {
	return map[string]string{
		"package.json":                   `{"version": "` + version + `", "updatedAt": "today"}`,
		"data/serviceNames.json":         `{"s3": "Amazon S3", "sqs": "Amazon SQS"}`,
		"data/rcpSupportedServices.json": `["s3"]`,
		"data/actions/s3.json": `{"get": {"name": "GetObject", "accessLevel": "Read", "conditionKeys": ["s3:b", "s3:a"],
			"resourceTypes": [{"name": "object", "required": true, "conditionKeys": [], "dependentActions": ["kms:Decrypt"]}], "dependentActions": ["kms:Decrypt"]},
			"tag": {"name": "PutObjectTagging", "accessLevel": "Tagging, Write"}}`,
		"data/resourceTypes/s3.json":  `{"object": {"key": "object", "arn": "arn:${Partition}:s3:::${Bucket}/${Key}"}}`,
		"data/conditionKeys/s3.json":  `{"s3:a": {"key": "s3:a", "type": "String"}, "s3:b": {"key": "s3:b", "type": "Bool"}}`,
		"data/actions/sqs.json":       `{}`,
		"data/resourceTypes/sqs.json": `{}`,
		"data/conditionKeys/sqs.json": `{}`,
	}
}

// pack writes a tarball and returns its path and hash.
func pack(t *testing.T, files map[string]string) (path, integrity string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(b.Bytes())
	return path, "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// TestRun makes a reference, makes it again, and makes the next version.
func TestRun(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "reference.bin")
	make := func(version string, files map[string]string) string {
		o := options{pkg: "p", version: version, out: out}
		o.tarball, o.integrity = pack(t, files)
		lines, err := o.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(strings.Join(lines, "\n"), " bytes")
		return rest
	}
	if got := make("1", files("1")); got != "\nthere was no reference before" {
		t.Errorf("got %s", got)
	}
	if got := make("1", files("1")); got != "\nnothing changed" {
		t.Errorf("got %s", got)
	}
	next := files("2")
	next["data/actions/s3.json"] = strings.Replace(next["data/actions/s3.json"], `"s3:b", `, "", 1)
	next["data/actions/sqs.json"] = `{"x": {"name": "SendMessage", "accessLevel": "Write"}}`
	want := `
action added: 1
  sqs:SendMessage
access level added: 1
  sqs:SendMessage Write
key of an action removed: 1
  s3:GetObject s3:b`
	if got := make("2", next); got != want {
		t.Errorf("got %s", got)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	r, err := iamdata.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	a, ok := r.Action("s3:GetObject")
	if !ok || a.Access != iamdata.Read || len(a.Dependents) != 1 || a.Resources[0].Type != "object" {
		t.Errorf("got %+v", a)
	}
	if a, _ := r.Action("s3:PutObjectTagging"); a.Access != iamdata.Tagging {
		t.Errorf("got %+v", a)
	}
}

// TestRunFails shows that nothing is written from a package that is not the
// pinned one, or that cannot be read.
func TestRunFails(t *testing.T) {
	t.Parallel()
	without := func(name string) map[string]string {
		f := files("1")
		delete(f, name)
		return f
	}
	with := func(name, text string) map[string]string {
		f := files("1")
		f[name] = text
		return f
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		edit  func(*options)
		want  string
	}{
		{"another hash", files("1"), func(o *options) { o.integrity = "sha512-x" }, "the tarball's hash is sha512-"},
		{"another version", files("2"), nil, "holds version 2, not 1"},
		{"no tarball", files("1"), func(o *options) { o.tarball += ".gone" }, "package.tgz.gone"},
		{"no manifest", without("package.json"), nil, "has no package/package.json"},
		{"no keys", without("data/conditionKeys/s3.json"), nil, "has no package/data/conditionKeys/s3.json"},
		{"no services", map[string]string{"package.json": `{"version": "1"}`, "data/serviceNames.json": "{}", "data/rcpSupportedServices.json": "[]"}, nil, "holds no services"},
		{"not JSON", with("data/serviceNames.json", "{"), nil, "unexpected end"},
		{"access level", with("data/actions/sqs.json", `{"x": {"name": "X", "accessLevel": "Fly"}}`), nil, `sqs:X: unknown access level "Fly"`},
	} {
		o := options{pkg: "p", version: "1", out: filepath.Join(t.TempDir(), "reference.bin")}
		o.tarball, o.integrity = pack(t, tt.files)
		if tt.edit != nil {
			tt.edit(&o)
		}
		if _, err := o.run(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if _, err := os.Stat(o.out); err == nil {
			t.Errorf("%s: something was written", tt.name)
		}
	}
	for _, data := range []string{"", "\x1f\x8b"} {
		if _, err := readPackage([]byte(data)); err == nil {
			t.Errorf("%q is read", data)
		}
	}
}

// TestList shortens long lists.
func TestList(t *testing.T) {
	t.Parallel()
	lines := list("action", "added", strings.Fields(strings.Repeat("x ", shown+3)))
	if len(lines) != shown+2 || lines[len(lines)-1] != "  and 3 more" {
		t.Errorf("got %q", lines)
	}
}
