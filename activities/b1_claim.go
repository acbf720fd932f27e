package activities

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"datawald/activities/failpoint"
	"datawald/order"
	"datawald/store"
)

// tooEarly says how long to keep away: from an order that another attempt holds, and from one whose reply was lost,
// until B1 has had the time to finish it.
func (p *posting) tooEarly() time.Duration {
	if c := p.doc.Claim; c != nil {
		return p.untilFree(c)
	}
	if n := p.doc.Intent; n != nil {
		return time.Until(p.sentAt(string(p.key), n.SentAt).Add(p.instance.Settle * time.Duration(n.Looks+1)))
	}
	return 0
}

// later makes Temporal come back after the wait.
func later(wait time.Duration, why string) error {
	return temporal.NewApplicationErrorWithOptions(why, TypeUnresolved, temporal.ApplicationErrorOptions{
		NextRetryDelay: wait + 50*time.Millisecond, Category: temporal.ApplicationErrorCategoryBenign})
}

// newToken names this execution of an attempt, and no other: the server has an attempt at once carried out again, under the same run and
// number, when the task that it is part of runs out, while the first may be at work yet. To each the other's claim is another's.
func newToken(ctx context.Context) string {
	info := activity.GetInfo(ctx)
	return fmt.Sprintf("%s/%d/%s", info.WorkflowExecution.RunID, info.Attempt, rand.Text())
}

// claim takes the order for this attempt alone and writes down the intent to send it, in one write. From here until
// the fate of the order is recorded, whoever comes by looks in B1 first. A held order that is tried again is pending from
// here on: if its reply is lost, the next run must come back to it.
func (p *posting) claim(ctx context.Context) error {
	token := newToken(ctx)
	read := p.doc
	if read.Status == order.Held && read.Reason != nil {
		p.heldAs = read.Reason.Code
	}
	doc, err := p.store.ChangeRead(ctx, p.doc, func(doc *store.Staged) error {
		if p.live(doc.Claim) {
			return later(p.untilFree(doc.Claim), "another attempt has just begun")
		}
		if doc.PayloadHash != read.PayloadHash || doc.Status != read.Status || doc.Skipped() || doc.Erased() != read.Erased() {
			return later(time.Second, "the order has just changed")
		}
		doc.Order, doc.ContentHash = read.Order, read.ContentHash
		rename(doc)
		p.fresh = doc.Intent == nil && !p.overstayed(doc.Claim)
		doc.Claim = p.newClaim(token)
		doc.RuleVersion, doc.Reference = p.instance.Rules.ID(), p.reference
		if doc.Intent == nil {
			doc.Intent = p.newIntent()
		}
		if doc.Status == order.Draft {
			return nil // looked at every few minutes, for days: no line for each
		}
		if doc.Status == order.Held || doc.Status == order.Excluded || lackedRate(doc) {
			doc.Status, doc.Reason, doc.DueAt = order.Pending, nil, now()
		}
		doc.Attempts++
		if len(p.mapped.Notes) > 0 && doc.Attempts == 1 {
			doc.Note(event(ctx, "mapped", "noted", strings.Join(p.mapped.Notes, "; ")))
		}
		doc.Note(event(ctx, "claimed", "", fmt.Sprintf("attempt %d, rules %s", doc.Attempts, doc.RuleVersion)))
		return nil
	})
	if err != nil {
		return err
	}
	p.doc, p.token, p.maybeSent = doc, token, !p.fresh
	return nil
}

// rename gives what was sent of the staged document the hash that this release has for it: one of an earlier release covers
// other members, and would look like a change in Magento.
func rename(doc *store.Staged) {
	if n := doc.Intent; n != nil && n.Payload == doc.PayloadHash {
		n.Hash = doc.ContentHash
	}
	if doc.PostedHash != "" && doc.PostedPayload == doc.PayloadHash {
		doc.PostedHash = doc.ContentHash
	}
}

func (p *posting) newClaim(token string) *store.Claim {
	return &store.Claim{Token: token, ExpiresAt: now().Add(p.instance.claimLength())}
}

func (p *posting) newIntent() *store.Intent {
	return &store.Intent{SentAt: now(), Hash: p.hash, Payload: p.doc.PayloadHash, Reference: p.reference, CardCode: p.cardCode(),
		Sent: p.wanted(), Replaces: p.doc.Replaces, ReplacesDraft: p.doc.ReplacesDraft}
}

// troublePause keeps an order whose attempt went wrong from being first in the queue of the very next run: six times the
// settle time, a minute by default. Its own workflow tries it again by itself before that.
func (i Instance) troublePause() time.Duration { return 6 * i.Settle }

// errLostClaim: another attempt took the order over; what this one learnt no longer counts.
var errLostClaim = errors.New("the claim on the order has passed to another attempt")

// change writes to the order as long as this attempt holds its claim. It outlives a cancelled activity: what was learnt
// from B1 must not be lost because the worker is told to stop.
func (p *posting) change(ctx context.Context, change func(*store.Staged) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	doc, err := p.write(ctx, func(doc *store.Staged) error {
		if p.token != "" && (doc.Claim == nil || doc.Claim.Token != p.token) {
			return errLostClaim
		}
		doc.Failures = 0
		for _, e := range p.events {
			doc.Note(e)
		}
		if doc.Intent != nil && p.maybeSent {
			doc.Known(doc.Intent.Reference) // it is looked for under this one for good
		}
		return change(doc)
	})
	if err == nil {
		p.doc, p.events = doc, nil
	}
	if doc != nil && doc.Claim == nil {
		failpoint.Hit(failpoint.Recorded)
	}
	return err
}

// write changes the order. What this attempt holds is mostly as it was written last, and need not be read again for that; what it does not
// hold is decided on as it is now.
func (p *posting) write(ctx context.Context, change func(*store.Staged) error) (*store.Staged, error) {
	if p.token == "" {
		return p.store.Change(ctx, p.key, change)
	}
	return p.store.ChangeRead(ctx, p.doc, change)
}

// aboutToSend makes sure that the claim outlives the call, that the intent names the business partner, and counts a repeated
// sending as a new one.
func (p *posting) aboutToSend(ctx context.Context) error {
	if p.fresh && p.doc.BO == nil && len(p.events) == 0 && p.doc.Intent.CardCode == p.cardCode() && time.Until(p.doc.Claim.ExpiresAt) > p.instance.CallTimeout {
		return nil
	}
	return p.change(ctx, func(doc *store.Staged) error {
		DropDocument(doc) // a draft that is gone; what is sent now is a document of its own
		doc.Claim = p.newClaim(p.token)
		before := p.against(doubtsAbout(doc.Intent))
		doc.Intent = p.newIntent()
		before.note(doc.Intent)
		doc.Intent.Replaces, doc.Intent.ReplacesDraft = doc.Replaces, doc.ReplacesDraft
		if !p.fresh {
			doc.Note(event(ctx, "sending", "again", fmt.Sprintf("not in B1 after %d looks", p.instance.Looks)))
		}
		return nil
	})
}

// nothingSent gives the order back: B1 did not take it, so the next attempt begins afresh.
func (p *posting) nothingSent(ctx context.Context, cause error) error {
	cause, failures := p.again(cause)
	return p.release(ctx, cause, func(doc *store.Staged) {
		doc.Failures = failures
		if p.fresh {
			doc.Intent = nil
		}
		doc.DueAt = now().Add(p.instance.troublePause())
		doc.Note(event(ctx, "sending", "failed", p.hide(cause.Error())))
	})
}

// unresolved keeps the intent: the order may be in B1.
func (p *posting) unresolved(ctx context.Context, f *order.Failure) error {
	what := p.hide(short(f.Error()))
	cause := later(p.instance.Settle, "it is not known whether B1 has the order: "+what)
	return p.release(ctx, cause, func(doc *store.Staged) {
		all := p.oneMore(doubtsAbout(doc.Intent))
		doc.Intent = p.newIntent()
		all.note(doc.Intent)
		doc.Intent.Answer, doc.Intent.Over = f.Code, true
		doc.DueAt = now().Add(p.instance.troublePause())
		doc.Note(event(ctx, "sending", "unknown", what))
	})
}

// lookAgain counts a look that found nothing and comes back later.
func (p *posting) lookAgain(ctx context.Context, looks int) error {
	cause := later(p.instance.Settle, fmt.Sprintf("not found in B1, look %d of %d", looks, p.instance.Looks))
	return p.release(ctx, cause, func(doc *store.Staged) {
		doc.Intent.Looks = looks
		doc.Note(event(ctx, "looked up", "nothing found", fmt.Sprintf("look %d of %d after an unknown outcome", looks, p.instance.Looks)))
	})
}

// release drops the claim with a change and ends the attempt with cause.
func (p *posting) release(ctx context.Context, cause error, change func(*store.Staged)) error {
	err := p.change(ctx, func(doc *store.Staged) error {
		if doc.Claim = nil; doc.Reason == nil {
			doc.Reason = p.lacked // not sent, and as far as is known it would be refused
		}
		change(doc)
		return nil
	})
	if err != nil && !errors.Is(err, errLostClaim) {
		return errors.Join(cause, err)
	}
	return cause
}
