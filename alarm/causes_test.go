package alarm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// cause makes an alarm's cause happen, and mends it.
type cause struct {
	name string
	// alone leaves schedule and workers to the cause.
	alone bool
	make  func(p *place)
	mend  func(p *place)
	words string
}

const company = "b1.example.com/SBO"

var causes = map[string]cause{
	"the schedule is paused": {name: SchedulePaused, words: "is paused", make: func(p *place) {
		if err := p.schedule.Pause(p.t.Context(), client.SchedulePauseOptions{Note: "stocktaking"}); err != nil {
			p.t.Fatal(err)
		}
		p.look()
		p.clock.forward(31 * time.Minute)
	}, mend: func(p *place) {
		if err := p.schedule.Unpause(p.t.Context(), client.ScheduleUnpauseOptions{}); err != nil {
			p.t.Fatal(err)
		}
	}},
	"somebody removed the schedule": {name: SchedulePaused, words: "starter apply", make: func(p *place) {
		if err := p.schedule.Delete(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
		p.look()
		p.clock.forward(31 * time.Minute)
	}, mend: func(p *place) { p.plan(time.Hour, false) }},
	"a run hangs": {name: ScheduleSkipping, alone: true, words: "does not get on", make: func(p *place) {
		p.startWorker()
		p.plan(time.Second, true)
		p.read(time.Now())
		p.until("it is late", func() bool {
			p.look()
			return len(p.raised()) > 0
		})
	}, mend: func(p *place) { p.read(time.Now().Add(time.Hour)) }},
	"no worker is at work": {name: WorkerGone, alone: true, words: "Start a worker", make: func(p *place) {
		p.plan(time.Hour, false)
		p.read(time.Now().Add(time.Hour))
		p.look()
		p.clock.forward(6 * time.Minute)
	}, mend: func(p *place) { p.startWorker() }},
	"B1 does not answer": {name: CircuitOpen, words: "does not answer (no_answer)", make: func(p *place) { p.b1(sapb1.Silent, "no_answer") }, mend: func(p *place) { p.b1Up() }},
	"B1 writes nothing":  {name: CircuitOpen, words: "writes no order", make: func(p *place) { p.b1(sapb1.ReadsOnly, "500") }, mend: func(p *place) { p.b1Up() }},
	"B1 refuses":         {name: Credentials, words: "starter doctor b1", make: func(p *place) { p.b1(sapb1.Refused, "301") }, mend: func(p *place) { p.b1Up() }},
	"Magento is not read": {name: Lag, words: "Status", make: func(p *place) { p.clock.forward(91 * time.Minute) },
		mend: func(p *place) { p.read(p.clock.now()) }},
	// Fails without: neverRead (an instance that was never read is never told of).
	"Magento was never read": {name: Lag, alone: true, words: "never read to its end", make: func(p *place) {
		p.startWorker()
		p.plan(time.Hour, false)
		p.look()
		p.clock.forward(31 * time.Minute)
	}, mend: func(p *place) { p.read(p.clock.now()) }},
	// Fails without: WriteBackRefused in gather.
	"Magento may not be told": {name: Credentials, words: "not marked there", make: func(p *place) {
		p.writeBack(p.stage(order.Posted, 1, func(int) time.Time { return p.clock.now().Add(-time.Hour) })[0], store.WriteBackOpen)
	}, mend: func(p *place) {
		posted, err := p.db.List(p.t.Context(), store.Filter{Instance: p.instance, Status: order.Posted, Limit: 1})
		if err != nil {
			p.t.Fatal(err)
		}
		p.writeBack(posted[0].Key, store.WriteBackDone)
	}},
	"no order comes": {name: NoNewOrders, words: "would be usual", make: func(p *place) {
		cut := p.clock.now().Add(-3 * 24 * time.Hour)
		p.stage(order.Posted, 600, func(n int) time.Time { return cut.Add(-time.Duration(n) * 2 * time.Hour) })
	}, mend: func(p *place) {
		p.stage(order.Posted, 1, func(int) time.Time { return p.clock.now().Add(-time.Minute) })
	}},
	"an order waits": {name: OldestPending, words: "do not become fewer", make: func(p *place) {
		p.stage(order.Pending, 2, func(n int) time.Time { return p.clock.now().Add(time.Duration(n-70) * time.Minute) })
		p.look()
		p.clock.forward(drains)
	}, mend: func(p *place) {
		for _, o := range p.pending() {
			p.settle(o, order.Posted)
		}
	}},
	"many are held": {name: HeldOrders, words: "3 orders are held; more than 2", make: func(p *place) {
		p.stage(order.Held, 3, func(n int) time.Time { return p.clock.now().Add(-time.Duration(n) * time.Minute) })
	}, mend: func(p *place) {
		held, err := p.db.List(p.t.Context(), store.Filter{Instance: p.instance, Status: order.Held, Limit: 2})
		if err != nil {
			p.t.Fatal(err)
		}
		for _, o := range held {
			p.settle(o.Key, order.Posted)
		}
	}},
	"the books do not agree": {name: Reconciliation, words: "2 findings are open", make: func(p *place) {
		var findings []store.Finding
		for _, kind := range []store.FindingKind{store.FindDuplicate, store.FindTotalDiffers} {
			findings = append(findings, store.Finding{Instance: p.instance, Kind: kind, Key: order.Key(p.instance + ":1:7"), PlacedAt: p.clock.now().Add(-time.Hour)})
		}
		if err := p.db.Saw(p.t.Context(), "run 1", findings); err != nil {
			p.t.Fatal(err)
		}
	}, mend: func(p *place) {
		if _, err := p.db.Resolve(p.t.Context(), store.Run{ID: "run 2", Instance: p.instance, StartedAt: time.Now().Add(time.Hour),
			Reconciliation: &store.Reconciliation{From: p.clock.now().Add(-24 * time.Hour), To: p.clock.now()}}); err != nil {
			p.t.Fatal(err)
		}
	}},
	"the reconciliation does not run": {name: ReconciliationLate, words: "nobody knows", make: func(p *place) {
		p.reconcile("run 1", p.clock.now().Add(-37*time.Hour))
	}, mend: func(p *place) { p.reconcile("run 2", p.clock.now().Add(-time.Minute)) }},
	"nobody ever reconciled": {name: ReconciliationLate, words: "never compared", make: func(p *place) {
		p.look()
		p.clock.forward(37 * time.Hour)
		p.read(p.clock.now())
		p.look()
		p.clock.forward(toApply)
		p.read(p.clock.now())
	}, mend: func(p *place) { p.reconcile("run 1", p.clock.now()) }},
}

// Each alarm: its cause is made to happen while two processes watch, and it is raised once and told once; mended, it is resolved once and told once;
// and no other alarm is raised beside it. Fails without: the compare-and-set of ChangeAlarm, the lease of the channel, and each condition.
func TestCauses_AreRaisedOnceAndResolvedOnce(t *testing.T) {
	seen := map[string]bool{}
	for what, c := range causes {
		seen[c.name] = true
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			if !c.alone {
				p.startWorker()
				p.plan(time.Hour, false)
				p.read(time.Now().Add(time.Hour)) // nothing is late before a test sets the clock forward
				p.look()
				if names := p.raised(); len(names) > 0 {
					t.Fatalf("%v before anything is amiss", names)
				}
			}
			c.make(p)
			p.look()
			if names := p.raised(); !slices.Equal(names, []string{c.name}) {
				t.Fatalf("raised: %v, want %s alone", names, c.name)
			}
			all, err := p.db.RaisedAlarms(t.Context(), p.instance)
			if err != nil || !strings.Contains(all[0].What+all[0].Todo, c.words) || all[0].What == "" || all[0].Todo == "" || all[0].Since.IsZero() {
				t.Errorf("it says %+v (%v), want %q in it", all, err, c.words)
			}
			if strings.Contains(all[0].What+all[0].Todo, "stocktaking") {
				t.Error("it passes on what somebody wrote")
			}
			c.mend(p)
			p.look()
			if names := p.raised(); len(names) > 0 {
				t.Errorf("still raised: %v", names)
			}
			if got, want := p.inbox.events(), []string{c.name + " raised", c.name + " resolved"}; !slices.Equal(got, want) {
				t.Errorf("told: %v, want %v", got, want)
			}
		})
	}
	for _, name := range Names() {
		if !seen[name] {
			t.Errorf("nothing makes %s happen", name)
		}
		if Title(name) == "" {
			t.Errorf("%s has no title", name)
		}
	}
}

// writeBack has Magento refuse what it is to be told of an order, or take it.
func (p *place) writeBack(key order.Key, state store.WriteBackState) {
	p.t.Helper()
	if _, err := p.db.Change(p.t.Context(), key, func(d *store.Staged) error {
		d.WriteBack = &store.WriteBack{State: state, DocNum: 1, Since: d.PlacedAt, DueAt: d.PlacedAt, Reason: &order.Reason{Code: store.WriteBackNotAllowed, Message: "403"}}
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
}

// b1 has a worker note an outage that has lasted.
func (p *place) b1(cause sapb1.Cause, code string) {
	p.t.Helper()
	if err := p.db.NoteQuiet(p.t.Context(), p.instance, company, time.Time{}); err != nil {
		p.t.Fatal(err)
	}
	if _, _, err := p.db.NoteDown(p.t.Context(), company, store.Trouble{Since: time.Now(), Failure: code, Cause: string(cause), AlarmAfter: time.Hour}); err != nil {
		p.t.Fatal(err)
	}
	p.look()
	p.clock.forward(6 * time.Minute)
}

func (p *place) b1Up() {
	p.t.Helper()
	if _, _, err := p.db.NoteUp(p.t.Context(), company, nil); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) pending() (keys []order.Key) {
	p.t.Helper()
	all, err := p.db.List(p.t.Context(), store.Filter{Instance: p.instance, Status: order.Pending, Limit: 10})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, o := range all {
		keys = append(keys, o.Key)
	}
	return keys
}

// reconcile records a reconciliation that ended then.
func (p *place) reconcile(id string, ended time.Time) {
	p.t.Helper()
	if err := p.db.PutRun(p.t.Context(), store.Run{ID: p.instance + id, Kind: store.KindReconcile, Instance: p.instance, WorkflowID: "reconcile:" + p.instance,
		StartedAt: ended.Add(-time.Minute), EndedAt: &ended, Reconciliation: &store.Reconciliation{Phase: store.ReconcileEnded}}); err != nil {
		p.t.Fatal(err)
	}
}
