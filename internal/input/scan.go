package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	scanBuffer = 64 << 10
	// maxDepth bounds recursion on hostile input. Provider schemas nest some
	// tens of levels at most.
	maxDepth = 512
	// maxInterned bounds the memory that repeated member names may take.
	maxInterned = 1 << 16
)

// errTruncated says that the input ended inside a value.
var errTruncated = errors.New("the input ends in the middle of a value")

// syntaxError is JSON that no parser accepts, with the byte offset.
type syntaxError struct {
	offset int64
	what   string
	number bool // a number that is out of range, in what is JSON otherwise
}

func (e *syntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.offset, e.what) }

// scanner reads JSON (RFC 8259) from a stream, value by value, and holds no
// more than a buffer of it. It accepts exactly what encoding/json accepts, up
// to the depth limit; the fuzz test holds it to that.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	base     int64 // offset of buf[0] in the input
	depth    int
	scratch  []byte
	interned map[string]string
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, scanBuffer), interned: map[string]string{}}
}

// offset is the position in the input, in bytes.
func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

func (s *scanner) syntax(format string, args ...any) error {
	return &syntaxError{offset: s.offset(), what: fmt.Sprintf(format, args...)}
}

// fill reads more input once the buffer is used up. It returns io.EOF at the
// end of the input.
func (s *scanner) fill() error {
	s.base += int64(s.end)
	s.pos, s.end = 0, 0
	for range 100 {
		n, err := s.r.Read(s.buf)
		if n > 0 {
			s.end = n
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// more is fill inside a value, where the end of the input is a truncation.
func (s *scanner) more() error {
	err := s.fill()
	if errors.Is(err, io.EOF) {
		return errTruncated
	}
	return err
}

// peek skips white space and returns the next byte without taking it.
func (s *scanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\r', '\n':
				s.pos++
			default:
				return c, nil
			}
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// done reports whether nothing but white space is left.
func (s *scanner) done() (bool, error) {
	_, err := s.peek()
	if errors.Is(err, errTruncated) {
		return true, nil
	}
	return false, err
}

func (s *scanner) expect(want byte) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return s.syntax("found %q where %q is expected", c, want)
	}
	s.pos++
	return nil
}

func (s *scanner) enter() error {
	if s.depth++; s.depth > maxDepth {
		return s.syntax("values are nested deeper than %d levels", maxDepth)
	}
	return nil
}

// object calls member for every member of the object that comes next; member
// must take the value. The key is only valid until the value is taken, unless
// it is interned.
func (s *scanner) object(member func(key string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == '}' {
		s.pos++
		s.depth--
		return nil
	}
	for {
		key, err := s.key()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		s.pos++
		switch c {
		case ',':
		case '}':
			s.depth--
			return nil
		default:
			s.pos--
			return s.syntax("found %q after a member of an object", c)
		}
	}
}

// array calls element for every element of the array that comes next; element
// must take it.
func (s *scanner) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == ']' {
		s.pos++
		s.depth--
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		s.pos++
		switch c {
		case ',':
		case ']':
			s.depth--
			return nil
		default:
			s.pos--
			return s.syntax("found %q after an element of an array", c)
		}
	}
}

// key reads a member name. The same name is the same string each time: a plan
// holds few names, millions of times.
func (s *scanner) key() (string, error) {
	b, err := s.stringBytes()
	if err != nil {
		return "", err
	}
	return s.intern(b), nil
}

func (s *scanner) intern(b []byte) string {
	if k, ok := s.interned[string(b)]; ok {
		return k
	}
	k := string(b)
	if len(s.interned) < maxInterned {
		s.interned[k] = k
	}
	return k
}

// value reads the next value whole: map[string]any without the members that
// are null, []any, string, json.Number, bool or nil.
func (s *scanner) value() (any, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	switch c {
	case '{':
		m := map[string]any{}
		err := s.object(func(key string) error {
			v, err := s.value()
			if v == nil {
				delete(m, key) // of two members with one name the last one counts
			} else {
				m[key] = v
			}
			return err
		})
		return m, err
	case '[':
		l := []any{}
		err := s.array(func() error {
			v, err := s.value()
			l = append(l, v)
			return err
		})
		return l, err
	case '"':
		b, err := s.stringBytes()
		if err != nil {
			return nil, err
		}
		if len(b) <= 24 { // short values repeat as names do: types, modes, ports
			return s.intern(b), nil
		}
		return string(b), nil
	case 't':
		return true, s.literal("true")
	case 'f':
		return false, s.literal("false")
	case 'n':
		return nil, s.literal("null")
	}
	b, err := s.number()
	if err != nil {
		return nil, err
	}
	return json.Number(s.intern(b)), nil
}

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.pos == s.end {
			if err := s.more(); err != nil {
				return err
			}
		}
		if s.buf[s.pos] != word[i] {
			return s.syntax("found %q in the word %s", s.buf[s.pos], word)
		}
		s.pos++
	}
	return nil
}

// stringBytes reads a string. The bytes are valid until the next read.
func (s *scanner) stringBytes() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	// The common case: plain text that ends inside the buffer.
	for i, c := range s.buf[s.pos:s.end] {
		if c == '"' {
			b := s.buf[s.pos : s.pos+i]
			s.pos += i + 1
			return b, nil
		}
		if c == '\\' || c < ' ' || c >= 0x80 {
			break
		}
	}
	return s.slowString()
}
