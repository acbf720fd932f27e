package desk_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/gateway/desk"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const key order.Key = "main:1:000000001"

// staged puts an order into the store that was read and waits for nobody, but for what change makes of it.
func staged(t *testing.T, db *store.Store, change func(*store.Staged)) {
	t.Helper()
	if _, err := db.Change(t.Context(), key, func(doc *store.Staged) error {
		*doc = store.Staged{Key: key, Rev: doc.Rev, Instance: "main", StoreID: 1, IncrementID: "000000001", PayloadHash: "p", ContentHash: "c",
			Status: order.Pending, PlacedAt: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), DueAt: time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)}
		doc.Order = &order.Order{Key: key, Customer: order.Customer{Email: "erika@example.com", FirstName: "Erika", LastName: "Mustermann"}}
		change(doc)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func as(status order.Status, code string) func(*store.Staged) {
	return func(doc *store.Staged) {
		doc.Status = status
		if code != "" {
			doc.Reason = &order.Reason{Code: code, Message: "why"}
		}
	}
}

func both(changes ...func(*store.Staged)) func(*store.Staged) {
	return func(doc *store.Staged) {
		for _, change := range changes {
			change(doc)
		}
	}
}

func inB1(doc *store.Staged) {
	doc.BO = &store.BackOffice{DocEntry: 7, DocNum: 70, Reference: "000000001"}
}
func draft(doc *store.Staged) {
	doc.BO = &store.BackOffice{DocEntry: 8, Draft: true, Reference: "000000001"}
}
func sent(doc *store.Staged) { doc.Intent = &store.Intent{SentAt: time.Now(), Reference: "000000001"} }
func claimed(d time.Duration) func(*store.Staged) {
	return func(doc *store.Staged) { doc.Claim = &store.Claim{Token: "t", ExpiresAt: time.Now().Add(d)} }
}
func later(doc *store.Staged)   { doc.DueAt = time.Now().Add(time.Hour) }
func without(doc *store.Staged) { doc.Order, doc.ContentHash = nil, "" }
func attends(code string) func(*store.Staged) {
	return func(doc *store.Staged) { doc.Attention = &order.Reason{Code: code} }
}
func erased(doc *store.Staged) {
	doc.Order, doc.ErasedAt = doc.Order.Erased(), time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)
}
func newer(doc *store.Staged)    { doc.Format = store.DocumentFormat + 1 }
func obstacle(doc *store.Staged) { doc.Obstacle = 9 }

// situations are all that the table tells apart, and what may be done in each.
var situations = map[string]struct {
	make func(*store.Staged)
	// may are the actions that are possible: r, s, u (resume) and t (settle).
	may string
	// says are words of why the others are not, by the same letters.
	says map[string]string
	// status is the state after a retry, where it changes; reread is true when Magento is asked first.
	status order.Status
	reread bool
}{
	"Pending":             {make: as(order.Pending, ""), may: "rs", says: map[string]string{"u": "It is not skipped"}, status: order.Pending},
	"WaitsForARate":       {make: both(as(order.Pending, "b1_rate_missing"), later), may: "rs", status: order.Pending},
	"InDoubt":             {make: both(as(order.Pending, ""), sent), may: "r", says: map[string]string{"s": "Retry it: B1 is looked into first"}, status: order.Pending},
	"AtWork":              {make: both(as(order.Pending, ""), sent, claimed(20*time.Second)), may: "", says: map[string]string{"r": "at this moment", "s": "at this moment"}},
	"AtWorkOnADraft":      {make: both(as(order.Draft, ""), draft, sent, claimed(20*time.Second)), may: "", says: map[string]string{"r": "at this moment"}},
	"ClaimIsOver":         {make: both(as(order.Pending, ""), sent, claimed(-time.Second)), may: "r", says: map[string]string{"s": "not known"}, status: order.Pending},
	"ClaimOfWrongClock":   {make: both(as(order.Pending, ""), sent, claimed(25*time.Hour)), may: "r", says: map[string]string{"s": "not known"}, status: order.Pending},
	"Posted":              {make: both(as(order.Posted, ""), inB1), may: "", says: map[string]string{"r": "B1 has it", "s": "Cancel the sales order in B1", "u": "B1 has it", "t": "Nothing asks for attention"}},
	"Cancelled":           {make: as(order.Cancelled, "cancelled_in_magento"), may: "", says: map[string]string{"r": "cancelled in Magento", "s": "It has ended"}},
	"CancelledInB1":       {make: both(as(order.Cancelled, "cancelled_in_b1"), inB1), may: "", says: map[string]string{"r": "Resync the order by its number", "s": "It has ended"}},
	"LeftOut":             {make: as(order.Excluded, "store:3"), may: "", says: map[string]string{"r": `The rule "store:3"`, "s": `The rule "store:3"`, "u": `the rule "store:3"`}},
	"LeftOutErased":       {make: both(as(order.Excluded, "store:3"), erased), may: "", says: map[string]string{"r": "Resync it by its number", "s": "were erased on 2026-12-24", "u": "Resync it by its number"}},
	"SkippedErased":       {make: both(as(order.Excluded, store.CodeSkipped), erased), may: "", says: map[string]string{"r": "Resume it", "s": "already", "u": "Resync it by its number"}},
	"Skipped":             {make: as(order.Excluded, store.CodeSkipped), may: "u", says: map[string]string{"r": "Resume it", "s": "already"}},
	"Draft":               {make: both(as(order.Draft, ""), draft, later), may: "r", says: map[string]string{"s": "Have the draft refused"}, status: order.Draft},
	"DraftRefused":        {make: both(as(order.Held, "draft_rejected"), draft), may: "rs", status: order.Pending},
	"Held":                {make: as(order.Held, "item_unknown"), may: "rs", says: map[string]string{"u": "held for the reason that stands there"}, status: order.Pending},
	"HeldInB1":            {make: both(as(order.Held, "total_differs"), inB1), may: "r", says: map[string]string{"s": "B1 has a document of it"}, status: order.Pending},
	"HeldTwiceInB1":       {make: as(order.Held, "duplicate_in_b1"), may: "r", says: map[string]string{"s": "several documents"}, status: order.Pending},
	"PerhapsTwice":        {make: both(as(order.Held, "reference_changed"), attends(store.CodeCreatedLate)), may: "rt", says: map[string]string{"s": "Look for its reference in B1"}, status: order.Pending},
	"SkippedPerhapsTwice": {make: both(as(order.Excluded, store.CodeSkipped), attends(store.CodeCreatedLate)), may: "ut", says: map[string]string{"s": "already"}},
	"PostedAndChanged":    {make: both(as(order.Posted, ""), inB1, attends("changed_in_magento")), may: "t", says: map[string]string{"r": "B1 has it"}},
	"PostedAndSettled":    {make: both(as(order.Posted, ""), inB1, func(doc *store.Staged) { doc.Settled = &store.Settled{} }), may: "", says: map[string]string{"t": "settled already"}},
	"HeldForAnObstacle":   {make: both(as(order.Held, "reference_cancelled"), obstacle), may: "rs", status: order.Pending},
	"Unreadable":          {make: both(as(order.Held, "document_unreadable"), without), may: "rs", reread: true},
	"PaymentOverdue":      {make: as(order.Held, "payment_overdue"), may: "rs", reread: true},
	"DocumentErased":      {make: as(order.Held, "document_missing"), may: "rs", reread: true},
}

var letters = map[string]desk.Action{"r": desk.Retry, "s": desk.Skip, "u": desk.Resume, "t": desk.Settle}

// Fails without: each row of the table, and each text in it (tried one by one: another row's text takes its place).
func TestChoices_SayWhatMakesSenseAndWhyNot(t *testing.T) {
	for name, c := range situations {
		t.Run(name, func(t *testing.T) {
			doc := store.NewStaged(key)
			doc.PayloadHash, doc.ContentHash = "p", "c"
			c.make(doc)
			choices := desk.Choices(doc, time.Now())
			if len(choices) != len(desk.Actions()) {
				t.Fatalf("%d choices, want one for each action", len(choices))
			}
			for letter, action := range letters {
				for _, choice := range choices {
					if choice.Action != action {
						continue
					}
					want := strings.Contains(c.may, letter)
					if choice.Possible != want || want != (choice.WhyNot == "") || !strings.Contains(choice.WhyNot, c.says[letter]) {
						t.Errorf("%s: %+v, want possible %t, saying %q", action, choice, want, c.says[letter])
					}
				}
			}
		})
	}
}

// What is carried out is what the table says, and nothing is written where it refuses.
// Fails without: Check in Do; TakeUp, DueAt and Manual in retry and of a resumed order; Rereads in apply.
func TestDo_DoesWhatTheTableSays(t *testing.T) {
	db := testkit.Store(t)
	for name, c := range situations {
		for letter, action := range letters {
			staged(t, db, c.make)
			before, err := db.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			done, err := desk.Do(t.Context(), db, key, desk.Request{Action: action, By: "anna", Why: "it is mended"})
			after, getErr := db.Get(t.Context(), key)
			if getErr != nil {
				t.Fatal(getErr)
			}
			if !strings.Contains(c.may, letter) {
				refused, ok := errors.AsType[*desk.Refused](err)
				if !ok || refused.Key != key || refused.Status != before.Status || refused.Action != action || after.Rev != before.Rev {
					t.Errorf("%s of %s: %v, revision %d after %d, want it refused and nothing written", action, name, err, after.Rev, before.Rev)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s of %s: %v", action, name, err)
				continue
			}
			if c.reread && action == desk.Retry {
				if !done.Start || !done.Reread || after.Rev != before.Rev {
					t.Errorf("retry of %s: %+v, revision %d after %d, want it read first and nothing written yet", name, done, after.Rev, before.Rev)
				}
				if err := desk.NoteReread(t.Context(), db, key, desk.Request{Action: action, By: "anna", Why: "it is mended"}); err != nil {
					t.Fatal(err)
				}
				if after, err = db.Get(t.Context(), key); err != nil || after.Status != before.Status {
					t.Errorf("retry of %s: it is %s, %v", name, after.Status, err)
				}
			}
			last := after.Timeline[len(after.Timeline)-1]
			if last.Actor != "anna" || last.Step != "desk" || !strings.Contains(last.Detail, "it is mended") {
				t.Errorf("%s of %s: the timeline ends with %+v", action, name, last)
			}
			switch {
			case action == desk.Skip:
				if !after.Skipped() || after.Queue != "" || after.BO != nil || done.Start {
					t.Errorf("skip of %s: %s (%v), queue %q, document %v, start %t", name, after.Status, after.Reason, after.Queue, after.BO, done.Start)
				}
			case c.reread && action == desk.Retry:
			case action == desk.Settle:
				if after.Attention != nil || after.Settled == nil || after.Status != before.Status || done.Start {
					t.Errorf("settle of %s: attention %v, %s, start %t", name, after.Attention, after.Status, done.Start)
				}
			default:
				want := c.status
				if action == desk.Resume {
					want = order.Pending
				}
				if !done.Start || done.Reread || after.Status != want || !after.Manual || after.DueAt.After(time.Now()) || !strings.HasPrefix(after.Queue, "1|") || after.Reason != nil || (after.Attention != nil) != before.MayBeTwice() {
					t.Errorf("%s of %s: %+v, now %s (%v), due %s, queue %q, want it first in the queue as %s", action, name, done, after.Status, after.Reason, after.DueAt, after.Queue, want)
				}
			}
		}
	}
}

// A draft that was refused lets go of its document, so that what is sent next is one of its own; an order that met a cancelled one passes it; what
// was sent is looked for still. Fails without: TakeUp in retry (the first two); Intent being kept.
func TestDo_ARetryIsSafeWhateverTheOrdersPast(t *testing.T) {
	db := testkit.Store(t)
	retry := func(name string) *store.Staged {
		t.Helper()
		staged(t, db, situations[name].make)
		done, err := desk.Do(t.Context(), db, key, desk.Request{Action: desk.Retry, By: "anna"})
		if err != nil {
			t.Fatal(err)
		}
		return done.Order
	}
	if o := retry("DraftRefused"); o.BO != nil || o.Replaces != 8 || !o.ReplacesDraft || len(o.References) != 1 {
		t.Errorf("after a refused draft: document %v, replaces %d, references %v", o.BO, o.Replaces, o.References)
	}
	if o := retry("HeldForAnObstacle"); o.Obstacle != 0 || len(o.PassOver) != 1 || o.PassOver[0] != 9 {
		t.Errorf("after an obstacle: obstacle %d, passes over %v", o.Obstacle, o.PassOver)
	}
	if o := retry("InDoubt"); o.Intent == nil {
		t.Error("an order in doubt has lost its intent: it would be sent without a look")
	}
	if o := retry("HeldInB1"); o.BO == nil {
		t.Error("an order that B1 has has lost its document")
	}
}

// What a person writes goes into the order's reason and timeline, without the buyer's data, and says who it was and what to do.
// Fails without: words in skip, in apply; By and Hint in skip.
func TestDo_ASkipSaysWhoAndWhy(t *testing.T) {
	db := testkit.Store(t)
	staged(t, db, as(order.Held, "item_unknown"))
	done, err := desk.Do(t.Context(), db, key, desk.Request{Action: desk.Skip, By: "anna", Why: "Erika Mustermann\n called, she bought it in the shop"})
	if err != nil {
		t.Fatal(err)
	}
	r, last := done.Order.Reason, done.Order.Timeline[len(done.Order.Timeline)-1]
	for _, text := range []string{r.Message, last.Detail} {
		if strings.Contains(text, "Erika") || strings.Contains(text, "\n") || !strings.Contains(text, "called, she bought it in the shop") {
			t.Errorf("it says %q", text)
		}
	}
	if !strings.Contains(r.Message, "Skipped by anna: ") || !strings.Contains(r.Hint, "Resume") {
		t.Errorf("the reason is %+v", r)
	}
}

// Fails without: the comparison with Saw in Check, which the second of two clerks meets; Rev == 0 in Do.
func TestDo_WhoSawAnotherStateDoesNothing(t *testing.T) {
	db := testkit.Store(t)
	if _, err := desk.Do(t.Context(), db, key, desk.Request{Action: desk.Skip, By: "anna", Why: "w"}); !errors.Is(err, desk.ErrNotStaged) {
		t.Errorf("an order that is not staged gives %v", err)
	}
	staged(t, db, as(order.Held, "item_unknown"))
	var done, refused atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := desk.Do(context.WithoutCancel(t.Context()), db, key, desk.Request{Action: desk.Retry, By: "anna", Saw: order.Held})
			if r, ok := errors.AsType[*desk.Refused](err); ok && strings.Contains(r.Why, "it was held and is pending now") {
				refused.Add(1)
			} else if err == nil {
				done.Add(1)
			} else {
				t.Errorf("ended with %v", err)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d did it and %d were refused, want one and seven", done.Load(), refused.Load())
	}
}

// Who asks a second time for an order that is first in the queue writes nothing, and has it begun again: the first attempt may have come to nothing.
// Fails without: isNext in apply.
func TestDo_ASecondRetryWritesNothing(t *testing.T) {
	db := testkit.Store(t)
	staged(t, db, as(order.Held, "item_unknown"))
	var revisions []int64
	for range 2 {
		done, err := desk.Do(t.Context(), db, key, desk.Request{Action: desk.Retry, By: "anna"})
		if err != nil || !done.Start {
			t.Fatalf("%+v, %v, want it begun", done, err)
		}
		revisions = append(revisions, done.Order.Rev)
	}
	if revisions[0] != revisions[1] {
		t.Errorf("revisions %v, want the second to write nothing", revisions)
	}
}

// Of a person and a worker that meet at one order, one is first and the other sees it: it is never both skipped and claimed.
// Fails without: the table being asked inside of the write (Check before Change: an order in doubt is skipped).
func TestDo_APersonAndAWorkerDoNotBothWin(t *testing.T) {
	db := testkit.Store(t)
	for range 40 {
		staged(t, db, as(order.Pending, ""))
		var all sync.WaitGroup
		all.Go(func() {
			_, _ = desk.Do(t.Context(), db, key, desk.Request{Action: desk.Skip, By: "anna", Why: "w"})
		})
		all.Go(func() { // as claim does
			_, _ = db.Change(t.Context(), key, func(doc *store.Staged) error {
				if doc.Skipped() {
					return store.ErrUnchanged
				}
				both(sent, claimed(20*time.Second))(doc)
				return nil
			})
		})
		all.Wait()
		if doc, err := db.Get(t.Context(), key); err != nil || doc.Skipped() == (doc.Intent != nil) {
			t.Fatalf("skipped %t with the intent %v, %v", doc.Skipped(), doc.Intent, err)
		}
	}
}

// An order that stands under another name until Magento shows it cannot stay skipped. Fails without: the row of stand-ins.
func TestChoices_AStandInIsReadAgain(t *testing.T) {
	doc := store.NewStaged("main:0:entity-12")
	doc.Status, doc.Reason, doc.Reread = order.Held, &order.Reason{Code: "magento_cannot_show"}, true
	choices := desk.Choices(doc, time.Now())
	if !choices[0].Possible || choices[1].Possible || !strings.Contains(choices[1].WhyNot, "Mend the order in Magento") || !desk.Rereads(doc) {
		t.Errorf("choices %+v, read again %t", choices, desk.Rereads(doc))
	}
}

// What a newer release wrote this one would cut: nothing is done with it. Fails without: the comparison of formats in whyNot.
func TestChoices_NothingIsDoneWithWhatANewerReleaseWrote(t *testing.T) {
	doc := store.NewStaged(key)
	both(as(order.Held, "item_unknown"), attends("changed_in_magento"), newer)(doc)
	for _, c := range desk.Choices(doc, time.Now()) {
		if c.Possible || !strings.Contains(c.WhyNot, "newer release") {
			t.Errorf("%+v", c)
		}
	}
}

// writtenByANewer says of the order that a newer release wrote it last, which this one cannot do by its own means.
func writtenByANewer(t *testing.T, database string) {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Disconnect(context.Background()) }()
	r, err := c.Database(database).Collection("orders").UpdateByID(t.Context(), key, bson.M{"$set": bson.M{"format": store.DocumentFormat + 1}})
	if err != nil || r.ModifiedCount != 1 {
		t.Fatalf("not written: %v", err)
	}
}

// Nor is it told of in its timeline that somebody had it read. Fails without: the comparison of formats in NoteReread.
func TestNoteReread_LeavesWhatANewerReleaseWrote(t *testing.T) {
	db, name := testkit.Database(t)
	staged(t, db, as(order.Held, "item_unknown"))
	writtenByANewer(t, name)
	before, err := db.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.NoteReread(t.Context(), db, key, desk.Request{Action: desk.Retry, By: "anna"}); err != nil {
		t.Fatal(err)
	}
	if after, err := db.Get(t.Context(), key); err != nil || after.Rev != before.Rev {
		t.Errorf("it was written: %v", err)
	}
}

// Of an order that could not be read nothing tells what in a person's words names the buyer: they are in the timeline alone, and nobody finds
// the order by them. Fails without: doc.Order == nil in skip.
func TestDo_WordsThatNobodyCanCleanAreForOperatorsAlone(t *testing.T) {
	db := testkit.Store(t)
	staged(t, db, func(doc *store.Staged) { situations["Unreadable"].make(doc) })
	done, err := desk.Do(t.Context(), db, key, desk.Request{Action: desk.Skip, By: "anna", Why: "Erika Mustermann called"})
	if err != nil {
		t.Fatal(err)
	}
	if r := done.Order.Reason; strings.Contains(r.Message, "Mustermann") || !strings.Contains(r.Message, "anna") || strings.Contains(done.Order.Search, "mustermann") {
		t.Errorf("it says %q, and is found by %q", r.Message, done.Order.Search)
	}
	if last := done.Order.Timeline[len(done.Order.Timeline)-1]; last.Detail != "Erika Mustermann called" {
		t.Errorf("the timeline says %q", last.Detail)
	}
}
