package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/sandbox/testkit"
)

// shown are the pages of a desk with orders, by name.
func (w *world) shown() map[string]string {
	return map[string]string{
		"today": "/", "orders": "/orders", "orders-held": "/orders?state=held&from=2020-01-01",
		"order-held": "/orders/" + w.first("held"), "order-posted": "/orders/" + w.first("posted"), "login": "/login?again=1&next=/orders", "nowhere": "/nowhere", "work": "/work",
		"rules": "/rules", "rules-edit": "/rules/edit", "runs": "/runs", "audit": "/audit", "users": "/users", "user": "/users/admin", "account": "/account",
	}
}

// Pictures of every page at two widths and in both themes, to be looked at: artifacts/<page>-<width>-<theme>.png. No page may be wider than the
// screen.
func TestPictures(t *testing.T) {
	w := newWorld(t)
	w.stock(400)
	b := w.open()
	b.signIn(w, access.Admin)
	dir := filepath.Join(testkit.Root(), "artifacts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range w.shown() {
		for _, width := range []int64{390, 1280} {
			for _, theme := range []string{"light", "dark"} {
				b.screen(width, theme)
				b.visit(path)
				b.until("there is a heading", `document.querySelector("h1") !== null`)
				png := b.picture()
				if wide := value[string](b, tooWide); wide != "" {
					t.Errorf("%s at %d: wider than the screen: %s", path, width, wide)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, theme)), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// tooWide names what makes the page wider than the screen.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("main *, header *, nav *")]
	.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .tabs")).slice(0, 3).map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40)).join("; ")`

// first is the key of an order in a state, as an address has it.
func (w *world) first(state string) string {
	w.t.Helper()
	docs, err := w.db.List(w.t.Context(), listOf(w.instance, state))
	if err != nil || len(docs) == 0 {
		w.t.Fatalf("no order is %s (%v)", state, err)
	}
	return strings.ReplaceAll(string(docs[0].Key), "/", "%2F")
}
