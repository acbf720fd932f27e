package main

import (
	"strings"
	"testing"

	"datawald/order"
	"datawald/store"
)

// A person that was found under several accounts may be several: they are counted, and erased when that is said. Orders under way are named; an erasure that
// leaves them alone is done all the same, one that erases nothing for them is refused.
// Fails without: several; --only; --all-of-them; left beside the error; exitHeld and exitInput in act.
func TestErase_AsksWhenItMayReachStrangers(t *testing.T) {
	r := newLockedOut(t)
	t.Setenv("INSTANCES", "main")
	buy := func(number, email string, account int64, status order.Status) order.Key {
		t.Helper()
		key := order.Key("main:1:" + number)
		if _, err := r.db.Change(t.Context(), key, func(d *store.Staged) error {
			d.Status, d.Order = status, &order.Order{Key: key, Instance: "main", Customer: order.Customer{ID: account, Email: email}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return key
	}
	erased := func(key order.Key) bool {
		doc, err := r.db.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Erased()
	}
	last := func() store.AuditState {
		entries, err := r.db.ListAudit(t.Context(), store.AuditFilter{Limit: 1})
		if err != nil || len(entries) != 1 {
			t.Fatal(err)
		}
		return entries[0].State
	}
	mine := buy("1", "clerk@example.com", 1, order.Posted)
	buy("2", "stranger@example.com", 1, order.Posted)
	others := buy("3", "stranger@example.com", 2, order.Posted)

	out, _ := r.starter(exitOK, "", "erase", "--customer", "clerk@example.com")
	if !strings.Contains(out, "Found under 2 accounts and 2 addresses.") || !strings.Contains(out, string(others)) {
		t.Errorf("it says\n%s", out)
	}
	if _, errs := r.starter(exitInput, "", "erase", "--customer", "clerk@example.com", "--yes"); !strings.Contains(errs, "--only") || erased(mine) || last() != store.AuditRefused {
		t.Errorf("several accounts, %s: %s", last(), errs)
	}
	if r.starter(exitOK, "", "erase", "--customer", "clerk@example.com", "--yes", "--only"); !erased(mine) || erased(others) || last() != store.AuditDone {
		t.Errorf("--only, %s: %t, %t", last(), erased(mine), erased(others))
	}
	if r.starter(exitOK, "", "erase", "--customer", "stranger@example.com", "--yes", "--all-of-them"); !erased(others) {
		t.Error("--all-of-them erases nothing")
	}

	for n := range 4 { // one account that changed its address three times
		buy("1"+string(rune('0'+n)), "anna"+string(rune('0'+n))+"@example.com", 5, order.Posted)
	}
	if _, errs := r.starter(exitInput, "", "erase", "--customer", "5", "--yes"); !strings.Contains(errs, "1 accounts and 4 addresses") {
		t.Errorf("several addresses: %s", errs)
	}

	done, held := buy("20", "ben@example.com", 0, order.Posted), buy("21", "ben@example.com", 0, order.Held)
	if _, errs := r.starter(exitHeld, "", "erase", "--customer", "ben@example.com", "--yes"); !strings.Contains(errs, string(held)+" (held)") || !erased(done) || erased(held) || last() != store.AuditDone {
		t.Errorf("one under way, %s: %s", last(), errs)
	}
	if _, errs := r.starter(exitHeld, "", "erase", "--customer", "ben@example.com", "--yes"); !strings.Contains(errs, string(held)) || last() != store.AuditRefused {
		t.Errorf("nothing but what is under way, %s: %s", last(), errs)
	}
}

// What is damaged and does not tell whose it is is named, with an exit code for scripts, and goes by its key. What it says of a person goes with the rest.
// Fails without: Unreadable in keeps, with orders of the person and without; the words for nothing that can be read.
func TestErase_NamesWhatNobodyCanRead(t *testing.T) {
	r := newLockedOut(t)
	t.Setenv("INSTANCES", "main")
	keep := func(key order.Key, document string) {
		t.Helper()
		if err := r.db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "v"}, Raw: []byte(document)}}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.Change(t.Context(), key, func(d *store.Staged) error { d.Status, d.PayloadHash = order.Cancelled, "v"; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	erased := func(key order.Key) bool {
		doc, err := r.db.Get(t.Context(), key)
		versions, failure := r.db.PayloadVersions(t.Context(), key)
		if err != nil || failure != nil || doc.Erased() != (len(versions) == 0) {
			t.Fatal(doc, versions, err, failure)
		}
		return doc.Erased()
	}
	const hers, nobodys = "main:1:1", "main:1:2"
	keep(hers, `{"customer_email":"anna\u0040example.com","items":[`)
	keep(nobodys, `{"customer_email":"an`)
	named := func(out, errs string) bool {
		return strings.Contains(errs, "of 1 orders something that is stored is damaged") && strings.Contains(errs, nobodys) && strings.Contains(errs, "--order") && !strings.Contains(out+errs, "example.com")
	}
	if out, errs := r.starter(exitHeld, "", "erase", "--customer", "anna@example.com"); !named(out, errs) || !strings.Contains(out, hers) {
		t.Errorf("to look: %s%s", out, errs)
	}
	if out, errs := r.starter(exitHeld, "", "erase", "--customer", "anna@example.com", "--yes"); !named(out, errs) || !erased(hers) || erased(nobodys) {
		t.Errorf("with orders of the person: %s%s", out, errs)
	}
	if out, errs := r.starter(exitHeld, "", "erase", "--customer", "ben@example.com", "--yes"); !named(out, errs) || !strings.Contains(out, "Nothing is stored that can be read.") {
		t.Errorf("of one who is not there: %s%s", out, errs)
	}
	if r.starter(exitOK, "", "erase", "--order", nobodys, "--yes"); !erased(nobodys) {
		t.Error("it does not go by its key")
	}
	if out, _ := r.starter(exitOK, "", "erase", "--customer", "ben@example.com", "--yes"); !strings.Contains(out, "Nothing is stored.") {
		t.Errorf("when nothing is damaged any more: %s", out)
	}
}

// What names nobody is refused before the store is read, and the audit says that it was a customer and not which.
// Fails without: the checks of the instance, of the address and of the key; the target.
func TestErase_RefusesWhatNamesNobody(t *testing.T) {
	r := newLockedOut(t)
	t.Setenv("INSTANCES", "main")
	for want, args := range map[string][]string{
		`"eu" is not one of INSTANCES`:                        {"--customer", "anna@example.com", "--instance", "eu"},
		"want an e-mail address, or the number of an account": {"--customer", "Anna <anna@example.com>"},
		"an e-mail address, or the number":                    {"--customer", "anna"},
		"--order: ":                                           {"--order", "000000123"},
	} {
		if _, errs := r.starter(exitInput, "", append([]string{"erase", "--yes"}, args...)...); !strings.Contains(errs, want) {
			t.Errorf("%q: it says %s", args, errs)
		}
	}
	r.starter(exitOK, "", "erase", "--customer", "anna@example.com", "--yes")
	entries, err := r.db.ListAudit(t.Context(), store.AuditFilter{Limit: 10})
	if err != nil || len(entries) != 4 { // what is no key is not written down, whatever it names
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		if strings.Contains(strings.ToLower(e.Target+e.Why), "anna") || e.Target != "a customer" {
			t.Errorf("the audit says that %q was erased, %q", e.Target, e.Why)
		}
	}
}
