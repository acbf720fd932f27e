package main

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// MongoDB is restored from a backup while a run, or a backfill, is in mid-reading: workers are stopped for it, but the run lives on in Temporal and knows of
// pages that the store has lost. It says so and ends; the next run reads what is missing, and a backfill that is begun again does.
// Fails without: follows in SyncOrder (18 of 45 orders are never read); knowsPlace in ImportOrders.
func TestRestore_WhileOrdersAreRead(t *testing.T) {
	program := buildBrittleWorker(t)
	for name, c := range map[string]struct {
		backfill bool
		dies     string // when documents of its third step are stored, at the latest: one of a backfill stores each page by itself
	}{"a run": {false, "payloads_stored:2"}, "a backfill": {true, "payloads_stored:5"}} {
		backfill := c.backfill
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, magentosim.Config{Seed: 7, Orders: 45, OAuth: signIn})
			w.extra = []string{"MAGENTO_" + strings.ToUpper(w.instance) + "_PAGE_SIZE=3"} // a step reads three such pages
			run := w.beginReading(backfill)
			awaitDeath(t, w.startArmed(program, "page_staged:2"), "page_staged:2")
			_, kept := testkit.Database(t)
			copyDatabase(t, w.database, kept)
			awaitDeath(t, w.startArmed(program, c.dies), c.dies)
			copyDatabase(t, kept, w.database)

			w.startProcess(program)
			var ended store.Run
			if err := run.Get(t.Context(), &ended); err != nil {
				t.Fatal(err)
			}
			if errs := strings.Join(ended.Errors, "\n"); strings.Count(errs, "the store was set back") != 1 {
				t.Errorf("the run that went on says %q, want once that the store was set back", errs)
			}
			var next store.Run
			if err := w.beginReading(backfill).Get(t.Context(), &next); err != nil {
				t.Fatal(err)
			}
			if len(next.Errors) > 0 {
				t.Errorf("the next one says %q", next.Errors)
			}
			w.eventually("none is pending", func() bool { return w.counts()[order.Pending] == 0 })
			w.checkLedger()
		})
	}
}

// beginReading starts a run, or a backfill of all that the shop has.
func (w *world) beginReading(backfill bool) client.WorkflowRun {
	w.t.Helper()
	id, name, in := workflows.SyncOrdersID(w.instance), "SyncOrders", any(workflows.SyncOrdersInput{Instance: w.instance})
	if backfill {
		id, name = workflows.BackfillOrdersID(w.instance), "BackfillOrders"
		in = workflows.BackfillOrdersInput{Instance: w.instance, Selected: &order.Selection{By: order.ByCreated, From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}}
	}
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: w.queue}, name, in)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}
