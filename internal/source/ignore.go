package source

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
)

// Ignore is a comment that exempts code from policies. Of the record it has the
// id, which is file:line, the policies, the reason, the owner and the end.
type Ignore struct {
	exception.Record

	At     diag.Place
	Target string // what it stands at: aws_s3_bucket.logs, module.app

	module *module
	key    string
	whole  bool      // the whole block of key
	within hcl.Range // the part of it
}

// The words of a comment. directive begins every comment that is for Parapet.
const (
	directive  = "parapet:"
	ignoreWord = "ignore"
)

var policyPattern = regexp.MustCompile(`^[A-Za-z0-9_.*-]+$`)

// parseIgnore reads the text of a comment from directive on.
func parseIgnore(text string) (exception.Record, error) {
	var r exception.Record
	word, rest, _ := strings.Cut(strings.TrimPrefix(text, directive), " ")
	if word = strings.TrimSpace(word); word != ignoreWord {
		return r, fmt.Errorf("%q is not known", directive+word)
	}
	seen := map[string]bool{}
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			break
		}
		end := strings.IndexAny(rest, " \t,=")
		if end < 0 || rest[end] != '=' {
			if end < 0 {
				end = len(rest)
			}
			if !policyPattern.MatchString(rest[:end]) {
				return r, fmt.Errorf("%q is no policy id and no pattern of one", rest[:end])
			}
			r.Policies = append(r.Policies, rest[:end])
			rest = rest[end:]
			continue
		}
		name := rest[:end]
		if name == "" {
			return r, errors.New("there are no spaces around =")
		}
		value, after, err := memberValue(rest[end+1:])
		switch {
		case err != nil:
			return r, fmt.Errorf("%s: %w", name, err)
		case seen[name]:
			return r, fmt.Errorf("%s is given twice", name)
		}
		seen[name], rest = true, after
		switch name {
		case "reason":
			r.Reason = strings.TrimSpace(value)
		case "owner":
			r.Owner = strings.TrimSpace(value)
		case "until":
			if r.Expires, err = exception.ParseExpiry(value); err != nil {
				return r, fmt.Errorf("until: %w", err)
			}
		default:
			return r, fmt.Errorf("%q is not a member of the comment; there are until, reason and owner", name)
		}
	}
	switch {
	case len(r.Policies) == 0:
		return r, errors.New("it names no policy")
	case r.Reason == "":
		return r, errors.New("it gives no reason")
	}
	return r, nil
}

// memberValue reads a value, quoted or up to a space.
func memberValue(s string) (value, rest string, err error) {
	switch {
	case s == "" || s[0] == ' ' || s[0] == '\t':
		return "", "", errors.New("the value is missing")
	case s[0] == '\'':
		return "", "", errors.New("quotes are written as \"")
	case s[0] != '"':
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errors.New("the quote is not closed")
}

// Cover says which comments cover a finding.
type Cover struct {
	By      []*Ignore // in force, each for all of the finding or for part of it
	Open    []string  // attributes that none of By is for
	Expired []*Ignore // would cover it or part of it, if they still held
}

// Exempt reports whether the finding is exempt.
func (c Cover) Exempt() bool { return len(c.By) > 0 && len(c.Open) == 0 }

// Cover returns the comments that cover a finding of a policy on the attributes
// of the place. A comment on part of a resource is for the attributes there; all
// attributes must be covered, since each may be a violation of its own.
func (p *Place) Cover(policy string, now time.Time) Cover {
	var c Cover
	all := p.ignores(policy)
	force := func(g *Ignore) bool {
		if !g.InForce(now) {
			c.Expired = append(c.Expired, g)
			return false
		}
		return true
	}
	whole := false
	for _, g := range all {
		if g.whole && force(g) {
			c.By, whole = append(c.By, g), true
		}
	}
	covered := make([]bool, len(p.attributes))
	for _, g := range all {
		if g.whole {
			continue
		}
		applies := false
		for i, a := range p.attributes {
			if a.depth > 0 && inside(a.whole, g.within) {
				applies = true
				covered[i] = covered[i] || g.InForce(now)
			}
		}
		if applies && force(g) {
			c.By = append(c.By, g)
		}
	}
	if whole {
		return c
	}
	for i, a := range p.attributes {
		if !covered[i] {
			c.Open = append(c.Open, a.name)
		}
	}
	return c
}

// ignores returns the comments at the resource, then at the module calls from
// the inside out, that name the policy.
func (p *Place) ignores(policy string) []*Ignore {
	var found []*Ignore
	add := func(m *module, key string) {
		for _, g := range m.ignores(p.code) {
			if g.key == key && g.CoversPolicy(policy) {
				found = append(found, g)
			}
		}
	}
	add(p.module, p.key)
	for _, call := range slices.Backward(p.chain) {
		add(call.from, call.key)
	}
	return found
}

// Ignores returns the comments of the root module and of all modules that it
// calls from local directories, in the order of files and lines. What is wrong
// with a comment is told by [Code.Diagnostics].
func (c *Code) Ignores() []*Ignore {
	var all []*Ignore
	seen := map[*module]bool{}
	var visit func(m *module, keys []string)
	visit = func(m *module, keys []string) {
		if m == nil || seen[m] || m.downloaded {
			return
		}
		seen[m] = true
		all = append(all, m.ignores(c)...)
		for _, key := range m.calls(c) {
			if blocks := m.find(c, key); len(blocks) > 0 {
				below := append(slices.Clip(keys), strings.TrimPrefix(key, "module."))
				visit(c.follow(m, blocks, below), below)
			}
		}
	}
	visit(c.root, nil)
	sortIgnores(all)
	return all
}
