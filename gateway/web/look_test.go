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
	"datawald/sandbox/testkit/browser"
)

// shown are the pages of a desk with orders, by name.
func (w *world) shown() map[string]string {
	return map[string]string{
		"today": "/", "orders": "/orders", "orders-held": "/orders?state=held&from=2020-01-01",
		"order-held": "/orders/" + w.first("held"), "order-posted": "/orders/" + w.first("posted"), "login": "/login?again=1&next=/orders", "nowhere": "/nowhere", "work": "/resync",
		"rules": "/rules", "rules-edit": "/rules/edit", "runs": "/runs", "reconciliation": "/reconciliation", "reconciliation-force": "/reconciliation/force", "audit": "/audit", "users": "/users", "user": "/users/admin", "account": "/account",
	}
}

// Pictures of every page at two widths and in both themes, to be looked at: artifacts/<page>-<width>-<theme>.png. No page may be wider than the
// screen.
func TestPictures(t *testing.T) {
	w := newWorld(t)
	w.stock(400)
	w.reconciled()
	b := w.open()
	w.signIn(b, access.Admin)
	for name, path := range w.shown() {
		b.Visit(path)
		pictures(t, b, name)
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
	f.signIn(b, access.Admin)
	b.Visit("/")
	b.Sees("Orders per hour")
	pictures(t, b, "at-work-today")
	b.Visit("/orders?state=held")
	b.Sees("Held 25")
	b.Click("All 25 that fit…")
	b.Click("Skip all…")
	b.Sees("would be skipped")
	pictures(t, b, "bulk-skip")
	b.Visit("/rules/edit")
	b.Edit("#rules-text", "checkmo: {", "sofort: { methd: Incoming CHK, terms: 1 }\n    checkmo: {")
	b.Click("Check and compare on recent orders")
	b.Sees("These rules cannot be used.")
	pictures(t, b, "rules-problems")
	b.Edit("#rules-text", "methd: Incoming CHK, terms: 1", "method: Incoming CHK, terms: 2")
	b.Edit("#rules-text", "state_countries: [US, CA]", "state_countries: [US]")
	b.Click("Check and compare on recent orders")
	b.Sees("These rules are sound")
	pictures(t, b, "rules-diff")
	b.Fill("#reason", "sofort is paid into the bank account")
	b.Click("Put into force")
	b.Sees("Rules are in force")
	pictures(t, b, "rules-activated")
	b.Visit("/rules")
	b.Sees("What was in force")
	pictures(t, b, "rules-history")
	b.Visit("/users")
	b.Fill("#key-name", "warehouse")
	b.Click("Make the key")
	b.Sees("it is never shown again")
	pictures(t, b, "key-made")
	b.Visit("/resync")
	b.Fill("#names", "000000001, 000000002 4711")
	b.Click("Read again")
	b.Sees("Magento does not have 4711")
	pictures(t, b, "resync")
	b.Visit("/resync")
	_ = browser.Value[bool](b, `(document.querySelector("#from").value = new Date(Date.now() - 20 * 864e5).toISOString().slice(0, 10), true)`)
	b.Click("Count first")
	b.Sees("Completed")
	pictures(t, b, "backfill-counted")
	b.Visit("/runs")
	b.Sees("On record")
	pictures(t, b, "at-work-runs")
	b.Visit("/audit")
	pictures(t, b, "at-work-audit")
	b.Visit("/orders/" + f.first("posted"))
	b.Click("What B1 would get")
	b.Sees("The document")
	pictures(t, b, "order-preview")
}

// pictures writes the page at two widths and in both themes, and checks that it fits and can be used by all.
func pictures(t *testing.T, b *browser.Tab, name string) {
	t.Helper()
	dir := filepath.Join(testkit.Root(), "artifacts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{390, 1280} {
		for _, theme := range []string{"light", "dark"} {
			b.Screen(width, theme)
			b.Until("it is whole and still", `document.readyState === "complete" && document.querySelector("h1") && document.getAnimations().length === 0`)
			if wide := browser.Value[string](b, fmt.Sprintf(tooWide, width)); wide != "" {
				t.Errorf("%s at %d: wider than the screen: %s", name, width, wide)
			}
			for _, fault := range browser.Value[[]string](b, accessible) {
				t.Errorf("%s at %d, %s: %s", name, width, theme, fault)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, theme)), b.Picture(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tooWide names what makes the page wider than a screen of so many pixels. innerWidth would say nothing: it grows with the page.
const tooWide = `(width => document.documentElement.scrollWidth <= width ? "" : [...document.querySelectorAll("main *, header *, nav *")]
	.filter(e => e.getBoundingClientRect().right > width + 1).slice(0, 3).map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40)).join("; ") || "something")(%d)`

// first is the key of an order in a state, as an address has it.
func (w *world) first(state string) string {
	w.t.Helper()
	docs, err := w.db.List(w.t.Context(), listOf(w.instance, state))
	if err != nil || len(docs) == 0 {
		w.t.Fatalf("no order is %s (%v)", state, err)
	}
	return strings.ReplaceAll(string(docs[0].Key), "/", "%2F")
}
