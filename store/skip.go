package store

import "datawald/order"

// CodeSkipped is the reason of an order that a person keeps from B1. No rule has a code like it: theirs are "kind:value", or words of the rules.
const CodeSkipped = "skipped"

// Skipped reports whether a person keeps the order from B1. Such an order is left where it is by whatever moves orders by itself: a reading of
// Magento, a backfill, a resync, changed rules, an attempt that is still under way. Only a person who resumes it takes that back.
func (s *Staged) Skipped() bool {
	return s.Status == order.Excluded && s.Reason != nil && s.Reason.Code == CodeSkipped
}
