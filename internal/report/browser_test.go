//go:build browser

package report

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// These tests read the HTML report in a real browser. They have the build tag
// browser, since they need Chromium and take seconds; .ci/run runs them where
// it is.

// chromium finds a browser: the one that PARAPET_CHROMIUM names, or one of the
// usual names on the PATH.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PARAPET_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tftest.Missing(t, "no Chromium on the PATH; set PARAPET_CHROMIUM")
	return ""
}

// tab is a page in a browser, and all that it said and asked for.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	said     []string
	requests map[network.RequestID]string // addresses
	blocked  map[network.RequestID]network.BlockedReason
}

// open starts a browser of its own and loads a report from a file. Before it is
// loaded, the actions run.
func open(t *testing.T, r finding.Report, fragment string, before ...func(*tab)) *tab {
	t.Helper()
	path := chromium(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, htmlOf(t, r), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, requests: map[network.RequestID]string{}, blocked: map[network.RequestID]network.BlockedReason{}, url: (&url.URL{Scheme: "file", Path: filepath.ToSlash(file), Fragment: fragment}).String()}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	call(b, page.Enable, page.EnableParams{})
	for _, do := range before {
		do(b)
	}
	b.run(chromedp.Navigate(b.url))
	return b
}

// call sends a command of the DevTools protocol.
func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		b.said = append(b.said, fmt.Sprintf("console.%s %v", ev.Type, ev.Args))
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, "exception "+ev.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		b.said = append(b.said, fmt.Sprintf("%s %s", ev.Entry.Level, ev.Entry.Text))
	case *page.EventJavascriptDialogOpening:
		b.said = append(b.said, "dialog "+ev.Message)
	case *network.EventRequestWillBeSent:
		b.requests[ev.RequestID] = ev.Request.URL
	case *network.EventLoadingFailed:
		b.blocked[ev.RequestID] = ev.BlockedReason
	}
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval is the value of an expression in the page, as text.
func (b *tab) eval(js string) string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// want fails unless an expression has a value, now or within seconds.
func (b *tab) want(js, want string) {
	b.t.Helper()
	got := ""
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if got = b.eval(js); got == want {
			return
		}
	}
	b.t.Errorf("%s\nis    %q\nwant  %q", js, got, want)
}

// quiet fails if the page said anything or asked for anything but itself.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.said) > 0 {
		b.t.Errorf("the page said %q", b.said)
	}
	own, _, _ := strings.Cut(b.url, "#")
	for _, url := range b.requests {
		if url, _, _ := strings.Cut(url, "#"); url != own {
			b.t.Errorf("the page asked for %s", url)
		}
	}
	if len(b.requests) == 0 {
		b.t.Error("not even the page itself was seen being loaded")
	}
}

// What the tests count on a page.
const (
	visibleItems = `[...document.querySelectorAll(".f")].filter(e => e.checkVisibility()).length`
	// The status of what is visible, sorted.
	visibleStatus = `[...new Set([...document.querySelectorAll(".f")].filter(e => e.checkVisibility()).map(e => e.dataset.status))].sort()`
	groups        = `[...document.querySelectorAll(".group")].filter(e => e.checkVisibility()).length`
)

func TestBrowserShared(t *testing.T) {
	r := shared()
	b := open(t, r, "")
	all := fmt.Sprint(len(r.Findings))
	b.want(visibleItems, all)
	b.want(`document.querySelectorAll(".group").length`, "6")
	b.want(`document.querySelector("h1").textContent`, count(r.Summary.Violation, "violation"))

	// The chart says what the summary says, in length too.
	most := slices.Max(slices.Collect(maps.Values(r.Summary.BySeverity)))
	for _, sev := range finding.Severities {
		row := fmt.Sprintf(`document.querySelector("#severity-chart [data-severity=%s]")`, sev)
		n := r.Summary.BySeverity[sev]
		b.want(row+`.querySelector(".n").textContent`, fmt.Sprint(n))
		b.want(fmt.Sprintf(`Math.round(100 * %[1]s.querySelector(".fill").getBoundingClientRect().width / %[1]s.querySelector(".rail").getBoundingClientRect().width)`, row), fmt.Sprint(math.Round(100*float64(n)/float64(most))))
	}

	// Filters.
	b.run(chromedp.Click(chromedp.CSS(`input[name=status][value=violation]`)))
	b.want(visibleStatus, "error,exempt,unknown")
	b.want(`document.getElementById("shown").value`, fmt.Sprintf("5 of %s", all))
	b.run(chromedp.Click(chromedp.CSS(`#reset`)))
	b.want(visibleItems, all)
	b.run(chromedp.Click(chromedp.CSS(`#severity-chart [data-severity=critical]`)))
	b.want(visibleItems, "4")
	b.want(`document.querySelector("#severity-chart [data-severity=critical]").getAttribute("aria-pressed")`, "true")
	b.run(chromedp.Click(chromedp.CSS(`#severity-chart [data-severity=critical]`)))
	b.want(visibleItems, all)
	b.run(chromedp.SetValue(chromedp.CSS(`#type`), "aws_instance"))
	b.eval(`document.getElementById("type").dispatchEvent(new Event("change", {bubbles: true}))`)
	b.want(visibleItems, "4")
	b.run(chromedp.Click(chromedp.CSS(`#reset`)))

	// Search, from the keyboard.
	b.eval(`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true}))`)
	b.want(`document.activeElement.id`, "search")
	b.run(chromedp.KeyEvent("aws_s3_bucket WEBSITE"))
	b.want(`document.getElementById("search").value`, "aws_s3_bucket WEBSITE")
	b.want(visibleItems, "1")
	b.want(groups, "1")
	b.run(chromedp.KeyEvent("nothing-like-this"))
	b.want(visibleItems, "0")
	b.want(`document.getElementById("none").checkVisibility()`, "true")
	b.run(chromedp.KeyEvent("\x1b"))
	b.want(visibleItems, all)

	// By resource, and back.
	resources := map[string]bool{}
	for _, f := range r.Findings {
		resources[f.Resource.Type+" "+Subject(f)] = true
	}
	b.run(chromedp.Click(chromedp.CSS(`input[name=view][value=resource]`)))
	b.want(groups, fmt.Sprint(len(resources)))
	b.want(visibleItems, all)
	b.want(`[...document.querySelectorAll(".f .pol")].every(e => e.checkVisibility() && e.querySelector(".badge"))`, "true")
	b.run(chromedp.Click(chromedp.CSS(`input[name=view][value=policy]`)))
	b.want(groups, "6")
	b.want(visibleItems, all)
	b.want(`[...document.querySelectorAll(".f .pol")].some(e => e.checkVisibility())`, "false")

	// Nothing that the plan says became markup.
	b.want(`document.querySelectorAll("script, img, iframe, object").length`, "1")
	b.want(`document.querySelector(".group:nth-of-type(4) .message").textContent.startsWith("</script><script>alert(1)</script>")`, "true")
	b.quiet()
}

// TestBrowserAddress: an address with filters shows what they leave.
func TestBrowserAddress(t *testing.T) {
	b := open(t, shared(), "status=exempt&view=resource&q=logs")
	b.want(visibleItems, "1")
	b.want(`document.body.className`, "by-resource")
	b.want(`document.getElementById("search").value`, "logs")
	b.quiet()
}

// TestBrowserPolicy: markup that got into the page would load and run nothing,
// and the listeners that keep the other tests honest see that it was tried.
func TestBrowserPolicy(t *testing.T) {
	r := shared()
	b := open(t, r, "")
	b.quiet()
	b.eval(`document.body.insertAdjacentHTML("beforeend",
		"<img src='https://evil.example/x' onerror='document.title = 1'><p style='color: red' onclick='document.title = 2'>x</p>")`)
	b.eval(`document.body.lastElementChild.click()`)
	b.eval(`document.body.append(Object.assign(document.createElement("script"), {textContent: "document.title = 3"}))`)
	b.want(`document.title`, "Parapet: "+count(r.Summary.Violation, "violation"))
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, directive := range []string{"default-src", "style-src", "script-src"} {
		if !strings.Contains(strings.Join(b.said, "\n"), directive) {
			t.Errorf("nothing refused by %s: %q", directive, b.said)
		}
	}
	tried := 0
	for id, url := range b.requests {
		if strings.Contains(url, "evil.example") {
			tried++
			if b.blocked[id] != network.BlockedReasonCsp {
				t.Errorf("%s was not refused: %q", url, b.blocked[id])
			}
		}
	}
	if tried == 0 {
		t.Error("the attempt to load an image was not seen")
	}
}

// TestBrowserWithoutScript: the page is a plain list.
func TestBrowserWithoutScript(t *testing.T) {
	b := open(t, shared(), "", func(b *tab) {
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	})
	b.want(visibleItems, fmt.Sprint(len(shared().Findings)))
	b.want(`document.getElementById("filters").checkVisibility()`, "false")
	b.quiet()
}

// TestBrowserLooks: dark, print and narrow.
func TestBrowserLooks(t *testing.T) {
	b := open(t, shared(), "")
	background := `getComputedStyle(document.body).backgroundColor`
	media := func(p emulation.SetEmulatedMediaParams) {
		t.Helper()
		call(b, emulation.SetEmulatedMedia, p)
	}
	scheme := func(v string) {
		t.Helper()
		media(emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v}}})
	}
	scheme("light")
	b.want(background, "rgb(246, 246, 243)")
	scheme("dark")
	b.want(background, "rgb(20, 23, 28)")
	media(emulation.SetEmulatedMediaParams{Media: "print"})
	b.want(background, "rgb(255, 255, 255)")
	b.want(`document.getElementById("filters").checkVisibility()`, "false")
	media(emulation.SetEmulatedMediaParams{})
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 1, Mobile: true})
	b.want(`[...document.querySelectorAll("body *")].filter(e => !e.closest("pre, .skip, .vh, svg") && e.getBoundingClientRect().right > 361).slice(0, 3).map(e => e.outerHTML.slice(0, 90))`, "")
	b.want(`document.documentElement.scrollWidth`, "360")
	b.want(`[...document.querySelectorAll("input, select, button")].every(e => e.labels?.length > 0 || e.textContent.trim() !== "")`, "true")
	b.quiet()
}

// TestBrowserLarge: ten thousand findings are there at once, and filter while
// one types. What is not in view is not laid out.
func TestBrowserLarge(t *testing.T) {
	const n = 10_000
	start := time.Now()
	b := open(t, large(n), "")
	b.want(`document.getElementById("shown").value`, fmt.Sprintf("%d of %d", n, n))
	t.Logf("loaded in %s with the browser's start", time.Since(start).Round(time.Millisecond))
	b.want(`[...document.querySelectorAll(".f")].at(-1).firstElementChild.nextElementSibling.checkVisibility({contentVisibilityAuto: true})`, "false")
	// The time of the page's thread, so that a busy machine does not count.
	call(b, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	busy := func() time.Duration {
		t.Helper()
		got, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(got.Metrics, func(m *performance.Metric) bool { return m.Name == "TaskDuration" })
		return time.Duration(got.Metrics[i].Value * float64(time.Second))
	}
	timed := func(what, js, want string) {
		t.Helper()
		before := busy()
		b.eval(`(() => { ` + js + `; document.body.offsetHeight })()`)
		b.want(`document.getElementById("shown").value`, want)
		took := busy() - before
		t.Logf("%s: %s", what, took.Round(time.Millisecond))
		if took > 10*time.Second {
			t.Errorf("%s took %s", what, took)
		}
	}
	change := `document.getElementById("filters").dispatchEvent(new Event("change"))`
	timed("filter", `document.querySelector("input[name=severity][value=low]").click()`, fmt.Sprintf("%d of %d", n*4/5, n))
	timed("search", `document.getElementById("search").value = "module.m3.aws_type_5.r"; `+change, b.eval(
		`(() => { const k = [...document.querySelectorAll(".f")].filter(e => e.dataset.severity !== "low" && e.textContent.includes("module.m3.aws_type_5.r")).length; return k + " of `+fmt.Sprint(n)+`" })()`))
	timed("reset", `document.getElementById("search").value = ""; document.querySelector("input[name=severity][value=low]").click()`, fmt.Sprintf("%d of %d", n, n))
	timed("by resource", `document.querySelector("input[name=view][value=resource]").click()`, fmt.Sprintf("%d of %d", n, n))
	b.want(groups, fmt.Sprint(n))
	timed("by policy", `document.querySelector("input[name=view][value=policy]").click()`, fmt.Sprintf("%d of %d", n, n))
	b.want(groups, "40")
	b.quiet()
}
