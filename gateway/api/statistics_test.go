package api_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// write stages an order that was placed and seen so long ago, and posts it now unless its state says otherwise.
func (w *world) write(n int, placed, seen time.Duration, change func(*store.Staged)) {
	w.t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	w.staged(w.key(1, fmt.Sprint(n)), func(d *store.Staged) {
		d.PlacedAt, d.StagedAt, d.Status = now.Add(-placed), now.Add(-seen), order.Posted
		if change != nil {
			change(d)
		}
	})
}

// hasAbout fails unless a time is what it is to be, within the step of the counting.
func hasAbout(t *testing.T, what string, got *api.Spread, orders int64, median, p95 float64) {
	t.Helper()
	near := func(a, b float64) bool { return a > b/1.05-2 && a < b*1.05+2 }
	if got == nil || got.Orders != orders || !near(got.MedianSeconds, median) || !near(got.P95Seconds, p95) {
		t.Errorf("%s: %+v, want %d orders, %.0f s, %.0f s", what, got, orders, median, p95)
	}
}

// Orders are counted in the hour in which they were placed and posted, with how long they took. Fails without: own in gathered.count (the import),
// PostedAt in Changes, or the posting of a held order.
func TestStatistics_CountOrdersByTheHour(t *testing.T) {
	w := newWorld(t)
	for n := range 19 {
		w.write(n, 10*time.Minute, 9*time.Minute, nil)
	}
	w.write(19, 100*time.Minute, 90*time.Minute, nil)
	w.write(20, 9000*time.Hour, time.Minute, func(d *store.Staged) { d.Import = "run" })
	w.write(21, 5*time.Minute, time.Minute, func(d *store.Staged) { d.Status = order.Held })
	w.write(22, 5*time.Minute, time.Minute, func(d *store.Staged) { d.Status = order.Pending })
	w.staged("other:1:1", func(d *store.Staged) { d.PlacedAt, d.Status = time.Now(), order.Posted })
	var s api.Statistics
	w.get("/api/v1/statistics?hours=4").ok(200, &s)
	if len(s.Hours) != 4 || s.Placed != 22 || s.Posted != 21 || s.Held != 1 || !s.Whole || s.GatheredFrom.After(s.Hours[0].Hour) {
		t.Errorf("statistics %+v", s)
	}
	hasAbout(t, "from placed", s.FromPlaced, 20, 600, 600)
	hasAbout(t, "from seen", s.FromSeen, 20, 540, 540)
	hasAbout(t, "to seen", s.ToSeen, 22, 60, 240)
	var placed, posted int64
	for _, h := range s.Hours {
		placed, posted = placed+h.Placed, posted+h.Posted
		if h.Posted > 0 && h.Posted != 21 { // all within a moment, unless the hour ends in it
			t.Logf("posted %d in %s", h.Posted, h.Hour)
		}
	}
	if placed != s.Placed || posted != s.Posted {
		t.Errorf("the hours have %d placed and %d posted, want %d and %d", placed, posted, s.Placed, s.Posted)
	}
}

// What happens after the first answer is counted once, however often the order is written. Fails without: the maps posted and seen (an order is
// counted at each look), or forward (it is not counted at all).
func TestStatistics_GoOnFromWhereTheyWere(t *testing.T) {
	w := newWorld(t)
	ask := func(hours int) (s api.Statistics) {
		w.get(fmt.Sprintf("/api/v1/statistics?hours=%d", hours)).ok(200, &s)
		return s
	}
	w.write(1, time.Minute, time.Minute, nil)
	if s := ask(2); s.Posted != 1 {
		t.Fatalf("posted %d, want 1", s.Posted)
	}
	w.write(2, time.Minute, time.Minute, nil)
	w.write(1, time.Minute, time.Minute, nil)
	if s := ask(3); s.Posted != 2 { // other hours are not answered from what is known
		t.Errorf("posted %d, want 2", s.Posted)
	}
	w.write(2, time.Minute, time.Minute, func(d *store.Staged) { d.Attempts++ })
	w.write(3, time.Minute, time.Minute, func(d *store.Staged) { d.Status = order.Held })
	if s := ask(4); s.Posted != 2 || s.Held != 1 {
		t.Errorf("posted %d, held %d, want 2 and 1", s.Posted, s.Held)
	}
	if a, b := ask(4), ask(4); !a.CountedAt.Equal(b.CountedAt) {
		t.Errorf("counted at %s and %s, want one count for both", a.CountedAt, b.CountedAt)
	}
}

// Those who ask at once share one count. Fails without: busy, or answers.
func TestStatistics_AreCountedOnceForAll(t *testing.T) {
	w := newWorld(t)
	w.write(1, time.Minute, time.Minute, nil)
	var all sync.WaitGroup
	var mu sync.Mutex
	counts := map[time.Time]bool{}
	for range 20 {
		all.Go(func() {
			var s api.Statistics
			call(t, w.server, http.MethodGet, "/api/v1/statistics?hours=24", "", nil).ok(200, &s)
			mu.Lock()
			defer mu.Unlock()
			counts[s.CountedAt] = true
		})
	}
	all.Wait()
	if len(counts) != 1 {
		t.Errorf("counted %d times", len(counts))
	}
}

func TestStatistics_RefuseWhatMakesNoSense(t *testing.T) {
	w := newWorld(t)
	for _, hours := range []string{"0", "169", "-1", "x"} {
		w.get("/api/v1/statistics?hours="+hours).problem(422, "invalid-request", "hours")
	}
	w.get("/api/v1/statistics?instance=nowhere").problem(422, "unknown-instance", "nowhere")
	call(t, serve(t, w.settings, deadStore(t), w.temporal), http.MethodGet, "/api/v1/statistics", "", nil).problem(503, "unavailable", "store")
}
