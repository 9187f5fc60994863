package finding_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
)

// TestDocumented: docs/findings.md describes every member of the document.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[typ] {
			return
		}
		seen[typ] = true
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("%s.%s: docs/findings.md does not describe `%s`", typ.Name(), field.Name, name)
			}
			walk(field.Type)
		}
	}
	walk(reflect.TypeFor[finding.Report]())
	if len(seen) < 6 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}
