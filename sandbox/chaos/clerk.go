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

// expected are the reasons for holding an order that the faults of the run give: B1 refused it or gave no clear answer. A clerk
// mends the cause and resumes the order. Any other hold of an order that should be posted is a violation.
var expected = map[string]bool{"b1_refused": true, "b1_no_clear_answer": true, "b1_no_match": true}

// working is a clerk who resumes what is held for trouble in B1, and an approver of drafts.
func (w *world) working(ctx context.Context) error {
	resumed := map[order.Key]int{}
	for sleep(ctx, clerkEvery) {
		w.approve()
		numbers, err := w.toResume(ctx, resumed)
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

// toResume are the numbers of orders that should be posted and are held, and of drafts that may have become sales orders.
func (w *world) toResume(ctx context.Context, resumed map[order.Key]int) (numbers []string, err error) {
	placed := map[string]magentosim.Placed{}
	for _, p := range w.shop.Orders() {
		placed[p.IncrementID] = p
	}
	for _, status := range []order.Status{order.Held, order.Draft} {
		docs, err := w.db.List(ctx, store.Filter{Instance: instance, Status: status})
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			if p, known := placed[doc.IncrementID]; !known || want(p) != order.Posted || resumed[doc.Key] == maxResumes {
				continue
			}
			resumed[doc.Key]++
			numbers = append(numbers, doc.IncrementID)
			if doc.Status == order.Held && doc.Reason != nil {
				w.note(ctx, doc)
			}
		}
	}
	return numbers, nil
}

// note counts a hold and keeps the order's story, as it was then, in resumed.jsonl.
func (w *world) note(ctx context.Context, doc store.Staged) {
	w.holds.add(doc.Reason.Code)
	if !expected[doc.Reason.Code] {
		w.say("unexpected hold: %s (%s): %s", doc.Key, doc.Reason.Code, doc.Reason.Message)
	}
	whole, err := w.db.Get(ctx, doc.Key)
	if err != nil {
		return // the store was killed in this moment; the hold is counted
	}
	whole.Order = nil
	file, err := os.OpenFile(filepath.Join(w.Dir, "resumed.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return
	}
	defer file.Close()
	_ = json.NewEncoder(file).Encode(whole) // it helps to understand a run, no more
}
