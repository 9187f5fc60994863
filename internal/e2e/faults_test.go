//go:build e2e

package e2e

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/snapshot"
	"github.com/parapet-dev/parapet/internal/tftest"
)

var (
	seeds = flag.Int("seeds", 40, "how many runs TestFaults makes under faults")
	first = flag.Int("seed", 0, "the first of their seeds")
)

// faulty is a stack on a mock behind a proxy, and what an undisturbed run says
// of it.
type faulty struct {
	*tftest.Proxy
	mock  string // its URL
	stack string // directory of the stack
	whole world
	dir   string // of the undisturbed snapshot
	names *strings.Replacer
	clean []string            // policies that find nothing
	about map[string][]string // the types that a policy is about
}

// TestFaults: whatever goes wrong on the way to AWS, nothing that was not read
// passes, nothing is lost without a word, and what heals leaves no trace. What
// goes well shows no drift.
func TestFaults(t *testing.T) {
	url, stack := liveStack(t)
	unmanaged(t, url)
	f := faulty{Proxy: tftest.NewProxy(t, url), mock: url, stack: stack, dir: filepath.Join(t.TempDir(), "whole"), about: policyTypes(t, livePolicies...)}
	begin := time.Now()
	f.whole = audit(t, f.URL, f.dir)
	t.Logf("undisturbed: %d requests, %d scopes (%d not complete), %d resources, %+v, in %v", f.Requests(), len(f.whole.in.Snapshot.Scopes),
		len(f.whole.in.Snapshot.Incomplete()), len(f.whole.in.Resources), f.whole.report.Summary, time.Since(begin).Round(time.Millisecond))
	if s := f.whole.report.Summary; f.whole.code != 1 || s.Violation < 40 || s.Passed < 40 {
		t.Fatalf("exit %d, %+v\n%s", f.whole.code, s, f.whole.errs)
	}
	if wrong := broken(f.whole, f.whole); len(wrong) > 0 {
		t.Fatalf("undisturbed:\n%s", strings.Join(wrong, "\n"))
	}
	f.Replay()
	f.names = names(t, f.whole, filepath.Join(stack, "terraform.tfstate"), url)
	f.clean = clean(f.whole, f.about)
	if code := f.exit(f.dir); code != 0 || len(f.clean) < 5 {
		t.Fatalf("%v find nothing, and exit with %d", f.clean, code)
	}
	t.Run("untouched", f.untouched)
	t.Run("by chance", f.byChance)
	t.Run("every way", f.everyWay)
	t.Run("what heals", f.heals)
	t.Run("nothing goes", f.nothing)
	t.Run("killed", f.killed)
	t.Run("unlisted", f.unlisted)
	t.Run("touched", f.touched)
}

// names replaces what chance has named by what the stack calls it.
func names(t *testing.T, whole world, state, url string) *strings.Replacer {
	t.Helper()
	in, err := input.Load(t.Context(), state, nil, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, r := range in.Resources {
		for _, id := range []string{r.ARN, r.ID} {
			if len(id) > 8 {
				pairs = append(pairs, id, r.Address)
			}
		}
	}
	return strings.NewReplacer(append(pairs, strings.TrimPrefix(url, "http://"), "mock")...)
}

// run audits under chaos and returns what is wrong.
func (f faulty) run(t *testing.T, k *chaos) (world, []string) {
	dir := filepath.Join(t.TempDir(), "snap")
	f.Fault(k.fault)
	got := audit(t, f.URL, dir)
	f.Fault(nil)
	wrong := broken(f.whole, got)
	if got.code != 2 {
		wrong = append(wrong, f.wrongExit(got, dir)...)
	}
	return got, wrong
}

// exit is how an audit by the clean policies ends when what is unknown fails.
func (f faulty) exit(dir string) int {
	args := append([]string{"audit", dir, "--unknown", "fail", "--select", strings.Join(f.clean, ",")}, livePolicies...)
	return hasty(args...).code
}

// wrongExit: policies that find nothing exit with 0 exactly if they were asked
// of all that they are about.
func (f faulty) wrongExit(got world, dir string) []string {
	var why string
	was := entries(f.whole.in.Snapshot)
	for _, e := range got.in.Snapshot.Incomplete() {
		for _, p := range f.clean {
			if slices.Contains(f.about[p], e.Type) && was[e.Scope].Status == snapshot.Complete {
				why = e.Type + " is " + string(e.Status)
			}
		}
	}
	for _, x := range got.report.Findings {
		if slices.Contains(f.clean, x.Policy) {
			why = x.Policy + " " + x.Resource.Address + " is " + string(x.Status)
		}
	}
	switch code := f.exit(dir); {
	case code == 0 && why != "":
		return []string{"exit 0 under --unknown fail, though " + why}
	case code != 0 && why == "":
		return []string{"exit 1 under --unknown fail, and all was read"}
	}
	return nil
}

func (f faulty) byChance(t *testing.T) {
	begin := time.Now()
	var requests, times, pairs, unknown, incomplete, failed int
	kinds := map[string]int{}
	statuses := map[snapshot.Status]int{}
	for i := range *seeds {
		k := newChaos(uint64(*first+i), f.names)
		got, wrong := f.run(t, k)
		if len(wrong) > 0 {
			small, still := shrink(k, func(k *chaos) []string { _, wrong := f.run(t, k); return wrong })
			if len(still) == 0 {
				still = wrong
			}
			t.Errorf("%s\n%s", small, strings.Join(still, "\n"))
		}
		r, n := k.count()
		requests, times = requests+r, times+n
		for _, l := range k.done {
			for _, name := range l {
				kinds[name]++
			}
		}
		if got.code == 2 {
			failed++
			continue
		}
		pairs += len(f.whole.report.Findings) + f.whole.report.Summary.Passed
		unknown += got.report.Summary.Unknown
		for _, e := range got.in.Snapshot.Incomplete() {
			incomplete++
			statuses[e.Status]++
		}
	}
	t.Logf("%d seeds in %v: %d faults in %d requests, %d verdicts held to the true ones, %d unknown, %d scopes not complete %v, %d runs refused",
		*seeds, time.Since(begin).Round(time.Second), times, requests, pairs, unknown, incomplete, statuses, failed)
	t.Logf("faults: %v", kinds)
	for _, m := range mishaps {
		if kinds[m.name] == 0 && *seeds >= 100 {
			t.Errorf("%q never happened", m.name)
		}
	}
}

// everyWay makes every operation fail for ever in every way that takes no time,
// half of the operations at once.
func (f faulty) everyWay(t *testing.T) {
	const parts = 2
	runs := 0
	for _, m := range mishaps[:len(mishaps)-slowOnes] {
		for part := range uint64(parts) {
			goWrong := func(which func(operation string) bool) (operations map[string]bool, wrong []string) {
				operations = map[string]bool{}
				var mu sync.Mutex
				dir := filepath.Join(t.TempDir(), "snap")
				f.Fault(func(c tftest.Call) tftest.Fault {
					if c.Service() == "sts" || !which(c.Operation) {
						return tftest.Fault{}
					}
					mu.Lock()
					defer mu.Unlock()
					operations[c.Operation] = true
					return m.make(c)
				})
				got := audit(t, f.URL, dir)
				f.Fault(nil)
				wrong = broken(f.whole, got)
				if got.code != 2 {
					wrong = append(wrong, f.wrongExit(got, dir)...)
				}
				return operations, wrong
			}
			operations, wrong := goWrong(func(operation string) bool { return hash(0, operation)%parts == part })
			runs++
			if len(wrong) == 0 {
				continue
			}
			alone := false
			for _, op := range slices.Sorted(maps.Keys(operations)) {
				if _, w := goWrong(func(operation string) bool { return operation == op }); len(w) > 0 {
					alone = true
					t.Errorf("%s: %q for ever:\n%s", op, m.name, strings.Join(w, "\n"))
				}
			}
			if !alone {
				t.Errorf("%q for ever, of %v:\n%s", m.name, slices.Sorted(maps.Keys(operations)), strings.Join(wrong, "\n"))
			}
		}
	}
	t.Logf("%d runs", runs)
}

// heals: what goes well at the second or the fourth attempt leaves no trace.
func (f faulty) heals(t *testing.T) {
	want := content(t, f.dir)
	times := 0
	for seed := range uint64(5) {
		k := newChaos(seed, f.names)
		k.percent, k.forever = 100, 0
		k.kinds = slices.DeleteFunc(slices.Clone(mishaps), func(m mishap) bool { return !m.heals })
		dir := filepath.Join(t.TempDir(), "snap")
		f.Fault(k.fault)
		got := audit(t, f.URL, dir)
		f.Fault(nil)
		if got.code != f.whole.code || !reflect.DeepEqual(got.report.Findings, f.whole.report.Findings) {
			t.Errorf("exit %d and other findings: %s\n%s", got.code, got.errs, k)
			continue
		}
		if have := content(t, dir); !maps.Equal(want, have) {
			t.Errorf("the content differs: %s\n%s", differing(f.whole, got, want, have), k)
		}
		_, n := k.count()
		times += n
	}
	t.Logf("%d faults healed", times)
}

// differing tells what differs between two snapshots.
func differing(a, b world, files, others map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name] != others[name] {
			list = append(list, name)
		}
	}
	scopes := entries(b.in.Snapshot)
	for _, e := range a.in.Snapshot.Scopes {
		if o := scopes[e.Scope]; !reflect.DeepEqual(e, o) {
			list = append(list, fmt.Sprintf("%+v, not %+v", o, e))
		}
	}
	return strings.Join(list, "\n")
}

// nothing: where nothing can be read, there is no verdict.
func (f faulty) nothing(t *testing.T) {
	for _, m := range mishaps {
		for _, service := range []string{"sts", ""} {
			if slices.Contains([]string{"dripping", "slow", "stalling"}, m.name) {
				continue // the one is no failure, and the others take their time
			}
			f.Fault(func(c tftest.Call) tftest.Fault {
				if service == "" && c.Service() == "sts" || service != "" && c.Service() != service {
					return tftest.Fault{}
				}
				return m.make(c)
			})
			got := audit(t, f.URL, filepath.Join(t.TempDir(), "snap"))
			if got.code != 2 || got.out != "" {
				t.Errorf("%q of every call of %q: exit %d\n%s%s", m.name, service, got.code, got.out, got.errs)
			}
		}
	}
	f.Fault(nil)
}
