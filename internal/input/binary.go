package input

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"slices"

	"github.com/parapet-dev/parapet/internal/diag"
)

// isBinaryPlan recognizes the file that terraform plan -out writes, a ZIP
// archive. Its content has no documented form: only Terraform reads it.
func isBinaryPlan(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// loadBinary reads a binary plan through the program that Options.Show runs.
// The hash is that of the file.
func loadBinary(src *source, path string) (Result, error) {
	if k := src.options.Kind; k != "" && k != KindPlan {
		return Result{}, diag.Errorf("input-kind-mismatch", "%s is a binary plan, which cannot be a %s", src.name, k).
			At(src.place()).WithHint("leave out the kind")
	}
	sum, err := hashFile(src, path)
	if err != nil {
		return Result{}, src.locate(err)
	}
	r, err := src.options.Show(src.ctx, path, src.options.Dir)
	if err != nil {
		return Result{}, src.locate(err)
	}
	limited := &meter{ctx: src.ctx, r: r, sum: sha256.New(), limit: src.options.MaxBytes, name: src.name}
	src.r, src.file = limited, false
	resources, doc, err := loadWith(planKind(), src)
	if err == nil {
		_, err = io.Copy(io.Discard, limited) // so that the program ends by itself
	}
	// What is wrong with the program explains what is wrong with its output.
	if failed := r.Close(); failed != nil && src.ctx.Err() == nil {
		err = failed
	}
	if err != nil {
		return Result{Warnings: src.warnings}, src.locate(err)
	}
	res := src.result(KindPlan, sum, resources)
	res.attach(doc)
	return res, nil
}

func hashFile(src *source, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(io.Discard, &meter{ctx: src.ctx, r: f, sum: sum, limit: src.options.MaxBytes, name: src.name})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// encrypted refuses a state or a plan that OpenTofu encrypted.
// Source: https://opentofu.org/docs/language/state/encryption/
func encrypted(src *source, keys []string) error {
	if slices.Contains(keys, "serial") || slices.Contains(keys, "lineage") {
		return diag.Errorf("input-encrypted", "the state is encrypted").At(src.place()).
			WithDetail("OpenTofu wrote it, and only OpenTofu has its key.").
			WithHint("decrypt it, in the directory of its configuration, with: tofu state pull > state.json")
	}
	return diag.Errorf("input-encrypted", "the plan is encrypted").At(src.place()).
		WithDetail("OpenTofu wrote it, and only OpenTofu has its key.").
		WithHint("decrypt it, in the directory of its configuration, with: tofu show -json plan.tfplan > plan.json")
}
