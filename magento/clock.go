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

// sendSigned makes one signed call. One that was refused for its time did nothing: when the refusal itself shows that the
// clocks differ, it is signed anew with the shop's time, once.
func (c *Client) sendSigned(ctx context.Context, what call) (*answer, error) {
	before := time.Duration(c.ahead.Load())
	a, err := c.exchange(ctx, what, c.authorize)
	if learnt := time.Duration(c.ahead.Load()) - before; !refusedForTime(err) || learnt.Abs() < clocksDiffer {
		return a, err
	}
	return c.exchange(ctx, what, c.authorize)
}

// refusedForTime reports whether the shop did not take the time of a signature; a nonce used twice is another matter.
func refusedForTime(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Code != "401" {
		return false
	}
	m := strings.ToLower(f.Message)
	return strings.Contains(m, "timestamp") || strings.Contains(m, "validating the nonce")
}

// signer signs with the time of the moment.
func (c *Client) signer(req *http.Request, params []param) {
	req.Header.Set("Authorization", c.oauth.header(req.Method, baseURL(req.URL), params, c.shopTime()))
}
