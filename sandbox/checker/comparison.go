package checker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// comparison is one run through the books.
type comparison struct {
	books  Books
	report *Report
	// staged are the orders of the store by key; what the shop's orders account for is taken out.
	staged map[order.Key]*store.Staged
	// standIns are orders of the store that are known by Magento's entity_id alone.
	standIns map[int64]*store.Staged
	// owners says whose reference each is, owned which references an order has.
	owners map[string]order.Key
	owned  map[order.Key][]string
	orders map[string][]b1sim.Order
	drafts map[string][]b1sim.Order
	// accounts are the business partners under which the orders of a buyer stand, each with the key of an order.
	accounts map[account]map[string]string
	// unread, inHand and older count what is let be: orders that are not to be read, and that may be pending still, and documents from
	// before the ledger.
	unread, inHand, older int
}

func newComparison(b Books, staged []store.Staged) *comparison {
	c := &comparison{books: b, report: &Report{States: map[order.Status]int{}, Placed: len(b.Placed), Violations: []Violation{}},
		staged: map[order.Key]*store.Staged{}, standIns: map[int64]*store.Staged{}, owners: map[string]order.Key{}, owned: map[order.Key][]string{},
		orders: byReference(b.Orders), drafts: byReference(b.Drafts), accounts: map[account]map[string]string{}}
	for i := range staged {
		s := &staged[i]
		if c.staged[s.Key] = s; s.PayloadHash == "" {
			c.standIns[s.EntityID] = s
		}
		c.own(s)
	}
	for _, p := range b.Placed {
		c.ownByRules(p)
	}
	for _, o := range b.Orders {
		if !o.Cancelled {
			c.report.InB1++
		}
	}
	return c
}

func byReference(documents []b1sim.Order) map[string][]b1sim.Order {
	m := map[string][]b1sim.Order{}
	for _, d := range documents {
		m[d.Key] = append(m[d.Key], d)
	}
	return m
}

// own notes the references under which the store says that the order was sent, may have been, or stands in B1.
func (c *comparison) own(s *store.Staged) {
	for _, reference := range sent(s) {
		if other, taken := c.owners[reference]; taken {
			c.found(Duplicated, string(s.Key), "its reference %s is that of order %s as well", reference, other)
			continue
		}
		c.give(reference, s.Key)
	}
}

func (c *comparison) give(reference string, key order.Key) {
	c.owners[reference] = key
	c.owned[key] = append(c.owned[key], reference)
}

// sent are the references under which an order may stand in B1, by the store.
func sent(s *store.Staged) []string {
	all := slices.Clone(s.References)
	if s.BO != nil {
		all = append(all, s.BO.Reference)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(r string) bool { return r == "" })
}

// ownByRules gives an order that was not sent, by the store, the reference that the rules gave it, or else the one that most
// rules would: its number. So a document of an order that the store has lost is told apart from one that nobody ever
// ordered. Two orders may have the same one by the rules: then it is the other's, and this one is held for it.
func (c *comparison) ownByRules(p magentosim.Placed) {
	key, reference := c.key(p), p.IncrementID
	if s := c.account(p); s != nil {
		key, reference = s.Key, cmp.Or(s.Reference, reference)
	}
	if _, taken := c.owners[reference]; !taken && len(c.owned[key]) == 0 {
		c.give(reference, key)
	}
}

func (c *comparison) key(p magentosim.Placed) order.Key {
	return order.Key(c.books.Instance + ":" + strconv.FormatInt(p.StoreID, 10) + ":" + p.IncrementID)
}

// account is what the store has of an order of the shop; nil for nothing.
func (c *comparison) account(p magentosim.Placed) *store.Staged {
	if s := c.staged[c.key(p)]; s != nil {
		return s
	}
	return c.standIns[p.EntityID]
}

// strangers finds what the shop knows nothing of.
func (c *comparison) strangers() {
	known := map[order.Key]bool{}
	for _, p := range c.books.Placed {
		if known[c.key(p)] = true; c.account(p) != nil {
			known[c.account(p).Key] = true
		}
	}
	for key, s := range c.staged {
		if !known[key] {
			c.found(Foreign, string(key), "the store has it as %s, the shop has no such order", s.Status)
		}
	}
	for _, reference := range slices.Sorted(maps.Keys(c.orders)) {
		c.stranger(known, "sales order", reference, c.orders[reference])
	}
	for _, reference := range slices.Sorted(maps.Keys(c.drafts)) {
		c.stranger(known, "draft", reference, c.drafts[reference])
	}
}

func (c *comparison) stranger(known map[order.Key]bool, what, reference string, documents []b1sim.Order) {
	if owner, owned := c.owners[reference]; owned && known[owner] {
		return
	}
	c.found(Foreign, reference, "B1 has %s %s, which belongs to no order of the shop", what, entries(documents))
}

// entries names documents by their DocEntry.
func entries(documents []b1sim.Order) string {
	names := make([]string, len(documents))
	for i, d := range documents {
		names[i] = strconv.FormatInt(d.DocEntry, 10)
	}
	return strings.Join(names, ", ")
}

func (c *comparison) found(kind, key, format string, args ...any) {
	c.report.Violations = append(c.report.Violations, Violation{Kind: kind, Key: key, What: fmt.Sprintf(format, args...)})
}

func (c *comparison) done() *Report {
	slices.SortFunc(c.report.Violations, func(a, b Violation) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Key, b.Key), strings.Compare(a.What, b.What))
	})
	c.report.NotChecked = c.notChecked()
	return c.report
}

// notChecked says what was let be.
func (c *comparison) notChecked() []string {
	all := []string{}
	say := func(when bool, format string, args ...any) {
		if when {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	say(c.books.Want == nil, "whether each order is in the state that the rules give it: they are not asked")
	say(c.books.Sold == nil, "lines, tax and buyers of the documents")
	unknown := len(slices.DeleteFunc(slices.Clone(c.books.Placed), func(p magentosim.Placed) bool { _, known := c.books.Sold[p.EntityID]; return known }))
	say(c.books.Sold != nil && unknown > 0, "lines, tax and buyers of %d orders that the shop did not make up itself", unknown)
	say(c.report.Partly > 0, "lines and tax of %d documents: a part of their orders was cancelled or refunded, and the whole is right as well as what is left", c.report.Partly)
	say(c.books.Ledger == nil, "the ledger of B1: none is named")
	say(c.older > 0, "the ledger rows of %d documents that are older than the first with a row", c.older)
	say(c.unread > 0, "%d orders that are not to be read, and are not in the store", c.unread)
	say(c.report.Early > 0, "%d orders that are not read yet: they changed in the shop after the latest reading that came to its end", c.report.Early)
	say(c.inHand > 0, "%d orders that are pending still, and came in a moment ago", c.inHand)
	return all
}
