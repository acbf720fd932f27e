package workflows_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// An order's number may have characters of any script, and its workflow is begun by a run and directly all the same.
//
// Fails without: the escape in InsertOrderID (neither comes to its end).
func TestInsertOrderID_OfAnyScriptCanBeStarted(t *testing.T) {
	c := testkit.Temporal(t)
	queue := testkit.Name(t)
	w := worker.New(c, queue, worker.Options{})
	child := func(workflow.Context) error { return nil }
	w.RegisterWorkflowWithOptions(child, workflow.RegisterOptions{Name: "child"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, id string) error {
		return workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: id}), "child").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "parent"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, number := range []string{"000000001", "Ä-漢字-1", "ё%41", "a%b"} {
		key, err := order.NewKey(queue, 1, number)
		if err != nil {
			t.Fatal(err)
		}
		id := workflows.InsertOrderID(key)
		parent, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: queue}, "parent", id)
		if err == nil {
			err = parent.Get(ctx, nil)
		}
		if err != nil {
			t.Errorf("%s by a run: %v", number, err)
		}
		direct, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, "child")
		if err == nil {
			err = direct.Get(ctx, nil)
		}
		if err != nil {
			t.Errorf("%s directly: %v", number, err)
		}
	}
}

// IDs of ASCII numbers stay as they are, for workflows of earlier releases go on under them, and no two orders share one.
//
// Fails without: the condition of the escape; the mark behind the store.
func TestInsertOrderID_IsOfOneOrder(t *testing.T) {
	for key, want := range map[order.Key]string{
		"main:1:000000001": "insert-order:main:1:000000001", "main:1:a%b/:c": "insert-order:main:1:a%b/:c", "main:1:%C3%84": "insert-order:main:1:%C3%84",
		"main:1:\u00c4": "insert-order:main:1~:%C3%84", "main:1:\u00c4%41": "insert-order:main:1~:%C3%84%2541",
	} {
		if got := workflows.InsertOrderID(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
