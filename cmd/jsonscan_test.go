package cmd

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// scanAny reads a value whole, the way encoding/json would.
func scanAny(j *jsonScan) (any, error) {
	switch j.space() {
	case '{':
		out := map[string]any{}
		err := j.object(func(key string) error {
			v, err := scanAny(j)
			out[key] = v
			return err
		})
		return out, err
	case '[':
		out := []any{}
		err := j.array(func() error {
			v, err := scanAny(j)
			out = append(out, v)
			return err
		})
		return out, err
	case '"':
		return j.string()
	}
	if j.null() {
		return nil, nil
	}
	text, err := j.scalar()
	if err != nil {
		return nil, err
	}
	if text == "true" || text == "false" {
		return text == "true", nil
	}
	return json.Number(text), nil
}

// FuzzJSONScan holds the scanner to encoding/json: it takes the same texts,
// reads the same values from them, and skips what it would read.
func FuzzJSONScan(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, `""`, `null`, `{"a": [1, -2.5e3, true, false, null, {"b": "c"}], "d": ""}`, `"\u00e4\n\"\\"`, `"ä"`, `"\ud800"`, "\"\xff\"", "\"\n\"",
		`{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{"a":1`, `"a`, `"\`, `"\x"`, `nul`, `nullx`, `01`, `1.`, `+1`, ` 1 `, `1 2`, ``, ` `, `{"a":1}{}`, `[[[[]]]]`, `{,}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > maxNesting {
			t.Skip()
		}
		j := &jsonScan{text: text}
		got, err := scanAny(j)
		if err == nil {
			err = j.end()
		}
		if valid := json.Valid([]byte(text)); valid != (err == nil) {
			t.Fatalf("%q: valid %t, scanned with %v", text, valid, err)
		}
		k := &jsonScan{text: text}
		raw, skipErr := k.skip()
		if skipErr == nil {
			skipErr = k.end()
		}
		if (skipErr == nil) != (err == nil) || skipErr == nil && raw != strings.Trim(text, " \t\r\n") {
			t.Fatalf("%q: skipped %q with %v, scanned with %v", text, raw, skipErr, err)
		}
		if err != nil {
			return
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %#v, want %#v", text, got, want)
		}
		if s, ok := got.(string); ok {
			var again string
			if err := json.Unmarshal(appendJSON(nil, s), &again); err != nil || again != s {
				t.Fatalf("%q is written as %s", s, appendJSON(nil, s))
			}
		}
	})
}

func TestJSONScanDepth(t *testing.T) {
	t.Parallel()
	j := &jsonScan{text: strings.Repeat("[", maxNesting+2)}
	if _, err := j.skip(); err == nil || !strings.Contains(err.Error(), "too deeply") {
		t.Errorf("got %v", err)
	}
}
