package chaos

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

const (
	clerkEvery = 8 * time.Second
	// maxResumes is how often the clerk resumes an order before he takes it for a defect.
	maxResumes = 8
)

// clerk resumes what is held for trouble in B1, once it is mended, and what waits for a rate that is entered now; and he approves drafts.
type clerk struct {
	*world
	// resumed counts by order; noted has the attempt that ended in the latest hold, so that none is counted twice.
	resumed, noted map[order.Key]int
	// waited are the orders that waited for a rate.
	waited map[order.Key]bool
}

func (w *world) working(ctx context.Context) error {
	c := &clerk{world: w, resumed: map[order.Key]int{}, noted: map[order.Key]int{}, waited: map[order.Key]bool{}}
	for sleep(ctx, clerkEvery) {
		if w.unready.Load() {
			continue // what he resumes now is refused again
		}
		w.approve()
		numbers, err := c.toResume(ctx)
		if err != nil || len(numbers) == 0 {
			continue // the store may have been killed: he comes again
		}
		if err := w.starter(ctx, append([]string{"resync"}, numbers[:min(len(numbers), 500)]...)...); err != nil && ctx.Err() == nil {
			w.say("the clerk could not resume %d orders: Temporal or the store is away", len(numbers))
		}
	}
	return nil
}

// approve approves every draft that waits for it.
func (w *world) approve() {
	for _, d := range w.company.Drafts() {
		if d.Authorization == "dasPending" {
			_ = w.company.Approve(d.Key) // it may have been removed
		}
	}
}

// toResume are the numbers of orders that should be posted and are held or lack a rate, and of drafts that may have become sales orders.
func (c *clerk) toResume(ctx context.Context) (numbers []string, err error) {
	placed := map[string]magentosim.Placed{}
	for _, p := range c.shop.Orders() {
		placed[p.IncrementID] = p
	}
	for _, filter := range []store.Filter{{Status: order.Held}, {Status: order.Draft}, {Status: order.Pending, Text: rateMissing}} {
		filter.Instance = instance
		docs, err := c.db.List(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			p, known := placed[doc.IncrementID]
			waits := doc.Status == order.Pending // one that is to be held in the end waits for the rate as well
			if !known || !waits && want(p) != order.Posted || c.resumed[doc.Key] == maxResumes {
				continue
			}
			c.resumed[doc.Key]++
			numbers = append(numbers, doc.IncrementID)
			if doc.Reason != nil && doc.Status != order.Draft {
				c.note(ctx, doc, p)
			}
		}
	}
	return numbers, nil
}

// note counts a hold, and once an order in euro that waits for its rate, and keeps the order's story, as it was then, in resumed.jsonl. An order that
// is held still, because the clerk could not reach anybody the last time, is not held again.
func (c *clerk) note(ctx context.Context, doc store.Staged, p magentosim.Placed) {
	if c.knows(doc) {
		return
	}
	code := c.reason(doc, p)
	if code == "" {
		return
	}
	c.holds.add(code)
	if explained[code] == nil {
		c.say("unexpected hold: %s (%s): %s", doc.Key, doc.Reason.Code, doc.Reason.Message)
	}
	whole, err := c.db.Get(ctx, doc.Key)
	if err != nil {
		return // the store was killed in this moment; the hold is counted
	}
	whole.Order = nil
	file, err := os.OpenFile(filepath.Join(c.Dir, "resumed.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return
	}
	defer file.Close()
	_ = json.NewEncoder(file).Encode(whole) // it helps to understand a run, no more
}

// reason is what the hold counts under; empty for an order that waits for its rate another time. An order that waits for a rate and is
// not in euro has a name of its own, which no fault explains.
func (c *clerk) reason(doc store.Staged, p magentosim.Placed) string {
	code := doc.Reason.Code
	switch {
	case code != rateMissing:
		return code
	case p.OrderCurrency != "EUR":
		return code + " in " + p.OrderCurrency
	case c.waited[doc.Key]:
		return ""
	}
	c.waited[doc.Key] = true
	return code
}

// knows reports whether the hold is one that he has noted, and notes it.
func (c *clerk) knows(doc store.Staged) bool {
	at, known := c.noted[doc.Key]
	c.noted[doc.Key] = doc.Attempts
	return known && at == doc.Attempts
}
