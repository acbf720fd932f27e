package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// reconciled keeps a reconciliation that came to its end an hour ago, with an account that has every line, and findings of each kind.
func (w *world) reconciled() {
	w.t.Helper()
	began := time.Now().UTC().Add(-time.Hour).Truncate(time.Millisecond)
	ended := began.Add(3 * time.Minute)
	account := &store.Reconciliation{From: began.AddDate(0, 0, -35), To: began, Heal: true, Phase: store.ReconcileEnded, NotedAt: ended,
		Lines: map[store.AccountLine]int64{store.LineInB1: 1198, store.LineHeld: 2, store.LineExcluded: 4}, Findings: map[store.FindingKind]int64{}, Healed: map[store.FindingKind]int64{store.FindMissingInB1: 1}}
	var findings []store.Finding
	for n, kind := range store.FindingKinds() {
		f := store.Finding{Instance: w.instance, Kind: kind, PlacedAt: began.Add(-time.Duration(n) * time.Hour), Reason: order.Reason{Code: string(kind), Message: fmt.Sprintf("Of %s something is amiss.", kind), Hint: "Look there and mend it."}}
		if kind.OfOrder() {
			f.Key, f.EntityID = w.key(fmt.Sprintf("%09d", 900+n)), int64(900+n)
			account.Lines[store.AccountLine(kind)]++
		}
		account.Findings[kind]++
		findings = append(findings, f)
	}
	findings[5].Want, findings[5].Got = dollars("100.00"), dollars("99.99")
	findings[4].Documents = []int64{1204, 1205}
	for _, n := range account.Lines {
		account.Orders += n
	}
	account.Total = account.Orders
	run := store.Run{ID: workflows.ReconcileID(w.instance) + "-2026/a", WorkflowID: workflows.ReconcileID(w.instance) + "-2026", RunID: "a", Kind: store.KindReconcile, Instance: w.instance,
		StartedAt: began, EndedAt: &ended, Reconciliation: account}
	if err := w.db.PutRun(w.t.Context(), run); err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.Saw(w.t.Context(), run.ID, findings); err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.Heal(w.t.Context(), run.ID, store.FindingID(string(findings[1].Key), findings[1].Kind)); err != nil {
		w.t.Fatal(err)
	}
}

func dollars(text string) *order.Money {
	return &order.Money{Amount: decimal.RequireFromString(text), Currency: "USD"}
}

// The page says how the books stand, what was found with what to do about it, and Today says so as well. Fails without: briefOf in the status; open in
// read; tell.
func TestReconciliationPage(t *testing.T) {
	w := newWorld(t)
	w.as(access.Admin)
	if page := w.fetch("/reconciliation"); !strings.Contains(page, "Nothing was compared yet.") || !strings.Contains(page, "There was none.") {
		t.Errorf("before there was one: %s", page)
	}
	if strings.Contains(w.fetch("/"), "Reconciled") {
		t.Error("Today tells of none")
	}
	w.reconciled()
	says := func(path string, words ...string) string {
		t.Helper()
		page := w.fetch(path)
		for _, word := range words {
			if !strings.Contains(page, word) {
				t.Errorf("%s does not say %q", path, word)
			}
		}
		return page
	}
	all := says("/reconciliation", "9 findings wait for a person", "1,213 orders from Magento: 1,198 in B1 with the right total, 2 held, 4 not meant for B1, 9 that do not agree.", "Empty: the last 40 days.", "In B1, and the totals agree",
		"Of duplicate something is amiss.", "Look there and mend it.", "B1 no. 1204, 1205", "The whole window", "99.99", `<td class="amount" data-label="Mended">1</td>`)
	if strings.Contains(all, "Of missing_in_b1") {
		t.Error("what is mended waits for a person")
	}
	if page := says("/reconciliation?kind=duplicate", "Of duplicate"); strings.Contains(page, "Of total_differs") {
		t.Error("other kinds are shown as well")
	}
	says("/reconciliation/"+workflows.ReconcileID(w.instance)+"-2026~a", "What it found", "Of missing_in_b1 something is amiss.", "mended")
	says("/", "Reconciled", "9 findings", "9 things do not agree between Magento, DataWald and B1.", `/reconciliation?instance=`)
	says("/reconciliation?cursor=wrong", "query.cursor")
	says("/reconciliation/nothing~x", "No such reconciliation")
}

// An operator begins one from the page; a second one is refused while it is under way, and days that are none are. Fails without: the days in
// startReconciliation.
func TestFormOfReconciliation(t *testing.T) {
	w := newWorld(t)
	clerk := w.as(access.Operator)
	w.takesUp()
	f := w.form(clerk, "/reconciliation", "/reconciliation")
	f.comes(422, "/reconciliation", "Name days as 2026-11-30")("from", "yesterday")
	f.comes(422, "/reconciliation", "does not lie after from", `value="2026-11-05"`)("from", "2026-11-05", "to", "2026-11-01", "once", "another")
	t.Cleanup(func() {
		_ = w.temporal.TerminateWorkflow(context.WithoutCancel(t.Context()), workflows.ReconcileID(w.instance), "", "test")
	})
	f.comes(200, "/reconciliation/"+workflows.ReconcileID(w.instance)+"~", "A reconciliation has begun.", "It has begun, and nothing is written down yet.")("from", "2026-11-01", "to", "2026-11-05", "heal", "1", "once", "a third")
	f.comes(409, "/reconciliation", "A reconciliation is under way")("once", "a fourth")
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "start-reconciliation", Limit: 10})
	if err != nil || len(entries) != 3 || entries[1].Target != w.instance+": from 2026-11-01T00:00:00Z to 2026-11-06T00:00:00Z heal" {
		t.Errorf("the audit has %+v (%v)", entries, err)
	}
}

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
		d, err := w.temporal.DescribeTaskQueueEnhanced(w.t.Context(), client.DescribeTaskQueueEnhancedOptions{TaskQueue: w.settings.TaskQueue, TaskQueueTypes: []client.TaskQueueType{client.TaskQueueTypeWorkflow}, ReportPollers: true})
		if err == nil && len(d.VersionsInfo[""].TypesInfo[client.TaskQueueTypeWorkflow].Pollers) > 0 {
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
