package activities_test

import (
	"strings"
	"testing"

	"datawald/activities"
	deskof "datawald/gateway/desk"
	"datawald/order"
	"datawald/store"

	"datawald/sandbox/testkit"
)

// erase erases an order that is named, and says how many orders and entries of the audit that took.
func erase(t *testing.T, db *store.Store, keys ...order.Key) (orders, entries int) {
	t.Helper()
	e, err := activities.FindOrders(t.Context(), db, keys)
	if err != nil {
		t.Fatal(err)
	}
	if e.Some() {
		if err := e.Erase(t.Context(), db, "starter"); err != nil {
			t.Fatal(err)
		}
	}
	return len(e.Orders), e.Audit
}

// What a person writes about an order that was erased is not kept. What an earlier release kept of it, there and in the audit, an erasure by its key
// takes away; after that nothing is left to erase.
// Fails without: Erased in Words; erased orders in FindOrders; Worded; the Orders that are nobody's in FindOrders.
func TestErase_LeavesNoWordsThatCameLater(t *testing.T) {
	db := testkit.Store(t)
	key := bought(t, db, "1", "erika@example.com", 17, func(d *store.Staged) { d.Attention = &order.Reason{Code: "changed_in_magento", Message: "changed"} })
	if n, _ := erase(t, db, key); n != 1 {
		t.Fatalf("%d orders are erased", n)
	}
	if _, err := deskof.Do(t.Context(), db, key, deskof.Request{Action: deskof.Settle, By: "anna", Why: "Frau Mustermann called"}); err != nil {
		t.Fatal(err)
	}
	if err := deskof.NoteReread(t.Context(), db, key, deskof.Request{Action: deskof.Retry, By: "anna", Why: "Frau Mustermann called again"}); err != nil {
		t.Fatal(err)
	}
	story := func() (all string) {
		for _, e := range got(t, db, key).Timeline {
			all += e.Detail + "\n"
		}
		return all
	}
	if said := story(); strings.Contains(said, "Mustermann") || strings.Count(said, store.WordsNotKept) != 2 {
		t.Errorf("the timeline says\n%s", said)
	}
	if n, _ := erase(t, db, key); n != 0 {
		t.Errorf("an order of which nothing is left is erased again")
	}

	if _, err := db.Change(t.Context(), key, func(d *store.Staged) error {
		d.Note(store.Event{Step: deskof.Step, Outcome: "settled", Detail: "Frau Mustermann, as an earlier release kept it"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	audited(t, db, string(key), "Frau Mustermann called")
	if n, entries := erase(t, db, key); n != 1 || entries != 1 {
		t.Errorf("%d orders and %d entries are erased, want 1 and 1", n, entries)
	}
	if said := story() + words(t, db)[string(key)]; strings.Contains(said, "Mustermann") {
		t.Errorf("afterwards it says\n%s", said)
	}
}

// A target may hold what an earlier release took for an order's number: the person's own address.
// Fails without: the target in HideInAudit.
func TestErase_LooksThroughTargets(t *testing.T) {
	db := testkit.Store(t)
	bought(t, db, "1", "erika@example.com", 17, nil)
	audited(t, db, "main: erika@example.com 000000007", "")
	e, err := activities.FindPerson(t.Context(), db, activities.Person{Instance: "main", Email: "erika@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Erase(t.Context(), db, "starter"); err != nil {
		t.Fatal(err)
	}
	if _, kept := words(t, db)["main: [personal] 000000007"]; !kept || e.Audit != 1 {
		t.Errorf("%d entries were changed, and the audit has %q", e.Audit, words(t, db))
	}
}
