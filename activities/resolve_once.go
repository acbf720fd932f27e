package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datawald/activities/failpoint"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// makeOnce gives what the store knows, finds it in B1, or makes it. An error ends the attempt with the order given back or
// held.
func (p *posting) makeOnce(ctx context.Context, m making) (*made, error) {
	known, fresh, err := p.take(ctx, m)
	if err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.PartnerClaimed)
	if known.CardCode != "" {
		return &made{known.CardCode, known.Contact, known.FoundBy}, nil
	}
	err = p.keepOff(ctx, m)
	if err == nil {
		failpoint.Hit(failpoint.PartnerAlone)
		var found *made
		if found, err = m.seek(ctx, known.Intent, fresh); found != nil {
			return found, p.settleMaking(ctx, m, found.note)
		}
	}
	if err != nil {
		return nil, p.dropMaking(ctx, m, err, undo(fresh))
	}
	if !fresh {
		if err := p.mayMakeAgain(ctx, m, known.Intent); err != nil {
			return nil, err
		}
	}
	return p.send(ctx, m, known.Claim, fresh)
}

// take claims the making for this order alone; fresh is true when nobody can have sent it before.
func (p *posting) take(ctx context.Context, m making) (known *store.Partner, fresh bool, err error) {
	known, err = p.store.ChangePartner(ctx, m.id, func(known *store.Partner) error {
		if known.CardCode != "" {
			return store.ErrUnchanged
		}
		if known.Intent != nil {
			p.sawSending(m.id, known.Intent.SentAt)
		}
		if p.live(known.Claim) && known.Claim.Token != p.makingToken() {
			return later(p.untilFree(known.Claim), "another order is creating the "+m.what)
		}
		if wait := p.untilSettled(m, known.Intent); wait > 0 {
			return later(wait, "B1 may still be creating the "+m.what)
		}
		fresh = known.Intent == nil && !p.overstayed(known.Claim)
		known.Claim = p.newClaim(p.makingToken())
		if known.Intent == nil {
			known.Intent = m.intent(doubts{})
		}
		return nil
	})
	if err != nil {
		return nil, false, p.postpone(ctx, err)
	}
	return known, fresh, nil
}

// makingToken tells apart attempts of one order, and orders.
func (p *posting) makingToken() string { return string(p.key) + "/" + p.token }

// untilSettled is the wait until B1 has had the time to finish what was sent.
func (p *posting) untilSettled(m making, n *store.PartnerIntent) time.Duration {
	if n == nil {
		return 0
	}
	return time.Until(p.sentAt(m.id, n.SentAt).Add(p.instance.Settle * time.Duration(n.Looks+1)))
}

// mayMakeAgain lets something be sent again only after several looks that found nothing, and only a few times.
func (p *posting) mayMakeAgain(ctx context.Context, m making, n *store.PartnerIntent) error {
	if looks := n.Looks + 1; looks < p.instance.Looks || p.mayStillRun(m.id, n.SentAt, n.Over) {
		cause := later(p.instance.Settle, fmt.Sprintf("the %s is not found in B1, look %d of %d", m.what, looks, p.instance.Looks))
		return p.dropMaking(ctx, m, cause, func(known *store.Partner) { known.Intent.Looks = looks })
	}
	if p.areTooMany(doubtsOf(n)) {
		return p.dropMaking(ctx, m, &order.Reason{Code: "partner_no_clear_answer", Field: "BusinessPartners",
			Message: fmt.Sprintf("The %s was sent %d times; B1 neither took nor refused it.", m.what, max(n.Sends, n.Unanswered)),
			Hint:    "Look at the Service Layer's log; enter the buyer in B1 by hand or retry the order."},
			func(known *store.Partner) { known.Intent = nil })
	}
	return p.settleMaking(ctx, m, func(known *store.Partner) {
		known.Claim = p.newClaim(p.makingToken())
		known.Intent = m.intent(p.against(doubtsOf(known.Intent)))
	})
}

// send makes it, once. B1 must have answered before the claim ends.
func (p *posting) send(ctx context.Context, m making, c *store.Claim, fresh bool) (*made, error) {
	if time.Until(c.ExpiresAt) < p.instance.CallTimeout {
		c = p.newClaim(p.makingToken())
		if err := p.settleMaking(ctx, m, func(known *store.Partner) { known.Claim = c }); err != nil {
			return nil, err
		}
		if err := p.keepOff(ctx, m); err != nil {
			return nil, p.dropMaking(ctx, m, err, undo(fresh))
		}
	}
	sending, cancel := context.WithDeadline(ctx, c.ExpiresAt)
	defer cancel()
	failpoint.Hit(failpoint.PartnerSending)
	done, err := m.send(sending)
	failpoint.Hit(failpoint.PartnerAnswered)
	if sapb1.IsDuplicate(err) {
		return p.alreadyThere(ctx, m, err)
	}
	f, isFailure := errors.AsType[*order.Failure](err)
	switch {
	case err == nil:
		return done, p.settleMaking(ctx, m, done.note)
	case isFailure && f.Kind == order.Unknown:
		cause := later(p.instance.Settle, "it is not known whether B1 has made the "+m.what+": "+p.hide(short(f.Error())))
		return nil, p.dropMaking(ctx, m, cause, func(known *store.Partner) {
			known.Intent = m.intent(p.oneMore(doubtsOf(known.Intent)))
			known.Intent.Over = true
		})
	case isFailure && f.Kind == order.Permanent:
		err = refusedPartner(m.what, f)
		fresh = true // B1 has said that it did not take it
	}
	return nil, p.dropMaking(ctx, m, err, undo(fresh))
}

// alreadyThere takes what B1 has under the code or name that it refused, if it is ours.
func (p *posting) alreadyThere(ctx context.Context, m making, refused error) (*made, error) {
	found, err := m.seek(ctx, nil, false)
	if found == nil && err == nil {
		err = refused
		if f, ok := errors.AsType[*order.Failure](refused); ok {
			err = refusedPartner(m.what, f)
		}
	}
	if err != nil {
		return nil, p.dropMaking(ctx, m, err, func(known *store.Partner) { known.Intent = nil })
	}
	return found, p.settleMaking(ctx, m, found.note)
}

func refusedPartner(what string, f *order.Failure) *order.Reason {
	return &order.Reason{Code: "partner_refused", Field: f.Field, Message: fmt.Sprintf("B1 refused the %s: %s (%s).", what, short(f.Message), f.Code),
		Hint: "Mend it in B1 or under partner in the rules, or enter the buyer in B1 by hand, then retry the order."}
}

// settleMaking writes what became of it, as long as this attempt has the claim.
func (p *posting) settleMaking(ctx context.Context, m making, change func(*store.Partner)) error {
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	settled, err := p.store.ChangePartner(writing, m.id, func(known *store.Partner) error {
		if known.Claim == nil || known.Claim.Token != p.makingToken() {
			return errLostClaim
		}
		if change(known); known.CardCode != "" {
			known.Claim = nil
		}
		return nil
	})
	if errors.Is(err, errLostClaim) {
		return p.postpone(ctx, later(p.instance.Settle, "the claim on the "+m.what+" has passed to another order"))
	}
	if err != nil {
		return p.postpone(ctx, err)
	}
	failpoint.Hit(failpoint.PartnerRecorded)
	if settled.Intent == nil {
		p.letGo(writing, m)
	}
	return nil
}

// dropMaking gives up the claim with a change, and the order with cause: held for a reason, tried again for all others.
func (p *posting) dropMaking(ctx context.Context, m making, cause error, change func(*store.Partner)) error {
	if err := p.settleMaking(ctx, m, func(known *store.Partner) {
		change(known)
		known.Claim = nil
	}); err != nil {
		return err
	}
	if reason, ok := errors.AsType[*order.Reason](cause); ok {
		return p.hold(ctx, "partner", reason)
	}
	return p.postpone(ctx, cause)
}

// postpone gives the order back before it was sent, to be tried again.
func (p *posting) postpone(ctx context.Context, cause error) error {
	cause, failures := p.again(cause)
	return p.release(ctx, cause, func(doc *store.Staged) {
		doc.Failures = failures
		if p.fresh {
			doc.Intent = nil
		}
		doc.DueAt = now().Add(p.instance.troublePause())
		doc.Note(event(ctx, "partner", "waits", p.hide(cause.Error())))
	})
}
