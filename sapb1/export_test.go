package sapb1

import (
	"net/http"
	"testing"
	"time"
)

// WaitFor returns when so many wait to be admitted.
func (c *Client) WaitFor(n int) {
	for {
		c.lane.mu.Lock()
		waiting := len(c.lane.waiting)
		c.lane.mu.Unlock()
		if waiting >= n {
			return
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// ForgetRefusal lets the client sign in again at once after it was refused.
func (c *Client) ForgetRefusal() {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.refused = nil
}

// Through puts something between the client and the network. It is called before the first call.
func (c *Client) Through(between func(http.RoundTripper) http.RoundTripper) {
	c.http.Transport = between(c.http.Transport)
}

// WaitForBehind returns when so many wait behind the orders.
func (c *Client) WaitForBehind(n int) {
	for c.Behind() < n {
		time.Sleep(50 * time.Microsecond)
	}
}

// Behind is how many wait behind the orders.
func (c *Client) Behind() int {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return len(c.lane.behind)
}

// Patience changes how long those let orders go before.
func (c *Client) Patience(_ testing.TB, d time.Duration) {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	c.lane.patient = d
}
