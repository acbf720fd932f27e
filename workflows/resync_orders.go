package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// ResyncOrdersInput names orders that somebody wants to be read from Magento again and taken to B1 at once.
type ResyncOrdersInput struct {
	Instance     string   `json:"instance"`
	IncrementIDs []string `json:"increment_ids,omitempty"`
	// EntityIDs name orders by Magento's own key, as its events do.
	EntityIDs []int64 `json:"entity_ids,omitempty"`
	// Hint is set when no person asked but the shop said that an order changed: then held orders stay held, and none
	// goes before the others.
	Hint bool `json:"hint,omitempty"`
	// Actor is who asked, for the orders' timelines: a user name or "starter".
	Actor string `json:"actor,omitempty"`
}

// maxResync bounds one request by number; larger sets are a backfill.
const maxResync = 500

// Validate says what is wrong with the request.
func (in ResyncOrdersInput) Validate() error {
	switch n := len(in.IncrementIDs) + len(in.EntityIDs); {
	case n == 0:
		return fmt.Errorf("increment_ids is empty: name at least one order")
	case n > maxResync:
		return fmt.Errorf("increment_ids has %d entries: name at most %d", n, maxResync)
	}
	return nil
}

// ResyncOrdersResult is the record of the run, the numbers that Magento does not know, and those of orders that it has and
// cannot show. An entity_id is written entity-12.
type ResyncOrdersResult struct {
	Run        store.Run `json:"run"`
	Missing    []string  `json:"missing,omitempty"`
	Unreadable []string  `json:"unreadable,omitempty"`
}

// ResyncOrders reads orders by number, stages them before all others, and takes them to B1. Held ones are tried again.
func ResyncOrders(ctx workflow.Context, in ResyncOrdersInput) (*ResyncOrdersResult, error) {
	r := &resyncOrders{in: in}
	if err := r.setup(ctx); err != nil {
		return nil, err
	}
	return r.run(withOptions(ctx))
}

type resyncOrders struct {
	in     ResyncOrdersInput
	result ResyncOrdersResult
	poster *poster
}

func (r *resyncOrders) setup(ctx workflow.Context) error {
	if err := r.in.Validate(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), activities.TypeRefused, nil)
	}
	r.result.Run = newRun(ctx, r.kind(), r.in.Instance)
	r.poster = newPoster(ctx, DefaultWindow, &r.result.Run.Counts, workflow.Now(ctx).Add(DefaultBudget))
	return nil
}

// kind names the run in its record.
func (r *resyncOrders) kind() string {
	if r.in.Hint {
		return "hint"
	}
	return "resync"
}

func (r *resyncOrders) run(ctx workflow.Context) (*ResyncOrdersResult, error) {
	found, err := r.find(ctx)
	if err != nil && r.in.Hint && !temporal.IsCanceledError(err) {
		r.result.Run.Errors = append(r.result.Run.Errors, "read Magento: "+text(err))
		_, err = finish(ctx, &r.result.Run, r.poster)
		return &r.result, err
	}
	if err != nil {
		return nil, err
	}
	r.result.Missing, r.result.Unreadable, r.poster.paced = found.Missing, found.Unreadable, found.Paced
	var staged activities.SyncOrderResult
	stage := activities.SyncOrderInput{Instance: r.in.Instance, Refs: found.Refs, Again: !r.in.Hint, Actor: r.in.Actor}
	if err := workflow.ExecuteActivity(ctx, act.SyncOrder, stage).Get(ctx, &staged); err != nil {
		return nil, err
	}
	r.result.Run.Counts = r.result.Run.Counts.Add(staged.Counts)
	if err := r.post(ctx, staged.Open); err != nil {
		return nil, err
	}
	if err := writeBack(ctx, &r.result.Run, r.poster, found.WriteBack); err != nil {
		return nil, err
	}
	_, err = finish(ctx, &r.result.Run, r.poster)
	return &r.result, err
}

// hintPatience is how long a hint tries to read Magento. The next SyncOrders reads what it did not: an outage must not
// leave a heap of readings that all begin again at once.
const hintPatience = time.Minute

// find reads the orders from Magento.
func (r *resyncOrders) find(ctx workflow.Context) (found activities.FindOrdersResult, err error) {
	in := activities.FindOrdersInput{Instance: r.in.Instance, IncrementIDs: r.in.IncrementIDs, EntityIDs: r.in.EntityIDs,
		Again: !r.in.Hint, Actor: r.in.Actor}
	if r.in.Hint {
		ctx = workflow.WithScheduleToCloseTimeout(ctx, hintPatience)
	}
	err = workflow.ExecuteActivity(ctx, act.FindOrders, in).Get(ctx, &found)
	return found, err
}

func (r *resyncOrders) post(ctx workflow.Context, keys []order.Key) error {
	started := map[order.Key]bool{} // the same ID twice in one workflow task would break it
	for _, key := range keys {
		if started[key] {
			continue
		}
		started[key] = true
		if ok, err := r.poster.room(ctx); err != nil || !ok {
			return err // what is not started is pending and first in the queue of the next run
		}
		r.poster.start(ctx, key)
	}
	return r.poster.drain(ctx)
}
