package web_test

import (
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// takesUp is a worker that asks for runs.
func (w *world) takesUp() {
	w.t.Helper()
	wk := worker.New(w.temporal, w.settings.TaskQueue, worker.Options{})
	wk.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ workflows.ReconcileInput) error {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: "Reconcile"})
	if err := wk.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(wk.Stop)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		d, err := w.temporal.DescribeTaskQueue(w.t.Context(), w.settings.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		if err == nil && len(d.GetPollers()) > 0 {
			return
		}
		if time.Now().After(end) {
			w.t.Fatal("no worker after a minute: ", err)
		}
	}
}

// account keeps a reconciliation, begun so many minutes ago.
func (w *world) account(name string, ago int, change func(*store.Run)) store.Run {
	w.t.Helper()
	began := time.Now().UTC().Add(-time.Duration(ago) * time.Minute).Truncate(time.Millisecond)
	ended := began.Add(time.Second)
	run := store.Run{ID: workflows.ReconcileID(w.instance) + "/" + name, WorkflowID: workflows.ReconcileID(w.instance), RunID: name, Kind: store.KindReconcile, Instance: w.instance, StartedAt: began, EndedAt: &ended,
		Reconciliation: &store.Reconciliation{From: began.AddDate(0, 0, -35), To: began, Phase: store.ReconcileEnded, NotedAt: ended, Total: 4, Orders: 4, Lines: map[store.AccountLine]int64{store.LineInB1: 4}, Findings: map[store.FindingKind]int64{}}}
	change(&run)
	if err := w.db.PutRun(w.t.Context(), run); err != nil {
		w.t.Fatal(err)
	}
	return run
}

// Nobody reads that all agrees before a whole one has compared it, nor while Magento keeps orders back; what is open is shown whatever has ended. Fails without:
// Agrees and NotShown (tell, briefOf), any in reconciliation (gateway/api).
func TestReconciliationPage_SaysThatAllAgreesWhenItIsKnown(t *testing.T) {
	const green, unknown, kept = "Nothing waits for a person", "Not known: none has compared the whole window yet", "2 orders are in no account"
	duplicate := func(w *world, run store.Run) {
		f := store.Finding{Instance: w.instance, Kind: store.FindDuplicate, Key: w.key("000000900"), PlacedAt: run.StartedAt, Reason: order.Reason{Code: "duplicate", Message: "Of it there are two."}}
		if err := w.db.Saw(w.t.Context(), run.ID, []store.Finding{f}); err != nil {
			w.t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		change      func(*store.Run)
		finding     bool
		page, today string
	}{
		"a whole one":              {func(*store.Run) {}, false, green, "All agrees"},
		"it was terminated":        {func(r *store.Run) { r.EndedAt, r.Reconciliation.Phase = nil, store.ReconcileCompares }, false, unknown, "Never compared yet"},
		"of some days alone":       {func(r *store.Run) { r.Reconciliation.Partial = true }, false, unknown, ""},
		"of some days, and a find": {func(r *store.Run) { r.Reconciliation.Partial = true }, true, "Of it there are two.", ""},
		"Magento keeps some back":  {func(r *store.Run) { r.Reconciliation.Total = 6 }, false, kept, "2 orders not shown by Magento"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.as(access.Viewer)
			run := w.account("a", 60, tc.change)
			if tc.finding {
				duplicate(w, run)
			}
			page, today := w.fetch("/reconciliation"), w.fetch("/")
			if !strings.Contains(page, tc.page) || tc.page != green && strings.Contains(page, green) {
				t.Errorf("the page lacks %q: %s", tc.page, page)
			}
			if !strings.Contains(today, tc.today) || tc.today != "All agrees" && strings.Contains(today, "All agrees") {
				t.Errorf("Today lacks %q: %s", tc.today, today)
			}
		})
	}
}

// What a later one has seen again is listed there, and the page of the earlier one counts what it lists. Fails without: Seen and Again.
func TestReconciliationPage_OfAnEarlierOneLeadsToWhatWasSeenAgain(t *testing.T) {
	w := newWorld(t)
	w.as(access.Viewer)
	finding := func(number string) store.Finding {
		return store.Finding{Instance: w.instance, Kind: store.FindDuplicate, Key: w.key(number), PlacedAt: time.Now().Add(-time.Hour), Reason: order.Reason{Code: "duplicate", Message: "Twice: " + number}}
	}
	first := w.account("a", 60, func(r *store.Run) { r.Reconciliation.Findings[store.FindDuplicate] = 3 })
	if err := w.db.Saw(t.Context(), first.ID, []store.Finding{finding("000000901"), finding("000000902"), finding("000000903")}); err != nil {
		t.Fatal(err)
	}
	second := w.account("b", 30, func(*store.Run) {})
	if err := w.db.Saw(t.Context(), second.ID, []store.Finding{finding("000000901"), finding("000000902")}); err != nil {
		t.Fatal(err)
	}
	page := w.fetch("/reconciliation/" + strings.ReplaceAll(first.ID, "/", "~"))
	for _, want := range []string{"2 findings were seen again later", `All <span class="n">1</span>`, "Twice: 000000903"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "Twice: 000000901") {
		t.Error("what was seen again is listed as well")
	}
	if page := w.fetch("/reconciliation"); strings.Contains(page, "seen again later") {
		t.Error("of the latest as well")
	}
}
