package main

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/workflows"
)

// An order whose outcome was unknown and that was looked for several times meets one 503: it goes on after 5 s, as if it were its
// first attempt, and is posted once. Fails without: again in nothingSent (Temporal counts five attempts and waits 40 s or more).
func TestAgain_One503AfterManyLooksCostsSeconds(t *testing.T) {
	w := newWorld(t, 1)
	w.settings.All[0].B1.Settle, w.settings.All[0].B1.Looks = 300*time.Millisecond, 8
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.RefuseBeforeCommit, Times: 1}); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	placed := w.shop.Orders()[0]
	stop := w.schedule(workflows.SyncOrdersInput{})
	w.eventually("it was looked for four times", func() bool {
		doc, err := w.db.Get(t.Context(), w.key(placed))
		return err == nil && doc.Intent != nil && doc.Intent.Looks >= 4
	})
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.Unavailable, Times: 1, Match: "GET Orders"}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the failure is noted", func() bool { return w.get(placed).Failures == 1 })
	failed := time.Now()
	w.eventually("it is posted", func() bool { return w.get(placed).Status == order.Posted })
	if took := time.Since(failed); took > 20*time.Second {
		t.Errorf("it goes on %s after one 503, want a few seconds", took)
	}
	stop()
	w.checkLedger()
}
