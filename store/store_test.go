package store_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// TestMain keeps the properties moderate; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	testkit.Main(m)
}

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// at is a time of the tests, so many seconds after the hour.
func at(seconds int) time.Time { return time.Date(2026, 11, 1, 10, 0, seconds, 0, time.UTC) }

// stage puts an order into the store: change says what it is.
func stage(t interface {
	Helper()
	Fatalf(string, ...any)
	Context() context.Context
}, s *store.Store, key order.Key, change func(*store.Staged)) *store.Staged {
	t.Helper()
	doc, err := s.Change(t.Context(), key, func(d *store.Staged) error {
		d.Status, d.PlacedAt = order.Pending, at(0)
		change(d)
		return nil
	})
	if err != nil {
		t.Fatalf("stage %s: %v", key, err)
	}
	return doc
}

func TestChange_OfAnOrderThatIsNotThereBeginsWithItsName(t *testing.T) {
	s := testkit.Store(t)
	if _, err := s.Get(t.Context(), "main:7:000000123"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before: %v, want not found", err)
	}
	doc := stage(t, s, "main:7:000000123", func(d *store.Staged) {
		if d.Rev != 0 || d.Instance != "main" || d.StoreID != 7 || d.IncrementID != "000000123" {
			t.Errorf("the change begins with %+v", d)
		}
	})
	read, err := s.Get(t.Context(), "main:7:000000123")
	if err != nil || read.Rev != 1 || !read.ChangedAt.Equal(doc.ChangedAt) {
		t.Errorf("it is read as %+v, %v", read, err)
	}
}

func TestChange_ThatFailsOrHasNothingToDoWritesNothing(t *testing.T) {
	s := testkit.Store(t)
	stage(t, s, "main:1:1", func(*store.Staged) {})
	refusal := errors.New("no")
	for _, want := range []error{store.ErrUnchanged, refusal} {
		for _, key := range []order.Key{"main:1:1", "main:1:2"} {
			_, err := s.Change(t.Context(), key, func(d *store.Staged) error {
				d.Status = order.Held
				return want
			})
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", key, err, want)
			}
		}
	}
	if doc, err := s.Get(t.Context(), "main:1:1"); err != nil || doc.Rev != 1 || doc.Status != order.Pending {
		t.Errorf("the order is %+v, %v", doc, err)
	}
	if _, err := s.Get(t.Context(), "main:1:2"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an order came to be: %v", err)
	}
}

func TestChange_LosesNothingUnderManyWriters(t *testing.T) {
	const writers, each = 16, 6
	s := testkit.Store(t)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				_, err := s.Change(t.Context(), "main:1:1", func(d *store.Staged) error {
					d.Attempts++
					d.Status = order.Pending
					d.Note(store.Event{At: at(n), Step: fmt.Sprint(w), Outcome: fmt.Sprint(n)})
					return nil
				})
				if err != nil {
					t.Errorf("writer %d, change %d: %v", w, n, err)
				}
			}
		})
	}
	wg.Wait()
	doc, err := s.Get(t.Context(), "main:1:1")
	if err != nil {
		t.Fatal(err)
	}
	if doc.Attempts != writers*each || doc.Rev != writers*each || len(doc.Timeline) != writers*each {
		t.Errorf("after %d changes: %d counted, revision %d, %d events", writers*each, doc.Attempts, doc.Rev, len(doc.Timeline))
	}
	next := map[string]int{}
	for _, e := range doc.Timeline {
		if want := fmt.Sprint(next[e.Step]); e.Outcome != want {
			t.Errorf("writer %s: change %s comes when %s was due", e.Step, e.Outcome, want)
		}
		next[e.Step]++
	}
}

func TestChange_EndsWithItsContext(t *testing.T) {
	s := testkit.Store(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Change(ctx, "main:1:1", func(*store.Staged) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want cancelled", err)
	}
}

func TestTakeReference_GivesItToOneOrderForGood(t *testing.T) {
	s := testkit.Store(t)
	for _, c := range []struct {
		company, reference string
		key                order.Key
		owner              order.Key // empty: it is given
	}{
		{"b1", "000000123", "main:1:1", ""},
		{"b1", "000000123", "main:1:1", ""}, // its own is never taken from it
		{"b1", "000000123", "main:2:1", "main:1:1"},
		{"b1", "000000123", "eu:1:1", "main:1:1"}, // another shop that feeds the same company
		{"b1", "000000124", "main:1:1", ""},
		{"b1", "000000124", "main:2:1", "main:1:1"},
		{"other", "000000123", "eu:1:1", ""},
		{"b1", "O'Brien $.{} ÄÖ", "main:1:3", ""},
		{"b1", "O'Brien $.{} ÄÖ", "main:1:4", "main:1:3"},
	} {
		err := s.TakeReference(t.Context(), c.company, c.reference, c.key)
		taken, isTaken := errors.AsType[*store.ReferenceTaken](err)
		if isTaken != (c.owner != "") || isTaken && taken.Owner != c.owner || !isTaken && err != nil {
			t.Errorf("%s takes %s of %s: %v, want the owner to be %q", c.key, c.reference, c.company, err, c.owner)
		}
	}
}

func TestTakeReference_GivesItToOneOfManyWhoWantIt(t *testing.T) {
	s := testkit.Store(t)
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			key := order.Key(fmt.Sprintf("main:1:%d", i))
			for range 2 { // the same answer another time
				err := s.TakeReference(t.Context(), "b1", "wanted", key)
				if err == nil {
					won.Add(1)
				} else if _, ok := errors.AsType[*store.ReferenceTaken](err); ok {
					lost.Add(1)
				} else {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	}
	wg.Wait()
	if won.Load() != 2 || lost.Load() != 30 {
		t.Errorf("given %d times and refused %d times, want 2 and 30: to one order, twice", won.Load(), lost.Load())
	}
}

func TestTimeline_KeepsTheBeginningAndTheEnd(t *testing.T) {
	s := testkit.Store(t)
	var d store.Staged
	for n := range 250 {
		d.Note(store.Event{Step: fmt.Sprint(n)})
		if len(d.Timeline) > 100 {
			t.Fatalf("after %d events it has %d", n+1, len(d.Timeline))
		}
	}
	stage(t, s, "main:1:1", func(doc *store.Staged) { doc.Timeline = d.Timeline })
	doc, err := s.Get(t.Context(), "main:1:1")
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, e := range doc.Timeline {
		steps = append(steps, e.Step)
	}
	got := strings.Join(steps, " ")
	if len(steps) != 100 || !strings.HasPrefix(got, "0 1 2 3 4 5 6 7 8 9 160 161 ") || !strings.HasSuffix(got, " 248 249") {
		t.Errorf("it keeps %s", got)
	}
}

func TestOpen_TwiceIsHarmless(t *testing.T) {
	first, database := testkit.Database(t)
	stage(t, first, "main:1:1", func(*store.Staged) {})
	var wg sync.WaitGroup
	for range 4 { // as many processes that start at once
		wg.Go(func() {
			s, err := store.Open(t.Context(), testkit.MongoURI(t), database)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close(context.Background())
			if doc, err := s.Get(t.Context(), "main:1:1"); err != nil || doc.Rev != 1 {
				t.Errorf("the order is %+v, %v", doc, err)
			}
		})
	}
	wg.Wait()
}

func TestOpen_SaysWhatIsWrongAndLeavesNothingBehind(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "mongodb://" + l.Addr().String() + "/?serverSelectionTimeoutMS=100"
	l.Close()
	before := runtime.NumGoroutine()
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if _, err := store.Open(ctx, nobody, "x"); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("nobody there: %v", err)
		}
		cancel()
	}
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before+3; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
		}
	}
	if _, err := store.Open(t.Context(), "mongo:s3cret", "x"); err == nil || !strings.Contains(err.Error(), "MongoDB address") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("no address: %v", err)
	}
}
