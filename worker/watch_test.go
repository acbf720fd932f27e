package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/process"
	"datawald/workflows"
)

// Every worker watches over the schedules, also one that has no part in the runs: here nobody has made the schedule, and no gateway
// lives. Fails without: Keep in keepWatch.
func TestTheWorkerKeepsWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.extra = []string{"SYNC_ALARM_AFTER=1s", "WORKER_LANES=b1"}
	path := filepath.Join(t.TempDir(), "worker.log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := process.Start(process.Spec{Name: "worker", Path: buildWorker(t), Env: w.environment(), Output: log})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop(20 * time.Second)
	w.eventually("the worker says that there is no schedule", func() bool {
		said, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(said), `level=ERROR msg="Magento is not read: the instance has no schedule. Run starter apply"`)
	})
}

// With workers for the runs alone orders are staged and wait. That is said once, and once that somebody takes them. Fails without: orders in
// keep of package watch, and taken in orders.
func TestTheWorkerNoticesThatNobodyTakesOrdersToB1(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	path := filepath.Join(t.TempDir(), "worker.log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	program := buildWorker(t)
	begin := func(lanes string) {
		w.extra = []string{"SYNC_ALARM_AFTER=1s", "WORKER_LANES=" + lanes}
		p, err := process.Start(process.Spec{Name: "worker", Path: program, Env: w.environment(), Output: log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Stop(20 * time.Second) })
	}
	says := func(words string) int {
		said, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(said), words)
	}
	begin("sync")
	begin("sync")
	if _, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.SyncOrdersID(w.instance), TaskQueue: w.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance}); err != nil {
		t.Fatal(err)
	}
	const alarm, end = `level=ERROR msg="orders wait, and no worker takes them to B1`, `level=WARN msg="a worker takes orders to B1 again`
	w.eventually("the alarm", func() bool { return says(alarm) > 0 })
	begin("b1")
	w.eventually("the end of it", func() bool { return says(end) > 0 })
	w.eventually("every order is settled", func() bool { return w.counts()[order.Pending] == 0 })
	if alarms, ends := says(alarm), says(end); alarms != 1 || ends != 1 {
		t.Errorf("%d alarms and %d ends, want one of each", alarms, ends)
	}
}
