package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// ResyncOrdersInput names orders that somebody wants to be read from Magento again and taken to B1 at once.
type ResyncOrdersInput struct {
	Instance     string   `json:"instance"`
	IncrementIDs []string `json:"increment_ids"`
	// Actor is who asked, for the orders' timelines: a user name or "starter".
	Actor string `json:"actor,omitempty"`
}

// maxResync bounds one request by number; larger sets are a backfill.
const maxResync = 500

// Validate says what is wrong with the request.
func (in ResyncOrdersInput) Validate() error {
	switch {
	case len(in.IncrementIDs) == 0:
		return fmt.Errorf("increment_ids is empty: name at least one order")
	case len(in.IncrementIDs) > maxResync:
		return fmt.Errorf("increment_ids has %d entries: name at most %d", len(in.IncrementIDs), maxResync)
	}
	return nil
}

// ResyncOrdersResult is the record of the run and the numbers that Magento does not know.
type ResyncOrdersResult struct {
	Run     store.Run `json:"run"`
	Missing []string  `json:"missing,omitempty"`
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
	r.result.Run = newRun(ctx, "resync", r.in.Instance)
	r.poster = newPoster(ctx, DefaultWindow, &r.result.Run.Counts, workflow.Now(ctx).Add(DefaultBudget))
	return nil
}

func (r *resyncOrders) run(ctx workflow.Context) (*ResyncOrdersResult, error) {
	var found activities.FindOrdersResult
	find := activities.FindOrdersInput{Instance: r.in.Instance, IncrementIDs: r.in.IncrementIDs}
	if err := workflow.ExecuteActivity(ctx, act.FindOrders, find).Get(ctx, &found); err != nil {
		return nil, err
	}
	r.result.Missing = found.Missing
	var staged activities.SyncOrderResult
	stage := activities.SyncOrderInput{Instance: r.in.Instance, Refs: found.Refs, Again: true, Actor: r.in.Actor}
	if err := workflow.ExecuteActivity(ctx, act.SyncOrder, stage).Get(ctx, &staged); err != nil {
		return nil, err
	}
	r.result.Run.Counts = r.result.Run.Counts.Add(staged.Counts)
	if err := r.post(ctx, found.Refs); err != nil {
		return nil, err
	}
	_, err := finish(ctx, &r.result.Run, r.poster)
	return &r.result, err
}

func (r *resyncOrders) post(ctx workflow.Context, refs []store.PayloadRef) error {
	started := map[string]bool{} // the same ID twice in one workflow task would break it
	for _, ref := range refs {
		if started[string(ref.Key)] {
			continue
		}
		started[string(ref.Key)] = true
		if ok, err := r.poster.room(ctx); err != nil || !ok {
			return err // what is not started is pending and first in the queue of the next run
		}
		r.poster.start(ctx, ref.Key)
	}
	return r.poster.drain(ctx)
}
