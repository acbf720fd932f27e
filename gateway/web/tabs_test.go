package web_test

import (
	"testing"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
)

// A browser has six connections to a host. Eight tabs are open on the desk: each page still loads, and one that is looked at again shows what has
// changed meanwhile. Fails without: the end of listening when the tab is hidden.
func TestManyTabsAreOpen(t *testing.T) {
	w := newWorld(t)
	w.staged(order.Key(w.instance+":1:100"), heldNow)
	b := w.open()
	w.signIn(b, access.Operator)
	b.Visit("/orders")
	b.Sees("Live")
	tabs := []*browser.Tab{b}
	for range 7 {
		next := tabs[len(tabs)-1].Beside()
		next.Visit("/orders")
		next.Sees("Live", "100")
		tabs = append(tabs, next)
	}
	b.Until("the first one rests", `document.hidden && document.getElementById("live").textContent.startsWith("Rests")`)
	w.staged(order.Key(w.instance+":1:200"), heldNow)
	tabs[7].Sees("200")
	if browser.Value[bool](b, `document.body.textContent.includes("200")`) {
		t.Error("a tab that nobody sees was brought up to date")
	}
	b.Front()
	b.Sees("200", "Live")
}
