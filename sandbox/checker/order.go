package checker

import (
	"encoding/json"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// subject is one order of the shop with all that the other books have of it.
type subject struct {
	*comparison
	placed magentosim.Placed
	staged *store.Staged
	key    string
	// live are its sales orders that are not cancelled, cancelled those that are; open its drafts that may still become
	// sales orders, settled those that may not.
	live, cancelled, open, settled []b1sim.Order
}

// order compares what the three books say of one order.
func (c *comparison) order(p magentosim.Placed) {
	s := &subject{comparison: c, placed: p, staged: c.account(p), key: string(c.key(p))}
	key := c.key(p)
	if s.staged != nil {
		key = s.staged.Key
	}
	for _, reference := range c.owned[key] {
		s.collect(c.orders[reference], c.drafts[reference])
	}
	if s.staged == nil && c.books.Read != nil && !c.books.Read(p) && len(s.live)+len(s.open) == 0 {
		c.unread++
		return
	}
	if s.staged == nil && c.books.Due != nil && !c.books.Due(p) && len(s.live)+len(s.open) == 0 {
		c.report.Early++
		return
	}
	if s.staged == nil {
		c.found(Lost, s.key, "the shop has it (entity_id %d, %s), the store does not; in B1: %s", p.EntityID, p.State, s.inB1())
		return
	}
	c.report.States[s.staged.Status]++
	s.reason()
	if c.books.Want != nil {
		s.wanted(c.books.Want(p))
	}
	s.state()
}

func (s *subject) collect(orders, drafts []b1sim.Order) {
	for _, o := range orders {
		if o.Cancelled {
			s.cancelled = append(s.cancelled, o)
		} else {
			s.live = append(s.live, o)
		}
	}
	for _, d := range drafts {
		if d.Open && !d.Cancelled && d.Authorization != "dasRejected" && d.Authorization != "dasCancelled" {
			s.open = append(s.open, d)
		} else {
			s.settled = append(s.settled, d)
		}
	}
}

func (s *subject) inB1() string {
	switch {
	case len(s.live) > 0:
		return "sales order " + entries(s.live)
	case len(s.open) > 0:
		return "draft " + entries(s.open)
	}
	return "nothing"
}

// reason demands one of every order that is not on its way.
func (s *subject) reason() {
	switch s.staged.Status {
	case order.Held, order.Excluded, order.Cancelled:
		if r := s.staged.Reason; r == nil || r.Code == "" || r.Message == "" {
			s.found(Unnamed, s.key, "it is %s without a reason", s.staged.Status)
		}
	}
}

func (s *subject) wanted(want order.Status) {
	if want == "" || want == s.staged.Status {
		return
	}
	why := ""
	if r := s.staged.Reason; r != nil {
		why = " (" + r.Code + ": " + r.Message + ")"
	}
	s.found(WrongState, s.key, "it is %s%s, want %s", s.staged.Status, why, want)
}

// state demands of B1 what the state says.
func (s *subject) state() {
	if n := len(s.live) + len(s.open); n > 1 {
		s.found(Duplicated, s.key, "it is %s; B1 has %d documents of it: sales orders [%s], drafts [%s]", s.staged.Status, n, entries(s.live), entries(s.open))
		return
	}
	switch s.staged.Status {
	case order.Posted:
		s.posted()
	case order.Draft:
		s.draft()
	case order.Held:
		s.held()
	case order.Excluded, order.Cancelled:
		s.nothingLive()
	case order.Pending:
		if s.books.InHand != nil && s.books.InHand(*s.staged) {
			s.inHand++
			return
		}
		s.found(Unsettled, s.key, "it is still pending after %d attempts (intent: %t, claim: %t); in B1: %s",
			s.staged.Attempts, s.staged.Intent != nil, s.staged.Claim != nil, s.inB1())
	default:
		s.found(Unnamed, s.key, "its state is %q", s.staged.Status)
	}
}

func (s *subject) posted() {
	bo := s.staged.BO
	switch {
	case len(s.live) == 0:
		s.found(Lost, s.key, "it is posted, but B1 has no live sales order with its reference %v; in B1: %s, cancelled: %s",
			s.owned[s.staged.Key], s.inB1(), entries(s.cancelled))
		return
	case bo == nil:
		s.found(WrongState, s.key, "it is posted, but the store names no document; in B1: %s", s.inB1())
	case bo.Draft || bo.DocEntry != s.live[0].DocEntry || bo.DocNum != s.live[0].DocNum:
		s.found(WrongState, s.key, "the store names document %d (number %d, draft: %t), B1 has sales order %d (number %d)",
			bo.DocEntry, bo.DocNum, bo.Draft, s.live[0].DocEntry, s.live[0].DocNum)
	}
	s.total(s.live[0])
	s.lines(s.live[0])
	s.buyer(s.live[0])
}

// total compares the document with what the customer owes: the order's grand total or, when part of it was cancelled or
// refunded, what is left. Either is right then, because it depends on which came first.
func (s *subject) total(d b1sim.Order) {
	grand := number(s.placed.GrandTotal)
	left := grand.Sub(number(s.placed.TotalCanceled)).Sub(number(s.placed.TotalRefunded))
	switch {
	case d.Currency != s.placed.OrderCurrency:
		s.found(WrongTotal, s.key, "sales order %d is in %s, the order in %s", d.DocEntry, d.Currency, s.placed.OrderCurrency)
	case d.Total.Equal(grand), d.Total.Equal(left) && left.IsPositive():
	case left.Equal(grand):
		s.found(WrongTotal, s.key, "sales order %d comes to %s %s, the order to %s", d.DocEntry, d.Total, d.Currency, grand)
	default:
		s.found(WrongTotal, s.key, "sales order %d comes to %s %s, the order to %s, of which %s is left", d.DocEntry, d.Total, d.Currency, grand, left)
	}
	if d.Lines == 0 {
		s.found(WrongTotal, s.key, "sales order %d has no lines", d.DocEntry)
	}
}

func number(n json.Number) decimal.Decimal {
	d, err := decimal.NewFromString(string(n))
	if err != nil {
		return decimal.Zero
	}
	return d
}

func (s *subject) draft() {
	bo := s.staged.BO
	switch {
	case len(s.live) > 0:
		s.found(WrongState, s.key, "it is a draft, but B1 has sales order %s", entries(s.live))
	case len(s.open) == 0:
		s.found(Lost, s.key, "it is a draft, but B1 has no open draft of it; settled: [%s]", entries(s.settled))
	case bo == nil || !bo.Draft || bo.DocEntry != s.open[0].DocEntry:
		s.found(WrongState, s.key, "the store does not name draft %s of B1", entries(s.open))
	default:
		s.lines(s.open[0])
		s.buyer(s.open[0])
	}
}

// held demands the document that the store names, and none where it names none.
func (s *subject) held() {
	bo := s.staged.BO
	if bo == nil {
		s.nothingLive()
		return
	}
	all := slices.Concat(s.live, s.cancelled)
	if bo.Draft {
		all = slices.Concat(s.open, s.settled)
	}
	at := slices.IndexFunc(all, func(d b1sim.Order) bool { return d.DocEntry == bo.DocEntry })
	switch {
	case at < 0:
		s.found(Lost, s.key, "it is held with document %d (draft: %t), which B1 has not under its reference; in B1: %s", bo.DocEntry, bo.Draft, s.inB1())
	case len(s.live) > 0 && (bo.Draft || s.live[0].DocEntry != bo.DocEntry):
		s.found(WrongState, s.key, "it is held with document %d (draft: %t), and B1 has sales order %s", bo.DocEntry, bo.Draft, entries(s.live))
	}
}

func (s *subject) nothingLive() {
	if len(s.live)+len(s.open) > 0 {
		s.found(WrongState, s.key, "it is %s and names no document, but in B1 is %s", s.staged.Status, s.inB1())
	}
}
