package store_test

import (
	"slices"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestWriteBack_BelongsToOneAttemptUntilItsTimeIsOver(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	w := &store.WriteBack{State: store.WriteBackOpen, DueAt: time.Now().Add(-time.Second)}
	if !w.Take(soon) || w.Attempts != 1 {
		t.Fatalf("it is not taken: %+v", w)
	}
	w.Hurry()
	if w.Take(soon.Add(time.Hour)) || w.Attempts != 1 || !w.BusyUntil.Equal(soon) {
		t.Errorf("it is taken twice: %+v", w)
	}
	w.DueAt, w.BusyUntil = soon, nil // it failed, and waits
	if w.Take(soon) {
		t.Errorf("it does not wait: %+v", w)
	}
	w.Hurry()
	if !w.Take(soon) || w.Attempts != 2 {
		t.Errorf("it is not taken when somebody asks: %+v", w)
	}
	for _, state := range []store.WriteBackState{store.WriteBackDone, store.WriteBackGivenUp, store.WriteBackToLookAt} {
		if (&store.WriteBack{State: state}).Take(soon) {
			t.Errorf("one that is %s is taken", state)
		}
	}
	if (*store.WriteBack)(nil).Take(soon) {
		t.Error("one that there is not is taken")
	}
}

func TestWriteBacks_TheQueueHoldsWhatIsDue(t *testing.T) {
	s := testkit.Store(t)
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	put := func(key order.Key, w *store.WriteBack) {
		t.Helper()
		stage(t, s, key, func(d *store.Staged) { d.Status, d.WriteBack = order.Posted, w })
	}
	if w, err := s.CountWriteBacks(t.Context(), "main"); err != nil || w != nil {
		t.Errorf("counts of nothing: %+v, %v", w, err)
	}
	reason := &order.Reason{Code: "x", Message: "y"}
	put("main:1:new", &store.WriteBack{State: store.WriteBackOpen, Since: at(9), DueAt: past})
	put("main:1:old", &store.WriteBack{State: store.WriteBackOpen, Since: at(1), DueAt: past, Reason: reason})
	put("main:1:twin", &store.WriteBack{State: store.WriteBackOpen, Since: at(9).In(time.FixedZone("west", -8*3600)), DueAt: past})
	put("main:1:later", &store.WriteBack{State: store.WriteBackOpen, Since: at(0), DueAt: future})
	put("main:1:done", &store.WriteBack{State: store.WriteBackDone, Since: at(0), DueAt: past})
	put("main:1:strange", &store.WriteBack{State: store.WriteBackToLookAt, Since: at(0), DueAt: past, Reason: reason})
	put("main:1:given-up", &store.WriteBack{State: store.WriteBackGivenUp, Since: at(0), DueAt: past, Reason: reason})
	put("main:1:never", nil)
	put("other:1:open", &store.WriteBack{State: store.WriteBackOpen, Since: at(0), DueAt: past})

	want := []order.Key{"main:1:old", "main:1:new", "main:1:twin"}
	for limit := 1; limit <= 4; limit++ {
		got, err := s.NextWriteBacks(t.Context(), "main", limit)
		if err != nil || !slices.Equal(got, want[:min(limit, 3)]) {
			t.Errorf("the first %d are %v, %v; want %v", limit, got, err, want)
		}
	}
	if got, err := s.CountWriteBacks(t.Context(), "main"); err != nil || *got != (store.WriteBacks{Open: 4, GivenUp: 1, ToLookAt: 1}) {
		t.Errorf("counts %+v, %v; want 4 open, 1 given up, 1 to look at", got, err)
	}

	// What is written leaves the queue, and what is tried comes back later.
	put("main:1:old", &store.WriteBack{State: store.WriteBackDone, Since: at(1)})
	put("main:1:new", &store.WriteBack{State: store.WriteBackOpen, Since: at(9), DueAt: future})
	if got, err := s.NextWriteBacks(t.Context(), "main", 5); err != nil || !slices.Equal(got, want[2:]) {
		t.Errorf("then %v, %v; want %v", got, err, want[2:])
	}
	// None of this is work for B1.
	if due, err := s.NextDue(t.Context(), "main", "", 5); err != nil || len(due) != 0 {
		t.Errorf("B1 waits for %v, %v", keysOf(due), err)
	}
}
