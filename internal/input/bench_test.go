package input

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parapet-dev/parapet/internal/input/plangen"
	"github.com/parapet-dev/parapet/internal/resource"
)

func generated(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "plan.json")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	if err := plangen.Write(f, n, 1); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkPlan reads a plan of 10,000 resources from a file. live-MB is what
// the resources themselves keep.
func BenchmarkPlan(b *testing.B) {
	path := generated(b, 10_000)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	var live uint64
	for b.Loop() {
		res, err := Load(b.Context(), path, nil, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		live = m.HeapAlloc
		runtime.KeepAlive(res)
		b.StartTimer()
	}
	b.ReportMetric(float64(live)/1e6, "live-MB")
}

// BenchmarkSkip reads over values that are not kept.
func BenchmarkSkip(b *testing.B) {
	text, err := os.ReadFile(plans + "shop/plan.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := newScanner(bytes.NewReader(text)).skip(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConfig reads the configuration of the shop.
func BenchmarkConfig(b *testing.B) {
	for b.Loop() {
		if _, err := Load(b.Context(), plans+"shop", nil, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestGenerated holds the generator and the loader together.
func TestGenerated(t *testing.T) {
	var one, two bytes.Buffer
	if err := plangen.Write(&one, 200, 7); err != nil {
		t.Fatal(err)
	}
	if err := plangen.Write(&two, 200, 7); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same seed gives different plans")
	}
	res, err := Load(t.Context(), "-", &one, Options{})
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	placed := 0
	for _, r := range res.Resources {
		types[r.Type] = true
		if r.Account == "111122223333" && r.Region == "eu-west-1" {
			placed++
		}
	}
	if len(res.Resources) != 200 || len(types) < 14 || placed < 180 {
		t.Errorf("%d resources of %d types, %d placed", len(res.Resources), len(types), placed)
	}
	if resource.NewSet(res.Resources).Len() != 200 {
		t.Error("resources are lost in the set")
	}
}
