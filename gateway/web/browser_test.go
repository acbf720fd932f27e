package web_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"datawald/gateway/access"
)

// browser is a tab of a real Chromium.
type browser struct {
	t   testing.TB
	ctx context.Context
	at  string
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

// open starts a browser with a profile of its own for the world. What a page throws, or a policy of its server refuses, fails the test.
func (w *world) open() *browser {
	w.t.Helper()
	dir, err := os.MkdirTemp("", "datawald-browser-")
	if err != nil {
		w.t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(w.t)), chromedp.UserDataDir(dir), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("host-resolver-rules", "MAP "+named+" 127.0.0.1"), chromedp.WSURLReadTimeout(time.Minute))
	allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocated)
	w.t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			w.t.Log("browser:", err)
		}
		end()
		release()
		for range 50 { // its processes may write for a moment after it has ended
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as this first context
		w.t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, w.heard); err != nil {
		w.t.Fatal(err)
	}
	// Without this the page is like one in a window behind another, and nothing in it shows that it has the focus.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		w.t.Fatal(err)
	}
	return &browser{t: w.t, ctx: ctx, at: w.server.URL}
}

func (w *world) heard(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.t.Errorf("the page threw: %s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber+1)
	case *log.EventEntryAdded:
		if strings.Contains(e.Entry.Text, "Content Security Policy") {
			w.t.Errorf("refused by the policy: %s", e.Entry.Text)
		}
	}
}

// wait is how long the browser has for one step on a busy machine.
const wait = 30 * time.Second

// do runs steps.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, wait)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\non the page %s", err, b.says())
	}
}

// says is the address and the text of the page, for failures.
func (b *browser) says() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// value is what an expression comes to.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, wait)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// signIn uses the login page.
func (b *browser) signIn(w *world, role access.Role) {
	b.t.Helper()
	w.user(role)
	b.visit("/login")
	b.fill("#name", string(role))
	b.fill("#password", password(role))
	b.click("Sign in")
	b.until("it is signed in as "+string(role), `document.body.dataset.who === `+quote(string(role)))
}

// visit opens a page of the gateway.
func (b *browser) visit(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.at + path)) }

// until waits for a condition, over pages that come and go.
func (b *browser) until(what, condition string) {
	b.t.Helper()
	for end := time.Now().Add(wait); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, wait)
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { try { return !!(`+condition+`) } catch { return false } })()`))
		cancel()
		if is && err == nil {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("not within %s: %s (%v)\non the page %s", wait, what, err, b.says())
		}
	}
}

// sees waits until the page says the words.
func (b *browser) sees(words ...string) {
	b.t.Helper()
	for _, word := range words {
		b.until("it says "+word, `document.body.innerText.replace(/\s+/g, " ").includes(`+quote(word)+`)`)
	}
}

// isAt waits until the browser is at a path, with its parameters.
func (b *browser) isAt(path string) {
	b.t.Helper()
	b.until("it is at "+path, `location.pathname + location.search === `+quote(path))
}

// click presses the button, link or summary that says the words.
func (b *browser) click(words string) {
	b.t.Helper()
	find := `[...document.querySelectorAll("button, a, summary")].find(e => e.checkVisibility() && !e.disabled && e.innerText.trim().replace(/\s+/g, " ") === ` + quote(words) + `)`
	b.until("there is "+words, find+` && document.readyState === "complete"`)
	_ = value[bool](b, `(() => { `+find+`.click(); return true })()`)
}

// fill writes into a field.
func (b *browser) fill(field, text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(field))
	_ = value[bool](b, `(document.querySelector(`+quote(field)+`).value = "", true)`)
	b.do(chromedp.SendKeys(field, text))
}

// screen sets the width in pixels and the theme of the system.
func (b *browser) screen(width int64, theme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900), func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return chromedp.Void{}, err
	})
}

// picture is the whole page as PNG.
func (b *browser) picture() []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, wait)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

func quote(text string) string {
	return "`" + strings.NewReplacer("`", "\\`", "\\", "\\\\", "$", "\\$").Replace(text) + "`"
}
