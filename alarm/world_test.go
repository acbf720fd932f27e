package alarm

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

// TestMain keeps the properties moderate; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	testkit.Main(m)
}

// clockOf is a clock that tests set forward.
type clockOf struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clockOf) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Add(c.ahead).Truncate(time.Millisecond)
}

func (c *clockOf) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// place is an instance with a store, Temporal, a receiver of messages, and two that watch at the same time.
type place struct {
	t        *testing.T
	instance string
	queue    string
	db       *store.Store
	temporal client.Client
	clock    *clockOf
	inbox    *receiver
	keepers  []*Keeper
	schedule client.ScheduleHandle
	staged   int // orders by now
}

// limits are those of a small shop.
func limits() config.Alarms {
	return config.Alarms{NoNewOrders: true, TimeZone: "UTC", Lag: 30 * time.Minute, OldestPending: time.Hour, B1Down: 5 * time.Minute, HeldOrders: 2, Paused: 30 * time.Minute,
		WorkerGone: 5 * time.Minute, ReconciliationAge: 36 * time.Hour, Reminder: 24 * time.Hour}
}

// newPlace makes one in which all is well.
func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, instance: testkit.Name(t), queue: testkit.Name(t), db: testkit.Store(t), temporal: testkit.Temporal(t), clock: &clockOf{}, inbox: newReceiver(t)}
	s := limits()
	s.WebhookURL = p.inbox.URL
	for range 2 {
		k, err := New(watch.Sight{Temporal: p.temporal, Store: p.db, TaskQueue: p.queue, Namespace: "default", After: 50 * time.Millisecond, Hangs: time.Millisecond},
			[]string{p.instance}, s, testkit.Silent())
		if err != nil {
			t.Fatal(err)
		}
		k.Pace, k.Clock = Pace{}, p.clock.now
		p.keepers = append(p.keepers, k)
	}
	return p
}

// read lets Magento be read to its end by a run that began then.
func (p *place) read(began time.Time) {
	p.t.Helper()
	r := store.Reading{Began: began}
	if err := p.db.NoteReading(p.t.Context(), p.instance, store.TaskOrders, r); err != nil {
		p.t.Fatal(err)
	}
	if err := p.db.CaughtUp(p.t.Context(), p.instance, store.TaskOrders, r); err != nil {
		p.t.Fatal(err)
	}
}

// startWorker has somebody ask for all the work. A run never gets on.
func (p *place) startWorker() {
	p.t.Helper()
	for _, queue := range []string{p.queue, workflows.B1TaskQueue(p.instance)} {
		w := worker.New(p.temporal, queue, worker.Options{WorkerStopTimeout: time.Second})
		w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }, workflow.RegisterOptions{Name: "SyncOrders"})
		w.RegisterActivity(func(context.Context) error { return nil })
		if err := w.Start(); err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(w.Stop)
	}
	p.until("the workers ask", func() bool {
		runs, err := p.keepers[0].HasWorker(p.t.Context())
		if err != nil || !runs {
			return false
		}
		orders, err := p.keepers[0].Served(p.t.Context(), p.instance)
		return err == nil && orders
	})
}

// plan makes the schedule.
func (p *place) plan(every time.Duration, now bool) {
	p.t.Helper()
	h, err := p.temporal.ScheduleClient().Create(p.t.Context(), client.ScheduleOptions{ID: workflows.ScheduleID(p.instance), TriggerImmediately: now,
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID(p.instance), Workflow: "SyncOrders", TaskQueue: p.queue}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.schedule = h
	p.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = h.Delete(ctx)                                                                 // the test may have
		_ = p.temporal.TerminateWorkflow(ctx, workflows.SyncOrdersID(p.instance), "", "") // there may be none
	})
}

// until waits for a condition, at most a minute.
func (p *place) until(what string, condition func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("after a minute still not: %s", what)
		}
	}
}

// look has all look and tell at the same time, some times over.
func (p *place) look() {
	p.t.Helper()
	for range 3 {
		for _, do := range []func(*Keeper){func(k *Keeper) { k.LookAll(p.t.Context()) }, func(k *Keeper) { k.TellAll(p.t.Context()) }} {
			var all sync.WaitGroup
			for _, k := range p.keepers {
				all.Go(func() { do(k) })
			}
			all.Wait()
		}
		for _, k := range p.keepers {
			if k.blind[p.instance] {
				p.t.Fatal("it could not look")
			}
		}
	}
}

// raised are the names of the alarms that stand.
func (p *place) raised() (names []string) {
	p.t.Helper()
	all, err := p.db.RaisedAlarms(p.t.Context(), p.instance)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, a := range all {
		names = append(names, a.Name)
	}
	return names
}

// stage puts orders into the store, placed and first seen then. Each has a number of its own: what is staged twice within a second is twice as many.
func (p *place) stage(status order.Status, n int, placed func(n int) time.Time) []order.Key {
	p.t.Helper()
	var keys []order.Key
	var docs []*store.Staged
	for i := range n {
		at := placed(i)
		p.staged++
		doc := store.NewStaged(order.Key(fmt.Sprintf("%s:1:%09d", p.instance, p.staged)))
		doc.Status, doc.PlacedAt, doc.StagedAt, doc.DueAt = status, at, at, at
		docs, keys = append(docs, doc), append(keys, doc.Key)
	}
	for some := range slices.Chunk(docs, 100) {
		if taken, err := p.db.Add(p.t.Context(), some); err != nil || len(taken) > 0 {
			p.t.Fatalf("staged already are %v: %v", taken, err)
		}
	}
	return keys
}

// settle makes another state of an order.
func (p *place) settle(key order.Key, status order.Status) {
	p.t.Helper()
	if _, err := p.db.Change(p.t.Context(), key, func(d *store.Staged) error {
		d.Status = status
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
}

// receiver takes messages by webhook.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	messages []Message
	// answer is what it does with one instead of taking it; nil for taking it.
	answer func(w http.ResponseWriter, r *http.Request) (taken bool)
}

func newReceiver(t *testing.T) *receiver {
	in := &receiver{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.mu.Lock()
		answer := in.answer
		in.mu.Unlock()
		if answer != nil && !answer(w, r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		var m Message
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil {
			t.Error(err)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.messages = append(in.messages, m)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *receiver) does(answer func(http.ResponseWriter, *http.Request) bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = answer
}

// events are what was received, each as alarm and event.
func (in *receiver) events() (all []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, m := range in.messages {
		for _, i := range m.Alarms {
			all = append(all, i.Alarm+" "+i.Event)
		}
	}
	return all
}

func (in *receiver) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.messages)
}

// logTo has a keeper write its log there.
func logTo(k *Keeper, w io.Writer) { k.Log = slog.New(slog.NewTextHandler(w, nil)) }

// okSchedule is one of which there is nothing to say.
func okSchedule() *watch.Schedule { return &watch.Schedule{State: watch.On} }
