package store_test

import (
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// An order is posted when it is first recorded as that, and later writes leave the time alone. Fails without: the line of settle that sets
// PostedAt, and its condition that it is zero.
func TestPostedAt_IsWhenTheOrderWasFirstRecordedAsPosted(t *testing.T) {
	s := testkit.Store(t)
	o := stage(t, s, "main:1:1", func(*store.Staged) {})
	if !o.PostedAt.IsZero() {
		t.Errorf("a pending order was posted at %s", o.PostedAt)
	}
	post := func(d *store.Staged) error { d.Status = order.Posted; return nil }
	first, err := s.Change(t.Context(), o.Key, post)
	if err != nil {
		t.Fatal(err)
	}
	if !first.PostedAt.Equal(first.ChangedAt) {
		t.Errorf("posted at %s, want when it was written, %s", first.PostedAt, first.ChangedAt)
	}
	for _, change := range []func(*store.Staged) error{
		func(d *store.Staged) error { d.Status = order.Held; return nil }, post,
	} {
		if _, err := s.Change(t.Context(), o.Key, change); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Get(t.Context(), o.Key); err != nil || !got.PostedAt.Equal(first.PostedAt) {
		t.Errorf("posted at %s (%v), want %s still", got.PostedAt, err, first.PostedAt)
	}
}

// What an earlier release posted has no time of its own: the timeline tells it, to readers at once, and in the document from the next write on.
// Fails without: postedIn, in settle and in TellPosted.
func TestPostedAt_OfAnEarlierReleaseIsInTheTimeline(t *testing.T) {
	db := testkit.Store(t)
	posted := time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Second)
	o := stage(t, db, "main:1:1", func(d *store.Staged) {
		d.Status = order.Posted
		d.Note(store.Event{At: posted.Add(-time.Hour), Step: "staged", Outcome: "new"})
		d.Note(store.Event{At: posted, Step: "verified", Outcome: "posted"})
		d.Note(store.Event{At: posted.Add(time.Hour), Step: "verified", Outcome: "posted"})
	})
	if !o.PostedAt.Equal(posted) {
		t.Errorf("posted at %s, want %s", o.PostedAt, posted)
	}
	changes := []store.Change{{Key: o.Key, Status: order.Posted}, {Key: "main:1:2", Status: order.Posted}, {Key: "main:1:3", Status: order.Held}}
	if err := db.TellPosted(t.Context(), changes); err != nil || !changes[0].PostedAt.Equal(posted) || !changes[1].PostedAt.IsZero() {
		t.Errorf("told %v (%v), want %s of the first alone", changes, err, posted)
	}
}

// Changes gives each order once, by its latest change, and goes on where it was. Fails without: the second branch of $or (orders of one moment).
func TestChanges_GivesEachOrderByItsLatestChange(t *testing.T) {
	s := testkit.Store(t)
	var docs []*store.Staged
	for _, key := range []order.Key{"main:1:1", "main:1:2", "main:1:3", "main:1:4", "eu:1:5"} {
		docs = append(docs, store.NewStaged(key))
	}
	for _, d := range docs {
		d.Status = order.Pending
	}
	if _, err := s.Add(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	first, err := s.Change(t.Context(), "main:1:1", func(d *store.Staged) error {
		d.Status, d.Reason, d.Attention = order.Held, &order.Reason{Code: "a"}, &order.Reason{Code: "b"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var keys []order.Key
	var place store.ChangePlace
	for {
		page, err := s.Changes(t.Context(), "main", place, time.Time{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		place = store.ChangePlace{At: page[0].ChangedAt, Key: page[0].Key}
		keys = append(keys, page[0].Key)
		if page[0].Key == first.Key && (page[0].Status != order.Held || page[0].Reason != "a" || page[0].Attention != "b" || !page[0].ChangedAt.Equal(first.ChangedAt)) {
			t.Errorf("change %+v", page[0])
		}
	}
	slices.Sort(keys[:len(keys)-1]) // those of one moment are by key, others by time
	if !slices.Equal(keys, []order.Key{"main:1:2", "main:1:3", "main:1:4", "main:1:1"}) {
		t.Errorf("changed %v, want the three and the one that was changed last behind them", keys)
	}
	if page, err := s.Changes(t.Context(), "main", store.ChangePlace{}, first.ChangedAt, 9); err != nil || len(page) != 3 {
		t.Errorf("before that %v (%v), want three", page, err)
	}
}

// Orders of one moment are all given, page by page. Fails without: the second branch of $or.
func TestChanges_OfOneMomentAreAllGiven(t *testing.T) {
	s := testkit.Store(t)
	for _, key := range []order.Key{"main:1:1", "main:1:2", "main:1:3"} {
		stage(t, s, key, func(*store.Staged) {})
	}
	moment := time.Now().UTC().Truncate(time.Millisecond)
	if _, err := s.Orders().UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "changed_at", Value: moment}}}}); err != nil {
		t.Fatal(err)
	}
	var place store.ChangePlace
	for want := range 3 {
		page, err := s.Changes(t.Context(), "main", place, time.Time{}, 1)
		if err != nil || len(page) != 1 {
			t.Fatalf("page %d is %v (%v)", want, page, err)
		}
		place = store.ChangePlace{At: page[0].ChangedAt, Key: page[0].Key}
	}
}

// The fresh order that was placed first waits longest; others wait for what they wait for. Fails without: the bounds of the queue in pendingIn,
// or its status.
func TestWaiting_IsOfFreshOrders(t *testing.T) {
	s := testkit.Store(t)
	if w, err := s.Waiting(t.Context(), "main"); err != nil || w.Oldest != nil || w.Long != 0 {
		t.Fatalf("waiting %+v (%v) without orders", w, err)
	}
	ago := func(hours int) time.Time {
		return time.Now().UTC().Add(-time.Duration(hours) * time.Hour).Truncate(time.Second)
	}
	stage(t, s, "main:1:1", func(d *store.Staged) { d.PlacedAt, d.Import = ago(900), "run" })
	stage(t, s, "main:1:2", func(d *store.Staged) { d.PlacedAt, d.Manual = ago(800), true })
	stage(t, s, "main:1:3", func(d *store.Staged) { d.PlacedAt, d.Status = ago(700), order.Draft })
	stage(t, s, "main:1:4", func(d *store.Staged) { d.PlacedAt, d.Status = ago(600), order.Held })
	stage(t, s, "main:1:5", func(d *store.Staged) { d.PlacedAt = ago(3) })
	stage(t, s, "main:1:6", func(d *store.Staged) { d.PlacedAt = ago(2) })
	stage(t, s, "main:1:7", func(d *store.Staged) { d.PlacedAt = ago(0) })
	stage(t, s, "eu:1:8", func(d *store.Staged) { d.PlacedAt = ago(9) })
	w, err := s.Waiting(t.Context(), "main")
	if err != nil || w.Oldest == nil || w.Oldest.Key != "main:1:5" || !w.Oldest.Since.Equal(ago(3)) || w.Long != 2 {
		t.Errorf("waiting %+v, oldest %+v (%v); want main:1:5 for three hours, and two for long", w, w.Oldest, err)
	}
}
