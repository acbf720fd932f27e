// Package preview tries rules on orders without sending anything: what B1 would get, why an order would be held or left out,
// and what other rules would change. It asks B1 nothing, and writes nothing anywhere.
package preview

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// Subject is one order with all that rules need of it.
type Subject struct {
	Key order.Key
	// State is where the staged order stands; empty for a document from elsewhere.
	State order.Status
	// InB1 is true for an order that B1 has, or may have: the rules that leave orders out are not asked about it any more.
	InB1 bool
	// Settled says why an order is cancelled for good, in Magento or in B1; nil for all others.
	Settled *order.Reason
	Order   *order.Order
	// Source is the Magento document; nil where the rules do not read it.
	Source *mapping.Source
	// Erased says that the Magento document is gone; nil where it is there or was not looked for. Rules that do not read it do
	// without, also where Order is of an earlier release.
	Erased *order.Reason
	// Unreadable says why there is no Order.
	Unreadable *order.Reason
}

// FromDocument makes the subject of a document as Magento answers it.
func FromDocument(instance string, raw []byte) Subject {
	o, err := magento.Convert(instance, raw)
	if err != nil {
		return Subject{Unreadable: reasonOf(err)}
	}
	return Subject{Key: o.Key, Order: o, Source: mapping.NewSource(raw)}
}

func reasonOf(err error) *order.Reason {
	if reason, ok := errors.AsType[*order.Reason](err); ok {
		return reason
	}
	return &order.Reason{Code: "document_unreadable", Message: err.Error()}
}

// FromStore makes the subject of a staged order. The Magento document is read where some of the rules read it, and where the
// staged form of the order is missing or of an earlier release, whose members may be fewer; where it is gone, the staged form
// serves. Its error is that of the store.
func FromStore(ctx context.Context, db *store.Store, doc *store.Staged, rules ...*mapping.Rules) (Subject, error) {
	s := newSubject(doc)
	if doc.Erased() { // without its buyer it would come out as another order
		s.Order, s.Unreadable = nil, missing("The personal data of the order were erased on "+doc.ErasedAt.Format(time.DateOnly)+".")
		return s, nil
	}
	anew := doc.Order == nil || !order.SameForm(doc.ContentHash, todaysForm)
	if !anew && !readSource(doc.StoreID, rules) {
		return s, nil
	}
	raw, reason, err := payload(ctx, db, doc)
	switch {
	case err != nil:
		return s, err
	case reason != nil && doc.Order != nil && doc.PayloadHash != "":
		s.Erased = reason // what was read of it then must do
		return s, nil
	case reason != nil:
		s.Order, s.Unreadable = nil, reason
		return s, nil
	}
	s.Source = mapping.NewSource(raw)
	if anew {
		if s.Order, err = magento.Convert(doc.Instance, raw); err != nil {
			s.Unreadable = reasonOf(err)
		}
	}
	return s, nil
}

func newSubject(doc *store.Staged) Subject {
	s := Subject{Key: doc.Key, State: doc.Status, Order: doc.Order}
	if doc.Status == order.Cancelled {
		if s.Settled = doc.Reason; s.Settled == nil {
			s.Settled = &order.Reason{Code: "cancelled", Message: "The order is cancelled."}
		}
		return s
	}
	s.InB1 = doc.Status == order.Posted || doc.BO != nil || doc.Intent != nil
	return s
}

// todaysForm is a content hash as this release makes it.
var todaysForm = (&order.Order{}).ContentHash()

func readSource(storeID int64, rules []*mapping.Rules) bool {
	for _, r := range rules {
		if r.ReadSource(storeID) {
			return true
		}
	}
	return false
}

// payload reads the Magento document, or says why there is none.
func payload(ctx context.Context, db *store.Store, doc *store.Staged) ([]byte, *order.Reason, error) {
	if doc.PayloadHash == "" {
		if doc.Reason != nil {
			return nil, doc.Reason, nil // Magento could not show it
		}
		return nil, missing("The order was never read from Magento."), nil
	}
	raw, err := db.Payload(ctx, store.PayloadRef{Key: doc.Key, Hash: doc.PayloadHash})
	if errors.Is(err, store.ErrNotFound) {
		return nil, missing(fmt.Sprintf("The Magento document %s of the order is not in the store any more.", doc.PayloadHash)), nil
	}
	return raw, nil, err
}

func missing(message string) *order.Reason {
	return &order.Reason{Code: "document_missing", Message: message, Hint: "Read the order again: starter resync."}
}
