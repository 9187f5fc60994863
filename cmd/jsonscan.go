package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// jsonScan reads one JSON value from front to back without building a tree:
// what is not looked at is skipped and still checked. It serves inputs of
// millions of lines, where encoding/json would be most of the work.
type jsonScan struct {
	text string
	at   int
}

func (j *jsonScan) errorf(format string, args ...any) error {
	return fmt.Errorf("column %d: %s", utf8.RuneCountInString(j.text[:j.at])+1, fmt.Sprintf(format, args...))
}

// space skips white space and returns the next byte, 0 at the end.
func (j *jsonScan) space() byte {
	for j.at < len(j.text) {
		switch c := j.text[j.at]; c {
		case ' ', '\t', '\n', '\r':
			j.at++
		default:
			return c
		}
	}
	return 0
}

// object calls member for each member of an object, standing at its value,
// which member must read.
func (j *jsonScan) object(member func(key string) error) error {
	return j.list('{', '}', func() error {
		key, err := j.string()
		if err != nil {
			return err
		}
		if j.space() != ':' {
			return j.errorf("a colon is missing")
		}
		j.at++
		return member(key)
	})
}

// array calls item for each item of an array, standing at it.
func (j *jsonScan) array(item func() error) error { return j.list('[', ']', item) }

func (j *jsonScan) list(open, end byte, item func() error) error {
	if j.space() != open {
		return j.errorf("a %c is missing", open)
	}
	j.at++
	if j.space() == end {
		j.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch j.space() {
		case ',':
			j.at++
		case end:
			j.at++
			return nil
		default:
			return j.errorf("a comma or %c is missing", end)
		}
	}
}

// string reads a string.
func (j *jsonScan) string() (string, error) {
	if j.space() != '"' {
		return "", j.errorf("a string is missing")
	}
	start := j.at
	plain := true
	for j.at++; j.at < len(j.text); j.at++ {
		switch c := j.text[j.at]; {
		case c == '"':
			j.at++
			if plain {
				return j.text[start+1 : j.at-1], nil
			}
			var s string
			if err := json.Unmarshal([]byte(j.text[start:j.at]), &s); err != nil {
				j.at = start
				return "", j.errorf("bad string")
			}
			return s, nil
		case c == '\\':
			plain = false
			j.at++
		case c < ' ':
			return "", j.errorf("a control character in a string")
		case c >= utf8.RuneSelf:
			plain = false // encoding/json checks the UTF-8
		}
	}
	j.at = start
	return "", j.errorf("the string does not end")
}

// maxNesting bounds how deep values nest.
const maxNesting = 64

// skip reads any value and returns its text.
func (j *jsonScan) skip() (string, error) {
	j.space()
	start := j.at
	err := j.value(0)
	return j.text[start:j.at], err
}

func (j *jsonScan) value(depth int) error {
	if depth > maxNesting {
		return j.errorf("nested too deeply")
	}
	switch c := j.space(); c {
	case '{':
		return j.object(func(string) error { return j.value(depth + 1) })
	case '[':
		return j.array(func() error { return j.value(depth + 1) })
	case '"':
		_, err := j.string()
		return err
	default:
		_, err := j.scalar()
		return err
	}
}

// scalar reads a number, true, false or null, as its text.
func (j *jsonScan) scalar() (string, error) {
	j.space()
	end := j.at
	for end < len(j.text) && strings.IndexByte(" \t\r\n,:]}[{\"", j.text[end]) < 0 {
		end++
	}
	text := j.text[j.at:end]
	switch text {
	case "true", "false", "null":
	default:
		if text == "" || !json.Valid([]byte(text)) {
			return "", j.errorf("a value is missing")
		}
	}
	j.at = end
	return text, nil
}

// null skips a null and reports whether there was one.
func (j *jsonScan) null() bool {
	if j.space() == 'n' && strings.HasPrefix(j.text[j.at:], "null") {
		j.at += len("null")
		return true
	}
	return false
}

// end checks that nothing follows.
func (j *jsonScan) end() error {
	if j.space() != 0 || j.at < len(j.text) {
		return j.errorf("text after the value")
	}
	return nil
}

// appendJSON appends a string as JSON.
func appendJSON(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(out, quoted...)
		}
	}
	out = append(out, '"')
	out = append(out, s...)
	return append(out, '"')
}
