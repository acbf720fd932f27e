package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// outage is how long B1 is dead in TestOutage:
//
//	go test ./worker -run TestOutage -outage 5m -timeout 30m -v
var outage = flag.Duration("outage", 20*time.Second, "how long B1 is dead in TestOutage")

// schedule runs SyncOrders again and again, as the schedule does, until stop is called. Runs are so short that several of
// them meet the outage.
func (w *world) schedule(in workflows.SyncOrdersInput) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	in.Instance = w.instance
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			run, err := w.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflows.SyncOrdersID(w.instance), TaskQueue: w.queue}, "SyncOrders", in)
			if err == nil {
				err = run.Get(ctx, nil)
			}
			if err != nil && ctx.Err() == nil {
				w.t.Error("SyncOrders:", err)
				return
			}
			time.Sleep(200 * time.Millisecond) // the interval
		}
	}()
	return func() { cancel(); <-done }
}

// selling places orders until stop is called.
func (w *world) selling(every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1}); err != nil {
					w.t.Error(err)
					return
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}

// open counts the orders that Temporal has in hand.
func (w *world) open() int64 {
	w.t.Helper()
	r, err := w.temporal.CountWorkflow(w.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Query: `WorkflowType="InsertOrder" AND ExecutionStatus="Running" AND WorkflowId STARTS_WITH "` + string(workflows.InsertOrderID(order.Key(w.instance))) + `"`})
	if err != nil {
		w.t.Fatal(err)
	}
	return r.Count
}

// B1 dies under load. Nothing is lost; no heap of workflows grows; each worker asks B1 once in 3 to 5 seconds; one alarm is
// raised, and it is said once that it is over. The backlog moves within 10 s after B1 is back, as many orders at once as are
// allowed. Fails without: the circuit (calls), the compare-and-set of the lanes (alarms), standing by (the next run is a
// minute off, and drains nothing).
func TestOutage(t *testing.T) {
	const workers, calls, window = 2, 4, 30
	w := newWorld(t, 0)
	w.company.SetLatency(b1sim.Latency{Read: 30 * time.Millisecond, Write: 400 * time.Millisecond})
	said := &journal{}
	w.log = slog.New(said)
	b1 := &front{company: w.company}
	server := httptest.NewServer(b1)
	t.Cleanup(server.Close)
	i := &w.settings.All[0]
	i.B1.URL, i.B1.MaxCalls, i.B1.AlarmAfter = server.URL+"/b1s/v2", calls, min(time.Minute, *outage/3)
	for range workers {
		w.startWorker()
	}
	stopSelling := w.selling(300 * time.Millisecond)
	defer w.schedule(workflows.SyncOrdersInput{Window: window, Budget: max(8*time.Second, *outage/4)})()
	w.eventually("orders flow", func() bool { return len(w.company.Orders()) >= 20 })

	b1.set(true)
	died := time.Now()
	settled := 5 * time.Second // until both workers know
	time.Sleep(*outage)
	probes, _ := b1.since(died.Add(settled))
	had := len(w.company.Orders())
	if most := workers * (1 + int((*outage-settled)/(3*time.Second))); probes > most || probes == 0 {
		t.Errorf("%d calls during the outage, want 1 to %d", probes, most)
	}
	if n := w.open(); n > window {
		t.Errorf("%d orders are in hand during the outage, want %d at most", n, window)
	}
	overview, err := w.db.Overview(t.Context(), w.instance)
	if err != nil || overview.B1 == nil || overview.B1.State != store.LaneDown || overview.B1.AlarmedAt == nil {
		t.Errorf("the status is %+v, %v; want B1 down and alarmed", overview.B1, err)
	}
	backlog := w.counts()[order.Pending]

	b1.set(false)
	back := time.Now()
	w.eventually("the first order is posted", func() bool { return len(w.company.Orders()) > had })
	first := time.Since(back)
	for len(w.company.Orders()) < had+int(backlog)/2 && time.Since(back) < 10*time.Second {
		time.Sleep(20 * time.Millisecond)
	}
	_, most := b1.since(back)
	stopSelling()
	open := func() int64 { c := w.counts(); return int64(len(w.shop.Orders())) - total(c) + c[order.Pending] }
	for limit := back.Add(time.Minute + *outage); open() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s after B1 was back %d orders are open: %v", time.Since(back).Round(time.Second), open(), w.counts())
		}
	}
	drained := time.Since(back)
	b1.mu.Lock()
	atOnce := b1.busy.Seconds() / drained.Seconds()
	b1.mu.Unlock()
	t.Logf("outage %s: %d calls of %d workers, %d orders waited; the first was posted after %s, up to %d calls at once within 10 s, all %d settled after %s, %.1f orders a second, %.1f calls at once on average",
		*outage, probes, workers, backlog, first.Round(time.Millisecond), most, len(w.shop.Orders()), drained.Round(time.Millisecond), float64(backlog)/drained.Seconds(), atOnce)
	if first > 10*time.Second || most < workers*calls-1 || most > workers*calls {
		t.Errorf("the first order after %s, %d calls at once; want it within 10 s, and %d", first, most, workers*calls)
	}
	if alarms, ends := said.count("ERROR B1 does not answer"), said.count("WARN B1 answers again"); alarms != 1 || ends != 1 {
		t.Errorf("%d alarms, %d ends; want one each", alarms, ends)
	}
	w.alarmInRuns()
	w.checkLedger()
}

// alarmInRuns wants runs during the outage to note it, each once.
func (w *world) alarmInRuns() {
	w.t.Helper()
	runs, err := w.db.ListRuns(w.t.Context(), w.instance, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	noted := 0
	for _, r := range runs {
		in := 0
		for _, e := range r.Errors {
			if strings.HasPrefix(e, "B1 does not answer since ") {
				in++
			}
		}
		if noted += in; in > 1 {
			w.t.Errorf("a run notes the outage %d times: %q", in, r.Errors)
		}
	}
	if noted == 0 {
		w.t.Error("no run notes the outage")
	}
}
