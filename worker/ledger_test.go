package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// In ledger mode a run whose table is missing ends, holds nothing and sends nothing. With the table every order is written
// with its row, through replies that are lost.
func TestLedgerMode_WaitsForItsTableAndThenKeepsARowForEachOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	w.settings.All[0].B1.LedgerTable = "DW_ORDERS"
	w.startWorker()
	w.stageOnly()
	staged := w.counts()
	if run := w.sync(); run.Counts.Held != 0 || run.Counts.Deferred == 0 {
		t.Errorf("without the table the run counts %+v, want orders deferred and none held", run.Counts)
	}
	if now := w.counts(); now[order.Pending] != staged[order.Pending] || now[order.Held] != staged[order.Held] || now[order.Pending] == 0 {
		t.Errorf("the orders are %v, before the run they were %v", now, staged)
	}
	if n := w.company.Traffic().Calls["POST $batch"]; n != 0 {
		t.Errorf("%d batches were sent without the table", n)
	}

	client, err := w.settings.All[0].B1.Client()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.CreateUserTable(t.Context(), sapb1.UserTable{Name: "DW_ORDERS", Description: "Ledger", Type: sapb1.TypeNoObject}); err != nil {
		t.Fatal(err)
	}
	w.company.Restart()
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.CommitThenDrop, Match: "POST $batch", Every: 4}); err != nil {
		t.Fatal(err)
	}
	w.eventually("all are settled", func() bool { w.sync(); return w.counts()[order.Pending] == 0 })
	w.checkLedger()
	if rows, made := len(w.company.Entities("U_DW_ORDERS")), len(w.company.Orders()); rows != made || made == 0 {
		t.Errorf("the ledger has %d rows for %d sales orders", rows, made)
	}
	if n := w.company.Traffic().Calls["POST Orders"]; n != 0 {
		t.Errorf("%d orders were sent without their row", n)
	}
}

// B1_INSECURE is for trials; a worker that runs with it says so at each start, and names the instance.
func TestWorker_WarnsOfACertificateThatIsNotChecked(t *testing.T) {
	var out bytes.Buffer
	settings := &config.Worker{All: []config.Instance{{Name: "main"}, {Name: "eu", B1: config.B1{Insecure: true}}}}
	warnInsecure(settings, slog.New(slog.NewTextHandler(&out, nil)))
	if text := out.String(); strings.Count(text, "level=WARN") != 1 || !strings.Contains(text, "B1_INSECURE") || !strings.Contains(text, "instance=eu") {
		t.Errorf("the log says %q, want one warning of eu", text)
	}
}
