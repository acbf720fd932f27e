package workflows_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// absence is one that begins with the first question.
type absence struct {
	env   *testsuite.TestWorkflowEnvironment
	long  time.Duration
	since time.Time
}

func (o *absence) is() bool {
	if o.since.IsZero() {
		o.since = o.env.Now()
	}
	return o.env.Now().Sub(o.since) < o.long
}

// Through an outage it waits, and says within every ten minutes that it is there and why: one that says nothing for half an hour is taken for gone. Then it goes on, and waits for nothing.
// Fails without: the wait for errors in step; each of the conditions for a note in wait, and the slices there; Waits being taken back.
func TestReconcile_SaysThatItWaits(t *testing.T) {
	a := &auditor{posted: 10}
	var at []time.Time
	run, _, err := audited(t, a, workflows.ReconcileInput{}, func(env *testsuite.TestWorkflowEnvironment) {
		o := &absence{env: env, long: 65 * time.Minute}
		a.orders = func(in activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
			if in.After == 0 {
				return &activities.ReconcileOrdersResult{Next: 1}, nil
			}
			if o.is() {
				return nil, errAway
			}
			return &activities.ReconcileOrdersResult{Next: 2, Done: true}, nil
		}
		a.note = func(run store.Run) error {
			if run.Reconciliation.Waits != "" && !strings.Contains(run.Reconciliation.Waits, "compare: B1 is away") {
				t.Errorf("it waits for %q", run.Reconciliation.Waits)
			}
			at = append(at, env.Now())
			return errAway // nobody waits for a note
		}
	})
	if err != nil || run.Reconciliation.Waits != "" || run.Reconciliation.Phase != store.ReconcileEnded || len(run.Errors) != 0 {
		t.Fatalf("%+v, %v, %v", run.Reconciliation, run.Errors, err)
	}
	if len(at) < 7 || len(at) > 9 || !at[0].Equal(night) {
		t.Errorf("it notes %d times, first at %v", len(at), at)
	}
	for n := range at[1:] {
		if gap := at[n+1].Sub(at[n]); gap > 11*time.Minute {
			t.Errorf("between two notes are %s", gap)
		}
	}
}

// Quiet hours are waited for to their end, in notes of ten minutes, and not asked for over and over where their end has passed. Fails without: QuietUntil in step; the second that it waits at
// least; the slices in wait.
func TestReconcile_WaitsForQuietHours(t *testing.T) {
	a := &auditor{}
	var ends []time.Duration
	_, histories, err := audited(t, a, workflows.ReconcileInput{}, func(env *testsuite.TestWorkflowEnvironment) {
		a.orders = func(activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
			ends = append(ends, env.Now().Sub(night))
			switch len(ends) {
			case 1:
				return &activities.ReconcileOrdersResult{QuietUntil: new(night.Add(65 * time.Minute))}, nil
			case 2, 3: // this machine's clock is ahead
				return &activities.ReconcileOrdersResult{QuietUntil: new(env.Now().Add(-time.Minute))}, nil
			}
			return &activities.ReconcileOrdersResult{Done: true}, nil
		}
	})
	if want := []time.Duration{0, 65 * time.Minute, 65*time.Minute + time.Second, 65*time.Minute + 2*time.Second}; err != nil || histories != 1 || !slices.Equal(ends, want) {
		t.Errorf("asked after %v, %v; want %v", ends, err, want)
	}
	if len(a.notes) < 7 || a.notes[0].Reconciliation.Waits != "quiet hours of B1" {
		t.Errorf("noted %d times", len(a.notes))
	}
}

// After six hours without getting on it gives up, says why, and what it has not seen stays open; the store may be away at that very moment too. One that gets on meanwhile does not. Fails without: the bound
// in wait; Since being taken back in step, and in end; errGivenUp in run; false in end.
func TestReconcile_GivesUpAfterSixHours(t *testing.T) {
	a := &auditor{}
	away := 3
	a.orders = func(activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) { return nil, errAway }
	a.end = func() error {
		if away--; away >= 0 {
			return temporal.NewApplicationErrorWithOptions("the store is away", "", temporal.ApplicationErrorOptions{NextRetryDelay: time.Hour})
		}
		return nil
	}
	var now func() time.Time
	run, _, err := audited(t, a, workflows.ReconcileInput{Heal: true}, func(env *testsuite.TestWorkflowEnvironment) { now = env.Now })
	if err != nil || len(run.Errors) != 1 || !strings.Contains(run.Errors[0], "given up after 6h0m0s: compare: B1 is away") || run.Reconciliation.Phase != store.ReconcileCompares {
		t.Fatalf("%+v, %q, %v", run.Reconciliation, run.Errors, err)
	}
	if last := a.ended[len(a.ended)-1]; last.Whole || len(a.rechecks)+len(a.heals) != 0 || now().Sub(night) > 10*time.Hour {
		t.Errorf("it ends as a whole one, or goes on; after %s", now().Sub(night))
	}

	a = &auditor{}
	o := map[int64]*absence{} // through all histories
	_, _, err = audited(t, a, workflows.ReconcileInput{}, func(env *testsuite.TestWorkflowEnvironment) {
		a.orders = func(in activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
			if o[in.After] == nil {
				o[in.After] = &absence{long: 4 * time.Hour}
			}
			if o[in.After].env = env; o[in.After].is() {
				return nil, errAway
			}
			return &activities.ReconcileOrdersResult{Next: in.After + 1, Done: in.After == 2}, nil
		}
	})
	if err != nil || !a.ended[0].Whole || len(a.ended[0].Run.Errors) != 0 {
		t.Errorf("three outages of four hours end it: %+v, %v", a.ended, err)
	}
}

// The store may be away for hours at the beginning as well, and not for ever; what cannot succeed is not waited for. Fails without: the bound in patiently, and Since there; each of the cases of isFutile.
func TestReconcile_TheStoreIsWaitedForForSixHours(t *testing.T) {
	for name, tc := range map[string]struct {
		long time.Duration
		err  error
		ok   bool
		by   time.Duration
	}{
		"five hours":      {5 * time.Hour, temporal.NewApplicationError("the store is away", ""), true, 5*time.Hour + 15*time.Minute},
		"for ever":        {1000 * time.Hour, temporal.NewApplicationError("the store is away", ""), false, 6*time.Hour + 15*time.Minute},
		"refused":         {1000 * time.Hour, temporal.NewApplicationError("no", activities.TypeRefused), false, time.Minute},
		"a wrong setting": {1000 * time.Hour, temporal.NewApplicationError("no", activities.TypeConfig), false, time.Minute},
		"for good":        {1000 * time.Hour, errAway, false, time.Minute},
	} {
		a := &auditor{}
		var now func() time.Time
		_, _, err := audited(t, a, workflows.ReconcileInput{}, func(env *testsuite.TestWorkflowEnvironment) {
			o := &absence{env: env, long: tc.long}
			now = env.Now
			a.begin = func() error {
				if o.is() {
					return tc.err
				}
				return nil
			}
		})
		if took := now().Sub(night); err == nil != tc.ok || took > tc.by || len(a.ended) == 1 != tc.ok {
			t.Errorf("%s: %v after %s, want an end by %s", name, err, took, tc.by)
		}
	}
}

// While it gets on it writes down each minute how far it has come. Fails without: noteEvery in step.
func TestReconcile_NotesHowFarItHasCome(t *testing.T) {
	a := &auditor{posted: 10}
	quiet := true
	_, _, err := audited(t, a, workflows.ReconcileInput{}, func(env *testsuite.TestWorkflowEnvironment) {
		a.orders = func(in activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
			if quiet = !quiet; !quiet { // time passes
				return &activities.ReconcileOrdersResult{QuietUntil: new(env.Now().Add(70 * time.Second))}, nil
			}
			return &activities.ReconcileOrdersResult{Next: in.After + 1, Done: in.After == 3, Lines: map[store.AccountLine]int64{store.LineInB1: 10}}, nil
		}
	})
	var orders []int64
	for _, n := range a.notes {
		if n.Reconciliation.Waits == "" {
			orders = append(orders, n.Reconciliation.Orders)
		}
	}
	if err != nil || !slices.Equal(orders, []int64{0, 10, 20, 30}) { // each as it was before that page
		t.Errorf("it notes that %v orders are compared; %v", orders, err)
	}
}

// One that is cancelled closes its record, and is not whole, whether it waits, pauses or asks. Fails without: abandon in Reconcile; the context of its own and the error in it; the cancellations told
// apart from failures in step and note.
func TestReconcile_IsCancelled(t *testing.T) {
	for name, change := range map[string]func(*auditor){
		"while it waits": func(a *auditor) {
			a.orders = func(activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) { return nil, errAway }
		},
		"while it pauses": func(a *auditor) { a.orders, a.settle = missing(1, 1), time.Hour },
		"while the store is away": func(a *auditor) {
			a.begin = func() error { return temporal.NewApplicationError("the store is away", "") }
		},
	} {
		a := &auditor{posted: 10}
		change(a)
		var now func() time.Time
		_, _, err := audited(t, a, workflows.ReconcileInput{Heal: true}, func(env *testsuite.TestWorkflowEnvironment) {
			now = env.Now
			env.RegisterDelayedCallback(env.CancelWorkflow, 30*time.Minute)
		})
		if !temporal.IsCanceledError(err) || len(a.ended) != 1 || len(a.heals) != 0 || now().Sub(night) > 31*time.Minute {
			t.Errorf("%s: %v after %s, ended %+v", name, err, now().Sub(night), a.ended)
			continue
		}
		if in := a.ended[0]; in.Whole || !slices.Contains(in.Run.Errors, "cancelled") || in.Run.Reconciliation.Phase == store.ReconcileEnded {
			t.Errorf("%s: it is closed as %+v", name, in)
		}
	}
}

// What asks B1 is for the workers of its company, bounded in each way, and tried three times. Fails without: each of the options in atB1.
func TestReconcile_WhatAsksB1IsBounded(t *testing.T) {
	c := testkit.Temporal(t)
	queue := testkit.Name(t)
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(workflows.Reconcile)
	w.RegisterActivity(&auditor{})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: queue, TaskQueue: queue}, workflows.Reconcile, workflows.ReconcileInput{Instance: "bounded", Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.TerminateWorkflow(context.WithoutCancel(t.Context()), queue, run.GetRunID(), "test") }()
	var asks *historypb.ActivityTaskScheduledEventAttributes
	for events := c.GetWorkflowHistory(t.Context(), queue, run.GetRunID(), true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); asks == nil && events.HasNext(); {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == "ReconcileOrders" {
			asks = a
		}
	}
	if asks.GetTaskQueue().GetName() != workflows.B1TaskQueue("bounded") || asks.GetRetryPolicy().GetMaximumAttempts() != 3 || !slices.Contains(asks.GetRetryPolicy().GetNonRetryableErrorTypes(), activities.TypeConfig) {
		t.Errorf("it is %+v", asks)
	}
	for name, tc := range map[string]struct{ is, most time.Duration }{
		"start to close":    {asks.GetStartToCloseTimeout().AsDuration(), 10 * time.Minute},
		"schedule to start": {asks.GetScheduleToStartTimeout().AsDuration(), 5 * time.Minute},
		"schedule to close": {asks.GetScheduleToCloseTimeout().AsDuration(), 20 * time.Minute},
		"heartbeat":         {asks.GetHeartbeatTimeout().AsDuration(), time.Minute},
	} {
		if tc.is <= 0 || tc.is > tc.most || tc.is >= store.ReconciliationLease {
			t.Errorf("%s is bounded by %s", name, tc.is)
		}
	}
}
