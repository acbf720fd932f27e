package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/activities"
	deskof "datawald/gateway/desk"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// bought puts a posted order of somebody into the store.
func bought(t *testing.T, db *store.Store, number, email string, account int64, change func(*store.Staged)) order.Key {
	t.Helper()
	key := order.Key("main:1:" + number)
	if _, err := db.Change(t.Context(), key, func(d *store.Staged) error {
		d.Status, d.PayloadHash, d.ContentHash = order.Posted, "v1", "c"
		d.Order = &order.Order{Key: key, Instance: "main", IncrementID: number, Customer: order.Customer{ID: account, Email: email, FirstName: "Erika", LastName: "Mustermann"}}
		if change != nil {
			change(d)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return key
}

func got(t *testing.T, db *store.Store, key order.Key) *store.Staged {
	t.Helper()
	doc, err := db.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func audited(t *testing.T, db *store.Store, target, why string) {
	t.Helper()
	if _, err := db.WriteAudit(t.Context(), store.AuditEntry{Actor: "anna", Action: "skip-order", Target: target, Why: why, State: store.AuditDone}); err != nil {
		t.Fatal(err)
	}
}

// words are the reasons in the audit, by what they are about.
func words(t *testing.T, db *store.Store) map[string]string {
	t.Helper()
	entries, err := db.ListAudit(t.Context(), store.AuditFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		all[e.Target] = e.Why
	}
	return all
}

// The store fails over the first order, over a later one, or when all orders are erased: whoever runs it again finishes it. What stands beside the orders is told by
// them alone, and by whom was asked for.
// Fails without: around before the orders; the person himself in all; a person without orders in around.
func TestErase_CanBeFinishedWhereverItWasCutOff(t *testing.T) {
	const email, phone = "erika@example.com", "0301234567"
	for name, words := range map[string][]string{
		"over the partners":      {"delete", "partners"},
		"over the documents":     {"find", "payloads", "main:1:2"},
		"when orders are erased": {"find", "audit"}, // the second time
	} {
		t.Run(name, func(t *testing.T) {
			db, database := testkit.Database(t)
			var deaf atomic.Bool
			var passed atomic.Int32 // over several connections
			failing := testkit.TappedStore(t, database, func(message []byte) bool {
				if !deaf.Load() || !testkit.HasAll(message, words...) {
					return false
				}
				return passed.Add(1) > 1 || words[1] != "audit"
			})
			for n := range 3 {
				bought(t, db, fmt.Sprint(n+1), email, 17, func(d *store.Staged) { d.Order.Billing.Telephone = phone })
			}
			who := activities.Person{Instance: "main", Email: email, ID: 17}
			remember := func() (ids []string) {
				for _, identity := range mapping.Identities(&order.Order{Instance: "main", Customer: order.Customer{ID: 17, Email: email}}) {
					ids = append(ids, store.PartnerID("company", identity))
				}
				for _, id := range ids {
					if _, err := db.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Know("C1", 0); return nil }); err != nil {
						t.Fatal(err)
					}
				}
				return ids
			}
			ids := remember()
			if len(ids) < 2 {
				t.Fatalf("he is remembered as %v", ids)
			}
			audited(t, db, "a list", "called from "+phone)
			e, err := activities.FindPerson(t.Context(), failing, who)
			if err != nil || len(e.Orders) != 3 || e.Partners != 2 || e.Audit != 1 {
				t.Fatalf("%+v, %v", e, err)
			}
			deaf.Store(true)
			if err := e.Erase(t.Context(), failing, "test"); err == nil {
				t.Fatal("it does not say that it was cut off")
			}
			if words[1] == "audit" { // all orders are erased, and a run that was under way has remembered him again
				remember()
				audited(t, db, "another list", "wrote from "+email)
			}
			if e, err = activities.FindPerson(t.Context(), db, who); err != nil || !e.Some() && words[1] == "audit" {
				t.Fatalf("%+v, %v", e, err)
			}
			if err := e.Erase(t.Context(), db, "test"); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				if doc := got(t, db, order.Key(fmt.Sprintf("main:1:%d", n+1))); !doc.Erased() || doc.Order.Customer.Email != "" {
					t.Errorf("%s is not erased", doc.Key)
				}
			}
			for _, id := range ids {
				if p, err := db.Partner(t.Context(), id); err != nil || p.Rev != 0 {
					t.Errorf("he is remembered still as %s, %v", id, err)
				}
			}
			entries, err := db.ListAudit(t.Context(), store.AuditFilter{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if strings.Contains(entry.Why, phone) || strings.Contains(entry.Why, email) {
					t.Errorf("the audit still says %q", entry.Why)
				}
			}
		})
	}
}

// Magento gives a version while the order is being erased, and before it is staged: its document stays, and is staged as any other. What came before the
// staged one, by its receipt or by its reading, goes.
// Fails without: the hash, the receipt and the reading in DropDocuments; with a DropVersions that drops all.
func TestErase_LeavesALaterVersionAlone(t *testing.T) {
	db := testkit.Store(t)
	key := bought(t, db, "1", "erika@example.com", 0, nil)
	put := func(hash string) {
		t.Helper()
		if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: hash}, Raw: []byte(`{"customer_email":"erika@example.com"}`)}}); err != nil {
			t.Fatal(err)
		}
	}
	put("v0")
	time.Sleep(2 * time.Millisecond) // the store keeps milliseconds
	put("v1")
	time.Sleep(2 * time.Millisecond)
	put("between") // and then the order became again what it was
	if _, err := db.Change(t.Context(), key, func(d *store.Staged) error { d.Magento.ReadAt = time.Now().Add(time.Millisecond); return nil }); err != nil {
		t.Fatal(err)
	}
	first := true
	done, err := db.EraseOrder(t.Context(), key, "test", func(s string) string { return s }, func(*store.Staged) bool {
		if first { // the order is read, its documents are not dropped yet
			first = false
			time.Sleep(2 * time.Millisecond)
			put("v2")
		}
		return true
	})
	if err != nil || !done {
		t.Fatal(done, err)
	}
	if left := hashes(t, db, key); !slices.Equal(left, []string{"v2"}) {
		t.Errorf("left are %v, want the version that came meanwhile", left)
	}
	// The order is erased. The same version comes again, and goes again, without what others are about to stage.
	put("v1")
	if err := db.DropDocuments(t.Context(), got(t, db, key)); err != nil {
		t.Fatal(err)
	}
	if left := hashes(t, db, key); !slices.Equal(left, []string{"v2"}) {
		t.Errorf("left are %v, want the version that nobody has staged yet", left)
	}
}

// A page brings an erased order again as it was, and its document goes again; what another page has put there meanwhile stays.
// Fails without: hashesOf in dropErased.
func TestErase_APageTakesAwayWhatItBroughtAlone(t *testing.T) {
	d := newDesk(t)
	document := versionOf("000000001", "plain", 1)
	d.read(t, document)
	key, err := document.Key("main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Change(t.Context(), key, func(doc *store.Staged) error { doc.Status, doc.Reason = order.Posted, nil; return nil }); err != nil {
		t.Fatal(err)
	}
	if done, err := d.db.EraseOrder(t.Context(), key, "test", func(s string) string { return s }, func(*store.Staged) bool { return true }); err != nil || !done {
		t.Fatal(done, err)
	}
	a := d.worker(document)
	refs := fetch(t, a)
	if err := d.db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "v2"}, Raw: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	if was := hashes(t, d.db, key); len(was) != 2 {
		t.Fatalf("there are %v, want the version of before and a later one", was)
	}
	stageRefs(t, a, refs...)
	if left := hashes(t, d.db, key); !slices.Equal(left, []string{"v2"}) || !got(t, d.db, key).Erased() {
		t.Errorf("left are %v, want what another page brought", left)
	}
}

func hashes(t *testing.T, db *store.Store, key order.Key) (all []string) {
	t.Helper()
	versions, err := db.PayloadVersions(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		all = append(all, v.Hash)
	}
	slices.Sort(all)
	return all
}

// raw is a database as it stands in the server.
func raw(t *testing.T, database string) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	return client.Database(database)
}

func received(t *testing.T, database string, key order.Key, hash string, at time.Time) {
	t.Helper()
	res, err := raw(t, database).Collection("payloads").UpdateOne(t.Context(), bson.D{{Key: "key", Value: key}, {Key: "hash", Value: hash}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "received_at", Value: at.UTC().Truncate(time.Millisecond)}}}})
	if err != nil || res.MatchedCount != 1 {
		t.Fatal(err)
	}
}

// People write names as they like, and nothing finds them all: the words about an erased order go as a whole, and those about another order stay.
// Fails without: withoutWhy; ErasedText in the audit; partOfKey before and behind a key; standsIn that looks on behind another order's.
func TestErase_TakesWhatPeopleWroteAboutTheOrder(t *testing.T) {
	db := testkit.Store(t)
	const why = "mustermann rang up, erika will not pay"
	key := bought(t, db, "12", "erika@example.com", 0, func(d *store.Staged) { d.Status = order.Held; d.Reason = &order.Reason{Code: "x"} })
	if _, err := deskof.Do(t.Context(), db, key, deskof.Request{Action: deskof.Skip, By: "anna", Why: why}); err != nil {
		t.Fatal(err)
	}
	if message := got(t, db, key).Reason.Message; !strings.Contains(message, "mustermann") {
		t.Fatalf("it says %q, want a name that nothing finds", message)
	}
	others := []string{"main:1:123", "main:1:12-1", "eu-main:1:12", "main:1:1"}
	for _, target := range append(others, string(key), "main:1:7,"+string(key), "main:1:123,"+string(key)) {
		audited(t, db, target, why)
	}
	e, err := activities.FindOrders(t.Context(), db, []order.Key{key})
	if err == nil {
		err = e.Erase(t.Context(), db, "test")
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := got(t, db, key).Reason; r.Message != "Skipped by anna: [erased]" {
		t.Errorf("it was skipped because %q", r.Message)
	}
	said := words(t, db)
	for _, target := range others {
		if said[target] != why {
			t.Errorf("of the other order %s the audit says %q", target, said[target])
		}
	}
	for _, target := range []string{string(key), "main:1:7," + string(key), "main:1:123," + string(key)} {
		if said[target] != store.ErasedText {
			t.Errorf("of %s the audit says %q", target, said[target])
		}
	}
}

// Of the orders of a person the accounts and addresses are counted, and looked for as well, but when only what was asked for is wanted.
// Fails without: Only; Accounts; Addresses.
func TestErase_SaysHowFarItReaches(t *testing.T) {
	db := testkit.Store(t)
	mine := bought(t, db, "1", "clerk@example.com", 1, nil)
	bought(t, db, "2", "stranger@example.com", 1, nil) // the clerk's account orders for others
	bought(t, db, "3", "stranger@example.com", 2, nil)
	e, err := activities.FindPerson(t.Context(), db, activities.Person{Email: "Clerk@example.com "})
	if err != nil || len(e.Orders) != 3 || e.Accounts != 2 || e.Addresses != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	e, err = activities.FindPerson(t.Context(), db, activities.Person{Email: "Clerk@example.com ", Only: true})
	if err != nil || !slices.Equal(e.Orders, []order.Key{mine}) || e.Accounts != 0 || e.Addresses != 1 {
		t.Errorf("%+v, %v", e, err)
	}
}

// A document that nobody has staged yet is that of an order under way, until it lies there for long.
// Fails without: aboutToBeStaged in look; StagedBy in DropDocuments.
func TestErase_LeavesWhatIsAboutToBeStaged(t *testing.T) {
	db, database := testkit.Database(t)
	const key order.Key = "main:1:1"
	if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "v1"}, Raw: []byte(`{"customer_email":"erika@example.com"}`)}}); err != nil {
		t.Fatal(err)
	}
	for _, wait := range []bool{true, false} {
		e, err := activities.FindPerson(t.Context(), db, activities.Person{Email: "erika@example.com"})
		if err == nil {
			err = e.Erase(t.Context(), db, "test")
		}
		if err != nil || (e.InHand[key] == order.Pending) != wait || (len(hashes(t, db, key)) == 1) != wait {
			t.Errorf("about to be staged %t: %+v, %v", wait, e, err)
		}
		if wait {
			received(t, database, key, "v1", time.Now().Add(-store.StagedBy-time.Minute))
		}
	}
}

// By age an order keeps its data while it asks a person for something, and one that cannot be read is passed over and named.
// Fails without: Final; each condition of asksAPerson; passing over what is damaged.
func TestEraseOld_LeavesWhatSomebodyStillNeedsToSee(t *testing.T) {
	db, database := testkit.Database(t)
	kept := []order.Key{
		bought(t, db, "1", "a@example.com", 0, func(d *store.Staged) { d.Attention = &order.Reason{Code: "changed_in_magento"} }),
		bought(t, db, "2", "b@example.com", 0, func(d *store.Staged) { d.WriteBack = &store.WriteBack{State: store.WriteBackGivenUp} }),
		bought(t, db, "3", "c@example.com", 0, func(d *store.Staged) { d.WriteBack = &store.WriteBack{State: store.WriteBackToLookAt} }),
		bought(t, db, "7", "g@example.com", 0, func(d *store.Staged) { d.Status, d.Reason = order.Held, &order.Reason{Code: "x"} }),
	}
	damaged := bought(t, db, "4", "d@example.com", 0, nil)
	if _, err := raw(t, database).Collection("orders").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: damaged}}, bson.D{{Key: "$set", Value: bson.D{{Key: "order", Value: "{"}}}}); err != nil {
		t.Fatal(err)
	}
	gone := []order.Key{
		bought(t, db, "5", "e@example.com", 0, nil),
		bought(t, db, "6", "f@example.com", 0, func(d *store.Staged) { d.WriteBack = &store.WriteBack{State: store.WriteBackDone} }),
	}
	erase := func() (int, error) {
		erased, _, err := activities.EraseOld(t.Context(), db, "main", -time.Hour, 100)
		return erased, err
	}
	if n, err := erase(); n != len(gone) || err == nil || !strings.Contains(err.Error(), string(damaged)) {
		t.Errorf("%d erased, %v", n, err)
	}
	for _, key := range kept {
		if doc := got(t, db, key); doc.Erased() || doc.Order.Customer.Email == "" {
			t.Errorf("%s is erased, though somebody needs to see it", key)
		}
	}
	for _, key := range gone {
		if !got(t, db, key).Erased() {
			t.Errorf("%s is not erased", key)
		}
	}
	// Settled, it comes up again.
	if _, err := db.Change(t.Context(), kept[0], func(d *store.Staged) error { activities.Settle(d); return nil }); err != nil {
		t.Fatal(err)
	}
	if n, err := erase(); n != 1 || err != nil || !got(t, db, kept[0]).Erased() {
		t.Errorf("%d erased, %v", n, err)
	}
}
