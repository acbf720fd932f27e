package activities

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"datawald/magento"
	"datawald/order"
)

// Writer is what the activities need of a Magento client to write to its orders.
type Writer interface {
	// Current reads an order as it is now; one that does not exist is a Permanent failure.
	Current(ctx context.Context, entityID int64) (*magento.Current, error)
	// Comment and SetExtOrderID write to the order as it was just read.
	Comment(ctx context.Context, o *magento.Current, text string) error
	SetExtOrderID(ctx context.Context, o *magento.Current, id string) error
}

// WriteBackInput names the instance whose shop is told what B1 has.
type WriteBackInput struct {
	Instance string `json:"instance"`
}

// WriteBackResult counts what became of the posted orders of which Magento was to be told.
type WriteBackResult struct {
	Written int `json:"written"`
	// Later ones are tried again by a later run; GivenUp ones are for a person.
	Later   int `json:"later,omitempty"`
	GivenUp int `json:"given_up,omitempty"`
	// More is true when others were due and the time of the call was up, or another call is at work on them.
	More bool `json:"more,omitempty"`
	// Stopped says why none was tried any more: Magento does not answer, or does not let the connector write.
	Stopped string `json:"stopped,omitempty"`
}

// Limits of one call, at whose end a run waits while new orders may come: no order is begun after writeBackTime, which leaves
// those under way as long again. Only a shop that hangs makes it longer (writeBackLimit), and that one cannot be read either.
const (
	writeBacksPerCall = 500
	writeBacksAtOnce  = 4
	writeBackTime     = 15 * time.Second
)

// telling holds the instances that a call of this worker is at work on. One call at a time is all that a shop is to bear;
// between workers each order is protected by itself.
type telling struct{ instances sync.Map }

// begin gives the instance to one call until it says that it is done; false when another has it.
func (t *telling) begin(instance string) (done func(), ok bool) {
	_, taken := t.instances.LoadOrStore(instance, true)
	return func() { t.instances.Delete(instance) }, !taken
}

// WriteBack tells Magento of posted orders: a comment with the number in B1, and ext_order_id, as the rules say. The
// queue of them is in the store. Each order is read first and written only what it lacks, so that the call may be
// repeated at any time; while another call is at work on the instance it does nothing. Only a store that does not answer makes it fail.
func (a *Activities) WriteBack(ctx context.Context, in WriteBackInput) (*WriteBackResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	if !i.writesBack() {
		return &WriteBackResult{}, nil
	}
	done, ok := a.telling.begin(in.Instance)
	if !ok {
		return &WriteBackResult{More: true}, nil // whatever is due is in its hands, or in those of the next run
	}
	defer done()
	keys, err := a.store.NextWriteBacks(ctx, in.Instance, writeBacksPerCall)
	if err != nil {
		return nil, err
	}
	batch := &writeBackBatch{Activities: a, instance: i, until: time.Now().Add(writeBackTime)}
	batch.result.More = len(keys) == writeBacksPerCall
	err = batch.run(ctx, keys)
	return &batch.result, err
}

// writesBack reports whether the rules of the instance ask for anything to be written to Magento.
func (i Instance) writesBack() bool { return i.Rules != nil && i.Rules.WriteBack.Asked() }

// writeBackBatch works through the orders of one call, a few side by side.
type writeBackBatch struct {
	*Activities
	instance Instance
	until    time.Time

	mu     sync.Mutex
	result WriteBackResult
}

func (b *writeBackBatch) run(ctx context.Context, keys []order.Key) error {
	var g errgroup.Group // one that fails must not break off what others are writing
	g.SetLimit(writeBacksAtOnce)
	for _, key := range keys {
		if b.over(ctx) {
			break
		}
		g.Go(func() error {
			if b.over(ctx) {
				return nil
			}
			w := &writing{Activities: b.Activities, instance: b.instance, key: key}
			outcome, err := w.run(ctx)
			if err == nil {
				b.count(outcome)
			}
			return err
		})
	}
	return g.Wait()
}

// over reports whether no other order is begun.
func (b *writeBackBatch) over(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.result.More && time.Now().After(b.until) {
		b.result.More = true
	}
	return ctx.Err() != nil || b.result.Stopped != "" || time.Now().After(b.until)
}

func (b *writeBackBatch) count(o writeBackOutcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case o.written:
		b.result.Written++
	case o.givenUp:
		b.result.GivenUp++
	case o.later:
		b.result.Later++
	}
	if o.stop != "" && b.result.Stopped == "" {
		b.result.Stopped, b.result.More = o.stop, false
		b.log.Warn("write-back stopped", "instance", b.instance.Name, "code", o.code)
	}
}

// Times of one write-back follow from the longest call to Magento, and from how long a write may still come through.
const (
	defaultShopTimeout = time.Minute
	defaultShopSettle  = 2 * time.Minute
	writeBackCalls     = 5 // read, comment, read, save, read
	maxWriteBackLimit  = 2 * time.Minute
	maxWriteBackPause  = 6 * time.Hour
	// maxLanePause bounds the pause after what is no matter of the order: once it is over, none waits long.
	maxLanePause = 30 * time.Minute
)

func (i Instance) shopTimeout() time.Duration {
	if i.ShopTimeout > 0 {
		return i.ShopTimeout
	}
	return defaultShopTimeout
}

// shopSettle is how long the next attempt keeps away after a write that may still come through: it would not find it and
// write again.
func (i Instance) shopSettle() time.Duration {
	if i.ShopSettle > 0 {
		return max(i.ShopSettle, i.shopTimeout())
	}
	return max(defaultShopSettle, i.shopTimeout())
}

// writeBackLimit is the longest way of one order.
func (i Instance) writeBackLimit() time.Duration {
	return min(writeBackCalls*i.shopTimeout(), maxWriteBackLimit)
}

// writeBackPause is the wait after so many attempts: twice as long each time.
func (i Instance) writeBackPause(attempts int) time.Duration {
	pause := i.shopTimeout()
	for range attempts - 1 {
		if pause >= maxWriteBackPause {
			break
		}
		pause *= 2
	}
	return min(pause, maxWriteBackPause)
}

// stopText tells a run why write-backs stopped; it goes into Temporal.
func stopText(f *order.Failure, hide func(string) string) string {
	text := short(f.Error())
	if f.Hint != "" {
		text = fmt.Sprintf("%s. %s", text, f.Hint)
	}
	return hide(text)
}
