package magento

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"datawald/order"
)

// Magento takes no signature whose time is more than 10 minutes ahead of its own clock (module-integration,
// Oauth/Nonce/Generator). So signatures carry the shop's time where the clocks differ, as the Date of its answers tells it.

// clocksDiffer is by how much they must, before the shop's time is used: a Date is in whole seconds and may be some old.
const clocksDiffer = time.Minute

// learnClock notes how far the shop's clock is ahead of ours. The Date was written somewhere between call and answer.
func (c *Client) learnClock(date, began time.Time, took time.Duration) {
	if date.IsZero() {
		return
	}
	ahead := date.Sub(began.Add(took / 2))
	if ahead.Abs() < clocksDiffer {
		ahead = 0
	}
	c.ahead.Store(int64(ahead))
}

// shopTime is the time that goes into signatures.
func (c *Client) shopTime() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// clocksClash is by how much they must differ, before a refusal that may have other causes is put down to them.
const clocksClash = 5 * time.Minute

// sendSigned makes one signed call. One that was refused for its time did nothing: when the refusal itself shows that the
// clocks differ, it is signed anew with the shop's time, once.
func (c *Client) sendSigned(ctx context.Context, what call) (*answer, error) {
	a, learnt, err := c.sendTimed(ctx, what)
	if refusedForTime(err) && learnt.Abs() >= clocksDiffer {
		a, _, err = c.sendTimed(ctx, what)
	}
	return a, err
}

// sendTimed makes one attempt and tells by how much the answer corrected the time that it was signed with. A time that was
// the shop's own is not what was wrong.
func (c *Client) sendTimed(ctx context.Context, what call) (_ *answer, learnt time.Duration, err error) {
	before := time.Duration(c.ahead.Load())
	a, err := c.exchange(ctx, what, c.authorize)
	learnt = time.Duration(c.ahead.Load()) - before
	if f, ok := errors.AsType[*order.Failure](err); ok && nonceFailed(f) && before != 0 && learnt.Abs() < clocksDiffer {
		notStored(f)
	}
	return a, learnt, err
}

// refusedForTime reports whether the shop may not have taken the time of a signature; a nonce used twice is another matter.
func refusedForTime(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && (nonceFailed(f) || f.Code == "401" && strings.Contains(strings.ToLower(f.Message), "timestamp"))
}

// nonceFailed is Magento's answer to a time that it does not take, and also to a nonce that its database did not (Generator
// catches whatever goes wrong there).
func nonceFailed(f *order.Failure) bool {
	return f.Code == "401" && strings.Contains(strings.ToLower(f.Message), "validating the nonce")
}

// notStored judges a nonceFailed whose time was right.
func notStored(f *order.Failure) {
	f.Kind, f.Hint = order.Transient, hintNonce
}

// signer signs with the time of the moment.
func (c *Client) signer(req *http.Request, params []param) {
	req.Header.Set("Authorization", c.oauth.header(req.Method, baseURL(req.URL), params, c.shopTime()))
}
