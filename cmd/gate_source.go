package cmd

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/source"
)

// snippetAround is how many lines a snippet shows on either side.
const snippetAround = 2

// codes is the Terraform code that a run has looked at, and which of its
// comments exempted something.
type codes struct {
	named  string // directory of --source; empty: beside the input
	byPath map[string]*source.Code
	order  []*source.Code
	used   map[*source.Ignore]bool
	ds     diag.Diagnostics // about comments that cover part of a finding
}

func newCodes(named string) *codes {
	return &codes{named: named, byPath: map[string]*source.Code{}, used: map[*source.Ignore]bool{}}
}

// locate gives the findings on an input their places in the Terraform code, and
// takes violations for exempt that a comment there covers. Findings that other
// exceptions cover stay theirs. Where c is nil there is no code. Where the
// resources have no values, again reads those at some addresses.
func (c *codes) locate(inputPath, kind string, resources []*resource.Resource, again func(addresses map[string]bool) ([]*resource.Resource, error),
	findings []finding.Finding, now time.Time,
) error {
	if c == nil {
		return nil
	}
	code, err := c.of(inputPath, kind, resources)
	if err != nil || code == nil {
		return err
	}
	if again != nil {
		wanted := map[string]bool{}
		for _, f := range findings {
			if a := f.Resource.Address; a != "" && !wanted[a] && code.Declares(a) {
				wanted[a] = true
			}
		}
		if len(wanted) == 0 {
			return nil
		}
		if resources, err = again(wanted); err != nil {
			return err
		}
	}
	byAddress := make(map[string]*resource.Resource, len(resources))
	secrets := map[string]bool{}
	for _, r := range resources {
		if _, ok := byAddress[r.Address]; !ok {
			byAddress[r.Address] = r
		}
		source.Secrets(r, func(s string) {
			if len(s) >= minForeignSecret {
				secrets[s] = true
			}
		})
	}
	for _, f := range inOrder(code, findings) {
		r := byAddress[f.Resource.Address]
		if r == nil {
			continue
		}
		p, ok := code.Find(r, f.Attributes)
		if !ok {
			continue
		}
		at := p.Source // not a pointer into the place, which holds the syntax trees
		f.Resource.Source = &at
		f.Snippet = p.Snippet(snippetAround, func(s string) bool { return secrets[s] })
		if f.Status != finding.Error {
			c.exempt(f, p.Cover(f.Policy, now))
		}
	}
	return nil
}

// inOrder returns the findings in the order of the files of their resources.
func inOrder(code *source.Code, findings []finding.Finding) []*finding.Finding {
	files := map[string]string{}
	list := make([]*finding.Finding, len(findings))
	for i := range findings {
		list[i] = &findings[i]
		if address := findings[i].Resource.Address; files[address] == "" {
			files[address] = code.FileOf(address)
		}
	}
	slices.SortStableFunc(list, func(a, b *finding.Finding) int {
		return cmp.Compare(files[a.Resource.Address], files[b.Resource.Address])
	})
	return list
}

// minForeignSecret is the least length of a sensitive value of one resource that
// is hidden in the code of others.
const minForeignSecret = 6

// exempt applies the comments at a finding's place.
func (c *codes) exempt(f *finding.Finding, cover source.Cover) {
	for _, g := range slices.Concat(cover.By, cover.Expired) {
		c.used[g] = true
	}
	if f.Status != finding.Violation || len(cover.By) == 0 {
		return
	}
	g := cover.By[0]
	if !cover.Exempt() {
		c.ds = append(c.ds, diag.Warningf("ignore-partial", "the comment covers only part of a violation of %s", f.Policy).At(g.At).
			WithDetail("%s violates it with %s too, so that the violation stands.", f.Resource.Address, strings.Join(cover.Open, ", ")).
			WithHint("put the comment above the block to cover all of it"))
		return
	}
	f.Status, f.Exception = finding.Exempt, &g.ID
	f.Exemption = &finding.Exemption{Kind: finding.ByComment, Reason: g.Reason, Owner: g.Owner, Expires: g.Expires}
}

// of returns the code behind an input, nil when there is none: the directory of
// a configuration itself, else that of --source, else the one beside the input.
// What is found by itself must hold resources of the input, and for standard
// input all of them, since nothing says that the two belong together.
func (c *codes) of(inputPath, kind string, resources []*resource.Resource) (*source.Code, error) {
	switch {
	case kind == input.KindConfig:
		info, err := os.Stat(inputPath)
		if err != nil || info.IsDir() {
			return c.open(inputPath, "")
		}
		return c.open(filepath.Dir(inputPath), filepath.Base(inputPath))
	case kind != input.KindPlan && kind != input.KindState:
		return nil, nil
	case c.named != "":
		code, err := c.open(c.named, "")
		switch {
		case err != nil:
		case code == nil:
			err = diag.Errorf("source-empty", "%s holds no Terraform code", filepath.ToSlash(c.named)).
				WithHint("--source names the directory of the .tf files that the plan was made of")
		case !slices.ContainsFunc(resources, func(r *resource.Resource) bool { return !r.Deleted() }):
		case !belongs(code, resources, false):
			c.ds = append(c.ds, diag.Warningf("source-elsewhere", "the code in %s declares none of the resources", filepath.ToSlash(c.named)).
				At(diag.Place{File: filepath.ToSlash(inputPath)}).
				WithDetail("Findings have no lines of code, and comments there exempt nothing.").
				WithHint("--source names the directory of the .tf files that the plan was made of"))
		}
		return code, err
	}
	dir, stdin := filepath.Dir(inputPath), inputPath == "-"
	code, err := c.read(dir, "")
	if err != nil || code.Empty() || !belongs(code, resources, stdin) {
		return nil, nil //nolint:nilerr // nobody asked for it
	}
	return code, c.check(code)
}

// belongs reports whether code declares any resource of an input, or all of the
// root module's and the modules that it calls.
func belongs(code *source.Code, resources []*resource.Resource, all bool) bool {
	found := false
	for _, r := range resources {
		address := r.Address
		if steps := resource.SplitAddress(address); all && steps[0] == "module" && len(steps) > 1 {
			address = strings.Join(steps[:2], ".") // what it calls need not be downloaded
		}
		switch {
		case r.Deleted():
		case code.Declares(address):
			if found = true; !all {
				return true
			}
		case all:
			return false
		}
	}
	return found
}

// open opens a directory, or one file of it; nil when it holds no code.
func (c *codes) open(dir, only string) (*source.Code, error) {
	code, err := c.read(dir, only)
	if err != nil {
		return nil, diag.Errorf("source-unreadable", "%v", err)
	}
	if code.Empty() {
		return nil, nil
	}
	return code, c.check(code)
}

func (c *codes) read(dir, only string) (*source.Code, error) {
	key := filepath.Join(dir, only)
	if code, ok := c.byPath[key]; ok {
		return code, nil
	}
	code, err := source.Open(dir, shownDir(dir))
	if err != nil {
		return nil, err
	}
	if only != "" {
		code.Only(only)
	}
	c.byPath[key] = code
	return code, nil
}

// check reads the comments of code that is used. Those that cannot be understood
// end the run: a misspelt one may be meant to exempt less.
func (c *codes) check(code *source.Code) error {
	if slices.Contains(c.order, code) {
		return nil
	}
	code.Ignores()
	if ds := code.Diagnostics(); ds.HasErrors() {
		return ds.Err()
	}
	c.order = append(c.order, code)
	return nil
}

// shownDir is what a directory is called in places: as it was given, or below
// the working directory, or below itself when it is absolute and elsewhere.
func shownDir(dir string) string {
	if !filepath.IsAbs(dir) {
		return filepath.ToSlash(filepath.Clean(dir))
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, dir); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return "."
}

// finish tells of code that could not be read, and of comments that hold no
// more, that name no policy or that had nothing to exempt. Names reports whether
// a glob matches any policy that there is; evaluated are the ids of this run's.
func (c *codes) finish(names func(glob string) bool, evaluated []string, now time.Time) diag.Diagnostics {
	if c == nil {
		return nil
	}
	ds := c.ds
	for _, code := range c.order {
		ds = append(ds, code.Diagnostics()...)
		for _, g := range code.Ignores() {
			ds = append(ds, c.judgeIgnore(g, names, evaluated, now)...)
		}
	}
	ds.Sort()
	return slices.CompactFunc(ds, func(a, b diag.Diagnostic) bool { return a.Error() == b.Error() })
}

func (c *codes) judgeIgnore(g *source.Ignore, names func(glob string) bool, evaluated []string, now time.Time) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, glob := range g.Policies {
		if !names(glob) {
			ds = append(ds, diag.Warningf("ignore-matches-nothing", "the comment names %q, which matches no policy", glob).At(g.At).
				WithDetail("It exempts nothing.").WithHint("`parapet policy list` shows the ids"))
		}
	}
	if !g.InForce(now) {
		d := diag.Warningf("ignore-expired", "the comment expired on %s", g.Expires.Format(time.RFC3339)).At(g.At).
			WithDetail("It exempts nothing any more.").WithHint("remove it, or renew it with a new reason")
		if g.Owner != "" {
			d = d.WithDetail("It exempts nothing any more. Its owner is %s.", g.Owner)
		}
		return append(ds, d)
	}
	if len(ds) == 0 && !c.used[g] && slices.ContainsFunc(evaluated, g.CoversPolicy) {
		ds = append(ds, diag.Warningf("ignore-unused", "the comment exempts nothing").At(g.At).
			WithDetail("It stands at %s, which does not violate %s there.", g.Target, strings.Join(g.Policies, ", ")).
			WithHint("remove it; to cover a whole block, put it above the block"))
	}
	return ds
}
