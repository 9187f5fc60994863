package document_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/input/plangen"
)

func speedProgram(b *testing.B) *document.Program {
	b.Helper()
	mods, err := engine.ReadModules(os.DirFS(filepath.Join(conftestCases, "speed", "policy")), "policy")
	if err != nil {
		b.Fatal(err)
	}
	p, ds := document.New(document.Options{Modules: mods})
	if ds.HasErrors() {
		b.Fatal(ds)
	}
	return p
}

// BenchmarkLoad reads a plan of 10,000 resources for 24 rules.
func BenchmarkLoad(b *testing.B) {
	var plan bytes.Buffer
	if err := plangen.Write(&plan, 10_000, 1); err != nil {
		b.Fatal(err)
	}
	p := speedProgram(b)
	b.SetBytes(int64(plan.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := input.Load(context.Background(), "-", bytes.NewReader(plan.Bytes()),
			input.Options{Document: p.Projection(), OnlyDocument: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck evaluates 24 rules on 10,000 resources.
func BenchmarkCheck(b *testing.B) {
	var plan bytes.Buffer
	if err := plangen.Write(&plan, 10_000, 1); err != nil {
		b.Fatal(err)
	}
	p := speedProgram(b)
	in, err := input.Load(context.Background(), "-", &plan, input.Options{Document: p.Projection(), OnlyDocument: true})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Check(context.Background(), in.Document, document.File{}); err != nil {
			b.Fatal(err)
		}
	}
}
