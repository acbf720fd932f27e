package activities

import (
	"time"

	"datawald/store"
)

const (
	// maxSends is how often an order, or a buyer, is sent without a clear answer, before a person is asked.
	maxSends = 3
	// maxUnanswered is how often whatever the trouble, while B1 writes other orders: one that B1 breaks at must come to an end. While it
	// writes none at all there is no end, and an outage of hours heals by itself.
	maxUnanswered = 8
	// lately is how long ago B1 may have written the others.
	lately = 5 * time.Minute
)

// doubts are the sendings of an order, or of a buyer, without a clear answer.
type doubts struct {
	// sends are those that are held against it, unanswered all but those while B1 wrote nothing.
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
//
// Where the trouble of all is known already, the sending is not held against it: at the next look another trouble may be known, or
// none, to a worker that was not there.
func (p *posting) oneMore(d doubts) doubts {
	more := doubts{sends: d.sends, unanswered: max(d.unanswered, d.sends)} // an earlier release counted no unanswered ones
	excused := p.instance.Company.Troubled(d.sentAt)
	if !excused {
		more.sends, more.begunAt = d.sends+1, d.sentAt
	}
	if !excused || p.instance.Company.Wrote(d.sentAt.Add(-lately)) {
		more.unanswered++
	}
	return more
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
