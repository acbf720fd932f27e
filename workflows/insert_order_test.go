package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

func TestInsertOrder(t *testing.T) {
	held := temporal.NewNonRetryableApplicationError("order main:1:1 is held", activities.TypeHeld, nil)
	tests := map[string]struct {
		key     order.Key
		answers []error // of one attempt after the other; nil posts it
		note    string
		failure string
		tries   int
	}{
		"posted at once":             {"main:1:1", []error{nil}, "created", "", 1},
		"tried again when transient": {"main:1:1", []error{temporal.NewApplicationError("b1 is down", activities.TypeTransient), nil}, "created", "", 2},
		"tried again when unknown":   {"main:1:1", []error{temporal.NewApplicationError("who knows", activities.TypeUnresolved), nil}, "created", "", 2},
		"held fails the workflow":    {"main:1:1", []error{held}, "", activities.TypeHeld, 1},
		"a long outage defers it":    {"main:1:1", nil, workflows.Deferred, "", -1},
		"a key that is none":         {"123", []error{nil}, "", activities.TypeRefused, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := testkit.WorkflowEnvironment()
			env.RegisterActivity(act)
			tries := 0
			env.OnActivity(act.InsertOrder, mock.Anything, mock.Anything).Return(
				func(context.Context, activities.InsertOrderInput) (*activities.InsertOrderResult, error) {
					tries++
					if tc.answers == nil {
						return nil, temporal.NewApplicationError("b1 is down", activities.TypeTransient)
					}
					if err := tc.answers[tries-1]; err != nil {
						return nil, err
					}
					return &activities.InsertOrderResult{Status: order.Posted, Note: "created"}, nil
				}).Maybe()
			env.ExecuteWorkflow(workflows.InsertOrder, workflows.InsertOrderInput{Key: tc.key})
			err := env.GetWorkflowError()
			if got := failureType(err); got != tc.failure {
				t.Fatalf("ended with %v, want the type %q", err, tc.failure)
			}
			if err == nil {
				var r activities.InsertOrderResult
				if err := env.GetWorkflowResult(&r); err != nil || r.Note != tc.note {
					t.Errorf("result %+v (%v), want the note %q", r, err, tc.note)
				}
			}
			if tc.tries >= 0 && tries != tc.tries {
				t.Errorf("tried %d times, want %d", tries, tc.tries)
			}
		})
	}
}
