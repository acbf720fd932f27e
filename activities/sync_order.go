package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"datawald/magento"
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
	// Again takes held orders up once more and puts all before the others: somebody asked for them by name.
	Again bool `json:"again,omitempty"`
	// Actor is who asked, for the timeline.
	Actor string `json:"actor,omitempty"`
}

// SyncOrderResult counts what became of the documents.
type SyncOrderResult struct {
	Counts store.Counts `json:"counts"`
	// Open are the orders that wait for B1 now. Filled only when the documents were asked for by name (no Cut): a run
	// that reads on takes them from the queue.
	Open []order.Key `json:"open,omitempty"`
}

// SyncOrder is step 3 of the flow: it turns documents into staged orders, each for itself, and then moves the cut.
// A document that cannot be understood is held; only a store that does not answer makes the activity fail.
func (a *Activities) SyncOrder(ctx context.Context, in SyncOrderInput) (*SyncOrderResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	result, err := a.stageAll(ctx, i, in)
	if err != nil {
		return nil, err
	}
	if in.Cut != nil && !in.Cut.IsZero() {
		if err := a.store.AdvanceCut(ctx, in.Instance, store.TaskOrders, *in.Cut); err != nil {
			return nil, err
		}
	}
	if in.Reading != nil {
		if err := a.noteReading(ctx, in); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (a *Activities) noteReading(ctx context.Context, in SyncOrderInput) error {
	if err := a.store.NoteReading(ctx, in.Instance, store.TaskOrders, *in.Reading); err != nil || !in.Done {
		return err
	}
	return a.store.CaughtUp(ctx, in.Instance, store.TaskOrders, *in.Reading)
}

// stagedAtOnce is how many documents are staged side by side: each is a few short calls to the store.
const stagedAtOnce = 8

// stageAll stages every document for itself. Versions of one order keep their order.
func (a *Activities) stageAll(ctx context.Context, i Instance, in SyncOrderInput) (*SyncOrderResult, error) {
	result := &SyncOrderResult{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(stagedAtOnce)
	for _, refs := range byKey(in.Refs) {
		g.Go(func() error {
			for _, ref := range refs {
				outcome, doc, err := a.stage(ctx, i, ref, in)
				if err != nil {
					return err
				}
				mu.Lock()
				result.Counts.Read++
				*counter(&result.Counts, outcome)++
				if in.Cut == nil && doc.Status.Open() {
					result.Open = append(result.Open, ref.Key)
				}
				mu.Unlock()
			}
			return nil
		})
	}
	err := g.Wait()
	slices.Sort(result.Open)
	return result, err
}

// byKey groups the documents of each order.
func byKey(refs []store.PayloadRef) [][]store.PayloadRef {
	place := map[order.Key]int{}
	var groups [][]store.PayloadRef
	for _, r := range refs {
		n, seen := place[r.Key]
		if !seen {
			n = len(groups)
			place[r.Key], groups = n, append(groups, nil)
		}
		groups[n] = append(groups[n], r)
	}
	return groups
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

// stage brings one staged order up to its document, and gives it as it stands now.
func (a *Activities) stage(ctx context.Context, i Instance, ref store.PayloadRef, in SyncOrderInput) (string, *store.Staged, error) {
	if doc, err := a.store.Get(ctx, ref.Key); err == nil && !in.Again && seen(ref, doc) {
		return stagedUnchanged, doc, nil // the common case, without reading the document
	}
	raw, err := a.store.Payload(ctx, ref)
	if err != nil {
		return "", nil, fmt.Errorf("order %s: payload %s: %w", ref.Key, ref.Hash, err)
	}
	o, convertErr := magento.Convert(i.Name, raw)
	if o != nil && !ref.UpdatedAt.IsZero() {
		o.UpdatedAt = ref.UpdatedAt // the payload may be that of an earlier reading, when the order was the same
	}
	was, is, err := a.rehash(ctx, i, ref.Key, o)
	if err != nil {
		return "", nil, err
	}
	outcome := stagedUnchanged
	doc, err := a.store.Change(ctx, ref.Key, func(doc *store.Staged) error {
		outcome = stagedUnchanged
		if was != "" && doc.PostedHash == was {
			doc.PostedHash = is
		}
		if !in.Again && seen(ref, doc) {
			return store.ErrUnchanged
		}
		s := staging{instance: i, doc: doc, again: in.Again, isNew: doc.Rev == 0}
		if late(ref, doc) {
			s.takeUp() // asked for by name, but a newer version is staged already
		} else {
			outcome = s.apply(o, convertErr, ref)
		}
		e := event(ctx, "staged", outcome, s.detail)
		e.Actor = in.Actor
		doc.Note(e)
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		err = nil
	}
	if err == nil && outcome == stagedNew && doc.EntityID != 0 {
		err = a.forgetBroken(ctx, i.Name, doc)
	}
	return outcome, doc, err
}

// forgetBroken drops what stood for an order while Magento could not show it: now it stands under its own number.
func (a *Activities) forgetBroken(ctx context.Context, instance string, doc *store.Staged) error {
	shown := magento.Document{EntityID: doc.EntityID}
	key, err := shown.Key(instance)
	if err != nil || key == doc.Key {
		return nil
	}
	return a.store.Remove(ctx, key)
}

// rehash gives the hash of what B1 was told, when another release took it from other members: was is the stored one, is the
// same content by today's. Both are empty when they can be compared as they are.
func (a *Activities) rehash(ctx context.Context, i Instance, key order.Key, today *order.Order) (was, is string, err error) {
	doc, err := a.store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) || err == nil && (today == nil || doc.PostedHash == "" || order.SameForm(doc.PostedHash, today.ContentHash())) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	raw, err := a.store.Payload(ctx, store.PayloadRef{Key: key, Hash: doc.PostedPayload})
	if errors.Is(err, store.ErrNotFound) {
		return "", "", nil // it was erased; the order asks for attention, which is the safe side
	}
	if err != nil {
		return "", "", err
	}
	posted, err := magento.Convert(i.Name, raw)
	if err != nil {
		return "", "", nil
	}
	return doc.PostedHash, posted.ContentHash(), nil
}

// seen reports whether the staged order knows this version or a newer one.
func seen(ref store.PayloadRef, doc *store.Staged) bool {
	return doc.Rev > 0 && (doc.PayloadHash == ref.Hash && !ref.UpdatedAt.After(doc.Magento.UpdatedAt) || late(ref, doc))
}

// late reports whether the document is an earlier version than the one staged: changed earlier and read earlier. Changed
// earlier alone proves nothing, where the shop's clock ran ahead and was set back.
func late(ref store.PayloadRef, doc *store.Staged) bool {
	return doc.Rev > 0 && !ref.UpdatedAt.IsZero() && ref.UpdatedAt.Before(doc.Magento.UpdatedAt) && !ref.ReadAt.After(doc.Magento.ReadAt)
}

// staging applies one document to one staged order.
type staging struct {
	instance Instance
	doc      *store.Staged
	again    bool
	isNew    bool
	detail   string
}

func (s *staging) apply(o *order.Order, convertErr error, ref store.PayloadRef) string {
	doc := s.doc
	same := doc.PayloadHash == ref.Hash && !s.again && convertErr == nil
	doc.PayloadHash = ref.Hash
	if !ref.UpdatedAt.IsZero() {
		doc.Magento.UpdatedAt = ref.UpdatedAt
	}
	doc.Magento.ReadAt = ref.ReadAt
	if same {
		return stagedUnchanged // only its time has moved
	}
	if s.isNew {
		doc.StagedAt = now()
		doc.PlacedAt = doc.StagedAt
	}
	doc.Manual = doc.Manual || s.again
	if convertErr != nil {
		return s.unreadable(convertErr)
	}
	doc.Order, doc.ContentHash = o, o.ContentHash()
	doc.StoreID, doc.IncrementID, doc.EntityID, doc.PlacedAt = o.StoreID, o.IncrementID, o.EntityID, o.CreatedAt
	doc.Magento = store.MagentoSide{State: o.State, Status: o.Status, UpdatedAt: o.UpdatedAt, Total: o.Total(), ReadAt: ref.ReadAt}
	if inB1(doc) {
		return s.afterPosting(o)
	}
	return s.beforePosting(o)
}

// takeUp puts an order that somebody asked for before all others, when it is not settled yet: held with or without a
// document in B1, a draft, or sent without an answer. One that was cancelled in B1 is sent anew.
func (s *staging) takeUp() {
	doc := s.doc
	code := ""
	if doc.Reason != nil {
		code = doc.Reason.Code
	}
	if code == codeCancelledInB1 || code == codeReferenceCancelled {
		doc.AgainstCancelled, doc.BO, doc.PostedHash = true, nil, ""
	} else if code == codeDraftRejected || code == codeGone {
		doc.BO, doc.PostedHash = nil, "" // what is still there is found again
	} else if doc.Status == order.Posted || doc.Status == order.Cancelled || doc.Status == order.Excluded {
		return
	}
	doc.Status, doc.Reason, doc.DueAt, doc.Manual = order.Pending, nil, now(), true
}

// inB1 reports whether B1 has, or may have, a document for the order: then no change in Magento may set it aside.
func inB1(doc *store.Staged) bool { return doc.BO != nil || doc.Intent != nil }

// unreadable holds an order whose document says nothing. One that B1 has keeps its state; the clerk is told.
func (s *staging) unreadable(cause error) string {
	reason := unreadableReason(cause)
	s.detail = reason.Message
	if inB1(s.doc) {
		s.doc.Attention = reason
		return stagedUnreadable
	}
	s.doc.Order, s.doc.ContentHash = nil, "" // the version before must not be posted in its place
	s.doc.Status, s.doc.Reason = order.Held, reason
	return stagedUnreadable
}

func unreadableReason(cause error) *order.Reason {
	if reason, ok := errors.AsType[*order.Reason](cause); ok {
		return reason
	}
	return &order.Reason{Code: "document_unreadable", Message: cause.Error()}
}

func (s *staging) beforePosting(o *order.Order) string {
	doc := s.doc
	if s.again && doc.Reason != nil && doc.Reason.Code == codeReferenceCancelled {
		doc.AgainstCancelled = true
	}
	d := s.instance.Rules.Decide(o, now())
	doc.Status, doc.Reason, doc.DueAt = d.Status, d.Reason, d.Recheck
	switch d.Status {
	case order.Cancelled:
		return stagedCancelled
	case order.Excluded:
		s.detail = d.Reason.Code
		return stagedExcluded
	case order.Held:
		s.detail = d.Reason.Code
		return stagedHeld
	}
	doc.DueAt = now()
	if s.isNew {
		return stagedNew
	}
	return stagedChanged
}

// afterPosting never moves an order that B1 has; it says what changed.
func (s *staging) afterPosting(o *order.Order) string {
	doc := s.doc
	switch {
	case o.Cancelled():
		s.attend("cancelled_in_magento", "state", "The order was cancelled in Magento after it was posted.", "Cancel the sales order in B1 if nothing is delivered.")
	case o.State == "closed", !o.Totals.Refunded.IsZero():
		s.attend("refunded_in_magento", "total_refunded", fmt.Sprintf("Magento has refunded %s of the order since it was posted.",
			order.Money{Amount: o.Totals.Refunded, Currency: o.Currency}), "Book the return or the credit memo in B1.")
	case doc.PostedHash != "" && doc.PostedHash != doc.ContentHash:
		s.attend("changed_in_magento", "content", "The order was changed in Magento after it was posted.", "Compare both and change the sales order in B1.")
	case doc.Attention != nil && doc.Attention.Code == codeCreatedLate: // only a person can tell that this is settled
	default:
		doc.Attention = nil
	}
	if s.again {
		s.takeUp()
	}
	return stagedChanged
}

func (s *staging) attend(code, field, message, hint string) {
	s.doc.Attention = &order.Reason{Code: code, Field: field, Message: message, Hint: hint}
	s.detail = code
}
