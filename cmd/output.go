package cmd

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
		return diag.Errorf("output-unwritable", "cannot write %s: %v", filepath.ToSlash(path), plainError(err))
	}
	return nil
}

// plainError leaves out the names of temporary files, which mean nothing to a
// reader.
func plainError(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

func replaceFile(path string, data []byte) (err error) {
	path, stream, err := destination(path)
	if err != nil {
		return err
	}
	if stream {
		return appendTo(path, data)
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

// maxLinks bounds the links that are followed, as systems do.
const maxLinks = 40

// destination follows links to the file that is to be replaced, so that a link
// stays one. What is no file, such as a pipe, a device or an open file of this
// process, has no name to take and is written to: renaming onto /dev/stdout
// would take it from everybody.
func destination(path string) (to string, stream bool, err error) {
	for range maxLinks {
		clean := filepath.ToSlash(filepath.Clean(path))
		if strings.HasPrefix(clean, "/proc/") || strings.HasPrefix(clean, "/dev/fd/") {
			return path, true, nil
		}
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, false, nil
		case err != nil:
			return "", false, err
		case info.IsDir():
			return "", false, errors.New("it is a directory")
		case info.Mode()&fs.ModeSymlink == 0:
			return path, !info.Mode().IsRegular(), nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", false, err
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", false, errors.New("too many links")
}

// appendTo writes behind what a stream holds, since others write to it too.
func appendTo(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
