package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Reconciliation is the account of one reconciliation: each order that Magento has in a window stands in exactly one of its lines. It is part of
// the record of its run (Run.Reconciliation), which is written while it is under way as well.
type Reconciliation struct {
	// From and To bound the orders by when they were placed (created_at in Magento, UTC): From inclusive, To exclusive.
	From time.Time `bson:"from" json:"from"`
	To   time.Time `bson:"to" json:"to"`
	// Days is the length of a window that moves with the time; 0 where its beginning was named. Partial is true of one that is shorter than the nightly one, or does
	// not go up to its beginning: it says little about the books as a whole.
	Days    int  `bson:"days,omitempty" json:"days,omitempty"`
	Partial bool `bson:"partial,omitempty" json:"partial,omitempty"`
	// Heal is true when what can be mended is mended; Force when a person said so although much is missing (KindTooManyMissing).
	Heal  bool `bson:"heal" json:"heal"`
	Force bool `bson:"force,omitempty" json:"force,omitempty"`
	// Most is how many may be missing before nothing is mended; 0 where none was set yet, negative for any number.
	Most int64 `bson:"most,omitempty" json:"most,omitempty"`
	// Phase is what it does.
	Phase ReconcilePhase `bson:"phase" json:"phase"`
	// Waits says why it waits: quiet hours, an outage of Magento or B1. Empty while it does not.
	Waits string `bson:"waits,omitempty" json:"waits,omitempty"`
	// Total is how many orders Magento counts in the window, asked anew at the end up to EntityID: what is placed behind the reading with an earlier time is not among them. Orders
	// is how many were compared, which is the sum of Lines. They differ when an order of the window was committed or removed while it was read, or is kept back.
	Total  int64 `bson:"total" json:"total"`
	Orders int64 `bson:"orders" json:"orders"`
	// EntityID is the last order that was compared.
	EntityID int64 `bson:"entity_id,omitempty" json:"entity_id,omitempty"`
	// Lines counts the orders by their line of account. Lines without orders are left out.
	Lines map[AccountLine]int64 `bson:"lines" json:"lines"`
	// Findings counts what this reconciliation found, by kind. That is one for each order in a line that is a finding, and those
	// that concern no order of the window.
	Findings map[FindingKind]int64 `bson:"findings" json:"findings"`
	// Older counts by kind the findings about orders from before its window that it was the latest to see, and that are open at its end.
	Older map[FindingKind]int64 `bson:"older,omitempty" json:"older,omitempty"`
	// Healed counts by kind what it mended itself.
	Healed map[FindingKind]int64 `bson:"healed,omitempty" json:"healed,omitempty"`
	// Resolved is how many findings of earlier reconciliations are found no more.
	Resolved int64 `bson:"resolved" json:"resolved"`
	// NotedAt is when this was written down.
	NotedAt time.Time `bson:"noted_at" json:"noted_at"`
}

// NotShown is how many orders of the window Magento counts and has not shown to a reconciliation that came to its end: they stand in no line. A module or an archive of
// the shop may keep them back.
func (r *Reconciliation) NotShown() int64 {
	if r == nil || r.Phase != ReconcileEnded {
		return 0
	}
	return max(0, r.Total-r.Orders)
}

// ReconcilePhase is what a reconciliation does.
type ReconcilePhase string

// The phases, in their order. Between comparing and healing time passes, so that what was only on its way is there by the second look.
const (
	ReconcileCompares ReconcilePhase = "comparing"
	ReconcileSettles  ReconcilePhase = "settling"
	ReconcileHeals    ReconcilePhase = "healing"
	ReconcileEnded    ReconcilePhase = "ended"
)

// AccountLine is where an order stands in the account. Those that ask for something are the kinds of findings as well.
type AccountLine string

// Lines of orders that are as they should be, or that the store already has a reason or work for.
const (
	// LineInB1: posted, B1 has one live sales order of it, and the totals agree.
	LineInB1 AccountLine = "in_b1"
	// LineDraft: B1 has a draft that waits for approval, or for being added.
	LineDraft AccountLine = "draft"
	// LinePending: staged, waits for B1. LineInHand: an attempt has it right now, or one ended without a clear answer.
	LinePending AccountLine = "pending"
	LineInHand  AccountLine = "in_hand"
	// LineHeld: a person must look, and the order says why. LineSkipped: a person keeps it from B1. LineExcluded: a rule does.
	LineHeld     AccountLine = "held"
	LineSkipped  AccountLine = "skipped"
	LineExcluded AccountLine = "excluded"
	// LineCancelled: ended before it was posted, or cancelled in B1 with the store's knowledge.
	LineCancelled AccountLine = "cancelled"
	// LineNotRead: changed so lately that the reading has yet to come to it. LineBefore: placed and last changed before MAGENTO_SYNC_FROM, so
	// that it is none of the connector's.
	LineNotRead AccountLine = "not_read_yet"
	LineBefore  AccountLine = "before_start"
)

// AccountLines lists all lines in the order in which people read them, those that are findings last.
func AccountLines() []AccountLine {
	lines := []AccountLine{LineInB1, LineDraft, LinePending, LineInHand, LineHeld, LineSkipped, LineExcluded, LineCancelled, LineNotRead, LineBefore}
	for _, k := range FindingKinds() {
		if k.OfOrder() {
			lines = append(lines, AccountLine(k))
		}
	}
	return lines
}

// FindingKind is what is amiss.
type FindingKind string

// Kinds of findings.
const (
	// FindMissingInStore: Magento has the order, the store does not, though the reading has passed it.
	FindMissingInStore FindingKind = "missing_in_store"
	// FindMissingInB1: the store says posted, B1 has nothing of it, neither under its reference nor under its DocEntry.
	FindMissingInB1 FindingKind = "missing_in_b1"
	// FindKeyChanged: B1 has the document, under another reference than the order's.
	FindKeyChanged FindingKind = "key_changed"
	// FindOtherDocument: B1 has one live sales order under the order's reference, and it is not the one that the order was posted as.
	FindOtherDocument FindingKind = "other_document"
	// FindDuplicate: B1 has more than one live sales order of it.
	FindDuplicate FindingKind = "duplicate"
	// FindTotalDiffers: B1's total is neither what was sent nor what the order comes to today.
	FindTotalDiffers FindingKind = "total_differs"
	// FindCancelledInB1: the store says posted, B1's sales order is cancelled.
	FindCancelledInB1 FindingKind = "cancelled_in_b1"
	// FindUnexpectedInB1: B1 has a live sales order of one that the store has as cancelled.
	FindUnexpectedInB1 FindingKind = "unexpected_in_b1"
	// FindStaleInStore: Magento changed the order, the store has it as it was, though the reading has passed the change.
	FindStaleInStore FindingKind = "stale_in_store"
	// FindTooManyMissing: so many are missing in B1 that it may be another or an older company. It stands for the window, not for an order.
	FindTooManyMissing FindingKind = "too_many_missing"
)

// FindingKinds lists them in the order in which people read them.
func FindingKinds() []FindingKind {
	return []FindingKind{FindMissingInStore, FindMissingInB1, FindKeyChanged, FindOtherDocument, FindDuplicate, FindTotalDiffers, FindCancelledInB1, FindUnexpectedInB1,
		FindStaleInStore, FindTooManyMissing}
}

// OfOrder reports whether findings of the kind are each about one order, and the kind so is a line of account.
func (k FindingKind) OfOrder() bool { return k != FindTooManyMissing }

// ReconciliationStatus is what is known of an instance's books: the latest reconciliation that came to its end, and what is open now.
type ReconciliationStatus struct {
	// Latest is the latest one that came to its end and was not Partial; nil until there was one.
	Latest *Run `json:"latest,omitempty"`
	// Running is the one that is under way; nil for none.
	Running *Run `json:"running,omitempty"`
	// Open counts by kind the findings that are not mended; every kind is there. Healed counts those that were mended and that no later
	// reconciliation has confirmed yet.
	Open   map[FindingKind]int64 `json:"open"`
	Healed map[FindingKind]int64 `json:"healed"`
	// ForPerson is Open without what Running is the first to have found and is about to mend: what alarms, figures and the page tell of. Every kind is there.
	ForPerson map[FindingKind]int64 `json:"-"`
}

// ReconciliationOf reads how the books of an instance stand.
func (s *Store) ReconciliationOf(ctx context.Context, instance string) (*ReconciliationStatus, error) {
	status := &ReconciliationStatus{}
	var err error
	if status.Latest, err = s.latestReconciliation(ctx, instance, true); err != nil {
		return nil, err
	}
	if status.Running, err = s.latestReconciliation(ctx, instance, false); err != nil {
		return nil, err
	}
	if latest := status.Latest; latest != nil && status.Running != nil && !status.Running.StartedAt.After(latest.StartedAt) {
		status.Running = nil // its end was never noted, and others came after it
	}
	if status.Open, status.Healed, err = s.CountFindings(ctx, instance); err != nil {
		return nil, err
	}
	if status.ForPerson, err = s.forPerson(ctx, instance, status); err != nil {
		return nil, err
	}
	return status, nil
}

// Age is how long ago the latest reconciliation came to its end; known is false until there was one.
func (r *ReconciliationStatus) Age(now time.Time) (age time.Duration, known bool) {
	if r.Latest == nil || r.Latest.EndedAt == nil {
		return 0, false
	}
	return now.Sub(*r.Latest.EndedAt), true
}

// latestReconciliation is the latest that has compared all of the usual window, or the latest that has not ended.
func (s *Store) latestReconciliation(ctx context.Context, instance string, whole bool) (*Run, error) {
	filter := bson.D{{Key: "instance", Value: instance}, {Key: "kind", Value: KindReconcile}, {Key: "ended_at", Value: bson.D{{Key: "$exists", Value: whole}}}}
	if whole {
		filter = append(filter, bson.E{Key: "reconciliation.phase", Value: ReconcileEnded}, bson.E{Key: "reconciliation.partial", Value: bson.D{{Key: "$ne", Value: true}}})
	}
	var r Run
	err := s.runs.FindOne(ctx, filter, options.FindOne().SetSort(bson.D{{Key: "started_at", Value: -1}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the latest reconciliation: %w", err)
	}
	return &r, nil
}
