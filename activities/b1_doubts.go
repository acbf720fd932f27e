package activities

import (
	"time"

	"datawald/store"
)

const (
	// maxSends is how often an order, or a buyer, is sent without a clear answer, before a person is asked.
	maxSends = 3
	// maxUnanswered is how often whatever the trouble. An order that brings B1 down makes trouble for all, and a few that B1 breaks at
	// look like a B1 that writes nothing: without this end they would be sent for ever.
	maxUnanswered = 8
)

// doubts are the sendings of an order, or of a buyer, without a clear answer.
type doubts struct {
	// sends are those that are held against it, unanswered all.
	sends, unanswered int
	// sentAt is when the latest sending began, or ended without a clear answer; begunAt is when it began, then.
	sentAt, begunAt time.Time
}

func doubtsAbout(n *store.Intent) doubts { return doubts{n.Sends, n.Unanswered, n.SentAt, n.BegunAt} }

// note writes them down.
func (d doubts) note(n *store.Intent) {
	n.Sends, n.Unanswered, n.BegunAt = d.sends, d.unanswered, d.begunAt
}

// oneMore counts the sending that has just ended without a clear answer.
func (d doubts) oneMore() doubts {
	// An earlier release counted no unanswered ones.
	return doubts{sends: d.sends + 1, unanswered: max(d.unanswered, d.sends) + 1, begunAt: d.sentAt}
}

// areTooMany reports whether a person is to be asked.
func (p *posting) areTooMany(d doubts) bool {
	return p.against(d).sends >= maxSends || d.unanswered >= maxUnanswered
}

// against leaves out the latest sending when B1 was failing at the orders of all before it began: B1 would have failed at any.
// Trouble that began later does not count: it may be this order that makes it.
func (p *posting) against(d doubts) doubts {
	if d.sends > 0 && !d.begunAt.IsZero() && p.instance.Company.Troubled(d.begunAt) {
		d.sends--
	}
	d.begunAt = time.Time{} // it is left out once
	return d
}
