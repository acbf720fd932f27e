package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// The backfill hands its orders out, each once, in parts that no history is too small for. Fails without: partOrders in room (one of
// 500).
func TestBackfill_HandsItsOrdersOut(t *testing.T) {
	a := newArchive(t, 1200)
	a.takes = 20 * time.Millisecond
	run := a.run(workflows.BackfillOrdersInput{})
	largest, keys := 0, []order.Key{}
	for id, part := range a.parts {
		largest, keys = max(largest, len(part.Keys)), append(keys, part.Keys...)
		if !strings.HasPrefix(id, "post-imports:main:") || part.Window != 25 {
			t.Errorf("part %s has a window of %d, want half of 50", id, part.Window)
		}
	}
	slices.Sort(keys)
	if run.Counts.Posted != 1200 || len(slices.Compact(keys)) != 1200 || largest != 250 {
		t.Errorf("it ends with %+v; %d orders in %d parts, %d in the largest; want 1,200 in parts of at most 250", run.Counts, len(keys), len(a.parts), largest)
	}
}

// A part that is slow is small: its orders are counted when it ends, and until then the rate is that of before. Fails without: the rate
// in room (parts of 250); stillFor in measure (0).
func TestBackfill_AtASlowB1PartsAreSmall(t *testing.T) {
	a := newArchive(t, 600)
	a.takes = 15 * time.Second
	for at := 50 * time.Second; at < 5*time.Minute; at += 7 * time.Second {
		a.RegisterDelayedCallback(func() {
			if rate := a.progress().Backfill.Rate; rate < 1 || rate > 2.5 {
				t.Errorf("after %s the rate is %f, want 1.7 orders a second", at, rate)
			}
		}, at)
	}
	run := a.run(workflows.BackfillOrdersInput{Window: 25})
	for id, part := range a.parts {
		if len(part.Keys) > 2*25 {
			t.Errorf("part %s has %d orders, want at most two windows", id, len(part.Keys))
		}
	}
	if run.Counts.Posted != 600 {
		t.Errorf("it ends with %+v", run.Counts)
	}
}

// When it becomes quiet while parts have orders to begin, none is begun for nothing, and at the end of the quiet hours all go on.
// Fails without: quiet in may of a part (all 35 that it has left come back), upset in share (the other part begins one more).
func TestBackfill_StopsWhenItBecomesQuiet(t *testing.T) {
	a := newArchive(t, 250)
	until := a.Now().Add(3 * time.Hour)
	back := 0
	a.slow = map[order.Key]time.Duration{}
	for n := 1; n < 100; n += 2 { // those of the second part were at B1 before
		a.slow[order.Key(fmt.Sprintf("main:1:%09d", n))] = 10 * time.Second
	}
	a.refuses = func(key order.Key) (*activities.InsertOrderResult, error) {
		if key == "main:1:000000030" && a.Now().Before(until) {
			a.quiet = &until
		}
		if a.quiet == nil || a.slow[key] > 0 {
			return nil, nil
		}
		back++
		return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
	}
	a.RegisterDelayedCallback(func() {
		b := a.progress().Backfill
		begun := len(slices.DeleteFunc(slices.Clone(a.began), func(k order.Key) bool { return a.slow[k] == 0 }))
		if !strings.HasPrefix(b.Waits, "quiet hours until ") || a.open != 0 || begun != 25 {
			t.Errorf("it waits because %q, %d begun by the second part", b.Waits, begun)
		}
	}, time.Hour)
	a.RegisterDelayedCallback(func() { a.quiet = nil }, 3*time.Hour)
	run := a.run(workflows.BackfillOrdersInput{})
	if run.Counts.Posted != 250 || back > 26 || run.EndedAt.Before(until) {
		t.Errorf("it ends with %+v at %s after %d orders came back, want at most those that were in hand", run.Counts, run.EndedAt, back)
	}
}

// Parts that are under way hear of quiet hours from the queue too. Fails without: quiet in step.
func TestBackfill_HearsOfQuietHoursWhilePartsAreOpen(t *testing.T) {
	a := newArchive(t, 250)
	until := a.Now().Add(3 * time.Hour)
	a.takes = 3 * time.Second
	a.RegisterDelayedCallback(func() { a.quiet = &until }, time.Second)
	a.RegisterDelayedCallback(func() {
		if len(a.began) != 50 {
			t.Errorf("%d are begun, want no more than were in hand", len(a.began))
		}
		a.quiet = nil
	}, time.Hour)
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 250 {
		t.Errorf("it ends with %+v", run.Counts)
	}
}

// The worker whose clock says until when it is quiet may be slow. Fails without: lookOften in restQuiet (thousands of looks).
func TestBackfill_WaitsForTheEndOfQuietHoursByASlowClock(t *testing.T) {
	a := newArchive(t, 10)
	until := a.Now().Add(time.Hour)
	a.quiet = &until
	a.RegisterDelayedCallback(func() { a.quiet = nil }, time.Hour+5*time.Minute)
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 10 || a.asked > 200 {
		t.Errorf("it ends with %+v after %d looks", run.Counts, a.asked)
	}
}

// That orders come back for quiet hours of which the queue knows nothing is no loop. Fails without: the rest in beginAgain (thousands
// come back).
func TestBackfill_RestsWhenOrdersComeBackForNoQuietHours(t *testing.T) {
	a := newArchive(t, 10)
	back, began := 0, a.Now()
	a.refuses = func(order.Key) (*activities.InsertOrderResult, error) {
		if a.Now().Sub(began) < time.Hour {
			back++
			return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
		}
		return nil, nil
	}
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 10 || back > 610 {
		t.Errorf("it ends with %+v after %d came back", run.Counts, back)
	}
}

// What one part hears of B1 refusing the connector holds for all. Fails without: halted in upset (the other part goes on).
func TestBackfill_ARefusalStopsAllParts(t *testing.T) {
	a := newArchive(t, 250)
	wrong := true
	a.slow = map[order.Key]time.Duration{}
	for n := 0; n < 100; n += 2 {
		a.slow[order.Key(fmt.Sprintf("main:1:%09d", n))] = 10 * time.Second
	}
	a.refuses = func(key order.Key) (*activities.InsertOrderResult, error) {
		if wrong && a.slow[key] == 0 {
			return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Misconfigured}, nil
		}
		return nil, nil
	}
	a.RegisterDelayedCallback(func() {
		if b := a.progress().Backfill; len(a.began) != 50 || !strings.HasPrefix(b.Waits, "B1 refuses") {
			t.Errorf("%d are begun, and it waits because %q; want those that were in hand", len(a.began), b.Waits)
		}
		wrong = false
	}, time.Minute)
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 250 {
		t.Errorf("it ends with %+v", run.Counts)
	}
}

// One order that B1 refuses for a quarter of an hour keeps no part from its end, nor the others from B1, and takes its place in the
// window. At the end it is waited for, and counted once. Fails without: few in drain of a part (all wait for it), Left in share (25
// beside it), onWay in atHead (it ends with one in hand).
func TestBackfill_OneOrderKeepsNoPartOpen(t *testing.T) {
	slow := order.Key("main:1:000000003")
	a := newArchive(t, 600)
	a.slow = map[order.Key]time.Duration{slow: 15 * time.Minute}
	began := a.Now()
	a.RegisterDelayedCallback(func() {
		if b := a.progress(); b.Counts.Posted != 599 || b.Counts.InHand != 1 || a.most != 25 {
			t.Errorf("after two minutes it says %+v, %d at once", b.Counts, a.most)
		}
	}, 2*time.Minute)
	run := a.run(workflows.BackfillOrdersInput{Window: 25})
	if run.Counts.Posted != 600 && run.Counts.Posted+run.Counts.InHand != 600 || run.Counts.Started != 600 {
		t.Errorf("it ends with %+v", run.Counts)
	}
	if took := run.EndedAt.Sub(began); took < 15*time.Minute {
		t.Errorf("it ends after %s, want the slow order posted", took)
	}
}

// A part that somebody terminated loses nothing: its orders are in the queue. And it is no loop, whoever
// terminates them all. Fails without: lost in ended.
func TestBackfill_APartThatIsLost(t *testing.T) {
	a := newArchive(t, 250)
	lost := false
	a.OnWorkflow(workflows.PostImports, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.PostImportsInput) (*workflows.PostImportsResult, error) {
			if !lost {
				lost = true
				return nil, errors.New("terminated")
			}
			return workflows.PostImports(ctx, in)
		})
	run := a.run(workflows.BackfillOrdersInput{})
	said := slices.ContainsFunc(a.noted, func(r store.Run) bool {
		return strings.HasPrefix(r.Backfill.Waits, "a part has not come back: terminated")
	})
	if !said || run.Counts.Posted != 250 || len(a.began) != 250 {
		t.Errorf("it ends with %+v, %d begun; it has said why it waited: %v", run.Counts, len(a.began), said)
	}
}

// A pause that ends before the orders in hand do stops nothing for longer. Fails without: goesOn in drain of a part (it waits for the slow
// order first).
func TestBackfill_APauseOfAMoment(t *testing.T) {
	a := newArchive(t, 100)
	a.takes = 10 * time.Second
	a.slow = map[order.Key]time.Duration{"main:1:000000012": 40 * time.Second}
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{Paused: true}) }, 11*time.Second)
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{}) }, 21*time.Second)
	a.RegisterDelayedCallback(func() {
		if len(a.began) != 40 {
			t.Errorf("%d are begun, want the last one of the part after the pause", len(a.began))
		}
	}, 25*time.Second)
	run, handed := a.run(workflows.BackfillOrdersInput{Window: 20}), 0
	for _, part := range a.parts {
		handed += len(part.Keys)
	}
	if run.Counts.Posted != 100 || handed != 100 {
		t.Errorf("it ends with %+v, and %d orders were handed out, want each once", run.Counts, handed)
	}
}

// What parts give back in a pause is begun first afterwards: the oldest. Fails without: Queue in beginAgain (it comes last).
func TestBackfill_BeginsWithTheOldestAfterAPause(t *testing.T) {
	a := newArchive(t, 150)
	a.takes = 5 * time.Second
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{Paused: true}) }, 4*time.Second)
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{}) }, time.Minute)
	if run := a.run(workflows.BackfillOrdersInput{Window: 25}); run.Counts.Posted != 150 || slices.Max(a.began[:50]) != "main:1:000000049" {
		t.Errorf("it ends with %+v, and begins %v after the pause", run.Counts, a.began[25:50])
	}
}

// A pause in a history that is long enough waits for the parts all the same. Fails without: none in continueAsNew (they are open), upset
// there (it goes on behind what they gave back).
func TestBackfill_APauseAtTheEndOfAHistory(t *testing.T) {
	a := newArchive(t, 150)
	a.takes = 10 * time.Minute
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{Paused: true}) }, time.Second)
	a.RegisterDelayedCallback(func() { a.SetContinueAsNewSuggested(true) }, 2*time.Second)
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november})
	if in := a.renewed(); a.open != 0 || in.Resume.Run.Counts.Posted != 50 || in.Resume.Queue != "" || !in.Resume.Run.Backfill.Paused {
		t.Errorf("%d open, and it goes on with %+v", a.open, in.Resume)
	}
}

// A long backfill goes on in new histories, with all that it knows, when its parts have ended. Fails without: partsPerHistory in long
// (it ends in the first), Parts in the state (an ID comes again).
func TestBackfill_PartsInANewHistory(t *testing.T) {
	a := newArchive(t, 230)
	a.takes = time.Minute // two orders in each part
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november, Window: 1})
	in := a.renewed()
	if len(a.parts) != 100 || len(a.began) != 200 || a.open != 0 || in.Resume.Run.Counts.Posted != 200 {
		t.Fatalf("after %d orders in %d parts, %d open: want a new history after 100 that have ended", len(a.began), len(a.parts), a.open)
	}
	next := newArchive(t, 230)
	next.queue = a.queue
	next.ExecuteWorkflow(workflows.BackfillOrders, in)
	var run store.Run
	if err := next.GetWorkflowResult(&run); err != nil || run.Counts.Posted != 230 || run.Counts.Read != 230 || len(next.began) != 30 {
		t.Errorf("the second history ends with %+v, %v, %d begun", run.Counts, err, len(next.began))
	}
	for id := range next.parts {
		if _, again := a.parts[id]; again {
			t.Errorf("%s comes again", id)
		}
	}
}

// When the server wants a new history, no part is begun, and those that are open come to their end. Fails without: long in room.
func TestBackfill_PartsEndBeforeANewHistory(t *testing.T) {
	a := newArchive(t, 500)
	a.RegisterDelayedCallback(func() { a.SetContinueAsNewSuggested(true) }, 1500*time.Millisecond)
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november})
	in := a.renewed()
	if len(a.began) != 100 || a.open != 0 || in.Resume.Run.Counts.Posted != 100 || in.Resume.Queue != "main:1:000000099" {
		t.Errorf("%d are begun, %d open, and it goes on with %+v; want the first two parts", len(a.began), a.open, in.Resume)
	}
}

// Orders that others have in hand keep no part from its own, are counted once, and the backfill ends when they have. Fails without: the own room of
// a part (its 35 orders would wait for a day); keeps (the backfill ends while they are on their way); the time of an order that was found so in leaveOpen (its
// parts have no share then).
func TestBackfill_OrdersOfOthersHoldNothingUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, testkit.Temporal(t), scene{name: "others"})
	s.imports = 60
	theirs := make(chan struct{})
	s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
		if key <= s.key(25) {
			hold(ctx, theirs)
		}
		return nil, ctx.Err()
	}
	for n := range 25 {
		s.begin(workflows.InsertOrderID(s.key(n+1)), "InsertOrder", workflows.InsertOrderInput{Key: s.key(n + 1)})
	}
	begun := s.backfill(25)
	for passed := false; !passed; { // it has come upon them twice, and waits for them
		select {
		case <-t.Context().Done():
			t.Fatal("it does not wait for orders that others have in hand")
		case <-time.After(50 * time.Millisecond):
		}
		var seen store.Run
		answer, err := s.client.QueryWorkflow(t.Context(), begun.GetID(), "", workflows.ProgressQuery)
		if err == nil && answer.Get(&seen) == nil {
			passed = strings.Contains(seen.Backfill.Waits, "on their way to B1")
		}
	}
	close(theirs)
	var run store.Run
	if err := begun.Get(t.Context(), &run); err != nil {
		t.Fatal(err)
	}
	if run.Counts.Started != 60 || run.Counts.Posted != 35 || run.Counts.InHand != 25 {
		t.Errorf("counts %+v, want 60 orders, of which others had 25", run.Counts)
	}
}
