package source

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// mask hides what a snippet of a resource's code must not show.
type mask struct {
	resource *resource.Resource
	secret   func(string) bool

	secrets []string    // sensitive values of the resource, longest first
	hidden  []hcl.Range // by position
}

// minSecret is the least length of a sensitive value that is looked for inside
// of other texts: a shorter one would blank out ordinary words.
const minSecret = 4

// Secrets calls a function for every text and number of the resource that is
// marked sensitive. A text of several lines counts line by line besides.
func Secrets(r *resource.Resource, yield func(string)) {
	marked(r.Sensitive, object(r.Values), yield)
	marked(r.Sensitive, object(r.Before), yield)
}

func object(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// marked calls yield for what a mark tree marks of a value; true marks all.
func marked(tree, v any, yield func(string)) {
	switch t := tree.(type) {
	case bool:
		if !t {
			return
		}
		switch v := v.(type) {
		case string:
			yield(v)
			if strings.Contains(v, "\n") {
				for l := range strings.Lines(v) {
					yield(strings.TrimSpace(l))
				}
			}
		case json.Number:
			yield(v.String())
		case map[string]any:
			for _, e := range v {
				marked(true, e, yield)
			}
		case []any:
			for _, e := range v {
				marked(true, e, yield)
			}
		}
	case map[string]any:
		if m, ok := v.(map[string]any); ok {
			for k, sub := range t {
				marked(sub, m[k], yield)
			}
		}
	case []any:
		if l, ok := v.([]any); ok {
			for i, sub := range t[:min(len(t), len(l))] {
				marked(sub, l[i], yield)
			}
		}
	}
}

func (x *mask) gather() {
	Secrets(x.resource, func(s string) {
		if s != "" && !slices.Contains(x.secrets, s) {
			x.secrets = append(x.secrets, s)
		}
	})
	slices.SortFunc(x.secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
}

// hide finds what to hide in a block.
func (x *mask) hide(block item) {
	x.marked([]item{block}, x.resource.Sensitive, 0)
	x.named(block)
	x.constants(block)
}

// marked hides what sets the attributes that a tree marks. Where the code does
// not show the attribute, all that holds it is hidden, and every element of a
// list, since elements may stand in another order than values.
func (x *mask) marked(items []item, tree any, depth int) {
	switch t := tree.(type) {
	case bool:
		if t && depth > 0 {
			for _, it := range items {
				x.all(it)
			}
		}
	case map[string]any:
		for _, it := range items {
			for name, sub := range t {
				below := it.everyMember(name)
				if below == nil && depth > 0 && resource.AnyMark(sub) && it.body == nil && it.pairs() == nil {
					x.all(it)
				}
				x.marked(below, sub, depth+1)
			}
		}
	case []any:
		for _, it := range items {
			elements := it.elements()
			for _, sub := range t {
				if len(elements) == 0 && resource.AnyMark(sub) {
					x.all(it)
				}
				x.marked(elements, sub, depth+1)
			}
		}
	}
}

// everyMember is [item.members] with those that others override.
func (it item) everyMember(name string) []item {
	found := it.members(name)
	if it.body == nil {
		for _, m := range it.pairs() {
			if m.key == name || m.key == "" {
				found = append(found, m.item)
			}
		}
	}
	return found
}

// all hides the value of an attribute, or those of all attributes of a block.
func (x *mask) all(it item) {
	if it.dynamic { // the values may come from what it iterates over
		x.add(it.whole)
		return
	}
	if it.body == nil {
		x.add(it.expr.Range())
		return
	}
	for _, a := range it.body.Attributes {
		x.add(a.Expr.Range())
	}
	for _, b := range it.body.Blocks {
		x.all(it.file.block(b))
	}
}

// named hides constants whose name says that they are secret, since the marks of
// a configuration that was not planned know no provider's schema.
func (x *mask) named(it item) {
	visit := func(name string, it item) {
		if secretName(name) && holdsText(it.expr) {
			x.add(it.expr.Range())
			return
		}
		x.named(it)
	}
	if it.body == nil {
		for _, m := range it.pairs() {
			visit(m.key, m.item)
		}
		for _, e := range listOf(it.expr) {
			x.named(it.at(e))
		}
		return
	}
	for name, a := range it.body.Attributes {
		visit(name, item{file: it.file, expr: a.Expr})
	}
	for _, b := range it.body.Blocks {
		x.named(it.file.block(b))
	}
}

// secretName reports whether a name ends in a word for something secret.
func secretName(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	for _, word := range []string{
		"password", "passwd", "passphrase", "secret", "token", "secret_key", "private_key", "access_key", "api_key", "apikey",
		"secret_string", "secret_binary", "credentials", "connection_string", "pre_shared_key", "preshared_key",
	} {
		if name == word || strings.HasSuffix(name, "_"+word) {
			return true
		}
	}
	return false
}

// holdsText reports whether an expression holds a constant text.
func holdsText(e hcl.Expression) bool {
	node, ok := e.(hclsyntax.Node)
	if !ok { // JSON: everything but a lone reference
		s, constant := literal(e)
		return !constant || s != ""
	}
	found := false
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if l, ok := n.(*hclsyntax.LiteralValueExpr); ok {
			if s, ok := literal(l); ok && s != "" && s != "true" && s != "false" {
				found = true
			}
		}
		return nil
	})
	return found
}

// constants hides constants that are or hold a sensitive value.
func (x *mask) constants(it item) {
	if it.body == nil {
		pairs, list := it.pairs(), listOf(it.expr)
		for _, m := range pairs {
			x.constants(m.item)
		}
		for _, e := range list {
			x.constants(it.at(e))
		}
		if len(pairs)+len(list) == 0 {
			if s, ok := literal(it.expr); ok && x.tells(s) {
				x.add(it.expr.Range())
			}
		}
		return
	}
	_ = hclsyntax.VisitAll(it.body, func(n hclsyntax.Node) hcl.Diagnostics {
		switch e := n.(type) {
		case *hclsyntax.LiteralValueExpr, *hclsyntax.TemplateExpr:
			expr, _ := e.(hclsyntax.Expression)
			if s, ok := literal(expr); ok && x.tells(s) {
				x.add(expr.Range())
			}
		}
		return nil
	})
}

// tells reports whether a constant gives a sensitive value away.
func (x *mask) tells(s string) bool {
	if s == "" {
		return false
	}
	trimmed := strings.TrimSpace(s)
	if x.secret != nil && (x.secret(s) || trimmed != "" && x.secret(trimmed)) {
		return true
	}
	return slices.ContainsFunc(x.secrets, func(secret string) bool {
		return s == secret || trimmed == secret || len(secret) >= minSecret && strings.Contains(s, secret)
	})
}

// clean removes sensitive values from a line, such as from its comment.
func (x *mask) clean(line string) string {
	for _, s := range x.secrets {
		if len(s) < minSecret {
			continue
		}
		line = strings.ReplaceAll(line, s, finding.Redacted)
		if q := strconv.Quote(s); len(q) > len(s)+2 {
			line = strings.ReplaceAll(line, q[1:len(q)-1], finding.Redacted)
		}
	}
	return line
}
