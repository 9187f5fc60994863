package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"

	"github.com/parapet-dev/parapet/internal/diag"
)

// maxFile is the size up to which a file of code is read.
const maxFile = 16 << 20

// file is one file of Terraform code.
type file struct {
	path     string // in the file system
	shown    string // in output
	json     bool
	override bool

	text     []byte // nil before it is read, and when it cannot be
	isRead   bool
	isParsed bool
	body     *hclsyntax.Body // of the native syntax, once parsed
	byKey    map[string][]item
}

// read reads the text and reports whether it is there.
func (f *file) read(c *Code) bool {
	if f.isRead {
		return f.text != nil
	}
	f.isRead = true
	text, err := readFile(c.fsys, f.path, maxFile)
	if err == nil && tooDeep(text, f.json) {
		err = errors.New("it is nested too deep")
	}
	if err != nil {
		c.unreadable(f, diag.Place{File: f.shown}, strings.ReplaceAll(err.Error(), f.path, f.shown))
		return false
	}
	f.text = text
	return true
}

func (c *Code) unreadable(f *file, at diag.Place, why string) {
	c.ds = append(c.ds, diag.Warningf("source-unreadable", "%s cannot be read: %s", f.shown, why).At(at).
		WithDetail("Findings on its resources have no source lines, and its comments exempt nothing."))
}

// readFile reads a regular file of at most max bytes. Anything else, such as a
// pipe, could keep the reader waiting.
func readFile(fsys fs.FS, name string, max int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	r, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > max {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, max)
	}
	return text, nil
}

// blocks parses the file, the first time, and returns its resource, data and
// module blocks by key.
func (f *file) blocks(c *Code) map[string][]item {
	if f.isParsed {
		return f.byKey
	}
	f.isParsed = true
	if !f.read(c) {
		return nil
	}
	parsed, diags := f.parse()
	if diags.HasErrors() || parsed == nil {
		at, why := diag.Place{File: f.shown}, "it is not Terraform code"
		for _, d := range diags {
			if d.Severity == hcl.DiagError {
				why = strings.TrimSuffix(strings.ToLower(d.Summary[:min(1, len(d.Summary))])+d.Summary[min(1, len(d.Summary)):], ".")
				if d.Subject != nil {
					at.Line, at.Column = d.Subject.Start.Line, d.Subject.Start.Column
				}
				break
			}
		}
		c.unreadable(f, at, why)
		return nil
	}
	f.byKey = map[string][]item{}
	c.keep(f)
	if body, ok := parsed.Body.(*hclsyntax.Body); ok {
		f.body = body
		for _, b := range body.Blocks {
			if key := keyOf(b.Type, b.Labels); key != "" {
				f.byKey[key] = append(f.byKey[key], f.block(b))
			}
		}
		return f.byKey
	}
	f.jsonBlocks(parsed.Body)
	return f.byKey
}

// keepParsed is how many files stay parsed: a syntax tree takes twenty times the
// room of its text.
const keepParsed = 64

// keep notes a file that was parsed, and lets go of the one that was parsed
// first when there are many.
func (c *Code) keep(f *file) {
	c.parsed = append(c.parsed, f)
	if len(c.parsed) > keepParsed {
		old := c.parsed[0]
		c.parsed = c.parsed[1:]
		old.isParsed, old.body, old.byKey = false, nil, nil
	}
}

// parse parses the text. The parsers are not trusted to take every input.
func (f *file) parse() (parsed *hcl.File, diags hcl.Diagnostics) {
	defer func() {
		if p := recover(); p != nil {
			diags = hcl.Diagnostics{{Severity: hcl.DiagError, Summary: fmt.Sprintf("The parser fails: %v", p)}}
		}
	}()
	if f.json {
		return hcljson.Parse(f.text, f.shown)
	}
	return hclsyntax.ParseConfig(f.text, f.shown, hcl.InitialPos)
}

// keyOf returns the key of a block, empty for one of another kind.
func keyOf(kind string, labels []string) string {
	switch {
	case kind == "resource" && len(labels) == 2:
		return labels[0] + "." + labels[1]
	case kind == "data" && len(labels) == 2:
		return "data." + labels[0] + "." + labels[1]
	case kind == "module" && len(labels) == 1:
		return "module." + labels[0]
	}
	return ""
}

// block makes an item of a block of the native syntax.
func (f *file) block(b *hclsyntax.Block) item {
	return item{file: f, name: b.TypeRange, whole: b.Range(), body: b.Body}
}

// jsonBlocks notes the blocks of JSON code. The labels of a block are the keys
// of nested objects, and a list may stand for an object at each level.
func (f *file) jsonBlocks(body hcl.Body) {
	attributes, _ := body.JustAttributes()
	for kind, labels := range map[string]int{"resource": 2, "data": 2, "module": 1} {
		if a := attributes[kind]; a != nil {
			f.jsonLabels(kind, nil, labels, item{file: f, name: a.NameRange, whole: a.Range, expr: a.Expr})
		}
	}
}

func (f *file) jsonLabels(kind string, labels []string, left int, it item) {
	for _, e := range it.elements() {
		if left == 0 {
			if key := keyOf(kind, labels); key != "" {
				e.name, e.whole = it.name, it.whole
				f.byKey[key] = append(f.byKey[key], e)
			}
			continue
		}
		for _, m := range e.pairs() {
			f.jsonLabels(kind, append(slices.Clip(labels), m.key), left-1, m.item)
		}
	}
}

// headers returns the keys of the blocks that a text may hold, from lines that
// look like the header of one. Lines inside comments and texts may look so too.
func headers(text []byte) []string {
	var keys []string
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		line = bytes.TrimLeft(line, " \t")
		if len(line) == 0 || line[0] != 'r' && line[0] != 'd' && line[0] != 'm' {
			continue
		}
		if key := header(string(line)); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// header reads a line such as resource "aws_instance" "web" { and what follows.
func header(line string) string {
	kind := ""
	for _, k := range []string{"resource", "data", "module"} {
		if rest, ok := strings.CutPrefix(line, k); ok {
			kind, line = k, rest
			break
		}
	}
	if kind == "" {
		return ""
	}
	var labels []string
	for {
		line = strings.TrimLeft(line, " \t")
		switch {
		case line == "":
			return ""
		case line[0] == '{':
			return keyOf(kind, labels)
		case line[0] == '"':
			label, rest, ok := strings.Cut(line[1:], `"`)
			if !ok {
				return ""
			}
			labels, line = append(labels, label), rest
		default:
			end := strings.IndexAny(line, " \t\"{")
			if end <= 0 || len(labels) == 2 {
				return ""
			}
			labels, line = append(labels, line[:end]), line[end:]
		}
	}
}
