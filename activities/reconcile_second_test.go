package activities_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// Whatever was found is looked at once more before it is mended, and left alone where it is otherwise by then. Fails without: the second look in follow, unfollow, relink and stage:
// each of their conditions.
func TestReconcile_LooksASecondTimeAtEachKind(t *testing.T) {
	cancelled := func(b *books, key order.Key) {
		if err := b.b1.Cancel(key.IncrementID()); err != nil {
			b.t.Fatal(err)
		}
	}
	noted := func(b *books, key order.Key) { // as cancelled, which it is not
		if _, err := b.db.Change(b.t.Context(), key, func(doc *store.Staged) error {
			doc.Status, doc.Reason = order.Cancelled, &order.Reason{Code: "cancelled_in_b1", Message: "m"}
			return nil
		}); err != nil {
			b.t.Fatal(err)
		}
	}
	moved := func(b *books, _ order.Key) { b.instance.CompanyID = "b1/other"; b.work(b.connectTo()) }
	for name, tc := range map[string]struct {
		kind            store.FindingKind
		make, meanwhile func(*books, order.Key)
	}{
		"cancelled, and there is a live one": {store.FindCancelledInB1, cancelled, func(b *books, key order.Key) {
			other := b.first(3)[2]
			b.tamper(other, b1sim.Tamper{Do: "rename", To: key.IncrementID()})
		}},
		"cancelled, and not shown any more": {store.FindCancelledInB1, cancelled, func(b *books, key order.Key) {
			b.instance.Books = &blind{Books: b.instance.Books, to: key.IncrementID()}
			b.acts = activities.New(b.db, testkit.Silent(), b.instance)
		}},
		"live, and cancelled by then":    {store.FindUnexpectedInB1, noted, cancelled},
		"live, and in another company":   {store.FindUnexpectedInB1, noted, moved},
		"in its place, and another then": {store.FindOtherDocument, (*books).forgetEntry, func(b *books, key order.Key) { b.tamper(key, b1sim.Tamper{Do: "duplicate"}); b.removeFirst(key) }},
		"in its place, of another total": {store.FindOtherDocument, (*books).forgetEntry, func(b *books, key order.Key) {
			b.tamper(key, b1sim.Tamper{Do: "add", Amount: decimal.NewFromInt(1)})
		}},
		"in its place, of another company": {store.FindOtherDocument, (*books).forgetEntry, moved},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, 3, b1sim.Config{})
			key := b.first(1)[0]
			tc.make(b, key)
			b.page("run")
			if f := b.wantFindings(found(key, tc.kind))[key]; !f.Curable {
				t.Fatalf("the finding is %+v", f)
			}
			tc.meanwhile(b, key)
			before := b.doc(key)
			healed, err := b.acts.HealFindings(t.Context(), activities.HealFindingsInput{Instance: "main", Run: "run"})
			if after := b.doc(key); err != nil || len(healed.Healed) != 0 || after.Status != before.Status || after.BO.DocEntry != before.BO.DocEntry {
				t.Errorf("mended %v, %v: it is %s with %d, and was %s with %d", healed, err, after.Status, after.BO.DocEntry, before.Status, before.BO.DocEntry)
			}
		})
	}
}

// removeFirst takes the first of two sales orders under a number away.
func (b *books) removeFirst(key order.Key) {
	b.t.Helper()
	for _, o := range b.b1.Orders() {
		if o.Key == key.IncrementID() {
			if err := b.b1.RemoveEntry(o.DocEntry); err != nil {
				b.t.Fatal(err)
			}
			return
		}
	}
	b.t.Fatal("there is none")
}

// An order that is gone from the shop by the time that it is read is not staged, and not told as staged. Fails without: the look for the document in stage.
func TestReconcile_WhatIsGoneFromTheShopIsNotStaged(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(3)[2]
	entity := b.doc(key).EntityID
	b.hide(key)
	b.page("run")
	b.wantFindings(found(key, store.FindMissingInStore))
	if err := b.shop.Remove(entity); err != nil {
		t.Fatal(err)
	}
	healed, err := b.acts.HealFindings(t.Context(), activities.HealFindingsInput{Instance: "main", Run: "run"})
	if err != nil || len(healed.Healed) != 0 {
		t.Errorf("mended %v, %v", healed, err)
	}
}

// An order that somebody has in hand is just that, whatever B1 has of it. Fails without: inHand in place and in asked; the claim, and the intent, in inHand.
func TestReconcile_WhatSomebodyHasInHandIsNotMissing(t *testing.T) {
	for name, change := range map[string]func(*store.Staged){
		"claimed": func(doc *store.Staged) {
			doc.Claim = &store.Claim{Token: "other", ExpiresAt: time.Now().Add(time.Hour)}
		},
		"in doubt": func(doc *store.Staged) { doc.Intent = &store.Intent{SentAt: time.Now()} },
	} {
		b := newBooks(t, 2, b1sim.Config{})
		key := b.first(1)[0]
		b.tamper(key, b1sim.Tamper{Do: "remove"})
		if _, err := b.db.Change(t.Context(), key, func(doc *store.Staged) error { change(doc); return nil }); err != nil {
			t.Fatal(err)
		}
		if page := b.page("run"); page.Lines[store.LineInHand] != 1 || page.Lines[store.LineInB1] != 1 {
			t.Errorf("%s: %v", name, page.Lines)
		}
		b.wantFindings()
	}
}

// An order is looked for under all references that it ever had, as B1 writes them. Fails without: References and BO.Reference in references; folded.
func TestReconcile_LooksUnderEachReference(t *testing.T) {
	b := newBooks(t, 4, b1sim.Config{})
	for n, change := range []func(doc *store.Staged, number string){
		func(doc *store.Staged, number string) {
			doc.Reference, doc.References, doc.BO.Reference = "new", nil, number
		},
		func(doc *store.Staged, number string) {
			doc.Reference, doc.References, doc.BO.Reference = "new", []string{number}, "new"
		},
	} {
		key := b.first(4)[n]
		b.setEntry(key, b.doc(key).BO.DocEntry)
		if _, err := b.db.Change(t.Context(), key, func(doc *store.Staged) error { change(doc, key.IncrementID()); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if page := b.page("run"); page.Lines[store.LineInB1] != 4 {
		t.Errorf("%v", page.Lines)
	}
	b.wantFindings()
	b.instance.Books = &spaced{b.instance.Books}
	b.acts = activities.New(b.db, testkit.Silent(), b.instance)
	if page := b.page("another"); page.Lines[store.LineInB1] != 4 {
		t.Errorf("with spaces around: %v", page.Lines)
	}
}

// spaced is a B1 whose database gives numbers with spaces around, and finds them without.
type spaced struct{ activities.Books }

func (s *spaced) OrdersUnder(ctx context.Context, references []sapb1.Reference) ([]sapb1.Keyed, error) {
	all, err := s.Books.OrdersUnder(ctx, references)
	for n := range all {
		all[n].NumAtCard = " " + all[n].NumAtCard + " "
	}
	return all, err
}

// A draft that became two sales orders is a duplicate. Fails without: the draft in asked; its duplicates in place.
func TestReconcile_ADraftThatBecameTwo(t *testing.T) {
	b := newBooks(t, 1, b1sim.Config{})
	b.b1.SetApproval(b1sim.Approval{On: true})
	key := b.place()
	b.sync()
	if doc := b.doc(key); doc.Status != order.Draft {
		t.Fatalf("it is %s", doc.Status)
	}
	if err := b.b1.Approve(key.IncrementID()); err != nil {
		t.Fatal(err)
	}
	b.tamper(key, b1sim.Tamper{Do: "duplicate"})
	b.page("run")
	b.wantFindings(found(key, store.FindDuplicate))
}

// Findings are looked at again by the page, each once; what neither the shop nor the store has any more is over; and one over a named window leaves older ones alone. Fails without: Next in RecheckFindings;
// the condition on heads in accountsOf; PlacedFrom.
func TestReconcile_LooksAgainByThePage(t *testing.T) {
	b := newBooks(t, 1, b1sim.Config{})
	long := time.Now().AddDate(0, -2, 0)
	var all []store.Finding
	for n := range 130 {
		all = append(all, store.Finding{Instance: "main", Kind: store.FindDuplicate, Key: order.Key(fmt.Sprintf("main:1:gone%03d", n)), PlacedAt: long.Add(time.Duration(n) * time.Minute)})
	}
	if err := b.db.Saw(t.Context(), "earlier", all); err != nil {
		t.Fatal(err)
	}
	in := activities.RecheckFindingsInput{Instance: "main", Run: "run", Before: time.Now(), Started: time.Now().Add(time.Minute), From: long.Add(time.Hour)}
	named, err := b.acts.RecheckFindings(t.Context(), in)
	if err != nil || !named.Done || named.Resolved != 70 {
		t.Errorf("of a named window %+v, %v", named, err)
	}
	if err := b.db.Saw(t.Context(), "earlier", all); err != nil {
		t.Fatal(err)
	}
	in.From, in.Started = time.Time{}, time.Now().Add(time.Minute)
	first, err := b.acts.RecheckFindings(t.Context(), in)
	if err != nil || first.Done || first.Resolved != 100 || first.Next == "" {
		t.Fatalf("first %+v, %v", first, err)
	}
	in.After = first.Next
	second, err := b.acts.RecheckFindings(t.Context(), in)
	if err != nil || !second.Done || second.Resolved != 30 {
		t.Errorf("then %+v, %v", second, err)
	}
	b.wantFindings()
}
