package activities_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
)

// closed is a B1 that lets nobody in.
type closed struct {
	*company
	waiting chan struct{}
}

func (c *closed) Admit(ctx context.Context) (func(), error) {
	close(c.waiting)
	<-ctx.Done()
	return nil, &order.Failure{Kind: order.Transient, System: "b1", Op: "waiting for B1", Code: "b1_down", Message: "not sent", Err: ctx.Err()}
}

// A worker that is told to stop lets an order go that waits for its turn, at once: it would wait for up to 14 minutes, and be killed
// in the end. Fails without: cancelOn.
func TestAdmit_EndsAtOnceWhenTheWorkerStops(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	b1 := &closed{company: b.company, waiting: make(chan struct{})}
	acts := activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: b1, CompanyID: "b1/demo"})
	stop := make(chan struct{})
	env := testkit.Suite().NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{})
	env.SetWorkerStopChannel(stop)
	env.RegisterActivity(acts)
	ended := make(chan error, 1)
	go func() {
		_, err := env.ExecuteActivity(acts.InsertOrder, activities.InsertOrderInput{Key: b.key})
		ended <- err
	}()
	<-b1.waiting
	close(stop)
	select {
	case err := <-ended:
		if typeOf(err) != activities.TypeTransient {
			t.Errorf("it ends with %v, want it to be tried again elsewhere", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits on")
	}
	b.want(order.Pending, "")
	if doc := b.get(); doc.Claim != nil || doc.Intent != nil {
		t.Errorf("it leaves a claim %+v and an intent %+v, want none: it had not begun", doc.Claim, doc.Intent)
	}
}
