package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"datawald/activities"
	"datawald/order"
	"datawald/workflows"
)

// What an attempt at once settles ends the workflow; all else becomes an activity, which is told of the trouble if there was any.
//
// Fails without: the attempt at once; the look at isFinal (a held order is tried again); the trouble being handed on, and none where
// nothing was tried; and one attempt at once being the last (MaximumAttempts).
func TestInsertOrder_AtOnce(t *testing.T) {
	busy := temporal.NewApplicationErrorWithOptions("b1 is busy", activities.TypeTransient, temporal.ApplicationErrorOptions{NextRetryDelay: 5 * time.Second})
	tests := map[string]struct {
		answer  error // of the attempt at once
		note    string
		failure string
		trouble *activities.Trouble
		inTurn  int
	}{
		"posted":                      {nil, "at once", "", nil, 0},
		"held":                        {temporal.NewNonRetryableApplicationError("held", activities.TypeHeld, nil), "", activities.TypeHeld, nil, 0},
		"refused":                     {temporal.NewNonRetryableApplicationError("no", activities.TypeRefused, nil), "", activities.TypeRefused, nil, 0},
		"misconfigured":               {temporal.NewApplicationError("wrong password", activities.TypeConfig), workflows.Misconfigured, "", nil, 0},
		"transient":                   {busy, "in turn", "", &activities.Trouble{Type: activities.TypeTransient, Message: "b1 is busy", Wait: 5 * time.Second}, 1},
		"unknown":                     {temporal.NewApplicationError("who knows", activities.TypeUnresolved), "in turn", "", &activities.Trouble{Type: activities.TypeUnresolved, Message: "who knows"}, 1},
		"not its turn":                {temporal.NewApplicationError("wait", activities.TypeInTurn), "in turn", "", nil, 1},
		"an instance of other worker": {temporal.NewApplicationError("who", activities.TypeUnknownInstance), "in turn", "", nil, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			env.RegisterActivity(act)
			atOnce, inTurn := 0, 0
			var trouble *activities.Trouble
			env.OnActivity(act.InsertOrder, mock.Anything, mock.Anything).Return(
				func(ctx context.Context, in activities.InsertOrderInput) (*activities.InsertOrderResult, error) {
					if activity.GetInfo(ctx).IsLocalActivity {
						atOnce++
						return &activities.InsertOrderResult{Status: order.Posted, Note: "at once"}, tc.answer
					}
					inTurn++
					trouble = in.Trouble
					return &activities.InsertOrderResult{Status: order.Posted, Note: "in turn"}, nil
				})
			env.ExecuteWorkflow(workflows.InsertOrder, workflows.InsertOrderInput{Key: "main:1:1", AtOnce: true})
			err := env.GetWorkflowError()
			if got := failureType(err); got != tc.failure {
				t.Fatalf("ended with %v, want the type %q", err, tc.failure)
			}
			var r activities.InsertOrderResult
			if err == nil {
				if err := env.GetWorkflowResult(&r); err != nil {
					t.Fatal(err)
				}
			}
			if r.Note != tc.note || atOnce != 1 || inTurn != tc.inTurn {
				t.Errorf("note %q after %d attempts at once and %d in turn, want %q, 1 and %d", r.Note, atOnce, inTurn, tc.note, tc.inTurn)
			}
			if (trouble == nil) != (tc.trouble == nil) || trouble != nil && *trouble != *tc.trouble {
				t.Errorf("the activity is told of %+v, want %+v", trouble, tc.trouble)
			}
		})
	}
}

// Who is begun without the mark, by a person or an earlier release, goes the way that they know.
//
// Fails without: the question for AtOnce in InsertOrder.
func TestInsertOrder_WithoutTheMarkNothingIsTriedAtOnce(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.RegisterActivity(act)
	env.OnActivity(act.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx context.Context, _ activities.InsertOrderInput) (*activities.InsertOrderResult, error) {
			if activity.GetInfo(ctx).IsLocalActivity {
				t.Error("tried at once")
			}
			return &activities.InsertOrderResult{Status: order.Posted}, nil
		})
	env.ExecuteWorkflow(workflows.InsertOrder, workflows.InsertOrderInput{Key: "main:1:1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Error(err)
	}
}
