package activities_test

import (
	"sync"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// An order that a rule had left out, and that is erased while an attempt has it in hand, stays erased: the attempt must not write back what it has read.
// Fails without: the comparison of Erased in claim.
func TestGuard_AnAttemptDoesNotBringTheBuyerOfAnErasedOrderBack(t *testing.T) {
	b := newBench(t, &company{})
	b.alter(func(d *store.Staged) {
		d.Status, d.DueAt, d.Reason = order.Excluded, time.Time{}, &order.Reason{Code: "status_excluded", Message: "by rules of yesterday"}
	})
	if b.get().Order.Customer.Email == "" {
		t.Fatal("the order has no buyer")
	}
	var once sync.Once
	b.rules.Use(beforeHook(func(*order.Order) { // runs between reading and claiming
		once.Do(func() {
			e, err := activities.FindOrders(t.Context(), b.db, []order.Key{b.key})
			if err == nil {
				err = e.Erase(t.Context(), b.db, "starter")
			}
			if err != nil || len(e.Orders) != 1 {
				t.Errorf("%d orders are erased, %v", len(e.Orders), err)
			}
		})
	}))
	if err := b.insert(); err == nil {
		t.Error("the attempt has gone through")
	}
	_ = b.insert() // whoever comes next: what it ends with is not the matter here
	if doc := b.get(); !doc.Erased() || doc.Order.Customer.Email != "" || doc.Status != order.Excluded {
		t.Errorf("the order is %s, erased %t, its buyer %q", doc.Status, doc.Erased(), doc.Order.Customer.Email)
	}
}
