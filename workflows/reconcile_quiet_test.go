package workflows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// Quiet hours are no outage: behind long ones an outage is waited for like any other. Where they last longer than the reconciliation may, it ends at once, its record
// with it, and says why. Fails without: Since in rest; the look at ReconcileLimit there.
func TestReconcile_RestsInQuietHours(t *testing.T) {
	run := func(quiet time.Duration, outage int) (r store.Run, asked int, took time.Duration) {
		env := testkit.Suite().NewTestWorkflowEnvironment()
		env.SetTestTimeout(time.Minute)
		env.RegisterActivity(&ledger{down: map[string]int{}})
		began := env.Now()
		env.RegisterActivityWithOptions(func(context.Context, activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
			if until := began.Add(quiet); env.Now().Before(until) {
				return &activities.ReconcileOrdersResult{QuietUntil: &until}, nil
			}
			if asked++; asked <= outage {
				return nil, errors.New("B1 does not answer")
			}
			return &activities.ReconcileOrdersResult{Done: true}, nil
		}, activity.RegisterOptions{Name: "ReconcileOrders", DisableAlreadyRegisteredCheck: true})
		env.ExecuteWorkflow(workflows.Reconcile, workflows.ReconcileInput{Instance: "main", From: began.Add(-time.Hour), Heal: true})
		if err := env.GetWorkflowError(); err != nil {
			t.Fatal(err)
		}
		if err := env.GetWorkflowResult(&r); err != nil {
			t.Fatal(err)
		}
		return r, asked, env.Now().Sub(began)
	}
	if r, asked, took := run(8*time.Hour, 7); r.Reconciliation.Phase != store.ReconcileEnded || asked < 8 || len(r.Errors) > 0 || took < 8*time.Hour {
		t.Errorf("behind long quiet hours: %s, asked %d times, after %s, %v", r.Reconciliation.Phase, asked, took, r.Errors)
	}
	r, asked, took := run(30*time.Hour, 0)
	if r.Reconciliation.Phase == store.ReconcileEnded || asked != 0 || took > time.Hour || !slices.ContainsFunc(r.Errors, func(e string) bool { return strings.Contains(e, "the quiet hours of B1 last until") }) {
		t.Errorf("quiet for too long: %s, asked %d times, after %s, %v", r.Reconciliation.Phase, asked, took, r.Errors)
	}
}
