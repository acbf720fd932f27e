package store

import "datawald/order"

// CodeSkipped is the reason of an order that a person keeps from B1. No rule has a code like it: theirs are "kind:value", or words of the rules.
const CodeSkipped = "skipped"

// CodeCreatedLate is the attention of an order that B1 may have twice: an attempt had its sales order made when the right to send had passed to another.
const CodeCreatedLate = "created_late"

// MayBeTwice reports whether B1 may have two sales orders of it, of which no person has said yet that it is settled.
func (s *Staged) MayBeTwice() bool { return s.Attention != nil && s.Attention.Code == CodeCreatedLate }

// Skipped reports whether a person keeps the order from B1. Such an order is left where it is by whatever moves orders by itself: a reading of
// Magento, a backfill, a resync, changed rules, an attempt that is still under way. Only a person who resumes it takes that back.
func (s *Staged) Skipped() bool {
	return s.Status == order.Excluded && s.Reason != nil && s.Reason.Code == CodeSkipped
}
