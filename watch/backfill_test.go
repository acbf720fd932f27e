package watch

import (
	"context"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc/codes"

	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// patience is what watches of these tests wait for, of backfills that have stood for an hour.
const patience = 5 * time.Second

// backfill writes the record of a backfill that stands since an hour ago, as mend leaves it.
func (p *post) backfill(mend func(*store.Run)) store.Run {
	p.t.Helper()
	id, hourAgo := workflows.BackfillOrdersID(p.instance), time.Now().Add(-time.Hour)
	run := store.Run{ID: id + "/1", RunID: "1", Kind: "backfill", Instance: p.instance, WorkflowID: id, StartedAt: hourAgo,
		Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, MovedAt: hourAgo, NotedAt: hourAgo}}
	mend(&run)
	if err := p.sight.Store.PutRun(p.t.Context(), run); err != nil {
		p.t.Fatal(err)
	}
	return run
}

func asItIs(*store.Run) {}

// begin starts the workflow of the backfill. Nobody works on it unless work is called.
func (p *post) begin() {
	p.t.Helper()
	id := workflows.BackfillOrdersID(p.instance)
	if _, err := p.sight.Temporal.ExecuteWorkflow(p.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: p.sight.TaskQueue}, "BackfillOrders"); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = p.end() }) // the test may have
}

// end terminates it.
func (p *post) end() error {
	return p.sight.Temporal.TerminateWorkflow(context.Background(), workflows.BackfillOrdersID(p.instance), "", "")
}

// gone waits until Temporal shows that it is.
func (p *post) gone() {
	p.t.Helper()
	p.until("it is terminated", func() bool {
		lives, err := Lives(p.t.Context(), p.sight.Temporal, workflows.BackfillOrdersID(p.instance))
		return !lives && err == nil
	})
}

// work lets workers ask for the work of the instance: of its backfill, which never gets on, and of its orders where they are to.
func (p *post) work(orders bool) {
	p.t.Helper()
	hangs := func(ctx workflow.Context) error { return workflow.Await(ctx, func() bool { return false }) }
	queues := []string{p.sight.TaskQueue}
	if orders {
		queues = append(queues, workflows.B1TaskQueue(p.instance))
	}
	for _, queue := range queues {
		w := worker.New(p.sight.Temporal, queue, worker.Options{})
		w.RegisterWorkflowWithOptions(hangs, workflow.RegisterOptions{Name: "BackfillOrders"})
		w.RegisterActivityWithOptions(func() error { return nil }, activity.RegisterOptions{Name: "InsertOrder"})
		if err := w.Start(); err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(w.Stop)
		for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
			p.until("workers ask for work", func() bool {
				asked, err := p.sight.asked(p.t.Context(), queue, kind)
				return asked && err == nil
			})
		}
	}
}

func (p *post) until(what string, is func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("not within a minute: %s", what)
		}
	}
}

// lookAtBackfill lets each look once.
func (p *post) lookAtBackfill(all ...*keeper) {
	p.t.Helper()
	for _, k := range all {
		if err := k.backfill(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
}

// told compares how many alarms were raised, how many ended, and what was said.
func (p *post) told(alarms, ends int, words ...string) {
	p.t.Helper()
	said := p.said.String()
	if a, e := strings.Count(said, "level=ERROR"), strings.Count(said, "level=WARN"); a != alarms || e != ends {
		p.t.Errorf("%d alarms and %d ends, want %d and %d:\n%s", a, e, alarms, ends, said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			p.t.Errorf("want %q in\n%s", w, said)
		}
	}
}

// Nobody takes the backfill up: that is said once by all who watch, and ended once by its record alone, whoever looks. Fails without: hasWorker in
// stuck (its cause is another); NoteDown in backfill (each of them speaks); LastMoved in backfill (the patient one ends it, or nobody does); standing in isDue and stuckLong (the patient one says it).
func TestBackfill_ThatNoWorkerTakesUp(t *testing.T) {
	p := newPost(t)
	run := p.backfill(asItIs)
	p.begin()
	hasty, patient, early := p.keeper(0, patience), p.keeper(0, 45*time.Minute), p.keeper(0, 2*time.Hour)
	p.lookAtBackfill(early, patient)
	p.told(0, 0)
	p.lookAtBackfill(hasty, patient, early, hasty)
	p.told(1, 0, "cause=backfill_no_worker", "since="+stamp(run.Backfill.MovedAt))
	if seen, err := hasty.Look(t.Context(), p.instance); err != nil || seen.Backfill != BackfillNoWorker {
		t.Errorf("the status says %+v (%v)", seen, err)
	}
	if seen, err := patient.Look(t.Context(), p.instance); err != nil || seen.Backfill != "" {
		t.Errorf("the status of a patient one says %+v (%v)", seen, err)
	}
	p.backfill(func(r *store.Run) { r.Backfill.MovedAt = time.Now() })
	p.lookAtBackfill(early, hasty, patient)
	p.told(1, 1, "the backfill gets on again")
	if seen, err := hasty.Look(t.Context(), p.instance); err != nil || seen.Backfill != "" {
		t.Errorf("the status says %+v (%v) afterwards", seen, err)
	}
}

// It was terminated while it was paused, and leaves its orders to nobody: that a person wanted it to wait is no reason to be silent. Its alarm ends
// with its record. Fails without: lives before Paused in stuck.
func TestBackfill_ThatIsGone(t *testing.T) {
	p := newPost(t)
	p.backfill(func(r *store.Run) { r.Backfill.Paused = true })
	p.begin()
	k, other := p.keeper(0, patience), p.keeper(0, patience)
	p.lookAtBackfill(k, other)
	p.told(0, 0)
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	p.gone()
	p.lookAtBackfill(k, other, k)
	p.told(1, 0, "cause=backfill_lost", "starter backfill --release")
	p.backfill(func(r *store.Run) { r.EndedAt = new(time.Now()) })
	p.lookAtBackfill(other, k)
	p.told(1, 1, "the backfill that did not get on has ended")
}

// One that nobody took up, and that somebody then terminates, wants another thing done: that is said as well. Fails without: Anew in backfill.
func TestBackfill_ThatStoodAndIsGone(t *testing.T) {
	p := newPost(t)
	p.backfill(asItIs)
	p.begin()
	k := p.keeper(0, patience)
	p.lookAtBackfill(k)
	p.told(1, 0, "cause=backfill_no_worker")
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	p.until("that is said", func() bool {
		p.lookAtBackfill(k)
		return strings.Contains(p.said.String(), "cause=backfill_lost")
	})
	p.lookAtBackfill(k, p.keeper(0, patience))
	p.told(2, 0)
}

// A worker has taken it up and nothing moves: that is said when it has had time to, and then in the status too. Fails without: stands in isDue (it
// is said at the first look after an outage of all workers); Lane in stuckLong (the status says it then); the name in Alarm.
func TestBackfill_ThatStands(t *testing.T) {
	p := newPost(t)
	p.backfill(asItIs)
	p.begin()
	p.work(true)
	k := p.keeper(0, patience)
	status := func(want string) {
		t.Helper()
		if seen, err := k.Look(t.Context(), p.instance); err != nil || seen.Backfill != want {
			t.Errorf("the status says %+v (%v), want %q", seen, err, want)
		}
	}
	p.lookAtBackfill(k)
	p.told(0, 0)
	status("")
	k.stands = k.stands.Add(-patience)
	p.lookAtBackfill(k, k)
	p.told(1, 0, "cause=backfill_stands", "temporal workflow describe -w "+workflows.BackfillOrdersID(p.instance)+")")
	status(BackfillStands)
}

// The server answers, and cannot show the schedule, as when its runs name search attributes that are not there: the rest is looked at all the
// same. Fails without: answered in Look.
func TestBackfill_WhileTheScheduleIsNotShown(t *testing.T) {
	p := newPost(t)
	p.code = codes.Internal
	p.backfill(asItIs)
	p.begin()
	k := p.keeper(0, patience)
	p.refuse = 1000
	if seen, err := k.Look(t.Context(), p.instance); err != nil || seen.State != Unknown || seen.Backfill != BackfillNoWorker {
		t.Errorf("the status says %+v (%v), want its backfill", seen, err)
	}
}

// What somebody wants, and what has a name or an alarm of its own, is no trouble of the backfill. Fails without: Paused and Waits in stuck,
// excused; and, for a wait that nobody says again, NotedAt in stuck.
func TestBackfill_ThatHasAReasonToWait(t *testing.T) {
	for name, c := range map[string]struct {
		mend   func(*store.Run)
		orders bool
		down   bool
		want   string
	}{
		"no reason":                      {asItIs, true, false, BackfillStands},
		"paused":                         {func(r *store.Run) { r.Backfill.Paused = true }, true, false, ""},
		"waits":                          {func(r *store.Run) { r.Backfill.Waits, r.Backfill.NotedAt = "quiet hours", time.Now() }, true, false, ""},
		"waited":                         {func(r *store.Run) { r.Backfill.Waits = "quiet hours" }, true, false, BackfillStands},
		"B1 is down":                     {asItIs, true, true, ""},
		"nobody takes orders":            {asItIs, false, false, ""},
		"nobody needs to while it reads": {func(r *store.Run) { r.Backfill.Phase = store.BackfillReads }, false, true, BackfillStands},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t)
			p.backfill(c.mend)
			p.begin()
			p.work(c.orders)
			company := "https://b1/" + p.instance
			if err := p.sight.Store.NoteQuiet(t.Context(), p.instance, company, time.Time{}); err != nil {
				t.Fatal(err)
			}
			if c.down {
				if _, _, err := p.sight.Store.NoteDown(t.Context(), company, store.Trouble{Since: time.Now().Add(-time.Hour), Cause: "silent", AlarmAfter: 2 * time.Hour}); err != nil {
					t.Fatal(err)
				}
			}
			sight := p.sight
			sight.After = patience
			if got, _, err := sight.stuck(t.Context(), p.instance); got != c.want || err != nil {
				t.Errorf("%q (%v), want %q", got, err, c.want)
			}
		})
	}
}

// Temporal does not answer: that is said of the schedule, and nothing of the backfill. B1 has been well again for a moment only: its orders have
// time to move. Fails without: the error of lives in stuck; Since in excused.
func TestBackfill_AfterAnOutage(t *testing.T) {
	p := newPost(t)
	p.backfill(asItIs)
	p.begin()
	p.work(true)
	company := "https://b1/" + p.instance
	if err := p.sight.Store.NoteQuiet(t.Context(), p.instance, company, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.sight.Store.NoteDown(t.Context(), company, store.Trouble{Since: time.Now(), Cause: "silent", AlarmAfter: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.sight.Store.NoteUp(t.Context(), company, nil); err != nil {
		t.Fatal(err)
	}
	sight := p.sight
	sight.After = 20 * time.Minute
	if got, _, err := sight.stuck(t.Context(), p.instance); got != "" || err != nil {
		t.Errorf("B1 is well again: %q (%v)", got, err)
	}
	away, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: log.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	sight.Temporal = away
	if got, _, err := sight.stuck(t.Context(), p.instance); got != "" || err != nil {
		t.Errorf("Temporal does not answer: %q (%v)", got, err)
	}
}
