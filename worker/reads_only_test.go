package main

import (
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
	"datawald/workflows"
)

// B1 reads and writes nothing: a proxy answers 502 to each order. That is the trouble of all: one alarm, one order at a time is
// tried, none is held; when B1 writes again all are posted, each once. Fails without: the streak of writes (each order is sent three
// times and held).
func TestB1ThatWritesNothingHoldsNoOrder(t *testing.T) {
	t.Parallel()
	const orders, calls = 30, 8
	w := newWorld(t, 0)
	said := &journal{}
	w.log = slog.New(said)
	w.settings.All[0].B1.MaxCalls, w.settings.All[0].B1.AlarmAfter = calls, time.Second
	for range orders {
		w.place("simple", 1)
	}
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Match: "POST Orders", Probability: 1}); err != nil {
		t.Fatal(err)
	}
	sent := func() int { return w.company.Traffic().Calls["POST Orders"] }
	w.startWorker()
	run, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.SyncOrdersID(w.instance), TaskQueue: w.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the alarm is raised", func() bool { return said.count(saysReadsOnly) == 1 })
	before, began := sent(), time.Now()
	w.eventually("three more orders are tried", func() bool { return sent() >= before+3 })
	if most := before + 1 + int(time.Since(began)/(3*time.Second)) + 1; sent() > most || before > calls+4 {
		t.Errorf("sent %d times until the alarm, %d times in all; want %d and %d at most", before, sent(), calls+4, most)
	}
	c := w.counts()
	if c[order.Pending] < orders-5 || c[order.Pending]+c[order.Excluded] != orders { // the rules leave a few out
		t.Errorf("while B1 writes nothing the orders are %v, want all pending", c)
	}
	w.company.ClearFaults()
	var result store.Run
	if err := run.Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	w.eventually("all are posted", func() bool { return w.counts()[order.Posted] == c[order.Pending] })
	if result.Counts.Held != 0 || w.counts()[order.Held] != 0 {
		t.Errorf("%d orders were held", result.Counts.Held)
	}
	if all := said.count("ERROR"); all != 1 || said.count(saysWell) != 1 {
		t.Errorf("said %q, want one alarm and one end", said.lines)
	}
	w.checkLedger()
}
