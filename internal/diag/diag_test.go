package diag_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
)

func TestWriter(t *testing.T) {
	d := diag.Errorf("plan-truncated", "the plan ends in the middle of a %s", "value").
		At(diag.Place{File: "plan.json", Line: 2, Column: 3}).
		WithDetail("It was cut after %d bytes.\nNothing of it was used.", 12).
		WithHint("write it again").WithHint("or not")
	sources := func(file string) ([]byte, bool) { return []byte("one\ntwo\r\nthree"), file == "plan.json" }
	for _, tt := range []struct {
		name string
		w    diag.Writer
		d    diag.Diagnostic
		want string
	}{
		{"whole", diag.Writer{Sources: sources}, d, `error[plan-truncated]: the plan ends in the middle of a value
  at plan.json:2:3
  2 | two
  It was cut after 12 bytes.
  Nothing of it was used.
  hint: write it again
  hint: or not
`},
		{"no sources", diag.Writer{}, diag.Warningf("w", "odd").At(diag.Place{File: "a", Line: 9}), "warning[w]: odd\n  at a:9\n"},
		{"line beyond the end", diag.Writer{Sources: sources}, diag.Errorf("e", "x").At(diag.Place{File: "plan.json", Line: 9}), "error[e]: x\n  at plan.json:9\n"},
		{"another file", diag.Writer{Sources: sources}, diag.Errorf("e", "x").At(diag.Place{File: "b", Line: 1}), "error[e]: x\n  at b:1\n"},
		{"colour", diag.Writer{Color: true}, diag.Warningf("w", "x"), "\x1b[33;1mwarning[w]\x1b[0m: x\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			tt.w.Out = &b
			if err := tt.w.Write(tt.d); err != nil || b.String() != tt.want {
				t.Errorf("%v, wrote\n%s\nwant\n%s", err, b.String(), tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	place := diag.Place{File: "f", Line: 1}
	late, early := diag.Errorf("b", "late").At(diag.Place{File: "f", Line: 7}), diag.Errorf("a", "early").At(place).WithDetail("why")
	ds := diag.Diagnostics{late, diag.Warningf("w", "warned").At(place), early}
	ds.Sort()
	if got, want := ds.Error(), "f:1: early: why\nf:1: warned\nf:7: late"; got != want {
		t.Errorf("sorted: %q, want %q", got, want)
	}
	if ds.Err() == nil || (diag.Diagnostics{diag.Warningf("w", "x")}).Err() != nil {
		t.Error("a list is an error when it holds one, and not for warnings")
	}
	if got := diag.From("c", fmt.Errorf("around: %w", ds)); len(got) != 3 {
		t.Errorf("from a wrapped list: %v", got)
	}
	if got := diag.From("c", fmt.Errorf("around: %w", early)); len(got) != 1 || got[0].Code != "a" {
		t.Errorf("from a wrapped diagnostic: %v", got)
	}
	if got := diag.From("c", errors.New("plain")); len(got) != 1 || got[0].Code != "c" || got[0].Summary != "plain" {
		t.Errorf("from a plain error: %v", got)
	}
	if diag.From("c", nil) != nil {
		t.Error("no error makes no diagnostics")
	}
}

// TestHintsAreNotShared: a diagnostic that others are made of keeps its hints.
func TestHintsAreNotShared(t *testing.T) {
	base := diag.Errorf("c", "s").WithHint("one")
	a, b := base.WithHint("two"), base.WithHint("three")
	if a.Hints[1] != "two" || b.Hints[1] != "three" || len(base.Hints) != 1 {
		t.Errorf("hints: %v %v %v", base.Hints, a.Hints, b.Hints)
	}
}
