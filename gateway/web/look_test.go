package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/order"
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
	for name, path := range w.shown() {
		b.visit(path)
		b.pictures(name)
	}
}

// Pages that are there only after a form was sent, as a desk at work has them.
func TestPicturesOfWhatForms(t *testing.T) {
	f := newFactory(t, 24)
	f.held()
	f.place("sofort")
	f.start()
	f.eventually(order.Held, 25)
	b := f.open()
	b.signIn(f.world, access.Admin)
	b.visit("/")
	b.sees("Orders per hour")
	b.pictures("at-work-today")
	b.visit("/orders?state=held")
	b.sees("Held 25")
	b.click("All 25 that fit…")
	b.click("Skip all…")
	b.sees("would be skipped")
	b.pictures("bulk-skip")
	b.visit("/rules/edit")
	b.edit("#rules-text", "checkmo: {", "sofort: { methd: Incoming CHK, terms: 1 }\n    checkmo: {")
	b.click("Check and compare on recent orders")
	b.sees("These rules cannot be used.")
	b.pictures("rules-problems")
	b.edit("#rules-text", "methd: Incoming CHK, terms: 1", "method: Incoming CHK, terms: 2")
	b.edit("#rules-text", "state_countries: [US, CA]", "state_countries: [US]")
	b.click("Check and compare on recent orders")
	b.sees("These rules are sound")
	b.pictures("rules-diff")
	b.fill("#reason", "sofort is paid into the bank account")
	b.click("Put into force")
	b.sees("Rules are in force")
	b.pictures("rules-activated")
	b.visit("/rules")
	b.sees("What was in force")
	b.pictures("rules-history")
	b.visit("/users")
	b.fill("#key-name", "warehouse")
	b.click("Make the key")
	b.sees("it is never shown again")
	b.pictures("key-made")
	b.visit("/work")
	b.fill("#names", "000000001, 000000002 4711")
	b.click("Read again")
	b.sees("Magento does not have 4711")
	b.pictures("resync")
	b.visit("/work")
	_ = value[bool](b, `(document.querySelector("#from").value = new Date(Date.now() - 20 * 864e5).toISOString().slice(0, 10), true)`)
	b.click("Count first")
	b.sees("Completed")
	b.pictures("backfill-counted")
	b.visit("/runs")
	b.sees("On record")
	b.pictures("at-work-runs")
	b.visit("/audit")
	b.pictures("at-work-audit")
	b.visit("/orders/" + f.first("posted"))
	b.click("What B1 would get")
	b.sees("The document")
	b.pictures("order-preview")
}

// pictures writes the page at two widths and in both themes, and checks that it fits and can be used by all.
func (b *browser) pictures(name string) {
	b.t.Helper()
	dir := filepath.Join(testkit.Root(), "artifacts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	for _, width := range []int64{390, 1280} {
		for _, theme := range []string{"light", "dark"} {
			b.screen(width, theme)
			b.until("it is whole and still", `document.readyState === "complete" && document.querySelector("h1") && document.getAnimations().length === 0`)
			if wide := value[string](b, tooWide); wide != "" {
				b.t.Errorf("%s at %d: wider than the screen: %s", name, width, wide)
			}
			for _, fault := range value[[]string](b, accessible) {
				b.t.Errorf("%s at %d, %s: %s", name, width, theme, fault)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, theme)), b.picture(), 0o644); err != nil {
				b.t.Fatal(err)
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
