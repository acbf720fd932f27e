package api_test

import (
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

// The references of an erased order still have the number that the buyer gave it, by which B1 knows the order; nothing tells any more which part of them
// that is. A viewer sees those alone that are the order's own name.
// Fails without: the case of an erased order in unreferenced; quoted in masked; with strings.Contains in place of ofKeyAlone.
func TestViewers_FindNoNumberOfAnErasedOrder(t *testing.T) {
	references := func(d *store.Staged, reference string) {
		d.Status, d.Reference, d.References = order.Posted, reference, []string{reference}
		d.BO = &store.BackOffice{CardCode: "C-WEB", DocEntry: 1, DocNum: 2, Reference: reference, Total: d.Magento.Total}
		d.Note(store.Event{Step: "insert", Outcome: "posted", Detail: "as " + reference})
	}
	erase := func(d *store.Staged) {
		d.Order, d.ErasedAt = d.Order.Erased(), time.Now().UTC().Truncate(time.Millisecond)
	}
	for name, c := range map[string]struct {
		change   func(d *store.Staged) string
		hidden   bool
		sentence bool
	}{
		"the buyer's number":    {func(d *store.Staged) string { erase(d); return d.IncrementID + "/Ponumbermark" }, true, true},
		"a short one":           {func(d *store.Staged) string { erase(d); return d.IncrementID + "/X1" }, true, true},
		"no order":              {func(d *store.Staged) string { erase(d); d.Order = nil; return "Ponumbermark/" + d.IncrementID }, true, true},
		"the account":           {func(d *store.Staged) string { erase(d); return d.IncrementID + "-80815" }, true, true},
		"the order's number":    {func(d *store.Staged) string { erase(d); return d.IncrementID }, false, false},
		"the order's name":      {func(d *store.Staged) string { erase(d); return d.Instance + "/" + d.IncrementID }, false, false},
		"not erased, no number": {func(d *store.Staged) string { d.Order.Payment.PONumber = ""; return "WEB/" + d.IncrementID }, false, false},
		"not erased, with a number": {func(d *store.Staged) string {
			d.Order.Payment.PONumber = "Ponumbermark"
			return d.IncrementID + "/Ponumbermark"
		}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var key order.Key
			var reference string
			w.stock(1, func(_ int, d *store.Staged) {
				key, reference = d.Key, c.change(d)
				references(d, reference)
			})
			text := func(role access.Role) string {
				r := call(t, w.server, "GET", "/api/v1/orders/"+string(key), "", []string{"Authorization", w.as(role)})
				r.ok(200, &struct{}{})
				return string(r.body)
			}
			if n := strings.Count(text(access.Operator), reference); n < 4 {
				t.Fatalf("an operator sees the reference %d times, want everywhere", n)
			}
			if seen := text(access.Viewer); strings.Contains(seen, `"`+reference+`"`) == c.hidden || strings.Contains(seen, "as "+reference) == c.sentence {
				t.Errorf("a viewer sees of %q: %s", reference, seen)
			}
		})
	}
}
