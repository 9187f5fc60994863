//go:build e2e

package e2e

import (
	"context"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/tftest"
)

// counter passes requests on and counts them. Each takes a while, so that a run
// can be stopped in its middle.
type counter struct {
	*httptest.Server
	requests atomic.Int64
}

func countRequests(t *testing.T, target string, delay time.Duration) *counter {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	c := &counter{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		time.Sleep(delay)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// TestResume: a collection that is killed in its middle and resumed holds the
// same as one that is not, and does not ask again for what was there.
func TestResume(t *testing.T) {
	mock := tftest.Moto(t)
	proxy := countRequests(t, mock, 20*time.Millisecond)
	for _, pair := range tftest.MockEnvironment(proxy.URL) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	program := filepath.Join(t.TempDir(), "parapet")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/parapet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	snapshot := func(ctx context.Context, dir string, more ...string) *exec.Cmd {
		args := append([]string{"snapshot", "--all", "--endpoint", proxy.URL, "--regions", "us-east-1,eu-west-1", "--jobs", "4", "--out", dir}, more...)
		return exec.CommandContext(ctx, program, args...)
	}
	run := func(dir string, more ...string) int64 {
		before := proxy.requests.Load()
		if out, err := snapshot(t.Context(), dir, more...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return proxy.requests.Load() - before
	}
	work := t.TempDir()
	plain, killed := filepath.Join(work, "plain"), filepath.Join(work, "killed")
	whole := run(plain)

	before := proxy.requests.Load()
	c := snapshot(t.Context(), killed)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for proxy.requests.Load()-before < whole/2 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if _, err := os.Stat(filepath.Join(killed, "manifest.json")); err == nil {
		t.Fatal("the run ended before it was killed")
	}
	// What is unfinished is refused, by readers and by a new run.
	parapet(t, 2, "audit", killed)
	parapet(t, 2, "snapshot", "--all", "--endpoint", proxy.URL, "--out", killed)
	resumed := run(killed, "--resume")
	want, got := content(t, plain), content(t, killed)
	if !maps.Equal(want, got) {
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if want[name] != got[name] {
				t.Errorf("%s differs", name)
			}
		}
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	t.Logf("%d requests undisturbed, %d after half of them were made and the run was killed", whole, resumed)
	// Discovery is asked again, and so is what was under way.
	if resumed > whole*2/3 {
		t.Errorf("%d requests to resume, of %d in all", resumed, whole)
	}
}

// content is the files of a snapshot but for what tells of the run.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
