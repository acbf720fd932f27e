package workflows

import (
	"fmt"
	"slices"
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
	// Keys name orders of one store each.
	Keys []order.Key `json:"keys,omitempty"`
	// EntityIDs name orders by Magento's own key, as its events do.
	EntityIDs []int64 `json:"entity_ids,omitempty"`
	// Hint is set when no person asked but the shop said that an order changed: then held orders stay held, and none
	// goes before the others.
	Hint bool `json:"hint,omitempty"`
	// Staged takes the orders (Keys) to B1 as they are staged, without asking Magento: a person has put them before all others, and what was
	// wrong is mended elsewhere. A worker of a release before 2026-12-04 does not know it and reads the orders; such a run goes on as it began.
	Staged bool `json:"staged,omitempty"`
	// Actor is who asked, for the orders' timelines: a user name or "starter".
	Actor string `json:"actor,omitempty"`
}

// maxResync bounds one request by number; larger sets are a backfill.
const maxResync = 500

// Validate says what is wrong with the request.
func (in ResyncOrdersInput) Validate() error {
	switch n := len(in.IncrementIDs) + len(in.EntityIDs) + len(in.Keys); {
	case n == 0:
		return fmt.Errorf("increment_ids is empty: name at least one order")
	case n > maxResync:
		return fmt.Errorf("increment_ids has %d entries: name at most %d", n, maxResync)
	}
	if in.Staged && len(in.Keys) != len(in.IncrementIDs)+len(in.EntityIDs)+len(in.Keys) {
		return fmt.Errorf("staged orders are named by their keys")
	}
	for _, key := range in.Keys {
		if key.Instance() != in.Instance {
			return fmt.Errorf("%s is an order of the instance %s, not of %s", key, key.Instance(), in.Instance)
		}
	}
	return nil
}

// ResyncOrdersResult is the record of the run, the numbers (or keys) that Magento does not know, and those of orders that it has and
// cannot show. An entity_id is written entity-12.
type ResyncOrdersResult struct {
	Run        store.Run `json:"run"`
	Missing    []string  `json:"missing,omitempty"`
	Unreadable []string  `json:"unreadable,omitempty"`
}

// ResyncOrders reads orders by number, stages them before all others, and takes them to B1. Held ones are tried again. Those that are to go as
// they are staged it only takes to B1.
func ResyncOrders(ctx workflow.Context, in ResyncOrdersInput) (*ResyncOrdersResult, error) {
	r := &resyncOrders{in: in, started: map[order.Key]bool{}}
	if err := r.setup(ctx); err != nil {
		return nil, err
	}
	return r.run(withOptions(ctx))
}

type resyncOrders struct {
	in     ResyncOrdersInput
	result ResyncOrdersResult
	poster *poster
	// started are the orders that this run has begun.
	started map[order.Key]bool
}

func (r *resyncOrders) setup(ctx workflow.Context) error {
	if err := r.in.Validate(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), activities.TypeRefused, nil)
	}
	if r.in.Staged && workflow.GetVersion(ctx, "staged", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		r.in.Staged = false // a worker that did not know it has begun to read the orders
	}
	r.result.Run = newRun(ctx, r.kind(), r.in.Instance)
	r.poster = newPoster(ctx, DefaultWindow, &r.result.Run.Counts, workflow.Now(ctx).Add(DefaultBudget))
	return nil
}

// kind names the run in its record.
func (r *resyncOrders) kind() string {
	switch {
	case r.in.Hint:
		return store.KindHint
	case r.in.Staged:
		return store.KindRetry
	}
	return store.KindResync
}

func (r *resyncOrders) run(ctx workflow.Context) (*ResyncOrdersResult, error) {
	if r.in.Staged {
		return r.retry(ctx)
	}
	found, err := r.find(ctx, activities.FindOrdersInput{IncrementIDs: r.in.IncrementIDs, EntityIDs: r.in.EntityIDs, Keys: r.in.Keys})
	if err != nil && r.in.Hint && !temporal.IsCanceledError(err) {
		r.result.Run.Errors = append(r.result.Run.Errors, "read Magento: "+text(err))
		_, err = finish(ctx, &r.result.Run, r.poster)
		return &r.result, err
	}
	if err != nil {
		return nil, err
	}
	if err := r.take(ctx, found); err != nil {
		return nil, err
	}
	if err := writeBack(ctx, &r.result.Run, r.poster, found.WriteBack); err != nil {
		return nil, err
	}
	_, err = finish(ctx, &r.result.Run, r.poster)
	return &r.result, err
}

// retry takes orders to B1 as they are staged.
func (r *resyncOrders) retry(ctx workflow.Context) (*ResyncOrdersResult, error) {
	var found activities.OpenOrdersResult
	if err := workflow.ExecuteActivity(ctx, act.OpenOrders, activities.OpenOrdersInput{Instance: r.in.Instance, Keys: r.in.Keys}).Get(ctx, &found); err != nil {
		return nil, err
	}
	r.poster.paced = found.Paced
	more, err := r.start(ctx, found.Open)
	if err == nil && more {
		err = r.poster.drain(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := writeBack(ctx, &r.result.Run, r.poster, false); err != nil {
		return nil, err
	}
	_, err = finish(ctx, &r.result.Run, r.poster)
	return &r.result, err
}

// take stages what was found and takes it to B1.
func (r *resyncOrders) take(ctx workflow.Context, found activities.FindOrdersResult) error {
	r.result.Missing, r.result.Unreadable = found.Missing, found.Unreadable
	staged, err := r.stage(ctx, found)
	if err != nil {
		return err
	}
	if more, err := r.start(ctx, staged.Open); err != nil || !more {
		return err // what is not started is pending and first in the queue of the next run
	}
	if early := r.tooEarly(found, staged); len(early) > 0 && workflow.GetVersion(ctx, "look-again", workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		if more, err := r.lookAgain(ctx, early); err != nil || !more {
			return err
		}
	}
	return r.poster.drain(ctx)
}

// tooEarly gives the numbers of orders of which the shop may have spoken in the middle of a transaction: Magento does not show them,
// or as they were before.
func (r *resyncOrders) tooEarly(found activities.FindOrdersResult, staged activities.SyncOrderResult) []string {
	if !r.in.Hint {
		return nil
	}
	early := slices.Clone(found.Missing)
	for _, key := range staged.AsBefore {
		early = append(early, key.IncrementID())
	}
	return early
}

// lookAgain reads orders once more, when the shop has had the time to commit them. more is false when no order is to be started
// any more. What this reading does not see, the next SyncOrders sees.
func (r *resyncOrders) lookAgain(ctx workflow.Context, numbers []string) (more bool, err error) {
	if err := workflow.Sleep(ctx, gather); err != nil {
		return false, err
	}
	found, err := r.find(ctx, activities.FindOrdersInput{IncrementIDs: numbers})
	if err != nil {
		if temporal.IsCanceledError(err) {
			return false, err
		}
		r.result.Run.Errors = append(r.result.Run.Errors, "read Magento: "+text(err))
		return true, nil
	}
	r.result.Missing, r.result.Unreadable = found.Missing, append(r.result.Unreadable, found.Unreadable...)
	staged, err := r.stage(ctx, found)
	if err != nil {
		return false, err
	}
	return r.start(ctx, staged.Open)
}

func (r *resyncOrders) stage(ctx workflow.Context, found activities.FindOrdersResult) (staged activities.SyncOrderResult, err error) {
	r.poster.paced = found.Paced
	in := activities.SyncOrderInput{Instance: r.in.Instance, Refs: found.Refs, Again: !r.in.Hint, Actor: r.in.Actor}
	if err := workflow.ExecuteActivity(ctx, act.SyncOrder, in).Get(ctx, &staged); err != nil {
		return staged, err
	}
	r.result.Run.Counts = r.result.Run.Counts.Add(staged.Counts)
	r.result.Missing = append(r.result.Missing, staged.Missing...)
	return staged, nil
}

// hintPatience is how long a hint tries to read Magento. The next SyncOrders reads what it did not: an outage must not
// leave a heap of readings that all begin again at once.
const hintPatience = time.Minute

// find reads the orders that are named from Magento.
func (r *resyncOrders) find(ctx workflow.Context, in activities.FindOrdersInput) (found activities.FindOrdersResult, err error) {
	in.Instance, in.Again, in.Actor = r.in.Instance, !r.in.Hint, r.in.Actor
	if r.in.Hint {
		ctx = workflow.WithScheduleToCloseTimeout(ctx, hintPatience)
	}
	err = workflow.ExecuteActivity(ctx, act.FindOrders, in).Get(ctx, &found)
	return found, err
}

// start begins the orders. more is false when no order is to be started any more.
func (r *resyncOrders) start(ctx workflow.Context, keys []order.Key) (more bool, err error) {
	for _, key := range keys {
		if r.started[key] {
			continue // the same ID twice in one workflow task would break it
		}
		r.started[key] = true
		if ok, err := r.poster.room(ctx); err != nil || !ok {
			return false, err
		}
		r.poster.start(ctx, key)
	}
	return true, nil
}
