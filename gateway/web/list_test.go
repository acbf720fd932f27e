package web_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
	"datawald/store"
)

// A list brings itself up to date and keeps what was ticked, and where the focus is. Fails without: the keys in morph.js.
func TestListKeepsFocusAndTicks(t *testing.T) {
	w := newWorld(t)
	w.stock(32)
	b := w.open()
	w.signIn(b, access.Operator)
	b.Visit("/orders?state=held")
	b.Sees("Live")
	b.Do(chromedp.Focus("tbody tr:nth-child(2) input"), chromedp.KeyEvent(" "))
	key := browser.Value[string](b, `document.activeElement.value`)
	w.staged(order.Key(w.instance+":1:999"), heldNow)
	b.Sees("999", "1 selected")
	if now := browser.Value[string](b, `document.activeElement.value`); now != key {
		t.Errorf("the focus went from %s to %s", key, now)
	}
	if ticked := browser.Value[[]string](b, `[...document.querySelectorAll("input[name=key]:checked")].map(e => e.value)`); len(ticked) != 1 || ticked[0] != key {
		t.Errorf("ticked are %q, want %s", ticked, key)
	}
}

// By keyboard: / goes to the search, j and k go through the list, Enter opens an order.
func TestKeys(t *testing.T) {
	w := newWorld(t)
	w.stock(16)
	b := w.open()
	w.signIn(b, access.Operator)
	b.Visit("/orders")
	b.Sees("Live")
	b.Do(chromedp.KeyEvent("/"))
	b.Until("the search has the focus", `document.activeElement.id === "q"`)
	b.Do(chromedp.KeyEvent("j"))
	b.Until("a letter is a letter there", `document.activeElement.id === "q" && document.activeElement.value.endsWith("j")`)
	b.Do(chromedp.Blur("#q"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"))
	b.Until("the second order has the focus", `document.activeElement === document.querySelectorAll("table.list tbody th a")[1]`)
	second := browser.Value[string](b, `document.activeElement.textContent`)
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.Sees("Order " + second)
}

// The audit is shown page by page, each entry once, and each page keeps the filter. Fails without: Next in audit; the filter in Older.
func TestAuditHasPages(t *testing.T) {
	w := newWorld(t)
	w.as(access.Admin)
	for n := range 70 {
		e := store.AuditEntry{Actor: "anna", Role: "operator", Action: "skip-order", Target: fmt.Sprintf("order %02d.", n), State: store.AuditDone}
		if _, err := w.db.WriteAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	entries := func(page string) int {
		all := regexp.MustCompile(`<td>order \d\d\.</td>`).FindAllString(page, -1)
		for _, one := range all {
			seen[one] = true
		}
		return len(all)
	}
	first := w.fetch("/audit?actor=anna")
	older := regexp.MustCompile(`href="(/audit\?actor=anna&amp;cursor=[^"]+)"`).FindStringSubmatch(first)
	if n := entries(first); n != 50 || older == nil || strings.Contains(first, "sign-in") {
		t.Fatalf("the first page has %d entries: %s", n, first)
	}
	second := w.fetch(html.UnescapeString(older[1]))
	if n := entries(second); n != 20 || len(seen) != 70 || strings.Contains(second, "cursor=") || !strings.Contains(second, `href="/audit?actor=anna"`) {
		t.Errorf("the second page has %d entries, together they have %d: %s", n, len(seen), second)
	}
}
