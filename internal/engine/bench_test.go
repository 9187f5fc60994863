package engine_test

import (
	"fmt"
	"testing"

	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/policies"
)

func library(b testing.TB) []engine.Module {
	b.Helper()
	mods, err := engine.ReadModules(policies.FS, "policies")
	if err != nil {
		b.Fatal(err)
	}
	return mods
}

// BenchmarkNew compiles the library: the cost of starting.
func BenchmarkNew(b *testing.B) {
	mods := library(b)
	for b.Loop() {
		if _, ds := engine.New(engine.Options{Modules: mods}); ds.HasErrors() {
			b.Fatal(ds)
		}
	}
}

// BenchmarkCheck evaluates the library on a real plan, repeated to 1,000
// resources, with its unknown values and without them: ordinary and partial
// evaluation, on one worker.
func BenchmarkCheck(b *testing.B) {
	const path, size = "../../testdata/plans/shop/plan.json", 1000
	in, err := input.Load(b.Context(), path, nil, input.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, known := range []bool{true, false} {
		b.Run(fmt.Sprintf("known=%v", known), func(b *testing.B) {
			var rs []*resource.Resource
			for i := range size {
				r := *in.Resources[i%len(in.Resources)]
				r.Address, r.Refs = fmt.Sprintf("module.m%d.%s", i, r.Address), nil
				if known {
					r.Unknown = nil
				}
				rs = append(rs, &r)
			}
			set := resource.NewSet(rs)
			e, ds := engine.New(engine.Options{Modules: library(b), Jobs: 1})
			if ds.HasErrors() {
				b.Fatal(ds)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Check(b.Context(), set); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
