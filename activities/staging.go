package activities

import (
	"errors"
	"fmt"
	"time"

	"datawald/order"
	"datawald/store"
)

// CodeStaysSkipped is what the timeline of a skipped order says of a resync.
const CodeStaysSkipped = "stays skipped: resume it to take it to B1"

// Codes of what changed in Magento after an order was posted or skipped.
const (
	codeCancelledInMagento = "cancelled_in_magento"
	codeRefunded           = "refunded_in_magento"
	codeChanged            = "changed_in_magento"
)

// staging applies one document to one staged order.
type staging struct {
	instance Instance
	doc      *store.Staged
	again    bool
	isNew    bool
	// importing is set when a backfill brings the document.
	importing importing
	detail    string
	// onlyTime is true when the document is the staged one and was merely touched.
	onlyTime bool
}

func (s *staging) apply(o *order.Order, convertErr error, ref store.PayloadRef) string {
	doc := s.doc
	s.onlyTime = doc.PayloadHash == ref.Hash && !s.again && convertErr == nil
	doc.PayloadHash = ref.Hash
	if !ref.UpdatedAt.IsZero() {
		doc.Magento.UpdatedAt = ref.UpdatedAt
	}
	doc.Magento.ReadAt, doc.Reread = ref.ReadAt, false
	if s.onlyTime {
		return stagedUnchanged
	}
	if s.isNew {
		doc.StagedAt = now()
		doc.PlacedAt = doc.StagedAt
		doc.Import = s.importing.run(o)
	} else if doc.Import != "" && s.importing.run(o) == "" { // it is no order of the history any more, such as one that was paid today
		doc.Promoted = true
	}
	doc.Manual = (doc.Manual || s.again) && !doc.Skipped()
	if convertErr != nil {
		return s.unreadable(convertErr)
	}
	was := doc.ContentHash
	doc.Order, doc.ContentHash, doc.ErasedAt = o, o.ContentHash(), time.Time{}
	doc.StoreID, doc.IncrementID, doc.EntityID, doc.PlacedAt = o.StoreID, o.IncrementID, o.EntityID, o.CreatedAt
	doc.Magento = store.MagentoSide{State: o.State, Status: o.Status, UpdatedAt: o.UpdatedAt, Total: o.Total(), ReadAt: ref.ReadAt}
	if doc.Skipped() {
		return s.afterSkipping(o, was)
	}
	if inB1(doc) {
		return s.afterPosting(o)
	}
	return s.beforePosting(o)
}

// TakeUp puts an order that somebody asked for before all others, when it is not settled yet: held with or without a
// document in B1, a draft, or sent without an answer. One that was cancelled in B1 is sent anew.
func TakeUp(doc *store.Staged) {
	code := ""
	if doc.Reason != nil {
		code = doc.Reason.Code
	}
	if code == codeCancelledInB1 || code == codeReferenceCancelled {
		passOver(doc)
	} else if code == CodeDraftRejected || code == codeGone {
		DropDocument(doc) // what is still there is found again
	} else if doc.Status == order.Posted || doc.Status == order.Cancelled || doc.Status == order.Excluded {
		return
	}
	doc.Status, doc.Reason, doc.DueAt, doc.Manual = order.Pending, nil, now(), true
}

// passOver lets the order be sent although B1 has the cancelled sales order for which it is held or cancelled, and no other. An
// earlier release did not note for which: that is found out when it is looked for.
func passOver(doc *store.Staged) {
	entry := doc.Obstacle
	if doc.BO != nil {
		entry = doc.BO.DocEntry
	}
	DropDocument(doc)
	if doc.Obstacle = 0; entry == 0 {
		doc.AgainstCancelled = true
		return
	}
	doc.LetPass(entry)
}

// DropDocument lets go of the document that B1 had of the order: what is sent next is one of its own.
func DropDocument(doc *store.Staged) {
	if doc.BO != nil {
		doc.Known(doc.BO.Reference)
		doc.Replaces, doc.ReplacesDraft = doc.BO.DocEntry, doc.BO.Draft
	}
	doc.BO, doc.PostedHash = nil, ""
}

// inB1 reports whether B1 has, or may have, a document for the order: then no change in Magento may set it aside.
func inB1(doc *store.Staged) bool { return doc.BO != nil || doc.Intent != nil }

// unreadable holds an order whose document says nothing. One that B1 has keeps its state; the clerk is told.
func (s *staging) unreadable(cause error) string {
	reason := unreadableReason(cause)
	s.detail = reason.Message
	if inB1(s.doc) {
		s.note(reason, s.doc.PayloadHash)
		return stagedUnreadable
	}
	s.doc.Order, s.doc.ContentHash, s.doc.ErasedAt = nil, "", time.Time{} // the version before must not be posted in its place
	if s.doc.Skipped() {
		s.note(reason, s.doc.PayloadHash)
		return stagedUnreadable
	}
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
		passOver(doc)
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
		s.attend(codeCancelledInMagento, "state", "The order was cancelled in Magento after it was posted.", "Cancel the sales order in B1 if nothing is delivered.")
	case o.State == "closed", !o.Totals.Refunded.IsZero():
		s.attend(codeRefunded, "total_refunded", fmt.Sprintf("Magento has refunded %s of the order since it was posted.",
			order.Money{Amount: o.Totals.Refunded, Currency: o.Currency}), "Book the return or the credit memo in B1.")
	case doc.PostedHash != "" && doc.PostedHash != doc.ContentHash:
		s.attend(codeChanged, "content", "The order was changed in Magento after it was posted.", "Compare both and change the sales order in B1.")
	case doc.MayBeTwice(): // only a person can tell that this is settled
	default:
		doc.Attention = nil
	}
	if s.again {
		TakeUp(doc)
	}
	return stagedChanged
}

// afterSkipping never moves an order that a person has skipped, whoever brings it; it says what changed. was is the hash of the content before.
func (s *staging) afterSkipping(o *order.Order, was string) string {
	doc := s.doc
	switch {
	case doc.MayBeTwice():
	case o.Cancelled():
		s.attend(codeCancelledInMagento, "state", "The order was cancelled in Magento after it was skipped.", "There is nothing to do: it stays out of B1.")
	case doc.SkippedHash != "" && doc.SkippedHash == doc.ContentHash: // Magento has it again as it was
		doc.Attention = nil
	case was == "" || order.SameForm(was, doc.ContentHash) && was != doc.ContentHash: // it could not be read before, or says something else
		s.attend(codeChanged, "content", "The order was changed in Magento after it was skipped.", "It stays out of B1. Resume it if it is to be posted after all.")
	}
	if s.again {
		s.detail = CodeStaysSkipped
	}
	return stagedExcluded
}

func (s *staging) attend(code, field, message, hint string) {
	s.note(&order.Reason{Code: code, Field: field, Message: message, Hint: hint}, SettledContent(s.doc))
	s.detail = code
}

// note puts an attention up, unless a person has settled it for this content. content is what it is about.
func (s *staging) note(r *order.Reason, content string) {
	s.doc.Attention = r
	if settled := s.doc.Settled; settled != nil && settled.Code == r.Code && settled.Content == content {
		s.doc.Attention = nil
	}
}

// SettledContent is what the attention of an order that can be read is about: its content, and how much of it was refunded, which is no part of that.
func SettledContent(doc *store.Staged) string {
	if doc.Order == nil {
		return doc.ContentHash
	}
	return doc.ContentHash + " " + doc.Order.Totals.Refunded.String()
}

// Settle takes the order's attention away, for as long as Magento's document says the same.
func Settle(doc *store.Staged) {
	content := doc.PayloadHash // of a version that could not be read, for whatever reason
	switch doc.Attention.Code {
	case codeCreatedLate, codeChanged, codeRefunded, codeCancelledInMagento:
		content = SettledContent(doc)
	}
	doc.Settled, doc.Attention = &store.Settled{Code: doc.Attention.Code, Content: content}, nil
}
