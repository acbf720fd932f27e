package sapb1

import "time"

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
