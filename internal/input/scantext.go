package input

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// slowString reads the rest of a string that has escapes or other than ASCII
// characters, or that crosses the end of the buffer. Bytes that are not UTF-8
// and halves of surrogate pairs become U+FFFD, as in encoding/json.
func (s *scanner) slowString() ([]byte, error) {
	out := s.scratch[:0]
	ascii := true
	for {
		if s.pos == s.end {
			if err := s.more(); err != nil {
				return nil, err
			}
		}
		c := s.buf[s.pos]
		switch {
		case c == '"':
			s.pos++
			s.scratch = out[:0]
			if !ascii && !utf8.Valid(out) {
				out = validUTF8(out)
			}
			return out, nil
		case c == '\\':
			s.pos++
			var err error
			if out, err = s.escape(out); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, s.syntax("found the control character %q in a string", c)
		default:
			ascii = ascii && c < 0x80
			out = append(out, c)
			s.pos++
		}
	}
}

func validUTF8(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// escapes maps the character after a backslash to what it stands for.
var escapes = map[byte]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

func (s *scanner) escape(out []byte) ([]byte, error) {
	c, err := s.take()
	if err != nil {
		return nil, err
	}
	if c != 'u' {
		plain, ok := escapes[c]
		if !ok {
			s.pos--
			return nil, s.syntax("found %q after a backslash", c)
		}
		return append(out, plain), nil
	}
	r, err := s.hex4()
	if err != nil {
		return nil, err
	}
	for utf16.IsSurrogate(r) {
		// A high half counts only with a low half right behind it.
		if c, err = s.take(); err != nil {
			return nil, err
		}
		s.pos--
		if c != '\\' {
			break
		}
		s.pos++
		if c, err = s.take(); err != nil {
			return nil, err
		}
		if c != 'u' {
			s.pos--
			return s.escape(utf8.AppendRune(out, utf8.RuneError))
		}
		low, err := s.hex4()
		if err != nil {
			return nil, err
		}
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return utf8.AppendRune(out, both), nil
		}
		out = utf8.AppendRune(out, utf8.RuneError)
		r = low
	}
	return utf8.AppendRune(out, r), nil // a lone half is written as U+FFFD
}

// take returns the next byte of a value.
func (s *scanner) take() (byte, error) {
	if s.pos == s.end {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	c := s.buf[s.pos]
	s.pos++
	return c, nil
}

func (s *scanner) hex4() (rune, error) {
	var r rune
	for range 4 {
		c, err := s.take()
		if err != nil {
			return 0, err
		}
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			s.pos--
			return 0, s.syntax("found %q in a \\u escape", c)
		}
	}
	return r, nil
}

// number reads a number as it is written. The bytes are valid until the next
// read.
func (s *scanner) number() ([]byte, error) {
	out := s.scratch[:0]
	start := s.offset()
	for {
		if s.pos == s.end {
			if err := s.fill(); err != nil {
				// Only a bare number may end with the input; whoever reads on
				// inside an object or array gets the same end of input.
				break
			}
		}
		c := s.buf[s.pos]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		out = append(out, c)
		s.pos++
	}
	s.scratch = out[:0]
	if !validNumber(out) {
		if len(out) == 0 && s.pos < s.end {
			return nil, s.syntax("found %q where a value is expected", s.buf[s.pos])
		}
		if s.pos == s.end {
			return nil, errTruncated
		}
		return nil, &syntaxError{offset: start, what: "this is not a number: " + string(out)}
	}
	if exponentDigits(out) > maxExponentDigits {
		return nil, &syntaxError{offset: start, what: fmt.Sprintf("the exponent of this number has more than %d digits: %s", maxExponentDigits, out), number: true}
	}
	return out, nil
}

// maxExponentDigits bounds what a number may ask for: no Terraform value comes
// near it, OPA fails on numbers beyond 10 to the power of 2³¹ and needs as much
// memory as the exponent says below.
const maxExponentDigits = 4

// exponentDigits counts the digits of a valid number's exponent.
func exponentDigits(b []byte) int {
	at := bytes.IndexAny(b, "eE")
	if at < 0 {
		return 0
	}
	return len(bytes.TrimLeft(b[at+1:], "+-0"))
}

// validNumber is the grammar of RFC 8259, section 6.
func validNumber(b []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(b) && '0' <= b[n] && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n > 0
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '0' {
		b = b[1:]
	} else if !digits() {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		b = b[1:]
		if !digits() {
			return false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		return digits() && len(b) == 0
	}
	return len(b) == 0
}
