package cmd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/policies"
)

// readPolicyFile reads a file that stands beside a policy, in the library or in
// a directory of the user's.
func readPolicyFile(name string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(name, libraryPrefix+"/"); ok {
		if src, err := fs.ReadFile(policies.FS, rest); err == nil {
			return src, nil
		}
	}
	return os.ReadFile(filepath.FromSlash(name))
}

// exampleLoader gives the examples of a policy as resources. A policy without
// examples has none.
func exampleLoader(ctx context.Context, e *engine.Engine) func(id string) (verify.Examples, error) {
	return func(id string) (verify.Examples, error) {
		var out verify.Examples
		p, ok := e.Policy(id)
		if !ok {
			return out, nil
		}
		for _, x := range []struct {
			file string
			to   *[]*resource.Resource
		}{{"good.tf", &out.Good}, {"bad.tf", &out.Bad}} {
			src, err := readPolicyFile(path.Join(path.Dir(p.File), x.file))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return out, err
			}
			if *x.to, err = loadExample(ctx, src); err != nil {
				return out, err
			}
		}
		return out, nil
	}
}

// loadExample reads a file of Terraform code as a module of its own.
func loadExample(ctx context.Context, src []byte) ([]*resource.Resource, error) {
	in, err := input.LoadFiles(ctx, map[string][]byte{"main.tf": src}, input.Options{Kind: input.KindConfig})
	return in.Resources, err
}
