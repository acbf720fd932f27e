package activities

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"datawald/activities/failpoint"
	"datawald/order"
	"datawald/store"
)

// SyncOrderInput names a page of documents to stage.
type SyncOrderInput struct {
	Instance string             `json:"instance"`
	Refs     []store.PayloadRef `json:"refs"`
	// Cut moves forward to here when all documents are staged; nil leaves it.
	Cut *order.Cut `json:"cut,omitempty"`
	// Reading is the reading that the page belongs to, with how far it has come once this page is staged; Done says that it
	// has come to its end.
	Reading *store.Reading `json:"reading,omitempty"`
	Done    bool           `json:"done,omitempty"`
	// From is the reading that the page goes on from: this one with how far it had come, and for its first page the one before. Zero for
	// the first reading of all, and for runs of earlier releases. Where the store does not know as much any more, it was set back, and neither cut nor reading moves.
	From store.Reading `json:"from,omitzero"`
	// Again takes held orders up once more and puts all before the others: somebody asked for them by name.
	Again bool `json:"again,omitempty"`
	// Actor is who asked, for the timeline.
	Actor string `json:"actor,omitempty"`
	// importing is set when a backfill brings the documents.
	importing importing
}

// SyncOrderResult counts what became of the documents.
type SyncOrderResult struct {
	Counts store.Counts `json:"counts"`
	// Open are the orders that wait for B1 now, without imports that wait behind all others. Filled only when the documents were asked for by name (no Cut): a run
	// that reads on takes them from the queue.
	Open []order.Key `json:"open,omitempty"`
	// AsBefore are the orders of which Magento gave no other version than the one that was staged, by the time of its last change.
	// Filled as Open is.
	AsBefore []order.Key `json:"as_before,omitempty"`
	// Missing are the keys of orders whose document was taken away between reading and staging, such as by an erasure. Filled as Open is.
	Missing []string `json:"missing,omitempty"`
	// imported and others count the states of the orders, for a backfill: those that it brought, and all others.
	imported, others map[order.Status]int
}

// SyncOrder is step 3 of the flow: it turns documents into staged orders, each for itself, and then moves the cut.
// A document that cannot be understood is held; only a store that does not answer, or that was set back, makes the activity fail.
func (a *Activities) SyncOrder(ctx context.Context, in SyncOrderInput) (*SyncOrderResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	result, err := a.stageAll(ctx, i, in)
	if err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.PageStaged)
	if err := a.follows(ctx, in); err != nil {
		return nil, err
	}
	if in.Cut != nil && !in.Cut.IsZero() {
		if err := a.store.AdvanceCut(ctx, in.Instance, store.TaskOrders, *in.Cut); err != nil {
			return nil, err
		}
		failpoint.Hit(failpoint.CutMoved)
	}
	if in.Reading != nil {
		if err := a.noteReading(ctx, in); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// follows refuses a page that does not go on from where the store is. Runs live in Temporal: one that was reading when MongoDB was restored
// from a backup goes on behind pages that the store has lost, and a cut that moved along would leave them out for good. The
// next run asks the store where to begin, so reading never stops for longer than this one.
func (a *Activities) follows(ctx context.Context, in SyncOrderInput) error {
	if in.From.Began.IsZero() || in.Cut == nil {
		return nil
	}
	p, err := a.store.Progress(ctx, in.Instance, store.TaskOrders)
	if err != nil {
		return err
	}
	if !p.Latest.Behind(in.From) {
		return nil
	}
	return temporal.NewNonRetryableApplicationError("the store was set back while this run was reading: the next run reads on from where the store is",
		TypeRefused, nil)
}

func (a *Activities) noteReading(ctx context.Context, in SyncOrderInput) error {
	if err := a.store.NoteReading(ctx, in.Instance, store.TaskOrders, *in.Reading); err != nil || !in.Done {
		return err
	}
	failpoint.Hit(failpoint.ReadingNoted)
	return a.store.CaughtUp(ctx, in.Instance, store.TaskOrders, *in.Reading)
}

// Outcomes of staging one document, as its timeline names them.
const (
	stagedNew        = "new"
	stagedChanged    = "changed"
	stagedUnchanged  = "unchanged"
	stagedExcluded   = "excluded"
	stagedCancelled  = "cancelled"
	stagedHeld       = "held"
	stagedUnreadable = "unreadable"
)

func counter(c *store.Counts, outcome string) *int {
	switch outcome {
	case stagedNew:
		return &c.New
	case stagedUnchanged:
		return &c.Unchanged
	case stagedExcluded:
		return &c.Excluded
	case stagedCancelled:
		return &c.Cancelled
	case stagedHeld:
		return &c.Held
	case stagedUnreadable:
		return &c.Unreadable
	}
	return &c.Changed
}
