package activities

import (
	"context"

	"datawald/store"
)

// making is something that B1 must get once, though many orders need it at once: a business partner or a contact person.
// It goes the way of an order: a claim in the store, the intent before the first byte leaves, and after an answer that says
// nothing it is looked for before it is sent again.
type making struct {
	id string
	// what it is, in words.
	what string
	// look looks for it where it may be in B1 without our knowledge; nil where it cannot.
	look func(context.Context) (*made, error)
	// asked are the names in the store of what it is looked for by: nobody else whom that would find is created meanwhile.
	asked []string
	// code is the card code under which it is sent, if it has one.
	code string
	// find looks in B1 for what has been sent; nil when it is not there. sent is the intent of an earlier attempt, nil for one of
	// this. It is nil where look is all there is.
	find func(ctx context.Context, sent *store.PartnerIntent) (*made, error)
	// send creates it, once.
	send func(context.Context) (*made, error)
}

// made is what B1 has: a business partner, or a contact person of one.
type made struct {
	cardCode string
	contact  int
	// foundBy names the rules by which it was found, where somebody else made it.
	foundBy string
}

// note writes it down.
func (d made) note(known *store.Partner) {
	known.Know(d.cardCode, d.contact)
	known.FoundBy = d.foundBy
}

// seek looks for it before it is sent: what may have been sent before, and what others may have made.
func (m making) seek(ctx context.Context, sent *store.PartnerIntent, fresh bool) (found *made, err error) {
	if !fresh && m.find != nil {
		found, err = m.find(ctx, sent)
	}
	if found == nil && err == nil && m.look != nil {
		found, err = m.look(ctx)
	}
	if found != nil && !fresh {
		found.foundBy = "" // it may be the one that was sent
	}
	return found, err
}

// undo drops the intent of an attempt that has sent nothing and is the first.
func undo(fresh bool) func(*store.Partner) {
	return func(known *store.Partner) {
		if fresh {
			known.Intent = nil
		}
	}
}

// intent is that of sending it now, after some sendings without a clear answer.
func (m making) intent(before doubts) *store.PartnerIntent {
	return &store.PartnerIntent{SentAt: now(), CardCode: m.code, Sends: before.sends, Unanswered: before.unanswered, BegunAt: before.begunAt}
}

// doubtsOf are the sendings of a partner without a clear answer.
func doubtsOf(n *store.PartnerIntent) doubts {
	return doubts{n.Sends, n.Unanswered, n.SentAt, n.BegunAt}
}
