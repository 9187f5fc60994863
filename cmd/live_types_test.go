package cmd_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/schema"
)

const liveTypesHead = `# Types of live state

What ` + "`parapet snapshot`" + ` collects: %d resource types of the Terraform provider for AWS. Attributes that are not listed are unknown to policies. Of those that have no live value, and of those that move by themselves or that another type holds too, drift compares nothing. The IAM actions are those of ` + "`parapet snapshot --print-policy`" + `; besides them a run calls ` + "`sts:GetCallerIdentity`" + ` and finds out Regions and accounts.

This page is written from the table of collectors: ` + "`make docs`" + `.
`

// TestDocumentLiveTypes holds docs/live-types.md to the table of collectors and
// to what the library reads.
func TestDocumentLiveTypes(t *testing.T) {
	t.Parallel()
	rows := collect.Types()
	var b strings.Builder
	fmt.Fprintf(&b, liveTypesHead, len(rows))
	b.WriteString("\n| type | attributes | no live value | not compared | IAM actions |\n|---|---|---|---|---|\n")
	code := func(list []string) string {
		if len(list) == 0 {
			return ""
		}
		return "`" + strings.Join(list, "` `") + "`"
	}
	read := map[string]aws.Type{}
	for _, r := range rows {
		name := "`" + r.Name + "`"
		if len(r.StandsFor) > 0 {
			name += ", for " + code(r.StandsFor) + " too"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, code(r.Filled), code(r.ConfigOnly), code(slices.Concat(r.Overlap, r.Volatile)), code(r.Actions))
		for _, n := range append(r.StandsFor, r.Name) {
			read[n] = r
		}
	}
	b.WriteString("\n## What the library reads and live state does not tell\n\nPolicies answer `unknown` where they depend on these.\n\n| policy | not collected |\n|---|---|\n")
	exit, stdout, stderr := run(t, nil, "policy", "list", "--format", "json")
	if exit != 0 {
		t.Fatal(stderr)
	}
	var library []struct {
		ID                         string
		Types, Related, Attributes []string
	}
	if err := json.Unmarshal([]byte(stdout), &library); err != nil || len(library) == 0 {
		t.Fatalf("no library: %v", err)
	}
	provider, err := schema.AWS()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range library {
		var missing []string
		for _, name := range slices.Concat(p.Types, p.Related) {
			if _, ok := read[name]; !ok {
				missing = append(missing, name)
			}
		}
		for _, a := range p.Attributes {
			// What only a type has that another stands for is read as that one's.
			first, _, _ := strings.Cut(elements.ReplaceAllString(a, ""), ".")
			has := func(name string) bool {
				known, ok := provider.Lookup(read[name].Name)
				return ok && known.Check(schema.Path{first}) == nil
			}
			if slices.ContainsFunc(p.Types, has) && !slices.ContainsFunc(p.Types, func(name string) bool { return covers(read[name].Paths(), a) }) {
				missing = append(missing, a)
			}
		}
		if len(missing) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s |\n", p.ID, code(missing))
		}
	}
	golden.File(t, "../docs/live-types.md", []byte(b.String()))
}

var elements = regexp.MustCompile(`\[[^\]]*\]`)

// covers reports whether an attribute, or part of it, is filled.
func covers(filled []string, attribute string) bool {
	a := elements.ReplaceAllString(attribute, "[]")
	return slices.ContainsFunc(filled, func(f string) bool {
		return a == "id" || f == a || below(f, a) || below(a, f)
	})
}

func below(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}
