package cmd

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"github.com/parapet-dev/parapet/internal/diag"
)

// writeFile writes a file whole or not at all: into a temporary file beside it
// that then takes its name.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := replaceFile(path, b.Bytes()); err != nil {
		return diag.Errorf("output-unwritable", "cannot write %s: %v", filepath.ToSlash(path), err)
	}
	return nil
}

func replaceFile(path string, data []byte) (err error) {
	// A device or a pipe, such as /dev/stdout, has no place to rename to.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return os.WriteFile(path, data, 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
