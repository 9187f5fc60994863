package resource

import (
	"reflect"
	"testing"
)

func TestPath(t *testing.T) {
	for text, want := range map[string]Path{
		"":                                nil,
		"metadata_options[0].http_tokens": {"metadata_options", 0, "http_tokens"},
		`tags["a.b"]`:                     {"tags", "a.b"},
		`["quo\"te"][10].x`:               {`quo"te`, 10, "x"},
	} {
		got, err := ParsePath(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParsePath(%q) = %#v, %v", text, got, err)
		}
		if want.String() != text {
			t.Errorf("String of %#v is %q, want %q", want, want.String(), text)
		}
	}
	for _, text := range []string{"a..b", "a[", "a[x]", `a["x`, `a["x"`, "a[-1]", "1a", "a b"} {
		if p, err := ParsePath(text); err == nil {
			t.Errorf("ParsePath(%q) = %#v, want an error", text, p)
		}
	}
}

// FuzzPath holds that whatever parses is written in a form that parses to the
// same path.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"metadata_options[0].http_tokens", `tags["a.b"]`, `["\x00"]`, "a[0][1].b-c", ".a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := ParsePath(p.String())
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%q parses to %#v, which is written %q and parses to %#v, %v", text, p, p.String(), again, err)
		}
	})
}

// FuzzAddress holds that cutting an address loses nothing and never panics.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{`module.a["b.c"].aws_x.y[0]`, "aws_x.y", `a["\"]`, "]["} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		base, key := SplitKey(address)
		if base+key != address {
			t.Errorf("%q is cut into %q and %q", address, base, key)
		}
		if !covers(address, address) {
			t.Errorf("%q does not cover itself", address)
		}
		StripInstanceKeys(address)
		ModuleOf(address)
	})
}

func TestMarked(t *testing.T) {
	tree := map[string]any{"a": []any{false, map[string]any{"b": true}}, "c": true}
	for text, want := range map[string]bool{
		"a": true, "a[0]": false, "a[1]": true, "a[1].b": true, "a[1].x": false, "c": true, "c.d": true, "e": false,
	} {
		p, err := ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		if Marked(tree, p) != want {
			t.Errorf("Marked at %s is %v", text, !want)
		}
	}
}
