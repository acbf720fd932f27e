package main

import (
	"encoding/base64"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// codecKey makes a key of one letter, as it stands in the setting.
func codecKey(letter string) string {
	return letter + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

// useKeys gives workers and runs that begin from now on these keys.
func (w *world) useKeys(keys string) {
	w.t.Helper()
	w.settings.CodecKeys = keys
	c, err := w.settings.Dial(w.t.Context(), log.NewStructuredLogger(testkit.Silent()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	w.temporal = c
}

// begin starts SyncOrders and does not wait.
func (w *world) begin() client.WorkflowRun {
	w.t.Helper()
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.SyncOrdersID(w.instance), TaskQueue: w.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance})
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// history reads a workflow's history as it stands at the server, which has no keys.
func history(t *testing.T, workflowID string) *historypb.History {
	t.Helper()
	h := &historypb.History{}
	events := testkit.Temporal(t).GetWorkflowHistory(t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		h.Events = append(h.Events, e)
	}
	return h
}

// keysIn counts the payloads of a history by the key that they are encrypted with; "" for those that are not. Search attributes are left out.
func keysIn(t *testing.T, workflowID string) map[string]int {
	t.Helper()
	h, keys := history(t, workflowID), map[string]int{}
	err := proxy.VisitPayloads(t.Context(), h, proxy.VisitPayloadsOptions{SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for _, p := range all {
				keys[string(p.Metadata["encryption-key-id"])]++
			}
			return all, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// A run that begins with one key goes on with the next, and orders get through. Whoever reads Temporal's database sees no input, no result and no
// summary, and why an order is held.
// Fails without: the converter in encrypting; the keys behind the first in decrypt.
func TestCodec_AKeyIsChangedInMidRun(t *testing.T) {
	w := newWorld(t, 0)
	first := w.place("simple", 1)
	held := w.place("forgotten", 1)
	w.useKeys(codecKey("a"))
	w.settings.Lanes = []string{config.LaneSync}
	stop := w.startWorker()
	run := w.begin()
	w.eventually("the orders are begun", func() bool {
		for _, p := range []magentosim.Placed{first, held} {
			if _, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflows.InsertOrderID(w.key(p)), ""); err != nil {
				return false
			}
		}
		return true
	})
	stop()
	w.useKeys(codecKey("b") + "," + codecKey("a"))
	w.settings.Lanes = []string{config.LaneSync, config.LaneB1}
	w.startWorker()
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	w.eventually("the orders are settled", func() bool {
		return w.get(first).Status == order.Posted && w.get(held).Status == order.Held
	})
	id := workflows.InsertOrderID(w.key(held))
	w.eventually("the workflow of the held order is over", func() bool {
		d, err := w.temporal.DescribeWorkflowExecution(t.Context(), id, "")
		return err == nil && d.WorkflowExecutionInfo.Status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	})
	for _, id := range []string{workflows.SyncOrdersID(w.instance), workflows.InsertOrderID(w.key(first)), id} {
		if keys := keysIn(t, id); keys[""] > 0 || keys["a"] == 0 || keys["b"] == 0 {
			t.Errorf("%s: payloads by key are %v, want some of a and of b, and none that is not encrypted", id, keys)
		}
	}
	h := history(t, id)
	if message := h.Events[len(h.Events)-1].GetWorkflowExecutionFailedEventAttributes().GetFailure().GetMessage(); message == "" || message == "Encoded failure" {
		t.Errorf("the failure of the held order says %q, want why it is held", message)
	}
	w.checkLedger()
}

// A worker without the key of a run leaves it as it is until one comes that has it.
// Fails without: the panic of steadfast; its place in the client of a worker that has no keys at all.
func TestCodec_AWorkerWithoutTheKeyLosesNothing(t *testing.T) {
	for name, without := range map[string]string{"another key": codecKey("b"), "no keys": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			p := w.place("simple", 1)
			w.useKeys(codecKey("a"))
			run := w.begin()
			w.useKeys(without)
			stop := w.startWorker()
			var said string
			w.eventually("the worker says that it cannot read the run", func() bool {
				h := history(t, workflows.SyncOrdersID(w.instance))
				for _, e := range h.Events {
					if f := e.GetWorkflowTaskFailedEventAttributes(); f != nil {
						said = f.GetFailure().GetMessage()
						return true
					}
					if e.GetWorkflowExecutionFailedEventAttributes() != nil {
						t.Fatal("the run has failed")
					}
				}
				return false
			})
			if !strings.Contains(said, "TEMPORAL_CODEC_KEYS") || !strings.Contains(said, `"a"`) {
				t.Errorf("it says %q, want the setting and the name of the key", said)
			}
			stop()
			w.useKeys(codecKey("b") + "," + codecKey("a"))
			w.startWorker()
			if err := run.Get(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			w.eventually("the order is posted", func() bool { return w.get(p).Status == order.Posted })
		})
	}
}

// Somebody sends a signal by hand and mistypes it. It is passed over with a line in the log, as without encryption, and the backfill takes the next.
// Fails without: the two errors that check panics for, in place of any.
func TestCodec_AMistypedSignalHangsNothing(t *testing.T) {
	for name, keys := range map[string]string{"no keys": "", "with a key": codecKey("a")} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			selected := w.lastMonth(3)
			w.useKeys(keys)
			signal := func(said any) {
				t.Helper()
				if err := w.temporal.SignalWorkflow(t.Context(), workflows.BackfillOrdersID(w.instance), "", workflows.PauseSignal, said); err != nil {
					t.Fatal(err)
				}
			}
			run := w.backfill(workflows.BackfillOrdersInput{Selected: &selected})
			signal("yes, please")
			signal(workflows.Pause{Paused: true, By: "ada"})
			w.startWorker()
			paused := func() bool {
				value, err := w.temporal.QueryWorkflow(t.Context(), run.GetID(), "", workflows.ProgressQuery)
				var progress store.Run
				return err == nil && value.Get(&progress) == nil && progress.Backfill != nil && progress.Backfill.Paused
			}
			w.eventually("the backfill heeds the signal behind it", paused)
			signal([]int{1})
			signal(workflows.Pause{By: "ada"})
			if result := w.brought(run); result.Counts.Read != 3 {
				t.Errorf("it has read %d orders, want 3", result.Counts.Read)
			}
		})
	}
}
