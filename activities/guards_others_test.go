package activities_test

import (
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// neighbours are two orders of one number in two stores: the rules gave the second the reference EU-000000001, under which B1 has
// it, and then they gave the first, which was sent without an answer as 000000001, that reference too.
func neighbours(t *testing.T) (*bench, *watched) {
	t.Helper()
	b := newBench(t, &company{byReference: true})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	losing(b.company, 1, false)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	first := b.key
	b.rules.Reference.Template = "EU-{increment_id}"
	b.key = b.stage(strings.Replace(document, `"store_id":1`, `"store_id":3`, 1))
	if err := b.insert(); err != nil {
		t.Fatal(err)
	}
	b.want(order.Posted, "")
	b.key = first
	return b, w
}

// What B1 has under the reference of another order is that one's, though this order is looked for under it as well.
//
// Fails without: leaving out what stands under others' references (notOthers), each for its kind of document.
func TestGuard_WhatStandsUnderAnothersReferenceIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	t.Run("sales orders", func(t *testing.T) {
		t.Parallel()
		b, _ := neighbours(t)
		b.company.orders = append(b.company.orders, existing(nil)) // the first one's, late
		b.untilSettled()
		b.want(order.Posted, "")
		if doc := b.get(); doc.BO == nil || doc.BO.DocNum != 70 || doc.BO.Reference != "000000001" {
			t.Errorf("document %+v, want its own: 70, and no duplicate", doc.BO)
		}
	})
	t.Run("drafts", func(t *testing.T) {
		t.Parallel()
		b, w := neighbours(t)
		w.drafts = func() []sapb1.Document {
			return []sapb1.Document{existing(func(d *sapb1.Document) { d.DocEntry = 5 }),
				existing(func(d *sapb1.Document) { d.DocEntry, d.NumAtCard = 6, "EU-000000001" })} // the newest is the other one's
		}
		b.untilSettled()
		b.want(order.Draft, "")
		if doc := b.get(); doc.BO == nil || doc.BO.DocEntry != 5 {
			t.Errorf("document %+v, want its own draft: 5", doc.BO)
		}
	})
	t.Run("a cancelled sales order, of an order that was never sent", func(t *testing.T) {
		t.Parallel()
		b, _ := neighbours(t)
		b.alter(func(doc *store.Staged) { doc.Intent = nil })
		b.company.orders[0].Cancelled = "tYES" // the other one's
		b.company.onCreate = func(*sapb1.SalesOrder) error { t.Error("sent under another's reference"); return nil }
		b.untilSettled()
		b.want(order.Held, "reference_taken")
	})
}
