package activities_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func find(t *testing.T, db *store.Store, who activities.Person) *activities.Erasure {
	t.Helper()
	e, err := activities.FindPerson(t.Context(), db, who)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// An account is one of its shop, and an instance bounds the search. The addresses of both ends of an order are looked at.
// Fails without: the instance in account; the instance in the search of orders and of documents; the address of the bill and of the delivery; the account that was asked for.
func TestErase_FindsWithinItsShop(t *testing.T) {
	db := testkit.Store(t)
	buy := func(key order.Key, email string, account int64, change func(*order.Order)) order.Key {
		t.Helper()
		if _, err := db.Change(t.Context(), key, func(d *store.Staged) error {
			d.Status, d.Order = order.Posted, &order.Order{Key: key, Instance: key.Instance(), Customer: order.Customer{ID: account, Email: email}}
			change(d.Order)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return key
	}
	plain := func(*order.Order) {}
	mine := buy("main:1:1", "anna@example.com", 17, plain)
	billed := buy("main:1:2", "x@example.com", 0, func(o *order.Order) { o.Billing.Email = "anna@example.com" })
	sent := buy("main:1:3", "y@example.com", 0, func(o *order.Order) { o.Shipping = &order.Address{Email: "Anna@example.com"} })
	buy("eu:1:1", "otto@example.com", 17, plain) // the same number, in another shop
	abroad := buy("eu:1:2", "anna@example.com", 0, plain)
	keep := func(key order.Key) order.Key {
		t.Helper()
		if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "v"}, Raw: []byte(`{"customer_email":"anna@example.com","grand_total":{}}`)}}); err != nil {
			t.Fatal(err)
		}
		return buy(key, "", 0, plain)
	}
	document := keep("eu:1:3")

	if e := find(t, db, activities.Person{Email: "anna@example.com"}); !slices.Equal(e.Orders, []order.Key{abroad, document, mine, billed, sent}) {
		t.Errorf("of all shops %v are found", e.Orders)
	}
	if e := find(t, db, activities.Person{Email: "anna@example.com", Instance: "main"}); !slices.Equal(e.Orders, []order.Key{mine, billed, sent}) {
		t.Errorf("of one shop %v are found", e.Orders)
	}
	if e := find(t, db, activities.Person{ID: 17, Instance: "main", Only: true}); !slices.Equal(e.Orders, []order.Key{mine}) {
		t.Errorf("of the account %v are found", e.Orders)
	}
}

// While an order of the person is under way what is remembered of him as a partner stays, for B1 is about to be asked by it; and where nothing but such orders is
// found nothing changes. An order that is taken up while it is erased is named.
// Fails without: Final in look; partners that stay; InHand in around; the look at what was not done.
func TestErase_LeavesWhatIsUnderWay(t *testing.T) {
	db := testkit.Store(t)
	const email, phone = "erika@example.com", "0301234567"
	hold := func(d *store.Staged) {
		d.Status, d.Reason, d.Order.Billing.Telephone = order.Held, &order.Reason{Code: "x"}, phone
	}
	held := bought(t, db, "1", email, 17, hold)
	id := store.PartnerID("company", "customer:main:17")
	if _, err := db.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Know("C1", 0); return nil }); err != nil {
		t.Fatal(err)
	}
	audited(t, db, "a list", "called from "+email)
	known := func() bool {
		p, err := db.Partner(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Rev != 0
	}
	erase := func(e *activities.Erasure) {
		t.Helper()
		if err := e.Erase(t.Context(), db, "test"); err != nil {
			t.Fatal(err)
		}
	}
	e := find(t, db, activities.Person{Instance: "main", Email: email})
	if erase(e); e.Some() || e.InHand[held] != order.Held || !known() || !strings.Contains(words(t, db)["a list"], email) {
		t.Errorf("of nothing but an order under way: %+v, known still %t, the audit %q", e, known(), words(t, db))
	}
	done := bought(t, db, "2", email, 17, nil)
	if erase(find(t, db, activities.Person{Instance: "main", Email: email})); !got(t, db, done).Erased() || !known() || got(t, db, held).Erased() {
		t.Errorf("beside an order under way: known still %t", known())
	}

	taken := bought(t, db, "3", "otto@example.com", 0, nil)
	if e = find(t, db, activities.Person{Email: "otto@example.com"}); !slices.Equal(e.Orders, []order.Key{taken}) {
		t.Fatalf("found are %v", e.Orders)
	}
	if _, err := db.Change(t.Context(), taken, func(d *store.Staged) error { d.Status = order.Pending; return nil }); err != nil {
		t.Fatal(err)
	}
	if erase(e); len(e.Orders) != 0 || e.InHand[taken] != order.Pending || got(t, db, taken).Erased() {
		t.Errorf("one that was taken up meanwhile: %+v", e)
	}
}

// What comes while it is erased goes as well, and is counted; the erasure's own words stay. What was erased before is not found again.
// Fails without: around at the end, its sum; AuditErase; Erased in the search, of orders that can be read and that cannot.
func TestErase_TakesWhatComesMeanwhile(t *testing.T) {
	db, database := testkit.Database(t)
	key := bought(t, db, "1", "erika@example.com", 17, func(d *store.Staged) { d.PayloadHash = "" })
	remember := func(identity string) {
		if _, err := db.ChangePartner(t.Context(), store.PartnerID("company", identity), func(p *store.Partner) error { p.Know("C1", 0); return nil }); err != nil {
			t.Error(err)
		}
	}
	remember("customer:main:17")
	if _, err := db.WriteAudit(t.Context(), store.AuditEntry{Action: activities.AuditErase, Target: string(key), Why: "erased", State: store.AuditBegun}); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	tapped := testkit.TappedStore(t, database, func(message []byte) bool {
		if testkit.HasAll(message, "update", "orders", "erased_at") { // the order is written
			once.Do(func() { remember("customer:main:17") })
		}
		return false
	})
	e := find(t, tapped, activities.Person{Instance: "main", ID: 17})
	if err := e.Erase(t.Context(), tapped, "test"); err != nil || e.Partners != 2 {
		t.Errorf("%d partners are forgotten, want the one that came meanwhile too; %v", e.Partners, err)
	}
	if p, err := db.Partner(t.Context(), store.PartnerID("company", "customer:main:17")); err != nil || p.Rev != 0 {
		t.Errorf("the one that came meanwhile is %+v, %v", p, err)
	}
	if why := words(t, db)[string(key)]; why != "erased" {
		t.Errorf("the erasure's own words are %q", why)
	}
	for range 2 {
		if e, err := activities.FindOrders(t.Context(), db, []order.Key{key}); err != nil || e.Some() {
			t.Errorf("found again is %+v, %v", e, err)
		}
		cutOff(t, database, key, "{")
	}
}

// What is remembered of the person as a contact and while it is asked for goes by the hash; a half name, a short one and what others are called stays.
// Fails without: contact and asked in remembered; leastName; half names in hideAnywhere; the tax number; the addresses in evidenceIn; each version in hideOf.
func TestErase_GoesByAllThatThePersonIsCalled(t *testing.T) {
	db, database := testkit.Database(t)
	key := bought(t, db, "1", "erika@example.com", 0, func(d *store.Staged) {
		d.Order.Customer.TaxVAT, d.Order.Billing.FirstName, d.Order.Billing.LastName = "DE123456789", "Li", "Wu"
		d.Timeline = []store.Event{{Step: "insert", Detail: "B1 knows no Friedrich, and no Erika"}}
	})
	if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "old"}, Raw: []byte(`{"customer_email":"erika@example.com",` +
		`"customer_firstname":"Friedrich","billing_address":{"lastname":"Nietzsche","telephone":"0309876543"},"items":[`)}}); err != nil {
		t.Fatal(err)
	}
	received(t, database, key, "old", time.Now().Add(-store.StagedBy-time.Minute))
	hash := func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:16]) }
	remembered := map[string]bool{"contact:C1:" + hash(strings.ToLower(mapping.ContactName(got(t, db, key).Order))): true, "asked:EmailAddress:" + hash("erika@example.com"): true,
		"contact:C1:" + hash("otto mustermann"): false, "asked:EmailAddress:" + hash("otto@example.com"): false}
	for identity := range remembered {
		if _, err := db.ChangePartner(t.Context(), store.PartnerID("company", identity), func(p *store.Partner) error { p.Know("C1", 0); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	said := map[string]string{"the tax number DE123456789": "the tax number [personal]", "rang from 0309876543": "rang from [personal]", "Mr Nietzsche of Basel": "Mr Nietzsche of Basel",
		"Wang Li Wuhan": "Wang Li Wuhan", "for Erika Mustermann": "for [personal]", "for Erika": "for Erika"}
	for why := range said {
		audited(t, db, why, why)
	}
	e, err := activities.FindPerson(t.Context(), db, activities.Person{Email: "erika@example.com"})
	if err == nil {
		err = e.Erase(t.Context(), db, "test")
	}
	if err != nil || !slices.Equal(e.Orders, []order.Key{key}) {
		t.Fatalf("%+v, %v", e, err)
	}
	for identity, gone := range remembered {
		if p, err := db.Partner(t.Context(), store.PartnerID("company", identity)); err != nil || (p.Rev == 0) != gone {
			t.Errorf("%s is forgotten %t, want %t; %v", identity, p.Rev == 0, gone, err)
		}
	}
	for target, why := range words(t, db) {
		if why != said[target] {
			t.Errorf("the audit says %q in the place of %q, want %q", why, target, said[target])
		}
	}
	if detail := got(t, db, key).Timeline[0].Detail; detail != "B1 knows no [personal], and no [personal]" {
		t.Errorf("the timeline says %q", detail)
	}
}

// Of what is damaged the account tells whose it is, where an account is asked for; an order that is the person's is not named as well.
// Fails without: the account in tells; storedAccount; known in Unreadable.
func TestErase_GoesByTheAccountInWhatIsDamaged(t *testing.T) {
	db, database := testkit.Database(t)
	stored, both := bought(t, db, "1", "", 0, nil), bought(t, db, "2", "", 17, nil)
	cutOff(t, database, stored, `{"key":"main:1:1","customer":{"id":17,"guest":false,"ema`)
	keepUnreadable(t, db, database, both, "")
	keepUnreadable(t, db, database, "main:1:3", `{"customer_email":"otto@example.com","items":[`)
	keepUnreadable(t, db, database, "main:1:4", `{"customer_email":"otto@example.com","customer_id":18,"items":[`)
	e := find(t, db, activities.Person{Instance: "main", ID: 17})
	if !slices.Equal(e.Orders, []order.Key{stored, both}) || !slices.Equal(e.Unreadable, []order.Key{"main:1:3"}) {
		t.Errorf("found %v, unreadable %v", e.Orders, e.Unreadable)
	}
}

// By age an order loses the name in its texts too, one that is taken up meanwhile keeps its data, and a document that came late for an erased one goes.
// Fails without: the redactor; the age in the write; DropDocuments of what is erased; more.
func TestEraseOld_AsTheOrderStandsWhenItIsWritten(t *testing.T) {
	db, database := testkit.Database(t)
	first := bought(t, db, "1", "a@example.com", 0, func(d *store.Staged) {
		d.Timeline = []store.Event{{Step: "insert", Detail: "B1 knows no Mustermann"}}
	})
	second := bought(t, db, "2", "b@example.com", 0, nil)
	time.Sleep(5 * time.Millisecond) // the store keeps milliseconds: what was written is older than the next look
	var once sync.Once
	tapped := testkit.TappedStore(t, database, func(message []byte) bool {
		if testkit.HasAll(message, "find", "payloads", string(second)) {
			once.Do(func() {
				if _, err := db.Change(t.Context(), second, func(d *store.Staged) error { d.Note(store.Event{Step: "looked at"}); return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		return false
	})
	old := func(limit int) (int, bool) {
		t.Helper()
		n, more, err := activities.EraseOld(t.Context(), tapped, "main", 3*time.Millisecond, limit)
		if err != nil {
			t.Fatal(err)
		}
		return n, more
	}
	if n, more := old(1); n != 1 || !more || got(t, db, first).Timeline[0].Detail != "B1 knows no [personal]" {
		t.Errorf("%d erased, more %t: %+v", n, more, got(t, db, first).Timeline)
	}
	if n, more := old(3); n != 0 || more || got(t, db, second).Erased() {
		t.Errorf("%d erased, more %t, though it was changed meanwhile", n, more)
	}
	if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: first, Hash: "late"}, Raw: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	received(t, database, first, "late", time.Now().Add(-store.StagedBy-time.Minute))
	if err := db.NoteRetained(t.Context(), "main", store.ChangePlace{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond) // the store keeps milliseconds: what was written is older than the next look
	if old(10); len(hashes(t, db, first)) != 0 {
		t.Error("what nobody could read, and came late, is left")
	}
}
