package main

import (
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// place puts one order of a kind into the shop.
func (w *world) place(kind string, store int) magentosim.Placed {
	w.t.Helper()
	p, err := w.shop.Place(magentosim.Placement{Kind: kind, StoreID: store})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// stageOnly reads the shop into the store without taking anything to B1, by the activities alone.
func (w *world) stageOnly() {
	w.t.Helper()
	all, _, err := instances(w.settings, w.db, w.log, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	a := activities.New(w.db, testkit.Silent(), all...)
	cut, err := a.GetLastCut(w.t.Context(), activities.GetLastCutInput{Instance: w.instance})
	if err != nil {
		w.t.Fatal(err)
	}
	for after, done := cut.Start, false; !done; {
		page, err := a.FetchMagentoOrders(w.t.Context(), activities.FetchMagentoOrdersInput{Instance: w.instance, After: after})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := a.SyncOrder(w.t.Context(), activities.SyncOrderInput{Instance: w.instance, Refs: page.Refs, Cut: &page.Next}); err != nil {
			w.t.Fatal(err)
		}
		after, done = page.Next, page.Done
	}
}

func TestApprovalDraftIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		decide func(*b1sim.Company, string) error
		want   order.Status
	}{
		"approved": {(*b1sim.Company).Approve, order.Posted},
		"rejected": {(*b1sim.Company).Reject, order.Held},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			p := w.place("simple", 1)
			w.company.SetApproval(b1sim.Approval{On: true})
			w.startWorker()
			w.eventually("the order is a draft", func() bool {
				w.sync()
				return w.get(p).Status == order.Draft
			})
			if err := tc.decide(w.company, p.IncrementID); err != nil {
				t.Fatal(err)
			}
			w.start("InsertOrder", workflows.InsertOrderID(w.key(p)), workflows.InsertOrderInput{Key: w.key(p)})
			_ = w.await(workflows.InsertOrderID(w.key(p))) // a held order fails its workflow
			if doc := w.get(p); doc.Status != tc.want {
				t.Errorf("order is %s (%v), want %s", doc.Status, doc.Reason, tc.want)
			}
			if n := w.company.CountByNumAtCard(p.IncrementID); n > 1 {
				t.Errorf("B1 has %d orders", n)
			}
		})
	}
}

func TestAHeldOrderIsPostedOnceItsCauseIsMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("forgotten", 1)
	w.startWorker()
	if run := w.sync(); run.Counts.Held != 1 {
		t.Fatalf("counts %+v, want one held", run.Counts)
	}
	err := w.await(workflows.InsertOrderID(w.key(p)))
	if err == nil {
		t.Fatal("the workflow of a held order ended well, want it to fail")
	}
	if run := w.sync(); run.Counts.Started != 0 {
		t.Errorf("the next run started %d orders, want none: a held order waits for a person", run.Counts.Started)
	}
	for _, l := range w.get(p).Order.Lines {
		if err := w.company.PutItem(b1sim.Item{Code: l.SKU, Name: l.SKU, Sales: true}); err != nil {
			t.Fatal(err)
		}
	}
	w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, "mended"), workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{p.IncrementID, "no-such-order"}, Actor: "test"})
	var result workflows.ResyncOrdersResult
	if err := w.temporal.GetWorkflow(t.Context(), workflows.ResyncOrdersID(w.instance, "mended"), "").Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	if result.Run.Counts.Posted != 1 || len(result.Missing) != 1 || result.Missing[0] != "no-such-order" {
		t.Errorf("result %+v, want one posted and one missing", result)
	}
	w.checkLedger()
}

func TestAChangeAfterPostingAsksForAttention(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"cancelled": {func(d map[string]any) { d["state"], d["status"] = "canceled", "canceled" }, "cancelled_in_magento"},
		"refunded":  {func(d map[string]any) { d["total_refunded"] = 1 }, "refunded_in_magento"},
		"moved":     {func(d map[string]any) { d["billing_address"].(map[string]any)["city"] = "Elsewhere" }, "changed_in_magento"},
		"completed": {func(d map[string]any) { d["state"], d["status"] = "complete", "complete" }, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			p := w.place("simple", 1)
			w.startWorker()
			w.sync()
			if err := w.shop.Update(int64(p.EntityID), tc.change); err != nil {
				t.Fatal(err)
			}
			w.eventually("the change is staged", func() bool { w.sync(); return len(w.get(p).Timeline) > 3 })
			doc := w.get(p)
			got := ""
			if doc.Attention != nil {
				got = doc.Attention.Code
			}
			if doc.Status != order.Posted || got != tc.want {
				t.Errorf("order is %s with attention %q, want posted with %q", doc.Status, got, tc.want)
			}
			w.checkLedger()
		})
	}
}

func TestAnExcludedOrderComesInWhenItBecomesEligible(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	setState := func(state string) {
		if err := w.shop.Update(int64(p.EntityID), func(d map[string]any) { d["state"], d["status"] = state, state }); err != nil {
			t.Fatal(err)
		}
	}
	setState("pending_payment")
	w.startWorker()
	w.sync()
	if doc := w.get(p); doc.Status != order.Excluded || doc.Reason.Code != "state:pending_payment" {
		t.Fatalf("order is %s (%v), want excluded by its state", doc.Status, doc.Reason)
	}
	setState("processing")
	w.eventually("the order is posted", func() bool { w.sync(); return w.get(p).Status == order.Posted })
	w.checkLedger()
}

func TestWrongCredentialsStopTheLaneAndLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	w.settings.All[0].B1.Password = "wrong"
	stop := w.startWorker()
	w.stageOnly()
	staged := w.counts()[order.Pending]
	run, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "wrong:" + w.instance, TaskQueue: w.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance, Budget: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if calls := w.company.Traffic().Calls["POST Login"]; calls > 3 {
		t.Errorf("B1 was asked to log in %d times, want a pause after the first refusal", calls)
	}
	if n := w.counts()[order.Pending]; n != staged || staged == 0 {
		t.Errorf("%d orders are pending, want all %d", n, staged)
	}
	stop()
	w.settings.All[0].B1.Password = "sandbox"
	w.startWorker()
	w.eventually("all are settled", func() bool { w.sync(); return w.counts()[order.Pending] == 0 })
	w.checkLedger()
}

func TestOneBadDocumentDelaysNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	good := w.place("simple", 1)
	bad := w.place("simple", 1)
	if err := w.shop.Update(int64(bad.EntityID), func(d map[string]any) { d["grand_total"] = map[string]any{"not": "a number"} }); err != nil {
		t.Fatal(err)
	}
	after := w.place("simple", 1)
	w.startWorker()
	w.sync()
	for _, p := range []magentosim.Placed{good, after} {
		if doc := w.get(p); doc.Status != order.Posted {
			t.Errorf("order %s is %s (%v), want posted", p.IncrementID, doc.Status, doc.Reason)
		}
	}
	if doc := w.get(bad); doc.Status != order.Held || doc.Reason.Code != "document_unreadable" {
		t.Errorf("the bad order is %s (%v), want held as unreadable", doc.Status, doc.Reason)
	}
}

func TestAnOrderThatRestsComesInByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.settings.All[0].Rules.Eligibility.MinimumAge = mapping.Duration(4 * time.Second)
	p := w.place("simple", 1)
	w.startWorker()
	if run := w.sync(); run.Counts.Excluded != 1 || w.get(p).Reason.Code != "minimum_age" {
		t.Fatalf("counts %+v, order %s (%v); want it to rest", run.Counts, w.get(p).Status, w.get(p).Reason)
	}
	w.eventually("the order is posted, though nothing changed in Magento", func() bool {
		w.sync()
		return w.get(p).Status == order.Posted
	})
	w.checkLedger()
}

func TestAnUnpaidOrderWaitsForItsMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.settings.All[0].Rules.Eligibility.Payments = map[string]mapping.PaymentGate{"*": {When: mapping.WhenPaid}}
	p := w.place("simple", 1)
	if err := w.shop.Update(int64(p.EntityID), func(d map[string]any) { d["total_paid"] = 0 }); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	w.sync()
	if doc := w.get(p); doc.Status != order.Excluded || len(w.company.Orders()) != 0 {
		t.Fatalf("order is %s, want excluded until it is paid", doc.Status)
	}
	if err := w.shop.Update(int64(p.EntityID), func(d map[string]any) { d["total_paid"] = d["grand_total"] }); err != nil {
		t.Fatal(err)
	}
	w.eventually("the order is posted", func() bool { w.sync(); return w.get(p).Status == order.Posted })
}

func TestARejectedDraftThatIsRemovedIsSentAnewByOneResync(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.company.SetApproval(b1sim.Approval{On: true})
	w.startWorker()
	w.eventually("the order is a draft", func() bool { w.sync(); return w.get(p).Status == order.Draft })
	if err := w.company.Reject(p.IncrementID); err != nil {
		t.Fatal(err)
	}
	w.start("InsertOrder", workflows.InsertOrderID(w.key(p)), workflows.InsertOrderInput{Key: w.key(p)})
	_ = w.await(workflows.InsertOrderID(w.key(p))) // it is held
	if doc := w.get(p); doc.Status != order.Held || doc.Reason.Code != "draft_rejected" {
		t.Fatalf("order is %s (%v), want held as rejected", doc.Status, doc.Reason)
	}
	w.company.SetApproval(b1sim.Approval{})
	w.removeDrafts()
	w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, "anew"), workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{p.IncrementID}})
	if err := w.await(workflows.ResyncOrdersID(w.instance, "anew")); err != nil {
		t.Fatal(err)
	}
	if doc := w.get(p); doc.Status != order.Posted {
		t.Errorf("order is %s (%v), want posted", doc.Status, doc.Reason)
	}
	w.checkLedger()
}
