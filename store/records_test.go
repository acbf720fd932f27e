package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestStaged_IsReadAsItWasWritten(t *testing.T) {
	s := testkit.Store(t)
	long := num("12345678901234567890.123456789")
	doc := stage(t, s, "main:1:1", func(d *store.Staged) {
		d.EntityID, d.StagedAt, d.DueAt = 7, at(1), at(2).Add(5*time.Millisecond)
		d.Magento = store.MagentoSide{State: "processing", Status: "für später", UpdatedAt: at(3), Total: order.Money{Amount: num("0.3"), Currency: "EUR"}}
		d.PayloadHash, d.ContentHash, d.PostedHash, d.RuleVersion = "a", "b", "c", "r1"
		d.Order = &order.Order{Key: "main:1:1", CreatedAt: at(4), Shipping: &order.Address{Street: []string{"Südstraße 1"}},
			Lines:  []order.Line{{SKU: "A", Price: long, QtyOrdered: num("-0.0001")}},
			Totals: order.Totals{Grand: long, Tax: num("1E-7"), Paid: num("1E+3")}, ShippingRates: []order.AppliedTax{{Code: "US-CA", Percent: num("7.5")}, {}}}
		d.Reason = &order.Reason{Code: "x", Message: "y", Field: "f", Hint: "h"}
		d.Attention = &order.Reason{Code: "changed", Message: "m"}
		d.BO = &store.BackOffice{DocEntry: 1, DocNum: 2, Draft: true, Reference: "3", Total: order.Money{Amount: long, Currency: "BHD"}, Lines: 4, Linked: true}
		d.Claim, d.Attempts = &store.Claim{Token: "t", ExpiresAt: at(5)}, 3
		d.Intent = &store.Intent{SentAt: at(6), Hash: "h", Reference: "3", Looks: 2, Sends: 1, Answer: "-2028", Replaces: 7, ReplacesDraft: true}
		d.Manual, d.Reference, d.References, d.Obstacle, d.PassOver, d.Replaces = true, "3", []string{"3", "EU-3"}, 7, []int64{5, 7}, 7
		d.AgainstCancelled, d.ReplacesDraft = true, true
		d.WriteBack = &store.WriteBack{State: store.WriteBackDone, DocNum: 2, Replaces: 1, Since: at(8), DueAt: at(9), BusyUntil: new(at(10)), Attempts: 3,
			Reason: &order.Reason{Code: "x", Message: "y"}, DoneAt: new(at(11)), Concern: &order.Reason{Code: "z"}}
		d.Note(store.Event{At: at(7), Step: "s", Outcome: "o", Detail: "d", WorkflowID: "w", RunID: "r", Actor: "a"})
	})
	read, err := s.Get(t.Context(), "main:1:1")
	if err != nil {
		t.Fatal(err)
	}
	if !read.Order.Totals.Grand.Equal(long) || !read.Order.Totals.Tax.Equal(num("0.0000001")) || !read.BO.Total.Amount.Equal(long) {
		t.Errorf("amounts are read as %+v and %v", read.Order.Totals, read.BO.Total)
	}
	if read.Order.ContentHash() != doc.Order.ContentHash() {
		t.Error("the order has another hash")
	}
	for name, at := range map[string]time.Time{"placed": read.PlacedAt, "due": read.DueAt, "changed": read.ChangedAt, "created": read.Order.CreatedAt,
		"claim": read.Claim.ExpiresAt, "event": read.Timeline[0].At} {
		if at.Location() != time.UTC {
			t.Errorf("%s is in %s, want UTC", name, at.Location())
		}
	}
	got, want := asJSON(t, read), asJSON(t, doc)
	if got != want || read.Rev != doc.Rev || read.Claim.Token != "t" || read.Queue != doc.Queue {
		t.Errorf("it is read as\n%s\nand was written as\n%s", got, want)
	}
}

// What earlier releases wrote under names of theirs is still read.
func TestStaged_OfAnEarlierReleaseIsRead(t *testing.T) {
	raw, err := bson.Marshal(bson.M{"_id": "main:1:1", "rev": int64(4), "status": "pending", "against_cancelled": true})
	if err != nil {
		t.Fatal(err)
	}
	var read store.Staged
	if err := bson.Unmarshal(raw, &read); err != nil || read.Rev != 4 || read.Status != order.Pending || !read.AgainstCancelled {
		t.Errorf("it is read as %+v (%v)", read, err)
	}
}

// An order is written as a whole: what a later release has added to it is gone once this one has written it. docs/operations.md
// therefore has old workers stopped first.
func TestChange_DropsWhatThisReleaseDoesNotKnow(t *testing.T) {
	s, database := testkit.Database(t)
	orders := collectionOf(t, database, "orders")
	stage(t, s, "main:1:1", func(*store.Staged) {})
	added := bson.M{"of_a_later_release": true}
	if _, err := orders.UpdateOne(t.Context(), bson.M{"_id": "main:1:1"}, bson.M{"$set": added}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{1, 0} {
		if n, err := orders.CountDocuments(t.Context(), added); err != nil || n != want {
			t.Errorf("%d orders have the field (%v), want one before the order is written and none after it", n, err)
		}
		stage(t, s, "main:1:1", func(d *store.Staged) { d.Attempts++ })
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDecimals_RoundTrip(t *testing.T) {
	s := testkit.Store(t)
	rapid.Check(t, func(rt *rapid.T) {
		want := decimal.New(rapid.Int64().Draw(rt, "digits"), rapid.Int32Range(-20, 20).Draw(rt, "exponent"))
		stage(t, s, "main:1:1", func(d *store.Staged) {
			d.Magento.Total.Amount = want
			d.Order = &order.Order{Totals: order.Totals{Grand: want}}
		})
		read, err := s.Get(t.Context(), "main:1:1")
		if err != nil || !read.Magento.Total.Amount.Equal(want) || !read.Order.Totals.Grand.Equal(want) {
			rt.Errorf("%s is read as %s and %s, %v", want, read.Magento.Total.Amount, read.Order.Totals.Grand, err)
		}
	})
}

func TestStaged_OfAnUnreadableDocumentHasNoOrder(t *testing.T) {
	s := testkit.Store(t)
	stage(t, s, "main:1:1", func(d *store.Staged) { d.Status = order.Held })
	doc, err := s.Get(t.Context(), "main:1:1")
	if err != nil || doc.Order != nil || doc.BO != nil || doc.Claim != nil || doc.Reason != nil || len(doc.Timeline) != 0 {
		t.Errorf("it is read as %+v, %v", doc, err)
	}
}

func payload(key order.Key, hash string, raw []byte) store.NewPayload {
	return store.NewPayload{PayloadRef: store.PayloadRef{Key: key, Hash: hash}, Raw: raw}
}

func TestPayloads_AreKeptByteForByte(t *testing.T) {
	s := testkit.Store(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		var documents []store.NewPayload
		for range rapid.IntRange(1, 4).Draw(rt, "documents") {
			n++
			documents = append(documents, payload(order.Key(fmt.Sprintf("main:1:%d", n)), rapid.StringMatching(`[0-9a-f]{32}`).Draw(rt, "hash"), rapid.SliceOf(rapid.Byte()).Draw(rt, "raw")))
		}
		if err := s.PutPayloads(t.Context(), documents); err != nil {
			rt.Fatal(err)
		}
		for _, d := range documents {
			if got, err := s.Payload(t.Context(), d.PayloadRef); err != nil || !bytes.Equal(got, d.Raw) {
				rt.Errorf("%q is read as %q, %v", d.Raw, got, err)
			}
		}
	})
}

func TestPayloads_StayAsTheyWereFirstReceived(t *testing.T) {
	s := testkit.Store(t)
	for _, documents := range [][]store.NewPayload{nil, {payload("main:1:1", "a", []byte("first"))},
		{payload("main:1:1", "a", []byte("second")), payload("main:1:2", "a", []byte("other")), payload("main:1:2", "a", []byte("twice"))}} {
		if err := s.PutPayloads(t.Context(), documents); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[order.Key]string{"main:1:1": "first", "main:1:2": "other"} {
		if got, err := s.Payload(t.Context(), store.PayloadRef{Key: key, Hash: "a"}); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", key, got, err, want)
		}
	}
	if _, err := s.Payload(t.Context(), store.PayloadRef{Key: "main:1:1", Hash: "b"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was never kept: %v", err)
	}
}

// cutOf is the cut alone.
func cutOf(t *testing.T, s *store.Store, instance, task string) (order.Cut, error) {
	p, err := s.Progress(t.Context(), instance, task)
	return p.Cut, err
}

func TestCut_MovesForwardOnly(t *testing.T) {
	s := testkit.Store(t)
	if c, err := cutOf(t, s, "main", store.TaskOrders); err != nil || !c.IsZero() {
		t.Errorf("before the first run: %v, %v", c, err)
	}
	for _, c := range []struct{ move, want order.Cut }{
		{order.Cut{}, order.Cut{}},
		{order.Cut{UpdatedAt: at(5), EntityID: 3}, order.Cut{UpdatedAt: at(5), EntityID: 3}},
		{order.Cut{UpdatedAt: at(5), EntityID: 2}, order.Cut{UpdatedAt: at(5), EntityID: 3}},
		{order.Cut{UpdatedAt: at(4), EntityID: 9}, order.Cut{UpdatedAt: at(5), EntityID: 3}},
		{order.Cut{}, order.Cut{UpdatedAt: at(5), EntityID: 3}},
		{order.Cut{UpdatedAt: at(5).In(time.FixedZone("east", 3600)), EntityID: 4}, order.Cut{UpdatedAt: at(5), EntityID: 4}},
		{order.Cut{UpdatedAt: at(6)}, order.Cut{UpdatedAt: at(6)}},
	} {
		if err := s.AdvanceCut(t.Context(), "main", store.TaskOrders, c.move); err != nil {
			t.Fatal(err)
		}
		if got, err := cutOf(t, s, "main", store.TaskOrders); err != nil || got != c.want {
			t.Errorf("after %v it is %v, %v; want %v", c.move, got, err, c.want)
		}
	}
	for _, other := range [][2]string{{"eu", store.TaskOrders}, {"main", "other"}} {
		if c, err := cutOf(t, s, other[0], other[1]); err != nil || !c.IsZero() {
			t.Errorf("%v: %v, %v", other, c, err)
		}
	}
}

func TestCut_MovesForwardUnderManyWriters(t *testing.T) {
	const writers, each = 12, 8
	s := testkit.Store(t)
	done := make(chan struct{})
	var watching, writing sync.WaitGroup
	watching.Go(func() { // it never steps back while others write
		var last order.Cut
		for {
			c, err := cutOf(t, s, "main", store.TaskOrders)
			if err != nil {
				t.Error(err)
				return
			}
			if last.After(c) {
				t.Errorf("the cut moves from %v back to %v", last, c)
			}
			last = c
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				c := order.Cut{UpdatedAt: at((n*7 + w*5) % 40), EntityID: int64(w + 1)}
				if err := s.AdvanceCut(t.Context(), "main", store.TaskOrders, c); err != nil {
					t.Error(err)
				}
				if got, err := cutOf(t, s, "main", store.TaskOrders); err != nil || c.After(got) {
					t.Errorf("moved to %v, yet it is %v, %v", c, got, err)
				}
			}
		})
	}
	writing.Wait()
	close(done)
	watching.Wait()
	want := order.Cut{}
	for w := range writers {
		for n := range each {
			if c := (order.Cut{UpdatedAt: at((n*7 + w*5) % 40), EntityID: int64(w + 1)}); c.After(want) {
				want = c
			}
		}
	}
	if got, err := cutOf(t, s, "main", store.TaskOrders); err != nil || got != want {
		t.Errorf("in the end it is %v, %v; want the furthest, %v", got, err, want)
	}
}

func TestRuns_AreKeptAsTheyWereLastWritten(t *testing.T) {
	s := testkit.Store(t)
	ended := at(30)
	run := store.Run{ID: "sync-orders:main/1", Kind: "sync", Instance: "main", WorkflowID: "sync-orders:main", RunID: "1", From: order.Cut{UpdatedAt: at(1)},
		To: order.Cut{UpdatedAt: at(2), EntityID: 3}, StartedAt: at(10)}
	for _, change := range []func(){func() {}, func() { run.Counts, run.Errors, run.EndedAt = store.Counts{Read: 5, New: 4}, []string{"x"}, &ended }} {
		change()
		if err := s.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if got, err := s.GetRun(t.Context(), run.ID); err != nil || !reflect.DeepEqual(*got, run) {
			t.Errorf("it is read as %+v, %v; want %+v", got, err, run)
		}
	}
	for i, id := range []string{"b", "a", "c"} {
		if err := s.PutRun(t.Context(), store.Run{ID: id, Instance: "main", StartedAt: at(20 + i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutRun(t.Context(), store.Run{ID: "other", Instance: "eu", StartedAt: at(50)}); err != nil {
		t.Fatal(err)
	}
	runs, err := s.ListRuns(t.Context(), "main", 3)
	if err != nil || len(runs) != 3 || runs[0].ID != "c" || runs[1].ID != "a" || runs[2].ID != "b" {
		t.Errorf("the latest are %+v, %v", runs, err)
	}
	if _, err := s.GetRun(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a run that never was: %v", err)
	}
}

func TestLatestRun_IsThatOfTheWorkflowAlone(t *testing.T) {
	s := testkit.Store(t)
	for id, started := range map[string]time.Time{"sync:main/1": at(1), "sync:main/2": at(3), "sync:main/3": at(2), "sync:main-eu/9": at(9), "sync:main0/9": at(9)} {
		if err := s.PutRun(t.Context(), store.Run{ID: id, WorkflowID: id[:strings.Index(id, "/")], Instance: "main", StartedAt: started}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.LatestRun(t.Context(), "sync:main"); err != nil || r.ID != "sync:main/2" {
		t.Errorf("the latest is %+v, %v", r, err)
	}
	if _, err := s.LatestRun(t.Context(), "sync"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a workflow that never ran: %v", err)
	}
}

func TestCaughtUp_CountsFromTheLatestReadingAndLeavesTheCut(t *testing.T) {
	s := testkit.Store(t)
	if o, err := s.Overview(t.Context(), "main"); err != nil || o.LagSeconds != nil || o.Cut != "" || o.LastRun != nil || len(o.Orders) != 6 {
		t.Errorf("before the first run: %+v, %v", o, err)
	}
	if err := s.AdvanceCut(t.Context(), "main", store.TaskOrders, order.Cut{UpdatedAt: at(5), EntityID: 3}); err != nil {
		t.Fatal(err)
	}
	for _, ago := range []time.Duration{time.Hour, time.Minute, 2 * time.Hour} {
		if err := s.CaughtUp(t.Context(), "main", store.TaskOrders, store.Reading{Began: time.Now().Add(-ago)}); err != nil {
			t.Fatal(err)
		}
	}
	o, err := s.Overview(t.Context(), "main")
	if err != nil || o.LagSeconds == nil || *o.LagSeconds < 60 || *o.LagSeconds > 120 || o.Cut != "2026-11-01T10:00:05Z" {
		t.Errorf("overview is %+v, %v; want a lag of a minute", o, err)
	}
}

func TestCounts_AddEveryField(t *testing.T) {
	var a, b, want store.Counts
	for i := range reflect.TypeFor[store.Counts]().NumField() {
		reflect.ValueOf(&a).Elem().Field(i).SetInt(int64(i + 1))
		reflect.ValueOf(&b).Elem().Field(i).SetInt(int64(100 * (i + 1)))
		reflect.ValueOf(&want).Elem().Field(i).SetInt(int64(101 * (i + 1)))
	}
	if got := a.Add(b); got != want {
		t.Errorf("%+v and %+v make %+v", a, b, got)
	}
}
