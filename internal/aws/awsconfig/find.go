package awsconfig

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// File is a configuration snapshot on disk.
type File struct {
	Path    string
	Account string
	Region  string // empty for a file that holds global resources only
	Time    string // of its delivery, as in 20160927T183939Z; empty if its name does not tell
}

// Found is what there is to import.
type Found struct {
	Files   []File // the newest of each account and Region, sorted
	Older   int    // snapshots that a newer one replaces
	Ignored int    // JSON files that are no snapshots by their name, history left out
}

// A snapshot's name, as AWS Config gives it.
// https://docs.aws.amazon.com/config/latest/developerguide/example-configuration-snapshot-notification.html
var snapshotName = regexp.MustCompile(`^(\d{12})_Config_([a-z0-9-]+)_ConfigSnapshot_(\d{8}T\d{6}Z)_.+\.json(\.gz)?$`)

// Find finds the snapshots in a directory tree, by their names, or takes a file,
// whatever its name.
func Find(ctx context.Context, path string) (Found, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Found{}, unreadable(path, err)
	}
	if !info.IsDir() {
		f, err := named(ctx, path)
		return Found{Files: []File{f}}, err
	}
	var found Found
	newest := map[[2]string]File{}
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return unreadable(p, err)
		}
		if d.IsDir() {
			return ctx.Err()
		}
		f, ok := byName(p)
		switch {
		case ok:
			key := [2]string{f.Account, f.Region}
			old, more := newest[key]
			if more {
				found.Older++
			}
			if !more || cmp.Or(cmp.Compare(f.Time, old.Time), cmp.Compare(f.Path, old.Path)) > 0 {
				newest[key] = f
			}
		case isJSON(p) && !strings.Contains(filepath.Base(p), "_ConfigHistory_"):
			found.Ignored++
		}
		return nil
	})
	if err != nil {
		return Found{}, err
	}
	if len(newest) == 0 {
		d := diag.Errorf("config-none", "%s holds no AWS Config snapshot", filepath.ToSlash(path)).
			WithDetail("Snapshots are named <account>_Config_<region>_ConfigSnapshot_<time>_<id>.json.gz.")
		if found.Ignored > 0 {
			d = d.WithHint("give a file of another name itself, not its directory")
		}
		return Found{}, d.WithHint("`aws s3 sync s3://BUCKET/AWSLogs DIR` fetches them; `aws configservice deliver-config-snapshot` makes one now")
	}
	for _, f := range newest {
		found.Files = append(found.Files, f)
	}
	slices.SortFunc(found.Files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return found, nil
}

func isJSON(path string) bool {
	return strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".json.gz")
}

func byName(path string) (File, bool) {
	m := snapshotName.FindStringSubmatch(filepath.Base(path))
	if m == nil || !resource.IsRegion(m[2]) {
		return File{}, false
	}
	return File{Path: path, Account: m[1], Region: m[2], Time: m[3]}, true
}

// errEnough ends reading early.
var errEnough = errors.New("enough")

// named takes a file that the user named. One whose name does not tell is of
// the account and Region of its first item that has one.
func named(ctx context.Context, path string) (File, error) {
	if f, ok := byName(path); ok {
		return f, nil
	}
	f := File{Path: path}
	err := readFile(ctx, path, func(it *item) error {
		if f.Account == "" {
			f.Account = it.account()
		}
		if resource.IsRegion(it.Region) {
			f.Region = it.Region
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return File{}, err
	}
	if !resource.IsAccount(f.Account) {
		return File{}, diag.Errorf("config-not-snapshot", "%s names no account", filepath.ToSlash(path)).At(place(path)).
			WithDetail("None of its items has an awsAccountId of 12 digits.")
	}
	return f, nil
}
