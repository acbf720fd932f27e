package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"datawald/gateway/desk"
	"datawald/order"
	"datawald/store"
)

const (
	// bulkPage is how many orders of a filter are read at a time.
	bulkPage = 100
	// bulkAtOnce is how many orders are changed side by side.
	bulkAtOnce = 8
	// maxRun is how many orders one run takes to B1.
	maxRun = 500
	// maxRefusals and maxWhys bound what an answer says of refused orders.
	maxRefusals, maxWhys = 100, 50
)

// bulkTime is how long one request works on the orders of a filter, so that it ends well within the time of a request. Tests change it.
var bulkTime = 6 * time.Second

// bulk carries one action out on many orders.
type bulk struct {
	server  *server
	request desk.Request
	dry     bool
	until   time.Time

	mu     sync.Mutex
	result ActionsResult
	why    map[string]int
	// staged are orders to be taken to B1 by instance, reread those for which Magento is asked first.
	staged, reread map[string][]order.Key
	rereads        int
	// unasked is true of a retry by filter, reason the code that the filter names: orders that would be sent anew beside what B1 had are retried only
	// when somebody asks for just these.
	unasked bool
	reason  string
}

// beside says of a held order, by its reason, what a retry would send it beside.
var beside = map[string]string{
	"reference_cancelled": "a cancelled sales order",
	"cancelled_in_b1":     "a cancelled sales order",
	"gone_from_b1":        "one that is no longer in B1, or not to be seen there",
	"draft_rejected":      "a draft that was refused",
}

// keeps says why a retry by filter leaves an order out; empty when it does not.
func (b *bulk) keeps(head *store.Staged) string {
	if !b.unasked || head.Reason == nil || head.Reason.Code == b.reason {
		return ""
	}
	if what, is := beside[head.Reason.Code]; is {
		return fmt.Sprintf("A retry would send it anew beside %s. Name it by its key, or filter by the reason %s, if that is wanted.", what, head.Reason.Code)
	}
	return ""
}

func newBulk(s *server, request desk.Request, dry bool) *bulk {
	return &bulk{server: s, request: request, dry: dry, until: time.Now().Add(bulkTime), why: map[string]int{},
		staged: map[string][]order.Key{}, reread: map[string][]order.Key{},
		result: ActionsResult{Action: request.Action, DryRun: dry, Refusals: []Refusal{}, Why: []RefusalCount{}, Runs: []StartedResync{}}}
}

// isOver reports whether this request has done its share: its time is up, or Magento is to be asked for as many orders as one run may.
func (b *bulk) isOver() bool {
	return !time.Now().Before(b.until) || b.rereads+bulkPage > maxRun
}

// page carries the action out on some orders, of which the heads were read.
func (b *bulk) page(ctx context.Context, heads []store.Staged) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(bulkAtOnce)
	for i := range heads {
		g.Go(func() error { return b.one(ctx, &heads[i]) })
	}
	return g.Wait()
}

// one carries it out on one order; what its head shows to be refused is not read again.
func (b *bulk) one(ctx context.Context, head *store.Staged) error {
	if _, err := b.server.instance(head.Instance); err != nil {
		b.refuse(Refusal{head.Key, head.Status, "Its instance is not one of those here."})
		return nil
	}
	if refused := desk.Check(head, b.request, time.Now()); refused != nil {
		b.refuse(Refusal{refused.Key, refused.Status, refused.Why})
		return nil
	}
	if why := b.keeps(head); why != "" {
		b.refuse(Refusal{head.Key, head.Status, why})
		return nil
	}
	if b.dry {
		b.note(head.Key, nil)
		return nil
	}
	done, err := desk.Do(ctx, b.server.store, head.Key, b.request)
	refused, isRefused := errors.AsType[*desk.Refused](err)
	switch {
	case isRefused:
		b.refuse(Refusal{refused.Key, refused.Status, refused.Why})
	case errors.Is(err, desk.ErrNotStaged): // a stand-in whose order has come
		b.refuse(Refusal{Key: head.Key, WhyNot: "It is not staged any more."})
	case err != nil:
		return partDown(err, "store")
	default:
		b.note(head.Key, done)
	}
	return nil
}

// note counts an order with which it was done; done is nil for a dry run.
func (b *bulk) note(key order.Key, done *desk.Done) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.result.Done++
	switch {
	case done == nil || !done.Start:
	case done.Reread:
		b.rereads++
		b.reread[key.Instance()] = append(b.reread[key.Instance()], key)
	default:
		b.staged[key.Instance()] = append(b.staged[key.Instance()], key)
	}
}

func (b *bulk) refuse(r Refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.result.Refused++
	b.why[r.WhyNot]++
	if len(b.result.Refusals) < maxRefusals {
		b.result.Refusals = append(b.result.Refusals, r)
	}
}

// begin begins a run for each instance; of a request that goes on with another one only for what is read from Magento. The others stand first in
// the queue, as do those for which Temporal does not answer.
func (b *bulk) begin(ctx context.Context, first bool) {
	for instance, keys := range b.reread {
		slices.Sort(keys)
		for some := range slices.Chunk(keys, maxRun) {
			b.start(ctx, instance, some, true)
		}
	}
	for instance, keys := range b.staged {
		slices.Sort(keys)
		some := keys[:min(len(keys), maxRun)]
		if !first || !b.start(ctx, instance, some, false) {
			some = nil
		}
		b.result.Queued += len(keys) - len(some)
	}
}

// start begins one run. Orders that nobody reads from Magento are as they were: they are refused with what to do.
func (b *bulk) start(ctx context.Context, instance string, keys []order.Key, reread bool) bool {
	run, err := b.server.takeToB1(ctx, instance, keys, b.request.By, reread)
	if err == nil {
		b.result.Started += len(keys)
		b.result.Runs = append(b.result.Runs, *run)
		if reread {
			b.noteRereads(ctx, keys)
		}
		return true
	}
	b.server.log.Warn("orders that were asked for wait", "orders", len(keys), "cause", innermost(err))
	if reread {
		b.result.Done -= len(keys)
		for _, key := range keys {
			b.refuse(Refusal{Key: key, WhyNot: "Temporal does not answer, so that nobody reads it from Magento. Try again in some seconds."})
		}
	}
	return false
}

// noteRereads writes down, side by side, who had the orders read.
func (b *bulk) noteRereads(ctx context.Context, keys []order.Key) {
	var all errgroup.Group
	all.SetLimit(bulkAtOnce)
	for _, key := range keys {
		all.Go(func() error {
			b.server.noteReread(ctx, key, b.request)
			return nil
		})
	}
	_ = all.Wait() // none of them fails
}

// summed is the answer.
func (b *bulk) summed() ActionsResult {
	for why, n := range b.why {
		b.result.Why = append(b.result.Why, RefusalCount{why, n})
	}
	slices.SortFunc(b.result.Why, func(x, y RefusalCount) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.WhyNot, y.WhyNot))
	})
	b.result.Why = b.result.Why[:min(len(b.result.Why), maxWhys)]
	slices.SortFunc(b.result.Refusals, func(x, y Refusal) int { return cmp.Compare(x.Key, y.Key) })
	return b.result
}
