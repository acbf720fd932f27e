package activities_test

import (
	"fmt"
	"strings"
	"testing"

	"datawald/activities"
	"datawald/order"
	"datawald/sapb1"
)

// lateAndLost makes B1 lose the reply of every sending until open is false, without making the order.
func lateAndLost(c *company, open *bool, sent *[]string) {
	c.onCreate = func(o *sapb1.SalesOrder) error {
		*sent = append(*sent, o.NumAtCard)
		if *open {
			return errLost
		}
		return nil
	}
}

// An order that was sent under two references, because the rules were changed between, may be in B1 under either.
// Fails without: the list of references (the intent keeps the latest alone).
func TestInsertOrder_IsFoundUnderEachReferenceThatItEverHad(t *testing.T) {
	t.Parallel()
	c := &company{byReference: true}
	b := newBench(t, c)
	lost, sent := true, []string{}
	lateAndLost(c, &lost, &sent)
	for _, template := range []string{"{increment_id}", "EU-{increment_id}", "WEB-{increment_id}"} {
		b.rules.Reference.Template = template
		for n := len(sent); len(sent) == n && b.get().Status == order.Pending; {
			if err := b.insert(); err != nil && typeOf(err) != activities.TypeUnresolved {
				t.Fatal(err)
			}
		}
	}
	if fmt.Sprint(sent) != "[000000001 EU-000000001 WEB-000000001]" {
		t.Fatalf("sent as %v", sent)
	}
	c.orders = append(c.orders, existing(nil)) // the first one, which B1 has finished only now
	b.rules.Reference.Template = "NEW-{increment_id}"
	b.untilSettled()
	b.want(order.Posted, "")
	if doc := b.get(); doc.BO == nil || doc.BO.DocNum != 70 || len(sent) != 3 {
		t.Errorf("order is %+v after being sent as %v, want the sales order 70 and no more sendings", doc.BO, sent)
	}
}

// Two sales orders of one order under two references are two all the same.
func TestInsertOrder_SeesDuplicatesUnderDifferentReferences(t *testing.T) {
	t.Parallel()
	c := &company{byReference: true}
	b := newBench(t, c)
	lost, sent := true, []string{}
	lateAndLost(c, &lost, &sent)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	b.rules.Reference.Template = "EU-{increment_id}"
	c.orders = append(c.orders, existing(nil), existing(func(d *sapb1.Document) { d.DocEntry, d.DocNum, d.NumAtCard = 8, 80, "EU-000000001" }))
	b.untilSettled()
	b.want(order.Held, "duplicate_in_b1")
	if message := b.get().Reason.Message; !strings.Contains(message, "70, 80") || !strings.Contains(message, "EU-000000001 or 000000001") {
		t.Errorf("the hold says %q", message)
	}
}

// A reference under which nothing was ever sent is free for another order.
// Fails without: taking the reference only just before the order is sent.
func TestInsertOrder_AReferenceThatWasNeverUsedIsFree(t *testing.T) {
	t.Parallel()
	c := &company{byReference: true}
	b := newBench(t, c)
	down := true
	c.findError = func() error {
		if down {
			return &order.Failure{Kind: order.Transient, System: "b1", Op: "GET Drafts", Code: "503", Message: "down"}
		}
		return nil
	}
	if err := b.insert(); typeOf(err) != activities.TypeTransient {
		t.Fatal(err)
	}
	down = false
	first := b.key
	b.key = b.stage(strings.Replace(document, `"store_id":1`, `"store_id":3`, 1))
	if err := b.insert(); err != nil {
		t.Errorf("the second order: %v", err)
	}
	b.want(order.Posted, "")
	// The first one is told whose it is, and is not taken for the other's document.
	b.key = first
	if err := b.insert(); typeOf(err) != activities.TypeHeld {
		t.Errorf("ended with %v, want held", err)
	}
	b.want(order.Held, "reference_taken")
	if doc := b.get(); doc.BO != nil || !strings.Contains(doc.Reason.Message, "main:3:000000001") {
		t.Errorf("document %v, reason %v; want none, and the owner named", doc.BO, doc.Reason)
	}
}

// A person lets an order pass one cancelled sales order; one that is cancelled later stops it again.
// Fails without: keeping which one was passed over.
func TestInsertOrder_PassesOverTheCancelledOrderThatAPersonSawAlone(t *testing.T) {
	t.Parallel()
	c := &company{orders: []sapb1.Document{existing(func(d *sapb1.Document) { d.Cancelled = "tYES" })}}
	b := newBench(t, c)
	b.untilSettled()
	b.want(order.Held, "reference_cancelled")
	b.resync(document)
	lost, sent := true, []string{}
	lateAndLost(c, &lost, &sent)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	if n := b.get().Intent; n == nil || n.Replaces != 7 {
		t.Errorf("the intent is %+v, want it to replace 7", n)
	}
	// B1 made it after all, and somebody cancelled it there.
	c.mu.Lock()
	c.orders = append(c.orders, existing(func(d *sapb1.Document) { d.DocEntry, d.DocNum, d.Cancelled = 9, 90, "tYES" }))
	c.mu.Unlock()
	b.untilSettled()
	b.want(order.Cancelled, "cancelled_in_b1")
	if doc := b.get(); doc.BO == nil || doc.BO.DocNum != 90 || len(sent) != 1 {
		t.Errorf("document %+v, sent %d times; want 90, once", doc.BO, len(sent))
	}
}
