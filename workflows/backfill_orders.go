package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// BackfillOrdersInput says which orders of a shop are to be brought to B1 behind all others: those of a selection, or those named.
type BackfillOrdersInput struct {
	Instance string `json:"instance"`
	// Selected is read whatever its size. A To that is zero is the moment at which the backfill begins.
	Selected *order.Selection `json:"selected,omitempty"`
	// IncrementIDs name orders of every store, Keys those of one; together at most 10,000.
	IncrementIDs []string    `json:"increment_ids,omitempty"`
	Keys         []order.Key `json:"keys,omitempty"`
	// DryRun counts what would be staged, by state, and stages and sends nothing.
	DryRun bool `json:"dry_run,omitempty"`
	// Window is the number of orders in hand at once, 1 to 500; 0 for the default.
	Window int `json:"window,omitempty"`
	// Actor is who asked, for the orders' timelines: a user name or "starter".
	Actor string `json:"actor,omitempty"`
	// Resume carries a backfill on after continue-as-new; leave it out.
	Resume *backfillState `json:"resume,omitempty"`
}

const (
	// maxNames bounds what is named: it is carried from history to history, and the server takes 2 MB.
	maxNames = 10_000
	// namesAtOnce is how many of them one step reads.
	namesAtOnce = 200
	// maxWindow is that of a run.
	maxWindow = 500
	// backfillWindow keeps B1 busy at 40 calls at once, and is half of what a run has for fresh orders.
	backfillWindow = 50
	// pagesOfWindow is how many windows of imports are read of the queue at once.
	pagesOfWindow = 2
	// beside is the part of its window, one in so many, that a backfill uses while fresh orders wait.
	beside = 4
)

// Validate gives all that is wrong with the request, each as an error of its own (errors.Join).
func (in BackfillOrdersInput) Validate() error {
	names := len(in.IncrementIDs) + len(in.Keys)
	var all []error
	switch {
	case in.Selected == nil && names == 0:
		all = append(all, errors.New("nothing is selected: name a range, or orders"))
	case in.Selected != nil && names > 0:
		all = append(all, errors.New("name either a range or orders, not both"))
	case names > maxNames:
		all = append(all, fmt.Errorf("%d orders are named: name at most %d, or a range", names, maxNames))
	}
	for _, key := range in.Keys {
		if key.Instance() != in.Instance {
			all = append(all, fmt.Errorf("%s is an order of the instance %s, not of %s", key, key.Instance(), in.Instance))
		}
	}
	if in.Selected != nil {
		selected := *in.Selected
		if selected.To.IsZero() {
			selected.To = selected.From.Add(time.Second) // it is set when the backfill begins
		}
		all = append(all, selected.Validate())
	}
	if in.Window < 0 || in.Window > maxWindow {
		all = append(all, fmt.Errorf("window: is %d, want 1 to %d", in.Window, maxWindow))
	}
	return errors.Join(all...)
}

// ProgressQuery is the query that gives the record of a backfill as it stands (store.Run).
const ProgressQuery = "progress"

// backfillState is all that a backfill knows; it is what continue-as-new carries on.
type backfillState struct {
	Run store.Run `json:"run"`
	// Next is the entity_id behind which reading goes on, Named how many of the names are read; Read is true when all is.
	Next  int64 `json:"next"`
	Named int   `json:"named"`
	Read  bool  `json:"read"`
	// Counted is how many orders the selection had when reading began, by Magento's count.
	Counted int64 `json:"counted,omitempty"`
	// Queue is where taking from the queue goes on. Waiting is how many waited when this pass through it began, Passed how many when
	// the pass before it did, 0 in the first.
	Queue   string `json:"queue"`
	Waiting int    `json:"waiting"`
	Passed  int    `json:"passed"`
	// Left are the orders whose children earlier histories, or parts, have left to themselves.
	Left []leftOrder `json:"left,omitempty"`
	// Parts is how many parts were begun. OnWay is how many orders those of this pass have left to themselves, or found so.
	Parts int `json:"parts,omitempty"`
	OnWay int `json:"on_way,omitempty"`
	// Mark is what was done at MarkedAt, from where the rate is measured.
	Mark     int       `json:"mark"`
	MarkedAt time.Time `json:"marked_at"`
}

// BackfillOrders reads a part of a shop's orders, whatever their age, stages them as imports and takes them to B1, behind all
// others. It ends when they are settled as far as B1 lets them, and its result is its record: what it leaves pending the runs of
// the schedule take up. It can be paused (PauseSignal) and watched (ProgressQuery). An outage does not make it fail: it waits.
func BackfillOrders(ctx workflow.Context, in BackfillOrdersInput) (*store.Run, error) {
	b := &backfill{in: in}
	if err := b.setup(ctx); err != nil {
		return nil, err
	}
	run, err := b.run(ctx)
	if temporal.IsCanceledError(err) {
		return nil, b.abandon(ctx, err)
	}
	return run, err
}

type backfill struct {
	in     BackfillOrdersInput
	state  *backfillState
	poster *poster
	// parts take the imports to B1; nil where an earlier release began the history, and while it reads.
	parts *parts
	said  workflow.ReceiveChannel
	// children is the context of the children: they go on when the backfill is cancelled.
	children workflow.Context
	// due is true when the record is to be written although nothing happens.
	due bool
}

// progress is what the record says of the backfill itself.
func (b *backfill) progress() *store.BackfillProgress { return b.state.Run.Backfill }

func (b *backfill) setup(ctx workflow.Context) error {
	if err := b.in.Validate(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), activities.TypeRefused, nil)
	}
	b.in.IncrementIDs, b.in.Keys = distinct(b.in.IncrementIDs), distinct(b.in.Keys)
	if b.in.Window == 0 {
		b.in.Window = backfillWindow
	}
	if b.state = b.in.Resume; b.state == nil {
		b.state = b.first(ctx)
	}
	b.poster = newPoster(ctx, b.in.Window, &b.state.Run.Counts, workflow.Now(ctx).Add(historyFor))
	for _, left := range b.state.Left {
		b.poster.left[left.Key] = true
	}
	b.children, _ = workflow.NewDisconnectedContext(ctx)
	b.listen(ctx)
	b.beat(ctx)
	return workflow.SetQueryHandler(ctx, ProgressQuery, func() (store.Run, error) { return b.state.Run, nil })
}

// first is where a backfill begins.
func (b *backfill) first(ctx workflow.Context) *backfillState {
	now := workflow.Now(ctx)
	if s := b.in.Selected; s != nil {
		selected := *s
		if selected.To.IsZero() {
			selected.To = now
		}
		b.in.Selected = &selected
	}
	state := &backfillState{Run: newRun(ctx, "backfill", b.in.Instance), MarkedAt: now}
	state.Run.Backfill = &store.BackfillProgress{Selection: b.in.Selected, DryRun: b.in.DryRun, Phase: store.BackfillReads,
		Imported: map[order.Status]int{}, Others: map[order.Status]int{}}
	if names := len(b.in.IncrementIDs) + len(b.in.Keys); names > 0 {
		state.Run.Backfill.Names, state.Run.Backfill.Total = names, int64(names)
	}
	return state
}

// run reads all and then posts: reading takes a fraction of the time, and the orders come to B1 in their order.
func (b *backfill) run(ctx workflow.Context) (*store.Run, error) {
	ctx = withFewTries(withOptions(ctx))
	if b.in.Resume == nil {
		if err := b.note(ctx); err != nil {
			return nil, err
		}
	}
	if err := b.read(ctx); err != nil {
		return nil, err
	}
	if !b.in.DryRun {
		if err := b.post(ctx); err != nil {
			return nil, err
		}
	}
	return b.finish(ctx)
}

// finish closes the record.
func (b *backfill) finish(ctx workflow.Context) (*store.Run, error) {
	ended := workflow.Now(ctx)
	b.state.Run.EndedAt = &ended
	p := b.progress()
	p.Phase, p.Paused, p.PausedBy, p.Waits, p.Rate = store.BackfillEnded, false, "", "", 0
	if err := b.note(ctx); err != nil {
		return nil, err
	}
	return &b.state.Run, nil
}

// abandon closes the record of a backfill that was cancelled. What is staged the runs of the schedule take to B1.
func (b *backfill) abandon(ctx workflow.Context, cause error) error {
	ctx, done := workflow.NewDisconnectedContext(ctx)
	defer done()
	if b.parts != nil { // they are cancelled, and say what they had in hand
		if err := workflow.Await(ctx, b.parts.none); err != nil {
			return err
		}
	}
	b.state.Run.Counts.InHand += b.poster.open
	b.state.Run.Errors = append(b.state.Run.Errors, store.BackfillCancelled)
	if _, err := b.finish(withFewTries(withOptions(ctx))); err != nil {
		return err
	}
	return cause
}

// continueAsNew goes on in a fresh history when its parts have ended, or its children, or but a few of them.
func (b *backfill) continueAsNew(ctx workflow.Context) error {
	switch {
	case b.parts == nil:
		if err := b.waitForMost(ctx); err != nil {
			return err
		}
		b.leave(ctx)
	default:
		if err := b.until(ctx, b.parts.none); err != nil {
			return err
		}
		if b.parts.upset() {
			b.state.Queue = ""
		}
	}
	b.forget()
	b.hear() // what is said and not heard would be lost
	b.in.Resume = b.state
	return workflow.NewContinueAsNewError(ctx, BackfillOrders, b.in)
}
