package activities_test

import (
	"maps"
	"slices"
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

// A phone number that many give, and a tax number, are a part of the numbers of others' orders: whose order an act was on stays as it is, and so do the words
// about it, so that an erasure of the other person finds them. A person's own words lose them as before.
// Fails with: everywhere in the place of withoutEmails, as it is for words.
func TestErase_LeavesWhichOrderOthersActedOn(t *testing.T) {
	db := testkit.Store(t)
	bought(t, db, "7", "erika@example.com", 0, func(d *store.Staged) {
		d.Order.Customer.FirstName, d.Order.Billing.Telephone, d.Order.Customer.TaxVAT = "Main", "000000", "123456"
	})
	others := bought(t, db, "000000123", "otto@example.com", 0, func(d *store.Staged) { d.Order.Customer.LastName = "Other" })
	const longer, bulk = "main:1:123456789", "skip of 2 orders: main:1:000000124 main:1:000000125"
	for _, target := range []string{string(others), longer, bulk} {
		audited(t, db, target, "Otto rang up")
	}
	audited(t, db, "a list", "rang from 000000")
	eraseAll := func(email string) {
		t.Helper()
		if err := find(t, db, activities.Person{Email: email}).Erase(t.Context(), db, "starter"); err != nil {
			t.Fatal(err)
		}
	}
	eraseAll("erika@example.com")
	said := words(t, db)
	for _, target := range []string{string(others), longer, bulk} {
		if said[target] != "Otto rang up" {
			t.Errorf("the audit has of %s %q, of %q", target, said[target], said)
		}
	}
	if said["a list"] != "rang from [personal]" {
		t.Errorf("words with the number are %q", said["a list"])
	}
	eraseAll("otto@example.com")
	if said := words(t, db); said[string(others)] != store.ErasedText || said[longer] != "Otto rang up" {
		t.Errorf("after an erasure of the other the audit has %q", said)
	}
}

// A target may hold what an earlier release took for an order's number: the person's own address, however it was typed. One that goes on, or that begins
// with it, is another's; what is no address stands for nobody.
// Fails without: the target in HideInAudit; the small letters, the place, the length and the @ in withoutEmails and emails.
func TestErase_LooksThroughTargets(t *testing.T) {
	db := testkit.Store(t)
	bought(t, db, "1", "erika@example.com", 17, func(d *store.Staged) {
		d.Order.Billing.Email, d.Order.Shipping = "main", &order.Address{Email: "personal"} // no addresses
	})
	hidden := map[string]string{
		"main: erika@example.com 000000007":                 "main: [personal] 000000007",
		"main: Erika@Example.COM":                           "main: [personal]",
		"\u212a\u212a: erika@example.com erika@example.com": "\u212a\u212a: [personal] [personal]", // the sign for Kelvin is longer than its small letter
	}
	kept := []string{"main: joerika@example.com", "main: erika@example.com.au", "main: erika", "main:1:000000007", "personal"}
	for target := range hidden {
		audited(t, db, target, "")
	}
	for _, target := range kept {
		audited(t, db, target, "")
	}
	e := find(t, db, activities.Person{Instance: "main", Email: "erika@example.com"})
	if err := e.Erase(t.Context(), db, "starter"); err != nil {
		t.Fatal(err)
	}
	if e.Audit != len(hidden) {
		t.Errorf("%d entries were changed, want %d", e.Audit, len(hidden))
	}
	said := words(t, db)
	for _, target := range append(slices.Collect(maps.Values(hidden)), kept...) {
		if _, ok := said[target]; !ok {
			t.Errorf("the audit lacks %q, and has %q", target, said)
		}
	}
}
