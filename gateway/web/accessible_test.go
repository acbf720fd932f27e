package web_test

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"datawald/gateway/access"
	"datawald/sandbox/testkit/browser"
)

//go:embed testdata/accessible.js
var accessible string

// Every page can be used with a keyboard, a screen reader and weak eyes, in both themes.
func TestAccessible(t *testing.T) {
	w := newWorld(t)
	w.stock(32)
	b := w.open()
	w.signIn(b, access.Admin)
	for name, path := range w.shown() {
		for _, width := range []int64{390, 1280} {
			for _, theme := range []string{"light", "dark"} {
				b.Screen(width, theme)
				b.Visit(path)
				b.Until("it is whole", `document.readyState === "complete" && document.querySelector("h1")`)
				_ = browser.Value[bool](b, `(document.querySelectorAll("details").forEach(d => d.open = true), true)`)
				for _, fault := range browser.Value[[]string](b, accessible) {
					t.Errorf("%s (%s) at %d, %s: %s", name, path, width, theme, fault)
				}
			}
		}
	}
}

// The Tab key goes through a page in the order in which it is read, and first offers to skip to the content.
func TestTabKeyGoesInOrder(t *testing.T) {
	w := newWorld(t)
	w.stock(16)
	b := w.open()
	w.signIn(b, access.Admin)
	b.Screen(1280, "light")
	for name, path := range w.shown() {
		b.Visit(path)
		b.Until("it is whole", `document.readyState === "complete" && document.querySelector("h1")`)
		_ = browser.Value[bool](b, `(document.activeElement.blur(), window.stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && e.type !== "radio"), true)`)
		last := -1
		for n := range 12 {
			b.Do(chromedp.KeyEvent(kb.Tab))
			at := browser.Value[int](b, `window.stops.indexOf(document.activeElement)`)
			if at < 0 && browser.Value[bool](b, `document.activeElement.type === "radio" || document.activeElement === document.body`) {
				break
			}
			if at <= last && name != "login" {
				t.Errorf("%s: step %d of the Tab key is at %d after %d: %s", name, n+1, at, last, browser.Value[string](b, `document.activeElement.outerHTML.slice(0, 120)`))
				break
			}
			if n == 0 && name != "login" && at != 0 {
				t.Errorf("%s: the first stop is not the way to the content", name)
			}
			last = at
		}
	}
}

// The check finds what it looks for: each rule once on a page that breaks it.
func TestAccessibleFindsFaults(t *testing.T) {
	w := newWorld(t)
	b := w.open()
	for rule, html := range map[string]string{
		"lang":                 `<html><title>x</title><main><h1>x</h1></main>`,
		"title":                `<html lang=en><main><h1>x</h1></main>`,
		"one-h1":               body(`<h1>x</h1><h1>y</h1>`),
		"heading-order":        body(`<h1>x</h1><h3>y</h3>`),
		"main":                 `<html lang=en><title>x</title><h1 role=none>x</h1>`,
		"landmark-name":        body(`<h1>x</h1><nav><a href=x>y</a></nav>`),
		"landmark-unique":      body(`<h1>x</h1><nav aria-label=a></nav><nav aria-label=a></nav>`),
		"label":                body(`<h1>x</h1><input>`),
		"name":                 body(`<h1>x</h1><button></button>`),
		"picture-name":         body(`<h1>x</h1><svg></svg>`),
		"duplicate-id":         body(`<h1 id=a>x</h1><p id=a>y</p>`),
		"reference":            body(`<h1 aria-describedby=nobody>x</h1>`),
		"list":                 body(`<h1>x</h1><ul><p>y</p></ul>`),
		"caption":              body(`<h1>x</h1><table><tr><th scope=col>a</th></tr></table>`),
		"scope":                body(`<h1>x</h1><table><caption>c</caption><tr><th>a</th></tr></table>`),
		"tab-order":            body(`<h1>x</h1><a href=x tabindex=3>y</a>`),
		"hidden-focus":         body(`<h1>x</h1><p aria-hidden=true><a href=x>y</a></p>`),
		"contrast":             body(`<h1>x</h1><p id=grey>y</p>`, `#grey { color: #999; background: #fff }`),
		"contrast-placeholder": body(`<h1>x</h1><input aria-label=a placeholder=p>`, `::placeholder { color: #aaa }`),
		"contrast-border":      body(`<h1>x</h1><input aria-label=a>`, `input { border: 1px solid #ddd }`),
		"focus-visible":        body(`<h1>x</h1><a href=x>y</a>`, `a:focus { outline: none }`),
		"target-size":          body(`<h1>x</h1><button aria-label=a></button>`, `button { padding: 0; width: 9px; height: 9px }`),
	} {
		b.Do(chromedp.Navigate("about:blank"))
		_ = browser.Value[bool](b, `(document.open(), document.write(`+browser.Quote("<!doctype html>"+html)+`), document.close(), true)`)
		found := browser.Value[[]string](b, accessible)
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, rule+":") }) {
			t.Errorf("%s is not found in %s: only %q", rule, html, found)
		}
	}
}

// body is a page with nothing wrong in it but what it holds, and styles.
func body(content string, styles ...string) string {
	return fmt.Sprintf(`<html lang=en><title>x</title><style>:root { background: #fff; color: #000 } :focus-visible { outline: 3px solid #000 } %s</style><main>%s</main>`, strings.Join(styles, " "), content)
}
