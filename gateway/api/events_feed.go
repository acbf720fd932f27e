package api

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

// pace says how often feeds look, and how far back.
type pace struct {
	// poll is how often the store is asked what has changed, once for all who listen to an instance.
	poll time.Duration
	// whole is after how many looks Temporal is asked as well, which alone knows of the schedule and the workers.
	whole int
	// changed is how far before the last look changes are read again, as clocks of machines differ.
	changed time.Duration
	// late is how far back the looks read that ask Temporal as well: an order is dated before it is written, which takes its time on a busy disk.
	late time.Duration
	// first is how far back changes are told to who comes without Last-Event-ID: while he read the list, some may have changed.
	first time.Duration
}

// usual is the pace of all feeds.
var usual = pace{poll: 2 * time.Second, whole: 5, changed: 4 * time.Second, late: time.Minute, first: 10 * time.Second}

const (
	// mostChanged is how many orders are told of in one event.
	mostChanged = 200
	// pollLimit bounds one question of a look.
	pollLimit = 5 * time.Second
)

// message is one event, ready to be sent.
type message struct {
	name, id string
	data     []byte
}

// listener is one connection.
type listener struct {
	feed *feed
	// events is closed when the client is too slow.
	events chan message
	// since is from when on changes are told that the feed has told before.
	since time.Time
	// upTo is where the feed was when it joined.
	upTo time.Time
}

// feed looks at one instance for all who listen to it.
type feed struct {
	hub      *hub
	instance string
	end      context.CancelFunc
	over     chan struct{} // closed when it looks no more

	// These belong to whoever has hub.mu.
	listeners map[*listener]bool
	place     time.Time // all changes up to it are told
	latest    map[string]message

	// These belong to the goroutine that looks.
	told   map[order.Key]time.Time
	status *Status
	looks  int
}

// listen joins the feed of an instance, and starts it for the first who does.
func (h *hub) listen(instance string, since time.Time) (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open >= maxStreams {
		p := tooManyStreams.problem("All " + strconv.Itoa(maxStreams) + " places are taken. Close pages that are not needed, or ask GET /api/v1/status from time to time.")
		p.retryAfter = 30
		return nil, p
	}
	h.open++
	f := h.feeds[instance]
	if f == nil {
		running, end := context.WithCancel(context.Background())
		f = &feed{hub: h, instance: instance, end: end, listeners: map[*listener]bool{}, latest: map[string]message{}, told: map[order.Key]time.Time{}, over: make(chan struct{}),
			place: time.Now().UTC()}
		h.feeds[instance] = f
		go f.run(running)
	}
	l := &listener{feed: f, events: make(chan message, buffered), since: since, upTo: f.place}
	for _, name := range []string{statusEvent, backfillEvent} {
		if e, known := f.latest[name]; known {
			l.events <- e
		}
	}
	f.listeners[l] = true
	return l, nil
}

// leave ends a connection; the feed ends with the last one.
func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	delete(l.feed.listeners, l)
	if len(l.feed.listeners) == 0 && h.feeds[l.feed.instance] == l.feed {
		delete(h.feeds, l.feed.instance)
		l.feed.end()
	}
}

// run looks until nobody listens any more.
func (f *feed) run(ctx context.Context) {
	defer close(f.over)
	tick := time.NewTicker(f.hub.pace.poll)
	defer tick.Stop()
	for {
		f.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-f.hub.stop:
			return
		case <-tick.C:
		}
	}
}

// look looks once. A question that is broken off costs its connection: the end of the feed waits for it.
func (f *feed) look(ctx context.Context) {
	asking := context.WithoutCancel(ctx)
	changed, err := f.changes(asking)
	if err == nil {
		err = f.overview(asking, changed)
	}
	if err == nil {
		err = f.backfill(asking)
	}
	if err != nil && ctx.Err() == nil && f.isDown(asking) {
		f.blind()
	}
	f.looks++
}

// isDown reports whether the store does not answer: a question may have failed because Temporal took all the time there was.
func (f *feed) isDown(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	return f.hub.server.store.Ping(ctx) != nil
}

// changes tells of the orders that have changed.
func (f *feed) changes(ctx context.Context) (any bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	pace, at := f.hub.pace, f.at()
	since := at.Add(-pace.changed)
	if f.looks > 0 && f.looks%pace.whole == 0 {
		since = at.Add(-max(pace.changed, pace.late))
	}
	now := time.Now().UTC()
	found, err := f.hub.server.store.Changes(ctx, f.instance, store.ChangePlace{At: since, Key: lastKey}, time.Time{}, mostChanged+1)
	if err != nil {
		return false, err
	}
	forgotten := at.Add(-max(pace.changed, pace.late))
	maps.DeleteFunc(f.told, func(_ order.Key, changed time.Time) bool { return changed.Before(forgotten) })
	body, more := changedOrders(found, f.told)
	if len(body.Orders) == 0 && !more {
		return false, f.publish(now, "", nil)
	}
	return true, f.publish(now, ordersEvent, body)
}

// changedOrders are those that were not told of; told takes them in.
func changedOrders(found []store.Change, told map[order.Key]time.Time) (body OrdersEvent, more bool) {
	if more = len(found) > mostChanged; more {
		found = found[:mostChanged]
	}
	body = OrdersEvent{Orders: []ChangedOrder{}, More: more}
	for _, c := range found {
		if !told[c.Key].Equal(c.ChangedAt) {
			told[c.Key] = c.ChangedAt
			body.Orders = append(body.Orders, ChangedOrder{Key: c.Key, Status: c.Status, Reason: c.Reason, Attention: c.Attention, ChangedAt: c.ChangedAt.UTC()})
		}
	}
	return body, more
}

// overview tells the status. Temporal is asked from time to time; between, only what the store counts is new.
func (f *feed) overview(ctx context.Context, changed bool) (err error) {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	s := f.hub.server
	switch {
	case f.status == nil || f.status.Schedule.State == watch.Unknown || f.looks%f.hub.pace.whole == 0:
		if f.status, err = s.statusOf(ctx, f.instance); err != nil {
			return err
		}
	case changed:
		seen := *f.status
		if seen.Orders, err = s.store.Counts(ctx, f.instance); err != nil {
			return err
		}
		if seen.Waiting, err = s.store.Waiting(ctx, f.instance); err != nil {
			return err
		}
		seen.sumUp(f.instance, s.lacksRules(ctx, f.instance))
		if err := s.addAlarms(ctx, f.instance, &seen); err != nil {
			return err
		}
		f.status = &seen
	}
	return f.publish(f.at(), statusEvent, statusBody(f.status))
}

// at is up to where all changes are told.
func (f *feed) at() time.Time {
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	return f.place
}

func statusBody(s *Status) StatusEvent {
	return StatusEvent{Level: s.Level, Orders: s.Orders, Total: s.Total, Needs: s.Needs, RunningSince: s.Schedule.RunningSince, Schedule: s.Schedule.State, Reconciliation: s.Reconciliation}
}

// backfill tells how far a backfill is that has not ended, and once that it has.
func (f *feed) backfill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	f.hub.mu.Lock()
	_, told := f.latest[backfillEvent]
	f.hub.mu.Unlock()
	if f.status.Backfill == nil && !told {
		return nil
	}
	run, err := f.hub.server.store.LatestBackfill(ctx, f.instance)
	if err != nil || run == nil {
		return err
	}
	err = f.publish(f.at(), backfillEvent, BackfillEvent{ID: runPathID(run.ID), Ended: run.EndedAt != nil, Counts: run.Counts, Progress: run.Backfill})
	if run.EndedAt != nil && f.status.Backfill == nil {
		f.hub.mu.Lock()
		delete(f.latest, backfillEvent)
		f.hub.mu.Unlock()
	}
	return err
}

// blind tells that the store does not answer, with what was last known.
func (f *feed) blind() {
	seen := Status{}
	if f.status != nil {
		seen = *f.status
	}
	body := StatusEvent{Level: LevelTrouble, Orders: seen.Orders, Total: seen.Total, Schedule: "unknown", Needs: []Need{{Code: "store_down", Level: LevelTrouble,
		Text: "The store does not answer. Figures are those of the last look. Look at that server and at GET /readyz.", Link: "/readyz"}}}
	_ = f.publish(f.at(), statusEvent, body) // what changes meanwhile is told later
	f.status = nil
}

// publish gives an event to all who listen, unless it is the status or the backfill as it was told last. Who is too slow is cut off. Without
// a name only the place moves.
func (f *feed) publish(place time.Time, name string, body any) error {
	var data []byte
	if name != "" {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	f.place = place
	if name == "" || name != ordersEvent && bytes.Equal(f.latest[name].data, data) {
		return nil
	}
	e := message{name: name, id: strconv.FormatInt(place.UnixMilli(), 10), data: data}
	if name != ordersEvent {
		f.latest[name] = e
	}
	for l := range f.listeners {
		select {
		case l.events <- e:
		default:
			close(l.events)
			delete(f.listeners, l)
		}
	}
	return nil
}
