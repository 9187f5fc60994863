package emit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/parapet-dev/parapet/internal/diag"
)

// manifestName is the file that tells generated files from hand-made ones.
const manifestName = ".parapet-manifest.json"

// manifest lists the files of a module with the digests that they may have:
// one, or, while files are being written, the old and the new.
type manifest struct {
	Note  string              `json:"note"`
	Files map[string][]string `json:"files"`
}

// edited is the file that people are meant to edit. Their version of it stays
// as long as ours is the one that they began with.
const edited = "exceptions.auto.tfvars.json"

// WriteDir writes the files below dir and removes those of an earlier call that
// are not among them. Files that it did not write, or that were changed since,
// are left alone and refused, unless force is set; exceptions that were edited
// are kept where the compiled ones are the same as before. Interrupted, it can
// be called again: every file is either the old or the new one.
func WriteDir(dir string, files []File, force bool) error {
	old, err := readManifest(dir)
	if err != nil {
		return err
	}
	next := manifest{Note: "Files that Parapet wrote, with their sha256. Changed files are not overwritten.", Files: map[string][]string{}}
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) || f.Path == manifestName {
			return fmt.Errorf("file %q has no place in a module", f.Path)
		}
		next.Files[f.Path] = []string{digest(f.Data)}
	}
	present, err := digests(dir, old, next)
	if err != nil {
		return err
	}
	if ds := foreign(dir, present, old, next); ds.HasErrors() && !force {
		return ds
	}
	// What an interruption leaves must be known as ours.
	both := manifest{Note: next.Note, Files: maps.Clone(next.Files)}
	for path, sums := range old.Files {
		both.Files[path] = slices.Concat(both.Files[path], sums)
	}
	if err := both.write(dir); err != nil {
		return err
	}
	for _, f := range files {
		if present[f.Path] == digest(f.Data) {
			continue // keep the time of what did not change
		}
		if f.Path == edited && present[edited] != "" && unchanged(old, next, edited) && !force {
			continue
		}
		if err := replace(filepath.Join(dir, filepath.FromSlash(f.Path)), f.Data); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(old.Files)) {
		if _, stays := next.Files[path]; stays || present[path] == "" {
			continue
		}
		if err := remove(dir, path); err != nil {
			return err
		}
	}
	return next.write(dir)
}

// digests returns the digest of every file of either manifest that exists.
func digests(dir string, manifests ...manifest) (map[string]string, error) {
	out := map[string]string{}
	for _, m := range manifests {
		for path := range m.Files {
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return nil, fmt.Errorf("read what is there: %w", err)
			default:
				out[path] = digest(data)
			}
		}
	}
	return out, nil
}

// foreign finds the files that are in the way: they would be overwritten or
// removed, and are not as WriteDir left them.
func foreign(dir string, present map[string]string, old, next manifest) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, path := range slices.Sorted(maps.Keys(present)) {
		sum := present[path]
		if slices.Contains(old.Files[path], sum) || slices.Contains(next.Files[path], sum) {
			continue
		}
		if path == edited && unchanged(old, next, path) {
			continue
		}
		at := diag.Place{File: filepath.ToSlash(filepath.Join(dir, filepath.FromSlash(path)))}
		if len(old.Files[path]) == 0 {
			ds = append(ds, diag.Errorf("module-foreign", "the file is in the way, and Parapet did not write it").At(at).
				WithHint("choose another --out, or let --force overwrite it"))
			continue
		}
		d := diag.Errorf("module-changed", "the file was changed since it was written").At(at)
		if path == edited {
			d = d.WithHint("the exceptions changed here and where they are compiled from: bring the records together there")
		}
		ds = append(ds, d.WithHint("let --force overwrite it"))
	}
	return ds
}

// unchanged reports whether a file is written as it was written before.
func unchanged(old, next manifest, path string) bool {
	return len(next.Files[path]) > 0 && slices.Contains(old.Files[path], next.Files[path][0])
}

func readManifest(dir string) (manifest, error) {
	path := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, nil
	}
	if err != nil {
		return manifest{}, fmt.Errorf("read the manifest: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return manifest{}, diag.Errorf("module-manifest", "not a manifest of Parapet: %v", err).
			At(diag.Place{File: filepath.ToSlash(path)}).WithHint("remove it and compile with --force")
	}
	for p := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			return manifest{}, diag.Errorf("module-manifest", "it names %q, which is outside the module", p).
				At(diag.Place{File: filepath.ToSlash(path)})
		}
	}
	return m, nil
}

func (m manifest) write(dir string) error {
	data, err := marshal(m)
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, manifestName), data)
}

// replace writes a file so that it is never seen half written.
func replace(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	temp, err := os.CreateTemp(dir, ".parapet-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(temp.Name()))
	}
	return nil
}

// remove deletes a file and the directories that it leaves empty.
func remove(dir, path string) error {
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
		return fmt.Errorf("remove what is no longer written: %w", err)
	}
	for parent := filepath.Dir(filepath.FromSlash(path)); parent != "."; parent = filepath.Dir(parent) {
		entries, err := os.ReadDir(filepath.Join(dir, parent))
		if err != nil {
			return fmt.Errorf("look for what is left: %w", err)
		}
		if len(entries) > 0 {
			break
		}
		if err := os.Remove(filepath.Join(dir, parent)); err != nil {
			return fmt.Errorf("remove an empty directory: %w", err)
		}
	}
	return nil
}
