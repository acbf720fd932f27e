package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// An order is tried twice over in two ways. At once: inside of the task of its workflow, as a local activity, of which Temporal hears nothing
// but the end. In turn: as an activity that the server hands out, repeats, paces and shows. The step is the same; at once it does not wait
// for long, and what does not settle the order is left to the second way.

// AtOnceLimit bounds an attempt at once as a whole. It ends before that by itself: what Temporal cuts off goes on running unheard.
const AtOnceLimit = atOnceWait + attemptTime + reserve + 10*time.Second

const (
	// atOnceWait is how long an attempt at once waits for its turn. All that are begun, B1_MAX_CALLS and some, stand in one line, so that a B1
	// that takes seconds for an order keeps the last of them waiting for about two orders: to become an activity costs more than that. It is less
	// than 16 s, when the worker tells the server that the task is still at work, which costs three events each time.
	atOnceWait = 12 * time.Second
	// troubleSeen is how soon it leaves when B1 ceases to answer, and then no wait is of use: an activity shows that the order waits, and why.
	troubleSeen = time.Second
)

// Trouble is what an attempt at once met that did not settle the order.
type Trouble struct {
	// Type and Message are those of its error.
	Type    string `json:"type"`
	Message string `json:"message"`
	// Wait is how long to keep away from the order; zero for as long as the retry policy says.
	Wait time.Duration `json:"wait,omitempty"`
}

// show ends the first try of an activity as the attempt at once before it ended: so that the server keeps the pause and shows
// the reason meanwhile, as it would have for a try of its own. Nil when there is nothing to show.
func (t *Trouble) show(ctx context.Context) error {
	if t == nil || !activity.IsActivity(ctx) || activity.GetInfo(ctx).Attempt > 1 {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions(t.Message, t.Type, temporal.ApplicationErrorOptions{
		NextRetryDelay: t.Wait, Category: temporal.ApplicationErrorCategoryBenign}) // whoever met it has logged what is to be logged
}

// atOnce reports whether this is an attempt at once.
func atOnce(ctx context.Context) bool {
	return activity.IsActivity(ctx) && activity.GetInfo(ctx).IsLocalActivity
}

// leaveTrouble calls leave when orders are not taken to B1 freely, at once or as soon as that begins, unless ctx ends before.
func (p *posting) leaveTrouble(ctx context.Context, leave func()) {
	tick := time.NewTicker(troubleSeen)
	defer tick.Stop()
	for !p.instance.Company.Troubled(time.Now()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	leave()
}

// lastWords is what is left of the time that a stopping process waits, when an attempt is cut off: for writing down what it
// knows, and for telling Temporal.
const lastWords = 5 * time.Second

// cutOff cancels an attempt, unless ctx ends before, when its process is to stop and has waited for it about as long as it does. Of an attempt in
// turn the SDK ends the context when all of that time is over, and the process with it: a call to B1 would be cut by that, and nothing written
// down. Of one at once it does not end it, and would wait for it as long again, with the outcome told to nobody.
func (p *posting) cutOff(ctx context.Context, cancel context.CancelFunc) {
	if p.instance.StopTimeout <= 0 {
		return
	}
	select {
	case <-activity.GetWorkerStopChannel(ctx):
	case <-ctx.Done():
		return
	}
	wait := max(p.instance.StopTimeout-lastWords, p.instance.StopTimeout/2) // half of a time that is short for both
	select {
	case <-time.After(wait):
		cancel()
	case <-ctx.Done():
	}
}

// logAsActivity logs a failure as the SDK logs that of an activity: an attempt at once it would pass over in silence.
func (a *Activities) logAsActivity(ctx context.Context, err error) {
	if f, ok := errors.AsType[*temporal.ApplicationError](err); err == nil || ok && f.Category() == temporal.ApplicationErrorCategoryBenign {
		return
	}
	info := activity.GetInfo(ctx)
	a.log.Error("Activity error.", "ActivityType", info.ActivityType.Name, "WorkflowID", info.WorkflowExecution.ID, "RunID", info.WorkflowExecution.RunID, "Error", err)
}

// inTurn leaves an order to the activity: nothing was done about it yet.
func inTurn(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, TypeInTurn, temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign})
}
