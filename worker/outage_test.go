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
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// outage is how long B1 is dead in TestOutage; `make outage` has it dead for five minutes.
var outage = flag.Duration("outage", 20*time.Second, "how long B1 is dead in TestOutage")

// outageWrite is how long B1 takes for an order there: so long that B1 is the narrowest place by far, on a busy machine too, and what is
// measured is what the connector does with B1 and not how fast the machine is. `make outage` has it faster.
var outageWrite = flag.Duration("outage.write", 2500*time.Millisecond, "how long B1 takes for an order in TestOutage")

// outageTimed demands times and rates: those of a machine that has nothing else to do, and so of `make outage` alone.
var outageTimed = flag.Bool("outage.timed", false, "demand how soon and how fast orders go again in TestOutage and TestB1ThatCeasesToWrite")

// recovers is how soon after B1 is back it must have an order, and as many calls at once as are allowed: the workers ask B1 every 3 to 5 s,
// the first order has to be through before there is a second call, and in three rounds of calls the allowed number is reached. With B1 as
// fast as `make outage` has it these are ten seconds.
func recovers() time.Duration { return 5*time.Second + 4**outageWrite + 200*time.Millisecond }

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

// B1 may have few calls at once.
const (
	outageWorkers, outageCalls, outageWindow = 2, 4, 30
	outageRead                               = 30 * time.Millisecond
	// rated is how long a rate is measured: many times what an order takes.
	rated = 20 * time.Second
	// nearly is the share of the allowed calls at once that B1 must have on average, before the outage and after.
	nearly = 0.9
	// measurings is how many times it is measured at most, after the outage, until B1 has nearly the allowed calls: a machine that is busy
	// with other things may hold up the workers for a while. What never comes back to it is found however often it is measured.
	measurings = 3
	// stuck is how long nothing may change before it is given up.
	stuck = time.Minute
)

// backlogged keeps enough orders waiting that B1 could be busy for so long, whatever is sold meanwhile.
func (w *world) backlogged(d time.Duration) {
	w.t.Helper()
	enough := int(d / *outageWrite) * outageWorkers * outageCalls
	for n := w.unposted(); n < enough; n++ {
		if _, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// unposted is how many orders B1 does not have yet.
func (w *world) unposted() int { return len(w.shop.Orders()) - w.company.Count() }

// rate measures orders a second, and the calls at once on average, while there is work for B1.
func (w *world) rate(b1 *front, d time.Duration) (orders, atOnce float64) {
	w.t.Helper()
	had, busy, began := w.company.Count(), b1.busyTime(), time.Now()
	w.holds("B1 has work", d, func() bool { return w.unposted() >= outageWorkers*outageCalls })
	took := time.Since(began).Seconds()
	return float64(w.company.Count()-had) / took, (b1.busyTime() - busy).Seconds() / took
}

// busy measures until B1 has nearly as many calls as are allowed on average, so many times at most, and gives what it measured last.
func (w *world) busy(b1 *front, times int) (orders, atOnce float64) {
	w.t.Helper()
	for range times {
		w.backlogged(rated + 5*time.Second)
		if orders, atOnce = w.rate(b1, rated); atOnce >= nearly*outageWorkers*outageCalls {
			break
		}
		w.t.Logf("%.1f calls at once on average, %d are allowed", atOnce, outageWorkers*outageCalls)
	}
	return orders, atOnce
}

// holds wants a condition to be true all the time.
func (w *world) holds(what string, d time.Duration, condition func() bool) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if !condition() {
			w.t.Fatalf("no longer: %s", what)
		}
	}
}

// B1 dies under load. Nothing is lost; no heap of workflows grows; each worker asks B1 once in 3 to 5 seconds; one alarm is raised, and
// it is said once that it is over. B1 gets as many calls at once as are allowed again, and never more. `make outage` (outageTimed)
// demands that soon (recovers), as the first order; then nine tenths of these on average, as before the outage, and as many orders a
// second. Fails without: the circuit (calls), the compare-and-set of the lanes (alarms), standing by (the next run is a minute off, and
// drains nothing), the limit that grows again (calls at once, at most); where times are demanded, with a limit that falls back to half
// whenever it has grown (5.6 calls on average), or a slower B1 (orders a second).
func TestOutage(t *testing.T) {
	const allowed = outageWorkers * outageCalls
	w := newWorld(t, 0)
	w.company.SetLatency(b1sim.Latency{Read: outageRead, Write: *outageWrite})
	said := &journal{}
	w.log = slog.New(said)
	b1 := &front{company: w.company}
	server := httptest.NewServer(b1)
	t.Cleanup(server.Close)
	i := &w.settings.All[0]
	i.B1.URL, i.B1.MaxCalls, i.B1.AlarmAfter = server.URL+"/b1s/v2", outageCalls, min(time.Minute, *outage/3)
	for range outageWorkers {
		w.startWorker()
	}
	w.backlogged(rated + 20*time.Second)
	stopSelling := w.selling(600 * time.Millisecond)
	defer w.schedule(workflows.SyncOrdersInput{Window: outageWindow, Budget: max(8*time.Second, *outage/4)})()
	began := time.Now()
	w.eventually("B1 has as many calls as are allowed", func() bool { _, most := b1.since(began); return most >= allowed })
	var before, busyBefore, after, busyAfter float64
	if *outageTimed {
		if before, busyBefore = w.busy(b1, 10); busyBefore < nearly*allowed { // the workers have to find out first what it bears
			t.Fatalf("%.1f calls at once on average, %d are allowed: this machine is too busy to keep B1 busy", busyBefore, allowed)
		}
	}

	b1.set(true)
	died := time.Now()
	settled := 5 * time.Second // until both workers know
	time.Sleep(*outage)
	probes, _ := b1.since(died.Add(settled))
	had := w.company.Count()
	if most := outageWorkers * (1 + int((*outage-settled)/(3*time.Second))); probes > most || probes == 0 {
		t.Errorf("%d calls during the outage, want 1 to %d", probes, most)
	}
	// An order whose call was under way when B1 died waits for its own look, and may be out of the queue: then it takes no room in the window.
	if n := w.open(); n > outageWindow+allowed {
		t.Errorf("%d orders are in hand during the outage, want %d at most", n, outageWindow+allowed)
	}
	overview, err := w.db.Overview(t.Context(), w.instance)
	if err != nil || overview.B1 == nil || overview.B1.State != store.LaneDown || overview.B1.AlarmedAt == nil {
		t.Errorf("the status is %+v, %v; want B1 down and alarmed", overview.B1, err)
	}
	w.backlogged(rated + recovers() + 5*time.Second)
	backlog := w.unposted()

	b1.set(false)
	back := time.Now()
	w.eventually("the first order is posted", func() bool { return w.company.Count() > had })
	first := time.Since(back)
	w.eventually("B1 has as many calls as are allowed again", func() bool { _, most := b1.since(back); return most >= allowed })
	full := time.Since(back)
	if *outageTimed {
		if after, busyAfter = w.busy(b1, measurings); busyAfter < nearly*allowed {
			t.Errorf("%.1f calls at once on average after the outage, %.1f before; %d are allowed, want nine tenths at least", busyAfter, busyBefore, allowed)
		}
		if least := 0.9*before - allowed/rated.Seconds(); after < least { // calls that are under way at either end count for one of the two
			t.Errorf("%.2f orders a second after the outage, %.2f before; want %.2f at least", after, before, least)
		}
		w.isTimely("the first order", first)
		w.isTimely("as many calls at once as are allowed", full)
	}
	_, most := b1.since(back)
	stopSelling()
	w.drained(back)
	drained := time.Since(back)
	alarms, ends := said.count("ERROR B1 does not answer"), said.count("WARN B1 answers again")
	lost, twice := w.lostAndTwice()
	t.Logf("outage of %s: %d calls of %d workers, %d orders waited, all %d were settled %s after B1 was back",
		*outage, probes, outageWorkers, backlog, len(w.shop.Orders()), drained.Round(time.Second))
	if *outageTimed {
		t.Logf("OUTAGE %s: alarms %d, ends %d; first order after %.1f s; full rate (%d calls at once) after %.1f s; orders a second %.2f before, %.2f after (calls at once on average %.1f and %.1f, B1 bears %.2f orders a second); lost %d, duplicated %d",
			*outage, alarms, ends, first.Seconds(), allowed, full.Seconds(), before, after, busyBefore, busyAfter, allowed*before/busyBefore, lost, twice)
	}
	if most > allowed {
		t.Errorf("%d calls at once after the outage, %d are allowed", most, allowed)
	}
	if alarms != 1 || ends != 1 || lost != 0 || twice != 0 {
		t.Errorf("%d alarms, %d ends, %d lost, %d twice; want 1, 1, 0, 0", alarms, ends, lost, twice)
	}
	w.alarmInRuns()
	w.checkLedger()
}

// isTimely wants something to have come soon after B1 was back, where times are demanded.
func (w *world) isTimely(what string, came time.Duration) {
	w.t.Helper()
	if *outageTimed && came > recovers() {
		w.t.Errorf("%s came %s after B1 was back, want %s at most", what, came, recovers())
	}
}

// drained waits until no order is open, as long as there is progress: how long that takes is up to B1 and the machine.
func (w *world) drained(since time.Time) {
	w.t.Helper()
	open := func() int64 { c := w.counts(); return int64(len(w.shop.Orders())) - total(c) + c[order.Pending] }
	least, fell := open(), time.Now()
	for now := least; now > 0; now = open() {
		if now < least {
			least, fell = now, time.Now()
		}
		if time.Since(fell) > stuck {
			w.t.Fatalf("%s after B1 was back %d orders are open, and for %s they did not get fewer: %v", time.Since(since).Round(time.Second), now, stuck, w.counts())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// lostAndTwice compares the three books.
func (w *world) lostAndTwice() (lost, twice int) {
	w.t.Helper()
	r, err := checker.Compare(w.t.Context(), checker.Books{Instance: w.instance, Placed: w.shop.Orders(), Store: w.db, Orders: w.company.Orders(), Drafts: w.company.Drafts()})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range r.Violations {
		w.t.Error(v)
	}
	return r.Count(checker.Lost), r.Count(checker.Duplicated)
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
