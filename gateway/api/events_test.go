package api_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Who listens hears the status at once, orders that change, and the status that follows from them. Fails without: publish in changes, or the case
// changed of overview.
func TestEvents_TellWhatHappens(t *testing.T) {
	quick(t)
	t.Cleanup(api.Pace(0, 1_000_000, 0)) // what follows is of the looks between
	w := newWorld(t)
	l := hear(t, w.server.URL, "")
	next(l, "status", func(e api.StatusEvent) bool { return e.Level == "trouble" && e.Total == 0 && e.Schedule == "missing" })
	key := w.key(1, "1")
	w.staged(key, func(d *store.Staged) {
		d.Status, d.Reason, d.Attention = order.Held, &order.Reason{Code: "item_unknown", Message: "Veronica"}, &order.Reason{Code: "changed"}
	})
	e, raw := next(l, "orders", names(key, order.Held))
	if len(e.Orders) != 1 || e.Orders[0].Reason != "item_unknown" || e.Orders[0].Attention != "changed" || e.More || strings.Contains(raw.data, "Veronica") {
		t.Errorf("event %s", raw.data)
	}
	next(l, "status", func(e api.StatusEvent) bool { return e.Orders[order.Held] == 1 && e.Total == 1 })
	other := hear(t, w.server.URL, "") // it hears the status as it is, without a look
	next(other, "status", func(e api.StatusEvent) bool { return e.Orders[order.Held] == 1 })
}

// A backfill that is under way is told of, as it gets on and when it ends. Fails without: backfill in feed.overview.
func TestEvents_TellOfABackfill(t *testing.T) {
	quick(t)
	w := newWorld(t)
	run := store.Run{ID: "backfill-orders:" + w.instance + "/r", Kind: "backfill", Instance: w.instance, WorkflowID: "backfill-orders:" + w.instance, RunID: "r",
		StartedAt: time.Now(), Counts: store.Counts{Read: 1}, Backfill: &store.BackfillProgress{Phase: store.BackfillReads}}
	put := func() {
		t.Helper()
		if err := w.db.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	put()
	l := hear(t, w.server.URL, "")
	next(l, "backfill", func(e api.BackfillEvent) bool { return e.Counts.Read == 1 && !e.Ended && e.Progress.Phase == "reading" })
	run.Counts.Read = 2
	put()
	next(l, "backfill", func(e api.BackfillEvent) bool { return e.Counts.Read == 2 })
	run.EndedAt = new(time.Now())
	put()
	next(l, "backfill", func(e api.BackfillEvent) bool { return e.Ended && e.ID == "backfill-orders:"+w.instance+"~r" })
}

// Who comes back hears of all that changed while he was away, although nobody listened; and of too much only that there is more. Fails without:
// eventWriter.missed.
func TestEvents_ReconnectingMissesNothing(t *testing.T) {
	quick(t)
	t.Cleanup(api.Pace(0, 0, 50*time.Millisecond))
	w := newWorld(t)
	l := hear(t, w.server.URL, "")
	next(l, "status", always[api.StatusEvent])
	w.staged(w.key(1, "1"), nil)
	_, e := next(l, "orders", names(w.key(1, "1"), order.Pending))
	l.leave()
	l.ended()
	w.staged(w.key(1, "2"), nil)
	o, err := w.db.Get(t.Context(), w.key(1, "2"))
	if err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return time.Since(o.ChangedAt) > 200*time.Millisecond })
	anew := hear(t, w.server.URL, "") // it has read the list since, and hears nothing of the past
	next(anew, "status", func(e api.StatusEvent) bool { return e.Total == 2 })
	w.staged(w.key(1, "3"), nil)
	if got, _ := next(anew, "orders", always[api.OrdersEvent]); names(w.key(1, "2"), order.Pending)(got) {
		t.Errorf("told of %+v", got)
	}
	next(hear(t, w.server.URL, e.id), "orders", names(w.key(1, "2"), order.Pending))
	for n := range api.MostChanged + 1 {
		w.staged(w.key(2, fmt.Sprint(n)), nil)
	}
	if got, _ := next(hear(t, w.server.URL, e.id), "orders", always[api.OrdersEvent]); !got.More || len(got.Orders) != api.MostChanged {
		t.Errorf("%d orders, more %v; want %d and more", len(got.Orders), got.More, api.MostChanged)
	}
}

// An id that makes no sense is as good as none.
func TestEvents_TakeAnyLastEventID(t *testing.T) {
	quick(t)
	w := newWorld(t)
	for _, id := range []string{"x", "-1", "99999999999999", "0", "9223372036854775807"} {
		next(hear(t, w.server.URL, id), "status", always[api.StatusEvent])
	}
}

// Nobody is asked while nobody listens, and all who do share one look. Fails without: the end of the feed in leave, or the map of feeds.
func TestEvents_LookOnceForAll(t *testing.T) {
	quick(t)
	w := newWorld(t)
	w.settings.InstanceNames = append(w.settings.InstanceNames, "other")
	h := api.NewHub(w.settings, w.db, w.temporal)
	var leave []func()
	for range 10 {
		_, left := h.Listen(w.instance)
		leave = append(leave, left)
	}
	_, other := h.Listen("other")
	looking := h.Looking()
	if len(looking) != 2 {
		t.Errorf("%d look, want one for each instance", len(looking))
	}
	other()
	for _, left := range leave {
		left()
	}
	if n := len(h.Looking()); n != 0 {
		t.Errorf("%d look while nobody listens", n)
	}
	for _, over := range looking {
		select {
		case <-over:
		case <-time.After(30 * time.Second):
			t.Fatal("one looks on")
		}
	}
}

// The server's limits of time are not for streams, and its end does not wait for them. Fails without: SetWriteDeadline or
// hook.
func TestEvents_OutliveTheLimitsAndEndWithTheServer(t *testing.T) {
	quick(t)
	w := newWorld(t)
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadTimeout: 200 * time.Millisecond, WriteTimeout: 200 * time.Millisecond}
	go server.Serve(listener)
	t.Cleanup(func() { _ = server.Close() })
	l := hear(t, "http://"+listener.Addr().String(), "")
	next(l, "status", always[api.StatusEvent])
	began := time.Now()
	until(t, func() bool { return time.Since(began) > 500*time.Millisecond })
	w.staged(w.key(1, "1"), nil)
	next(l, "orders", names(w.key(1, "1"), order.Pending))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	l.ended()
}

// All requests but streams have a limit of time. Fails without: the exception in limited.
func TestEvents_HaveNoLimitOfTimeAlone(t *testing.T) {
	if api.IsLimited("/api/v1/events") || !api.IsLimited("/api/v1/status") {
		t.Error("want a limit of all routes but that of the events")
	}
}

// A client that does not read is cut off, and nobody waits for it. Fails without: the default case of publish.
func TestEvents_CutOffWhoIsTooSlow(t *testing.T) {
	w := newWorld(t)
	h := api.NewHub(w.settings, w.db, w.temporal)
	slow, _ := h.Listen(w.instance)
	quick, _ := h.Listen(w.instance)
	for n := range api.Buffered + 5 {
		if err := h.Publish(w.instance, n); err != nil {
			t.Fatal(err)
		}
		for told := ""; told != fmt.Sprint(n); { // it is told of the status as well
			told = (<-quick).Text()
		}
	}
	n := 0
	for range slow {
		n++
	}
	if n != api.Buffered {
		t.Errorf("%d events before it was cut off, want %d", n, api.Buffered)
	}
}

// There is a bound of streams; a place that is left is free again. Fails without: the check of open in listen, or its going down in leave.
func TestEvents_AreBounded(t *testing.T) {
	w := newWorld(t)
	var all []*listening
	for range api.MaxStreams {
		all = append(all, hear(t, w.server.URL, ""))
	}
	r := w.get("/api/v1/events")
	if r.problem(429, "too-many-streams", "/api/v1/status"); r.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	all[0].leave()
	until(t, func() bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+"/api/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := w.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode == 200
	})
}

// A store that does not answer is told of, and when it does again. Fails without: blind.
func TestEvents_TellOfAStoreThatIsDown(t *testing.T) {
	quick(t)
	w := newWorld(t)
	var deaf atomic.Bool
	db, name := testkit.Database(t)
	w.keepKey(db)
	server := serve(t, w.settings, testkit.DeafStore(t, name, &deaf), w.temporal)
	l := hear(t, server.URL, "")
	next(l, "status", func(e api.StatusEvent) bool { return e.Schedule == "missing" })
	deaf.Store(true)
	next(l, "status", func(e api.StatusEvent) bool {
		return len(e.Needs) == 1 && e.Needs[0].Code == "store_down" && e.Level == "trouble"
	})
	deaf.Store(false)
	next(l, "status", func(e api.StatusEvent) bool { return e.Schedule == "missing" })
}

// Temporal that does not answer is told of, and hides no order. Fails without: a limit of time for each question.
func TestEvents_GoOnWithoutTemporal(t *testing.T) {
	quick(t)
	w := newWorld(t)
	server := serve(t, w.settings, w.db, deadTemporal(t))
	l := hear(t, server.URL, "")
	next(l, "status", func(e api.StatusEvent) bool {
		return e.Schedule == "unknown" && slices.ContainsFunc(e.Needs, func(n api.Need) bool { return n.Code == "temporal_down" })
	})
	w.staged(w.key(1, "1"), nil)
	next(l, "orders", names(w.key(1, "1"), order.Pending))
	// A whole look may have counted the order before the look at changes came by it: then its status came first. Who connects now is told how things stand.
	next(hear(t, server.URL, ""), "status", func(e api.StatusEvent) bool { return e.Total == 1 && e.Needs[0].Code == "temporal_down" })
}

func TestEvents_RefuseWhatMakesNoSense(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/events?instance=nowhere").problem(422, "unknown-instance", "nowhere")
	call(t, w.server, http.MethodGet, "/api/v1/events", "", []string{"Last-Event-ID", strings.Repeat("1", 41)}).problem(422, "invalid-request", "Last-Event-ID")
}

// An order is dated before it is written, which takes its time on a busy disk: it is told of although its date lies behind the latest looks. Fails
// without: late in changes.
func TestEvents_TellOfWhatWasWrittenLate(t *testing.T) {
	t.Cleanup(api.Pace(20*time.Millisecond, 3, 0))
	w := newWorld(t)
	key := w.key(1, "1")
	w.staged(key, nil)
	l := hear(t, w.server.URL, "")
	next(l, "orders", names(key, order.Pending))
	next(hear(t, w.server.URL, ""), "status", func(e api.StatusEvent) bool { return e.Total == 1 })
	w.written(key, time.Now().Add(-30*time.Second), order.Held)
	next(l, "orders", names(key, order.Held))
}

// Who has received no event says when he read what he shows, and hears what has changed since. Fails without: Since in serve.
func TestEvents_TellWhatChangedSinceThePageWasRead(t *testing.T) {
	quick(t)
	t.Cleanup(api.Pace(0, 1_000_000, 50*time.Millisecond))
	w := newWorld(t)
	w.staged(w.key(1, "1"), nil)
	w.written(w.key(1, "1"), time.Now().Add(-30*time.Second), order.Pending)
	next(hearSince(t, w.server.URL, time.Now().Add(-time.Minute)), "orders", names(w.key(1, "1"), order.Pending))
	w.get("/api/v1/events?since="+strings.Repeat("1", 41)).problem(422, "invalid-request", "since")
}
