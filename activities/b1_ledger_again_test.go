package activities_test

import (
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
)

// An order that a person sends again after its sales order was cancelled in B1 has a row of its own: the first one's stays.
func TestLedger_AnOrderThatReplacesACancelledOneHasARowOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRivals(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: ledgerTable}}}, ledgerTable, "main", "eu")
	for _, doc := range r.post(1)[0] {
		if doc.Status != order.Posted {
			t.Fatalf("the order is %s: %v", doc.Status, doc.Reason)
		}
	}
	if err := r.b1.Cancel("000000001"); err != nil {
		t.Fatal(err)
	}
	c := r.deploy("main", ledgerTable)
	doc := c.post(c.acts, c.buy(1)) // a deployment that has never seen it
	if doc.Status != order.Held || doc.Reason.Code != "reference_cancelled" {
		t.Fatalf("the order is %s: %v", doc.Status, doc.Reason)
	}
	c.resync(document)
	if doc = c.post(c.acts, doc.Key); doc.Status != order.Posted || doc.BO.DocEntry == 1 {
		t.Fatalf("sent again it is %s: %v", doc.Status, doc.Reason)
	}
	rows := r.rows()
	if len(rows) != 2 || !strings.HasSuffix(rows["000000001/1"], ":1:000000001/1") {
		t.Errorf("the ledger is %v, want a row for each sales order", rows)
	}
}
