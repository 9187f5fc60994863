package cmd

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
)

//go:embed scaffold
var scaffold embed.FS

// scaffoldFiles are what policy new writes, in order.
var scaffoldFiles = []string{"policy.rego", "policy_test.rego", "good.tf", "bad.tf"}

var policyID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func policyNewCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "new DIR/ID",
		Short: "Write the first version of a policy",
		Long: `Write a policy with its metadata, a unit test, and two examples, into DIR/ID.
They pass parapet policy test as they are: change the rule and the examples to
what you need. Files that exist are never overwritten.`,
		Example: `  parapet policy new policies/acme-s3-name-tag
  parapet policy test policies`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return s.policyNew(args[0]) },
	}
}

func (s Streams) policyNew(dir string) error {
	id := filepath.Base(filepath.Clean(dir))
	if !policyID.MatchString(id) {
		return usagef("parapet policy new", "%q is no policy id: lower-case letters and digits in groups joined by dashes", id)
	}
	name := strings.ReplaceAll(id, "-", "_")
	fill := strings.NewReplacer("{{.ID}}", id, "{{.Name}}", name, "{{.Package}}", "custom."+name)
	files := make(map[string][]byte, len(scaffoldFiles))
	for _, f := range scaffoldFiles {
		if _, err := os.Lstat(filepath.Join(dir, f)); !errors.Is(err, fs.ErrNotExist) {
			return diag.Errorf("policy-exists", "%s exists already", filepath.ToSlash(filepath.Join(dir, f))).
				WithHint("choose another directory; nothing has been written")
		}
		text, err := scaffold.ReadFile("scaffold/" + f + ".tmpl")
		if err != nil {
			return err
		}
		files[f] = []byte(fill.Replace(string(text)))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return diag.Errorf("output-unwritable", "%v", err)
	}
	for _, f := range scaffoldFiles {
		path := filepath.Join(dir, f)
		err := writeFile(path, func(w io.Writer) error {
			_, err := w.Write(files[f])
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.Out, filepath.ToSlash(path))
	}
	return nil
}
