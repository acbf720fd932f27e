package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// ledger is a store that does not answer for a while, and a page of orders of which so many are missing.
type ledger struct {
	down    map[string]int
	missing int64
	noted   int
	asked   int
}

func (l *ledger) answers(what string) error {
	if l.down[what]--; l.down[what] >= 0 {
		return errors.New("the store does not answer")
	}
	return nil
}

func (l *ledger) BeginReconcile(context.Context, store.Run) (*activities.BeginReconcileResult, error) {
	return &activities.BeginReconcileResult{Posted: 100, Settle: time.Second}, l.answers("begin")
}

func (l *ledger) ReconcileOrders(context.Context, activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
	return &activities.ReconcileOrdersResult{Done: true, Lines: map[store.AccountLine]int64{"missing_in_b1": l.missing}}, nil
}

func (l *ledger) RecheckFindings(context.Context, activities.RecheckFindingsInput) (*activities.RecheckFindingsResult, error) {
	return &activities.RecheckFindingsResult{Done: true}, nil
}

func (l *ledger) NoteTooMany(context.Context, activities.NoteTooManyInput) error {
	if err := l.answers("judge"); err != nil {
		return err
	}
	l.noted++
	return nil
}

func (l *ledger) NoteReconcile(context.Context, store.Run) error { return nil }

func (l *ledger) EndReconcile(_ context.Context, in activities.EndReconcileInput) (*store.Run, error) {
	return &in.Run, l.answers("end")
}

// The store is gone for longer than one step is tried, at the beginning, when it is noted that too much is missing, and at the end: the reconciliation waits, and loses
// nothing. What cannot succeed it does not try again. Fails without: patiently in claim, judge and end; isFutile.
func TestReconcile_WaitsForTheStore(t *testing.T) {
	run := func(l *ledger, refuse error) (store.Run, error) {
		env := testkit.Suite().NewTestWorkflowEnvironment()
		env.SetTestTimeout(time.Minute)
		env.RegisterActivity(l)
		if refuse != nil {
			env.RegisterActivityWithOptions(func(context.Context, store.Run) (*activities.BeginReconcileResult, error) {
				l.asked++
				return nil, refuse
			}, activity.RegisterOptions{Name: "BeginReconcile", DisableAlreadyRegisteredCheck: true})
		}
		env.ExecuteWorkflow(workflows.Reconcile, workflows.ReconcileInput{Instance: "main", From: time.Now().Add(-time.Hour), Heal: true})
		var r store.Run
		if err := env.GetWorkflowError(); err != nil {
			return r, err
		}
		return r, env.GetWorkflowResult(&r)
	}
	for _, what := range []string{"begin", "judge", "end"} {
		l := &ledger{down: map[string]int{what: 60}, missing: 60}
		if r, err := run(l, nil); err != nil || r.Reconciliation.Phase != store.ReconcileEnded || l.noted != 1 || r.Reconciliation.Waits != "" {
			t.Errorf("%s: %+v, %v, noted %d times", what, r.Reconciliation, err, l.noted)
		}
	}
	l := &ledger{}
	if _, err := run(l, temporal.NewApplicationError("no such instance", activities.TypeConfig)); err == nil || l.asked != 1 {
		t.Errorf("what is set wrong is tried %d times (%v)", l.asked, err)
	}
}
