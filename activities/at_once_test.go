package activities_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
)

// insertAtOnce carries the order's step out inside of a workflow's task. Each time it is the same attempt of the same run, as it is
// when the server has a task carried out again.
func (b *bench) insertAtOnce() error {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
			ScheduleToCloseTimeout: activities.AtOnceLimit, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}})
		return workflow.ExecuteLocalActivity(ctx, b.acts.InsertOrder, activities.InsertOrderInput{Key: b.key}).Get(ctx, nil)
	})
	return env.GetWorkflowError()
}

// A task runs out while B1 is at work on its order for longer than any claim lasts, and the same attempt is carried out again. Then the
// first hears that B1 was too busy, and gives the order back: it is no longer its own.
//
// Fails without: a claim that names one execution of an attempt (the random part of newToken). The first takes the claim and the intent of the
// second away, in the middle of its sending.
func TestAtOnce_TheSameAttemptCarriedOutAgainIsAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watchAs(activities.Instance{CallTimeout: 20 * time.Millisecond, ClaimMargin: 20 * time.Millisecond, Settle: 5 * time.Millisecond, Looks: 2, AtOnce: true})
	sending, proceed, mu, calls := make(chan struct{}), make(chan struct{}), sync.Mutex{}, 0
	first := make(chan error, 1)
	w.create = func(context.Context) error {
		mu.Lock()
		calls++
		call := calls
		mu.Unlock()
		if call == 1 {
			close(sending)
			<-proceed
			return &order.Failure{Kind: order.Transient, System: "b1", Op: "POST Orders", Code: "503", Message: "busy"}
		}
		close(proceed) // the second is sending
		if err := end(t, first); err == nil {
			t.Error("the first ended well")
		}
		if doc := b.get(); doc.Claim == nil || doc.Intent == nil {
			t.Errorf("the second sends with the claim %+v and the intent %+v: the first has taken them", doc.Claim, doc.Intent)
		}
		return nil
	}
	go func() { first <- b.insertAtOnce() }()
	<-sending
	for range 200 { // it comes back as often as it is told to
		err := b.insertAtOnce()
		if err == nil {
			break
		}
		later, ok := errors.AsType[*temporal.ApplicationError](err)
		if !ok || later.Type() != activities.TypeUnresolved {
			t.Fatalf("the second ended with %v", err)
		}
		time.Sleep(later.NextRetryDelay())
	}
	b.want(order.Posted, "")
	if doc := b.get(); doc.Attention != nil || len(b.company.orders) != 1 {
		t.Errorf("B1 has %d orders, attention %v", len(b.company.orders), doc.Attention)
	}
}

// The same, while the first is still in time: the second keeps away from the order, and neither looks nor sends.
//
// Fails without: the claim being respected (tooEarly and claim).
func TestAtOnce_TheSameAttemptKeepsAwayFromItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watchAs(activities.Instance{CallTimeout: 20 * time.Millisecond, Settle: 5 * time.Millisecond, Looks: 2, AtOnce: true})
	sending, proceed := make(chan struct{}), make(chan struct{})
	w.create = func(context.Context) error { close(sending); <-proceed; return nil } // closed twice it panics
	first := make(chan error, 1)
	go func() { first <- b.insertAtOnce() }()
	<-sending
	w.find = func() error { t.Error("another looks for the order"); return nil }
	if err := b.insertAtOnce(); typeOf(err) != activities.TypeUnresolved {
		t.Errorf("the second ended with %v, want it to come back later", err)
	}
	close(proceed)
	if err := end(t, first); err != nil {
		t.Error(err)
	}
	b.want(order.Posted, "")
}

// Where no orders are taken to B1, or not without Temporal's queue, nothing is done at once.
//
// Fails without: the question for AtOnce in InsertOrder.
func TestAtOnce_OnlyWhereOrdersMayBeTakenAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watchAs(activities.Instance{CallTimeout: time.Second, Settle: time.Millisecond, Looks: 2})
	if err := b.insertAtOnce(); typeOf(err) != activities.TypeInTurn || w.created.Load() != 0 {
		t.Errorf("ended with %v after %d sendings, want it left to the activity", err, w.created.Load())
	}
	if doc := b.get(); doc.Claim != nil || doc.Intent != nil || doc.Attempts != 0 {
		t.Errorf("it leaves a claim %+v and an intent %+v", doc.Claim, doc.Intent)
	}
	if err := b.insert(); err != nil {
		t.Errorf("the activity ended with %v", err)
	}
	b.want(order.Posted, "")
}

// A workflow's task must end in time: nobody waits in it for B1 to take orders again.
//
// Fails without: the limit of atOnceWait in admit (it waits for as long as the attempt may last, minutes).
func TestAtOnce_DoesNotWaitForLong(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	b1 := &closed{company: b.company, waiting: make(chan struct{})}
	b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: b1, CompanyID: "b1/demo", AtOnce: true})
	ended := make(chan error, 1)
	go func() { ended <- b.insertAtOnce() }()
	select {
	case err := <-ended:
		if typeOf(err) != activities.TypeInTurn {
			t.Errorf("ended with %v, want it to wait for its turn as an activity", err)
		}
	case <-time.After(15 * time.Second): // the worker asks the server for more time after 16 s, which costs
		t.Fatal("it waits on")
	}
	b.want(order.Pending, "")
	if doc := b.get(); doc.Failures != 0 || len(doc.Timeline) != 1 {
		t.Errorf("%d failures are noted and the timeline is %+v, want nothing: nothing happened", doc.Failures, doc.Timeline)
	}
}

// dark is a B1 that takes no order, and does not answer.
type dark struct {
	closed
	troubled atomic.Bool
	once     sync.Once
	// asked is closed when it was asked for its trouble.
	asked chan struct{}
}

func (d *dark) Troubled(time.Time) bool {
	defer d.once.Do(func() { close(d.asked) })
	return d.troubled.Load()
}

// Where B1 does not answer nobody waits in a workflow's task at all: an activity is seen to wait.
//
// Fails without: leaveTrouble; and, for the trouble that begins later, looking for it again there.
func TestAtOnce_LeavesWhenB1DoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"before": true, "meanwhile": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, &company{})
			b1 := &dark{closed: closed{company: b.company, waiting: make(chan struct{})}, asked: make(chan struct{})}
			b1.troubled.Store(before)
			b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: b1, CompanyID: "b1/demo", AtOnce: true})
			ended := make(chan error, 1)
			go func() { ended <- b.insertAtOnce() }()
			<-b1.waiting
			<-b1.asked
			b1.troubled.Store(true)
			select {
			case err := <-ended:
				if typeOf(err) != activities.TypeInTurn {
					t.Errorf("ended with %v, want it to wait as an activity", err)
				}
			case <-time.After(6 * time.Second):
				t.Fatal("it waits on")
			}
		})
	}
}

// What an attempt at once met is what the server shows of the activity, and for how long it keeps away. B1 hears nothing of it.
//
// Fails without: Trouble.show in InsertOrder.
func TestAtOnce_ItsTroubleIsThatOfTheActivity(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(b.acts)
	_, err := env.ExecuteActivity(b.acts.InsertOrder, activities.InsertOrderInput{Key: b.key,
		Trouble: &activities.Trouble{Type: activities.TypeTransient, Message: "B1 is busy", Wait: 7 * time.Second}})
	shown, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || shown.Type() != activities.TypeTransient || shown.Message() != "B1 is busy" || shown.NextRetryDelay() != 7*time.Second || shown.NonRetryable() {
		t.Errorf("ended with %+v, want what was met", err)
	}
	if n := b.company.created.Load(); n != 0 {
		t.Errorf("B1 got %d orders", n)
	}
}

// The log has what it had of an activity: an error for what somebody may have to mend, and nothing for an outage.
//
// Fails without: logAsActivity; and, for the outage, the look at the category there.
func TestAtOnce_TheLogSaysWhatIsToBeMended(t *testing.T) {
	t.Parallel()
	for kind, want := range map[order.Kind]int{order.Config: 1, order.Transient: 0} {
		b := newBench(t, &company{findError: func() error {
			return &order.Failure{Kind: kind, System: "b1", Op: "GET Drafts", Code: "x", Message: "no"}
		}})
		log := &bytes.Buffer{}
		b.acts = activities.New(b.db, slog.New(slog.NewTextHandler(&locked{w: log}, nil)), activities.Instance{Name: "main", Rules: b.rules, Company: b.company,
			CompanyID: "b1/demo", CallTimeout: time.Second, Settle: time.Millisecond, Looks: 2, AtOnce: true})
		if err := b.insertAtOnce(); err == nil {
			t.Errorf("%s: ended well", kind)
		}
		if n := strings.Count(log.String(), `level=ERROR msg="Activity error."`); n != want {
			t.Errorf("%s: %d errors are logged, want %d:\n%s", kind, n, want, log)
		}
	}
}
