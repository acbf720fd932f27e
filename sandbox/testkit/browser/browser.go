// Package browser gives tests tabs of a real headless Chromium, and what a person does in one. All tests of a package share one Chromium;
// each tab has cookies and storage of its own. What a page throws, or the policy of its server refuses, fails its test, and a test
// that failed leaves a picture and the text of its last page in artifacts/. Call testkit.Main from TestMain: it ends the Chromium.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"datawald/sandbox/testkit"
)

// Wait is how long a page has for one step: a busy machine may need most of it, and only what is wrong takes all.
const Wait = 60 * time.Second

// Tab is a tab of the browser. It is for one goroutine, as its test is.
type Tab struct {
	t   testing.TB
	ctx context.Context
	at  string
	// over is true once the test has ended, which takes no word any more.
	over atomic.Bool
}

var (
	once    sync.Once
	shared  context.Context
	trouble error
)

// Open gives a new tab, for the pages of the server at an address such as http://127.0.0.1:8080. It ends with the test.
func Open(t testing.TB, at string) *Tab {
	t.Helper()
	program := chromium(t)
	once.Do(func() { shared, trouble = start(program) })
	if trouble != nil {
		t.Fatalf("Chromium does not start: %v", trouble)
	}
	b := open(t, at, shared, chromedp.WithNewBrowserContext())
	b.focused(true)
	return b
}

func open(t testing.TB, at string, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, end := chromedp.NewContext(parent, options...)
	b := &Tab{t: t, ctx: ctx, at: at}
	t.Cleanup(func() {
		if t.Failed() {
			b.leave()
		}
		b.over.Store(true)
		end()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.heard); err != nil {
		t.Fatal(err)
	}
	return b
}

// focused sets whether the page takes its tab for the one that somebody uses. Without it the page is like one in a window behind another, and nothing in
// it shows that it has the focus.
func (b *Tab) focused(is bool) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: is}); err != nil {
		b.t.Fatal(err)
	}
}

// Beside opens another tab in the window of this one, with its cookies and its connections. From then on one of them alone can be seen: the new one,
// until Front.
func (b *Tab) Beside() *Tab {
	b.t.Helper()
	b.focused(false)
	other := open(b.t, b.at, b.ctx, chromedp.WithNewWindow(false))
	other.Front()
	return other
}

// Front brings the tab before all others of its window.
func (b *Tab) Front() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.BringToFront, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
}

// chromium is the program: CHROMIUM, or that of Debian. Without one the tests of the page prove nothing, and fail.
func chromium(t testing.TB) string {
	t.Helper()
	name := os.Getenv("CHROMIUM")
	if name == "" {
		name = "/usr/bin/chromium"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: the page is tested in Chromium. Install it (apt-get install -y --no-install-recommends chromium; make test does so as root) or name one in CHROMIUM", err)
	}
	return path
}

// Named is a host name that the browser finds on this machine.
const Named = "desk.example"

// start starts Chromium with a profile of its own.
func start(program string) (context.Context, error) {
	dir, err := os.MkdirTemp("", "datawald-browser-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(dir), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("host-resolver-rules", "MAP "+Named+" 127.0.0.1"),
		chromedp.WSURLReadTimeout(time.Minute))
	allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocated)
	testkit.AtEnd(func() {
		_ = chromedp.Cancel(ctx) // it is ended below in any case
		end()
		release()
		for range 50 { // its processes may write for a moment after it has ended
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return ctx, chromedp.Do(ctx) // the browser lives as long as this first context
}

func (b *Tab) heard(event any) {
	if b.over.Load() {
		return
	}
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.t.Errorf("the page threw: %s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber+1)
	case *log.EventEntryAdded:
		if strings.Contains(e.Entry.Text, "Content Security Policy") {
			b.t.Errorf("refused by the policy: %s", e.Entry.Text)
		}
	}
}

// leave writes the page as it is to artifacts/failed-<test>.png and .html, which is where to look first.
func (b *Tab) leave() {
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	name := filepath.Join(testkit.Root(), "artifacts", "failed-"+strings.NewReplacer("/", "-", " ", "_").Replace(b.t.Name()))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.t.Log(err)
		return
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`"<!-- " + location.href + " -->\n" + document.documentElement.outerHTML`))
	if err == nil {
		err = os.WriteFile(name+".html", []byte(text), 0o644)
	}
	png, pictured := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if pictured == nil {
		pictured = os.WriteFile(name+".png", png, 0o644)
	}
	b.t.Logf("the page is in %s.png and .html (%v, %v)", name, err, pictured)
}

// Do runs steps of chromedp.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Wait)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\non the page %s", err, b.Says())
	}
}

// Says is the address and the text of the page, for failures.
func (b *Tab) Says() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// Value is what an expression comes to on the page of a tab.
func Value[T any](b *Tab, expression string, options ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Wait)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Visit opens a path of the server.
func (b *Tab) Visit(path string) { b.t.Helper(); b.Do(chromedp.Navigate(b.at + path)) }

// Until waits for a condition, over pages that come and go.
func (b *Tab) Until(what, condition string) {
	b.t.Helper()
	for end := time.Now().Add(Wait); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, Wait)
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { try { return !!(`+condition+`) } catch { return false } })()`))
		cancel()
		if is && err == nil {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("not within %s: %s (%v)\non the page %s", Wait, what, err, b.Says())
		}
	}
}

// Sees waits until the page says the words.
func (b *Tab) Sees(words ...string) {
	b.t.Helper()
	for _, word := range words {
		b.Until("it says "+word, `document.body.innerText.replace(/\s+/g, " ").includes(`+Quote(word)+`)`)
	}
}

// IsAt waits until the tab is at a path, with its parameters.
func (b *Tab) IsAt(path string) {
	b.t.Helper()
	b.Until("it is at "+path, `location.pathname + location.search === `+Quote(path))
}

// Click presses the button, link or summary that says the words; one of the page itself before one around it.
func (b *Tab) Click(words string) {
	b.t.Helper()
	find := `[...document.querySelectorAll("main :is(button, a, summary)"), ...document.querySelectorAll("button, a, summary")].find(e => e.checkVisibility() && !e.disabled && e.innerText.trim().replace(/\s+/g, " ") === ` + Quote(words) + `)`
	b.Until("there is "+words, find+` && document.readyState === "complete"`)
	_ = Value[bool](b, `(() => { `+find+`.click(); return true })()`)
}

// Fill writes into a field.
func (b *Tab) Fill(field, text string) {
	b.t.Helper()
	b.Do(chromedp.WaitVisible(field))
	_ = Value[bool](b, `(document.querySelector(`+Quote(field)+`).value = "", true)`)
	b.Do(chromedp.SendKeys(field, text))
}

// Edit replaces a text in a field, as somebody does who types.
func (b *Tab) Edit(field, old, text string) {
	b.t.Helper()
	b.Until(field+" holds "+old, `document.querySelector(`+Quote(field)+`).value.includes(`+Quote(old)+`)`)
	_ = Value[bool](b, `(() => { const f = document.querySelector(`+Quote(field)+`); f.value = f.value.replace(`+Quote(old)+`, `+Quote(text)+`); f.dispatchEvent(new Event("input", { bubbles: true })); return true })()`)
}

// Screen sets the width in pixels and the theme of the system.
func (b *Tab) Screen(width int64, theme string) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(width, 900), func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return chromedp.Void{}, err
	})
}

// Picture is the whole page as PNG.
func (b *Tab) Picture() []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Wait)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

// Quote writes a text as JavaScript does.
func Quote(text string) string {
	return "`" + strings.NewReplacer("`", "\\`", "\\", "\\\\", "$", "\\$").Replace(text) + "`"
}
