package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/diag"
)

// nodeKind is the kind of a JSON value.
type nodeKind int

const (
	nodeObject nodeKind = iota
	nodeArray
	nodeString
	nodeScalar // a number, true, false
	nodeNull
)

// node is a JSON value with the offset at which it starts.
type node struct {
	kind    nodeKind
	offset  int
	text    string // of a string; the literal text of a scalar
	members []member
	items   []*node
}

// member is one key of an object.
type member struct {
	key    string
	offset int // of the key
	value  *node
}

// maxDepth bounds the nesting that is read. A policy has five levels.
const maxDepth = 32

// source turns offsets of a document into places.
type source struct {
	file  string
	text  []byte
	lines []int // offset of each line's first byte
}

func newSource(text []byte, file string) *source {
	s := &source{file: file, text: text, lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// place returns line and column, the column in characters.
func (s *source) place(offset int) diag.Place {
	offset = min(max(offset, 0), len(s.text))
	line := sort.SearchInts(s.lines, offset+1) - 1
	column := utf8.RuneCount(s.text[s.lines[line]:offset]) + 1
	return diag.Place{File: s.file, Line: line + 1, Column: column}
}

// reader reads a document into nodes.
type reader struct {
	*source
	dec *json.Decoder
}

// readJSON reads the one JSON value that the document holds.
func (s *source) readJSON() (*node, *diag.Diagnostic) {
	r := reader{source: s, dec: json.NewDecoder(bytes.NewReader(s.text))}
	r.dec.UseNumber()
	n, err := r.value(0)
	if err == nil {
		end := r.next()
		if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
			d := diag.Errorf("iam-json", "text after the end of the policy").At(s.place(end)).
				WithHint("keep one JSON object in the file")
			return nil, &d
		}
		return n, nil
	}
	d := r.problem(err)
	return nil, &d
}

// next returns the offset of the next token.
func (r reader) next() int {
	i := int(r.dec.InputOffset())
	for i < len(r.text) {
		switch r.text[i] {
		case ' ', '\t', '\r', '\n', ',', ':':
			i++
			continue
		}
		break
	}
	return i
}

var errDepth = errors.New("nested too deeply")

func (r reader) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	n := &node{offset: r.next()}
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return n, r.object(n, depth)
		}
		return n, r.array(n, depth)
	case string:
		n.kind, n.text = nodeString, t
	case json.Number:
		n.kind, n.text = nodeScalar, t.String()
	case bool:
		n.kind, n.text = nodeScalar, "false"
		if t {
			n.text = "true"
		}
	default:
		n.kind = nodeNull
	}
	return n, nil
}

func (r reader) object(n *node, depth int) error {
	n.kind = nodeObject
	for r.dec.More() {
		m := member{offset: r.next()}
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		m.key, _ = t.(string) // the decoder lets nothing else stand here
		if m.value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.members = append(n.members, m)
	}
	_, err := r.dec.Token()
	return err
}

func (r reader) array(n *node, depth int) error {
	n.kind = nodeArray
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.dec.Token()
	return err
}

// problem tells why the text is no JSON, and where.
func (r reader) problem(err error) diag.Diagnostic {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errDepth):
		return diag.Errorf("iam-json", "the policy is nested too deeply").At(r.place(r.next())).
			WithHint("a policy has five levels at most")
	case errors.As(err, &syntax):
		return diag.Errorf("iam-json", "the policy is not JSON").WithDetail("%v", err).
			At(r.place(int(syntax.Offset) - 1)).WithHint("check commas, quotes and brackets near this place")
	default: // the decoder's other errors are ends of the text
		return diag.Errorf("iam-json", "the policy ends in the middle of a value").At(r.place(len(r.text))).
			WithHint("the file was cut, or a closing bracket is missing")
	}
}
