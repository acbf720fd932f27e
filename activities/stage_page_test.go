package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/activities"
	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// pages is a shop of one page.
type pages []magento.Document

func (p pages) Next(context.Context, order.Cut) (*magento.Page, error) {
	return &magento.Page{Documents: p, Next: order.Cut{UpdatedAt: moment(59), EntityID: 1}, Done: true}, nil
}

func (p pages) Future(context.Context, time.Time) ([]magento.Document, bool, error) {
	return nil, false, nil
}

// desk is a store with workers that read pages into it, all in one moment: of two versions the one changed later is newer.
type desk struct {
	db    *store.Store
	rules activities.Instance
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{db: testkit.Store(t), rules: activities.Instance{Name: "main", Rules: exampleRules(t), Clock: func() time.Time { return moment(50) }}}
}

// worker is one that was just started: it has nothing in hand.
func (d *desk) worker(documents ...magento.Document) *activities.Activities {
	i := d.rules
	i.Pages = pages(documents)
	return activities.New(d.db, testkit.Silent(), i)
}

func fetch(t testing.TB, a *activities.Activities) []store.PayloadRef {
	t.Helper()
	page, err := a.FetchMagentoOrders(t.Context(), activities.FetchMagentoOrdersInput{Instance: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return page.Refs
}

func stageRefs(t testing.TB, a *activities.Activities, refs ...store.PayloadRef) store.Counts {
	t.Helper()
	result, err := a.SyncOrder(t.Context(), activities.SyncOrderInput{Instance: "main", Refs: refs, Cut: &order.Cut{}})
	if err != nil {
		t.Fatal(err)
	}
	return result.Counts
}

// read reads documents as one page.
func (d *desk) read(t testing.TB, documents ...magento.Document) store.Counts {
	t.Helper()
	a := d.worker(documents...)
	return stageRefs(t, a, fetch(t, a)...)
}

// readOneByOne reads them too, each in a page of its own.
func (d *desk) readOneByOne(t testing.TB, documents ...magento.Document) (counts store.Counts) {
	t.Helper()
	for _, doc := range documents {
		counts = counts.Add(d.read(t, doc))
	}
	return counts
}

// moment is a second of the shop's clock.
func moment(second int) time.Time { return time.Date(2026, 11, 1, 10, 0, second, 0, time.UTC) }

// version makes a document of an order: what kind it is, and when it changed. Kinds: a city, or one of the words below.
func versionOf(number, kind string, second int) magento.Document {
	raw := strings.NewReplacer("000000001", number, `"updated_at":"2026-11-01 10:00:00"`, moment(second).Format(`"updated_at":"2006-01-02 15:04:05"`),
		"Springfield", kind).Replace(document)
	switch kind {
	case "unreadable":
		raw = strings.Replace(raw, `"grand_total":24`, `"grand_total":"much"`, 1)
	case "cancelled":
		raw = strings.Replace(raw, `"state":"processing"`, `"state":"canceled"`, 1)
	case "excluded":
		raw = strings.Replace(raw, `"state":"processing"`, `"state":"pending_payment"`, 1)
	case "no currency":
		raw = strings.Replace(raw, `"order_currency_code":"USD",`, ``, 1)
	}
	return magento.Document{Raw: json.RawMessage(raw), EntityID: 1, IncrementID: number, StoreID: 1, UpdatedAt: moment(second)}
}

// story is what a staged order says, without its name and the times at which it was written.
func (d *desk) story(t testing.TB, number string) string {
	t.Helper()
	doc, err := d.db.Get(t.Context(), order.Key("main:1:"+number))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range doc.Timeline {
		lines = append(lines, e.Step+" "+e.Outcome+" "+e.Detail)
	}
	return fmt.Sprintf("%s, %v, payload %s, content %s, %v, revision %d, order %t, queue %t, %q", doc.Status, doc.Reason, doc.PayloadHash,
		doc.ContentHash, doc.Magento, doc.Rev, doc.Order != nil, doc.Queue != "", lines)
}

var kinds = []string{"Springfield", "Shelbyville", "unreadable", "cancelled", "excluded", "no currency"}

// history draws documents of some orders: several versions of one order, in any order, late and repeated ones among them.
func history(t *rapid.T, numbers []string, label string, most int) (documents []magento.Document) {
	for range rapid.IntRange(0, most).Draw(t, label) {
		documents = append(documents, versionOf(rapid.SampledFrom(numbers).Draw(t, "order"), rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.IntRange(0, 5).Draw(t, "changed at")))
	}
	return documents
}

func numbersFrom(n *int) (numbers []string) {
	for range 5 {
		*n++
		numbers = append(numbers, fmt.Sprintf("%09d", *n))
	}
	return numbers
}

func TestStage_APageEndsAsIfItsDocumentsCameOneByOne(t *testing.T) {
	together, single := newDesk(t), newDesk(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		numbers := numbersFrom(&n)
		before, page := history(rt, numbers, "staged before", 4), history(rt, numbers, "in the page", 60)
		together.readOneByOne(t, before...)
		single.readOneByOne(t, before...)
		got, want := together.read(t, page...), single.readOneByOne(t, page...)
		if got != want {
			rt.Errorf("counted %+v, want %+v", got, want)
		}
		for _, number := range named(before, page) {
			if got, want := together.story(t, number), single.story(t, number); got != want {
				rt.Errorf("order %s is\n%s, want\n%s", number, got, want)
			}
		}
	})
}

// named are the numbers that occur.
func named(lists ...[]magento.Document) (numbers []string) {
	for _, d := range slices.Concat(lists...) {
		numbers = append(numbers, d.IncrementID)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

func TestStage_TwoWorkersWithOnePageEndAsOne(t *testing.T) {
	shared, single := newDesk(t), newDesk(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		numbers := numbersFrom(&n)
		before, page := history(rt, numbers, "staged before", 3), inTurn(history(rt, numbers, "in the page", 40))
		shared.readOneByOne(t, before...)
		single.readOneByOne(t, before...)
		var both sync.WaitGroup
		for range 2 {
			a := shared.worker(page...)
			refs := fetch(t, a)
			both.Go(func() {
				if _, err := a.SyncOrder(t.Context(), activities.SyncOrderInput{Instance: "main", Refs: refs, Cut: &order.Cut{}}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		single.readOneByOne(t, page...)
		for _, number := range named(before, page) {
			if got, want := shared.story(t, number), single.story(t, number); got != want {
				rt.Errorf("order %s is\n%s, want\n%s", number, got, want)
			}
		}
	})
}

// inTurn gives the documents as a shop does: by the time of their change, one version of an order at a time.
func inTurn(documents []magento.Document) []magento.Document {
	slices.SortStableFunc(documents, func(a, b magento.Document) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	type at struct {
		number string
		second time.Time
	}
	seen := map[at]bool{}
	return slices.DeleteFunc(documents, func(d magento.Document) bool {
		again := seen[at{d.IncrementID, d.UpdatedAt}]
		seen[at{d.IncrementID, d.UpdatedAt}] = true
		return again
	})
}

func TestStage_ByAnotherWorkerThanTheOneThatReadAndDied(t *testing.T) {
	d := newDesk(t)
	var page []magento.Document
	for n := range 60 {
		page = append(page, versionOf(fmt.Sprintf("%09d", n+1), kinds[n%len(kinds)], 5))
	}
	refs := fetch(t, d.worker(page...)) // and here it dies
	if heads, err := d.db.Heads(t.Context(), []order.Key{refs[0].Key}); err != nil || len(heads) > 0 {
		t.Fatalf("staged before its time: %v, %v", heads, err)
	}
	if counts := stageRefs(t, d.worker(), refs...); counts.Read != 60 || counts.New != 20 {
		t.Errorf("counted %+v, want 60 read and 20 new", counts)
	}
	again := stageRefs(t, d.worker(), refs...) // a retry whose first attempt was not acknowledged
	if again.Unchanged != 60 {
		t.Errorf("counted %+v at the second attempt, want 60 unchanged", again)
	}
}

func TestStage_ADocumentThatIsNowhereFailsThePage(t *testing.T) {
	d := newDesk(t)
	refs := fetch(t, d.worker(versionOf("000000001", "Springfield", 1)))
	lost := store.PayloadRef{Key: "main:1:000000002", Hash: "none", UpdatedAt: moment(2)}
	end := order.Cut{UpdatedAt: moment(2), EntityID: 2}
	_, err := d.worker().SyncOrder(t.Context(), activities.SyncOrderInput{Instance: "main", Refs: append(refs, lost), Cut: &end,
		Reading: &store.Reading{Began: moment(5), ShopTime: moment(5), Reach: end}, Done: true})
	if err == nil || !strings.Contains(err.Error(), "main:1:000000002") {
		t.Errorf("ended with %v, want the order named", err)
	}
	if p, err := d.db.Progress(t.Context(), "main", store.TaskOrders); err != nil || !p.Cut.IsZero() || !p.Latest.Began.IsZero() || !p.CaughtUp.Began.IsZero() {
		t.Errorf("the cut is %v, reading has come to %+v and %+v, %v; want all where it was", p.Cut, p.Latest, p.CaughtUp, err)
	}
}

func TestStage_AnOrderHeldWithoutItsNumberIsHeldOnce(t *testing.T) {
	d := newDesk(t)
	numberless := versionOf("000000001", "Springfield", 1)
	numberless.Raw = json.RawMessage(strings.Replace(string(numberless.Raw), `"increment_id":"000000001"`, `"increment_id":""`, 1))
	numberless.EntityID, numberless.IncrementID = 1, ""
	if counts := d.read(t, numberless); counts.Unreadable != 1 {
		t.Fatalf("without a number it counts as %+v", counts)
	}
	d.read(t, versionOf("000000001", "Springfield", 2))
	if _, err := d.db.Get(t.Context(), "main:1:entity-1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("with its number, what stood for it: %v, want none", err)
	}
	if _, err := d.db.Get(t.Context(), "main:1:000000001"); err != nil {
		t.Error(err)
	}
}

func TestStage_ATouchedOrderGetsItsTimeAndNoLine(t *testing.T) {
	d := newDesk(t)
	d.read(t, versionOf("000000001", "Springfield", 1))
	if counts := d.read(t, versionOf("000000001", "Springfield", 7)); counts.Unchanged != 1 {
		t.Errorf("counted %+v, want it unchanged", counts)
	}
	doc, err := d.db.Get(t.Context(), "main:1:000000001")
	if err != nil || len(doc.Timeline) != 1 || !doc.Magento.UpdatedAt.Equal(moment(7)) {
		t.Errorf("%d lines, changed at %v, %v; want one line and the later time", len(doc.Timeline), doc.Magento.UpdatedAt, err)
	}
	d.read(t, versionOf("000000001", "Shelbyville", 6)) // read late
	if doc, err = d.db.Get(t.Context(), "main:1:000000001"); err != nil || doc.Order.Billing.City != "Springfield" {
		t.Errorf("an older version replaced it: %v, %v", doc.Order.Billing.City, err)
	}
	d.rules.Clock = func() time.Time { return moment(49) }
	d.read(t, versionOf("000000001", "Shelbyville", 7)) // of the same second, read earlier
	if doc, err = d.db.Get(t.Context(), "main:1:000000001"); err != nil || doc.Order.Billing.City != "Springfield" {
		t.Errorf("one of the same second that was read earlier replaced it: %v, %v", doc.Order.Billing.City, err)
	}
	ahead := versionOf("000000001", "Shelbyville", 8)
	ahead.UpdatedAt = moment(0).AddDate(0, 3, 0)
	d.read(t, ahead) // dated months ahead by a wrong clock, read earlier
	if doc, err = d.db.Get(t.Context(), "main:1:000000001"); err != nil || doc.Order.Billing.City != "Springfield" {
		t.Errorf("one of a wrong clock that was read earlier replaced it: %v, %v", doc.Order.Billing.City, err)
	}
	// Read later and changed earlier: the shop's clock ran ahead and was set back.
	d.rules.Clock = func() time.Time { return moment(55) }
	d.read(t, versionOf("000000001", "Shelbyville", 6))
	if doc, err = d.db.Get(t.Context(), "main:1:000000001"); err != nil || doc.Order.Billing.City != "Shelbyville" {
		t.Errorf("what was read later does not count: %v, %v", doc.Order.Billing.City, err)
	}
}

func TestStage_WhatWasReadBeforeTheShopsClockWasSetBackReplacesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		earlier time.Duration
		want    string
	}{
		"minutes before":             {2 * time.Minute, "Springfield"},
		"by a request that overlaps": {10 * time.Second, "Shelbyville"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.rules.Clock = func() time.Time { return moment(0).Add(10 * time.Minute) }
			d.read(t, versionOf("000000001", "Springfield", -900)) // the clock is a quarter of an hour slow now
			d.rules.Clock = func() time.Time { return moment(0).Add(10*time.Minute - tc.earlier) }
			d.read(t, versionOf("000000001", "Shelbyville", 30)) // and was not when this was read, whose staging comes late
			if doc, err := d.db.Get(t.Context(), "main:1:000000001"); err != nil || doc.Order.Billing.City != tc.want {
				t.Errorf("staged is %v, %v; want %s", doc.Order.Billing.City, err, tc.want)
			}
		})
	}
}

func TestStage_AnOrderThatCanBeShownAgainTakesThePlaceOfItsStandIn(t *testing.T) {
	d := newDesk(t)
	for n, kind := range []string{"Springfield", "cancelled", "excluded", "Shelbyville"} {
		number, entity := fmt.Sprintf("%09d", n+1), int64(100+n)
		shown := func(second int) magento.Document {
			doc := versionOf(number, kind, second)
			doc.EntityID = entity
			doc.Raw = json.RawMessage(strings.Replace(string(doc.Raw), `"entity_id":1`, fmt.Sprintf(`"entity_id":%d`, entity), 1))
			return doc
		}
		if kind == "Shelbyville" {
			d.read(t, shown(1)) // it was known before it broke
		}
		fetch(t, d.worker(magento.Document{EntityID: entity, Fault: "gone"}))
		standIn := order.Key(fmt.Sprintf("main:0:entity-%d", entity))
		if doc, err := d.db.Get(t.Context(), standIn); err != nil || doc.Status != order.Held {
			t.Fatalf("the stand-in is %v, %v", doc, err)
		}
		d.read(t, shown(3))
		heads, err := d.db.Heads(t.Context(), []order.Key{standIn, order.Key("main:1:" + number)})
		if err != nil || len(heads) != 1 || heads[standIn] != nil {
			t.Errorf("%s: staged are %v, %v; want the order alone", kind, heads, err)
		}
	}
}

func TestStage_TheLaterVersionStaysWhoeverIsFirst(t *testing.T) {
	d := newDesk(t)
	for round := range 5 {
		var earlier, later []magento.Document
		for n := range 50 {
			number := fmt.Sprintf("%09d", round*50+n+1)
			earlier, later = append(earlier, versionOf(number, "Springfield", 1)), append(later, versionOf(number, "Shelbyville", 2))
		}
		var both sync.WaitGroup
		for _, page := range [][]magento.Document{earlier, later} {
			a := d.worker(page...)
			refs := fetch(t, a)
			both.Go(func() {
				if _, err := a.SyncOrder(t.Context(), activities.SyncOrderInput{Instance: "main", Refs: refs, Cut: &order.Cut{}}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		for _, doc := range later {
			if got, err := d.db.Get(t.Context(), order.Key("main:1:"+doc.IncrementID)); err != nil || got.Order.Billing.City != "Shelbyville" {
				t.Fatalf("order %s is of %s, %v; want the later version", doc.IncrementID, got.Order.Billing.City, err)
			}
		}
	}
}

// Of orders that are asked for by name it is told of which there is no news: not of one that is new, or changed, or touched. Fails
// without: asBefore in passSeen.
func TestStage_TellsOfWhichOrdersThereIsNoNews(t *testing.T) {
	d := newDesk(t)
	for n, tc := range []struct {
		doc  magento.Document
		want int
	}{
		{versionOf("000000001", "Springfield", 1), 0},
		{versionOf("000000001", "Springfield", 1), 1},
		{versionOf("000000001", "Springfield", 2), 0},
		{versionOf("000000001", "Shelbyville", 3), 0},
		{versionOf("000000001", "Shelbyville", 3), 1},
	} {
		a := d.worker(tc.doc)
		got, err := a.SyncOrder(t.Context(), activities.SyncOrderInput{Instance: "main", Refs: fetch(t, a)})
		if err != nil || len(got.AsBefore) != tc.want {
			t.Errorf("reading %d: no news of %v, %v; want %d", n+1, got.AsBefore, err, tc.want)
		}
	}
}
