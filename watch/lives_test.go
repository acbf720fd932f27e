package watch

import (
	"slices"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
)

// What is not known to be over goes on: its orders are not given to others. Fails without: IsOver by the closed states (whoever takes all but
// Running for over takes the imports of a workflow that the server holds).
func TestIsOver(t *testing.T) {
	over := []string{"COMPLETED", "FAILED", "CANCELED", "TERMINATED", "TIMED_OUT"}
	for n, name := range enumspb.WorkflowExecutionStatus_name {
		want := slices.ContainsFunc(over, func(state string) bool { return name == "WORKFLOW_EXECUTION_STATUS_"+state })
		if got := IsOver(enumspb.WorkflowExecutionStatus(n)); got != want {
			t.Errorf("%s is over: %v, want %v", name, got, want)
		}
	}
	if IsOver(99) {
		t.Error("a state that nobody knows is over")
	}
}
