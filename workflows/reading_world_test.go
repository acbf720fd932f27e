package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"pgregory.net/rapid"

	"datawald/activities"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// longestOpen is how long a transaction of the shop may stay open: the overlap, less what the clocks leave open. A run may
// read for much longer.
const (
	readingOverlap = 5 * time.Minute
	longestOpen    = readingOverlap - 10*time.Second
)

// readingWorld is a busy shop, the real reading workflow with the real activities and the real store, and a day's worth of
// trouble. Random numbers are drawn before a run begins, because the run draws from other goroutines.
type readingWorld struct {
	t        *rapid.T
	shop     *magentosim.Shop
	db       *store.Store
	acts     *activities.Activities
	instance string
	// longestRun is how long one run reads at most.
	longestRun time.Duration
	// settle is how far the reader stays behind the shop's clock.
	settle time.Duration

	mu  sync.Mutex
	now time.Time
	// runBegan is when the run began; late are orders whose transaction is open, with the time they were stamped.
	runBegan time.Time
	late     map[int64]time.Time
	// script is what happens during a run, a number each; script[0] is next.
	script []int
	// shown are the versions that the shop showed before each run, by the time it began.
	shown map[time.Time]map[int64]string
	// broken are the orders that Magento once could not show.
	broken map[int64]bool
	// skew is how far the shop's clock is ahead of ours from the beginning.
	skew time.Duration
	// clockSeen is true when a reading has met the shop's clock as it is now: one that is wrong and right again between two
	// readings leaves no trace.
	clockSeen bool
	// clockSet is true when the shop's clock was ever set.
	clockSet bool
	// cut is the cut as it was seen last, cutMoved when the run began that moved it there, latestRun when the latest did.
	cut                 order.Cut
	cutMoved, latestRun time.Time
	// changes counts how often the shop changed each order.
	changes map[int64]int
	// zombie is a staging whose worker was taken for dead; it comes late.
	zombie *activities.SyncOrderInput
	// zombieBegan is when it began; its time ends with that of its activity.
	zombieBegan time.Time
}

func newReadingWorld(t *rapid.T, db *store.Store) (w *readingWorld, end func()) {
	w = &readingWorld{t: t, db: db, instance: "main", now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), late: map[int64]time.Time{},
		shown: map[time.Time]map[int64]string{}, changes: map[int64]int{}, broken: map[int64]bool{}}
	w.longestRun = time.Duration(rapid.SampledFrom([]int{1, 1, 20}).Draw(t, "longest run")) * time.Minute
	w.settle = time.Duration(rapid.IntRange(0, 5).Draw(t, "settle")) * time.Second
	cfg := magentosim.Config{Seed: rapid.Int64Range(1, 1000).Draw(t, "seed"), Orders: rapid.IntRange(0, 6).Draw(t, "orders at start"),
		Version:     rapid.SampledFrom([]string{"2.2.11", "2.3.5", "2.4.6"}).Draw(t, "version"),
		MaxPageSize: rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "page limit"),
		ClockSkew:   time.Duration(rapid.IntRange(-7200, 7200).Draw(t, "skew")) * time.Second,
		Now:         w.clock, BearerToken: "token"}
	shop, err := magentosim.New(cfg)
	w.must(err)
	server := httptest.NewServer(shop)
	client, err := magento.New(magento.Settings{URL: server.URL, Token: "token"})
	w.must(err)
	rules, err := mapping.ParseRules([]byte(torturedRules))
	w.must(err)
	w.shop, w.skew = shop, cfg.ClockSkew
	w.acts = activities.New(db, testkit.Silent(), activities.Instance{Name: w.instance, Shop: client, Overlap: readingOverlap, Rules: rules, Clock: w.clock,
		Pages: &magento.Reader{Client: client, PageSize: rapid.IntRange(1, 5).Draw(t, "page size"), Settle: w.settle}})
	return w, server.Close
}

const torturedRules = `
version: 1
company: {local_currency: USD}
default:
  card_code: C
  tax: {property: tax_code, codes: [{code: E, percent: 0}]}
  freight: {expense_code: 1}
`

func (w *readingWorld) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *readingWorld) must(err error) {
	if err != nil {
		panic(err)
	}
}

// tick moves the clock; transactions that were open for long enough end. A run does not last longer than its longest.
func (w *readingWorld) tick(d time.Duration) {
	for ; d > 0; d -= time.Second {
		if !w.runBegan.IsZero() && !w.clock().Before(w.runBegan.Add(w.longestRun)) {
			return
		}
		w.mu.Lock()
		w.now = w.now.Add(time.Second)
		w.mu.Unlock()
		for id, since := range w.late {
			if w.clock().Sub(since) >= longestOpen {
				w.commit(id)
			}
		}
	}
}

func (w *readingWorld) commit(id int64) {
	w.must(w.shop.Commit(id))
	delete(w.late, id)
}

func (w *readingWorld) place(n int) {
	for range n {
		_, err := w.shop.Place(magentosim.Placement{})
		w.must(err)
	}
}

// change touches up to n orders in the second of the moment, as a mass action or a data patch does.
func (w *readingWorld) change(from, n int) {
	orders := w.shop.Orders()
	for i := range min(n, len(orders)) {
		mark := fmt.Sprintf("%d-%d", w.clock().Unix(), w.next())
		id := orders[(from+i)%len(orders)].EntityID
		w.must(w.shop.Update(id, func(doc map[string]any) { doc["customer_note"] = mark }))
		w.changes[id]++
	}
}

// next is the next number of the script, 0 behind its end.
func (w *readingWorld) next() int {
	if len(w.script) == 0 {
		return 0
	}
	n := w.script[0]
	w.script = w.script[1:]
	return n
}

// happen lets one thing happen to the shop.
func (w *readingWorld) happen() {
	n := w.next()
	switch n % 12 {
	case 1, 2:
		w.place(1 + n/12%2)
	case 3:
		w.place(4 + n/12%4) // more than a page in one second
	case 4:
		p, err := w.shop.Place(magentosim.Placement{Uncommitted: true})
		w.must(err)
		w.late[p.EntityID] = w.clock()
	case 5:
		for id := range w.late {
			w.commit(id)
			break
		}
	case 6, 7:
		w.change(n/12, 1)
	case 8:
		w.change(n/12, 6)
	case 9:
		w.tick(time.Duration(1+n/12%40) * time.Second * time.Duration(1+n%5*n%3*4))
	case 10:
		if orders := w.shop.Orders(); len(orders) > 1 {
			w.must(w.shop.Remove(orders[n/12%len(orders)].EntityID))
		}
	case 11:
		w.fault(n / 12)
	default:
		w.tick(time.Second)
	}
}

// fault makes the shop fail, or be other than it was.
func (w *readingWorld) fault(n int) {
	w.must(w.shop.SetFaults(func(f *magentosim.Faults) {
		if n%8 < 4 && f.ClockSkewSeconds != 0 {
			return // a fault for one request ends all others with it, and would set the clock unseen
		}
		switch n % 8 {
		case 0:
			f.Unavailable, f.ForRequests = true, 1
		case 1:
			f.Truncate, f.ForRequests = true, 1
		case 2:
			f.Drop, f.ForRequests = true, 1
		case 3:
			f.HTML200, f.ForRequests = true, 1
		case 4:
			f.MaxPageSize = 1 + n/8%3
		case 5:
			if orders := w.shop.Orders(); len(orders) > 0 {
				f.PoisonEntityIDs, f.PoisonStatus, f.PoisonGetMissing = []int64{orders[n/8%len(orders)].EntityID}, 404, n/16%2 == 1
				w.broken[f.PoisonEntityIDs[0]] = true
			}
		case 6: // the clock of the shop runs ahead for a while, or behind
			w.setClock(f, []int{100 * 24 * 3600, 10 * 60, 15 * 60, 3600, -15 * 60}[n/8%5])
		default:
			w.setClock(f, 0)
			f.PoisonEntityIDs, f.MaxPageSize = nil, 0
		}
	}))
}

// ranThen reports whether the shop's clock ran as it does now when the reading began.
func (w *readingWorld) ranThen(r *store.Reading) bool {
	if r == nil {
		return false
	}
	now := w.clock().Add(w.skew + time.Duration(w.shop.Faults().ClockSkewSeconds)*time.Second)
	return now.Sub(r.ShopTime.Add(w.clock().Sub(r.Began))).Abs() < 2*time.Minute
}

// setClock lets the shop's clock run ahead or behind, when the readings know how it ran before.
func (w *readingWorld) setClock(f *magentosim.Faults, seconds int) {
	if w.clockSeen && f.ClockSkewSeconds != seconds {
		f.ClockSkewSeconds, w.clockSeen, w.clockSet = seconds, false, true
	}
}

// run reads once, as a firing of the schedule would; script is what happens meanwhile.
func (w *readingWorld) run(script []int) store.Run {
	w.script, w.runBegan = script, w.clock()
	shown := map[int64]string{}
	for _, p := range w.shop.Orders() {
		shown[p.EntityID] = w.version(p.EntityID)
	}
	w.shown[w.runBegan], w.latestRun = shown, w.runBegan
	env := testkit.WorkflowEnvironment()
	env.SetStartTime(w.runBegan)
	env.SetWorkflowRunTimeout(time.Hour)
	env.RegisterWorkflow(workflows.SyncOrders)
	env.RegisterActivity(w.acts)
	env.OnActivity(act.NextOrders, mock.Anything, mock.Anything).Return(w.nextOrders).Maybe()
	env.OnActivity(act.RecordRun, mock.Anything, mock.Anything).Return(nil).Maybe()
	env.OnActivity(act.FetchMagentoOrders, mock.Anything, mock.Anything).Return(w.fetch).Maybe()
	env.OnActivity(act.SyncOrder, mock.Anything, mock.Anything).Return(w.stage).Maybe()
	env.ExecuteWorkflow(workflows.SyncOrders, workflows.SyncOrdersInput{Instance: w.instance})
	w.runBegan = time.Time{}
	w.must(env.GetWorkflowError())
	var r store.Run
	w.must(env.GetWorkflowResult(&r))
	return r
}

// errKilled ends a run in its tracks: the run after it finds only what is in the store.
var errKilled = temporal.NewNonRetryableApplicationError("the worker and its run are gone", activities.TypeRefused, nil)

// trouble is what may befall an activity: nothing mostly, death before its work, or after it with the result lost.
func (w *readingWorld) trouble(work func() error) error {
	n := w.next()
	switch n % 17 {
	case 1:
		return errKilled
	case 2:
		return temporal.NewApplicationError("lost before", activities.TypeTransient)
	case 3:
		return errors.Join(work(), errKilled)
	case 4:
		return errors.Join(work(), temporal.NewApplicationError("the result is lost", activities.TypeTransient))
	}
	return work()
}

func (w *readingWorld) fetch(ctx context.Context, in activities.FetchMagentoOrdersInput) (out *activities.FetchMagentoOrdersResult, err error) {
	w.happen()
	err = w.trouble(func() error {
		out, err = w.acts.FetchMagentoOrders(ctx, in)
		return err
	})
	w.happen()
	return out, err
}

func (w *readingWorld) stage(ctx context.Context, in activities.SyncOrderInput) (out *activities.SyncOrderResult, err error) {
	if n := w.next(); n%13 == 1 && w.zombie == nil {
		later := in
		w.zombie, w.zombieBegan = &later, w.clock()
	} else if n%3 == 1 {
		w.comeLate(ctx)
	}
	err = w.trouble(func() error {
		out, err = w.acts.SyncOrder(ctx, in)
		w.clockSeen = w.clockSeen || err == nil && w.ranThen(in.Reading)
		return err
	})
	w.happen()
	return out, err
}

// nextOrders leaves out what waits for B1: nothing is posted here.
func (w *readingWorld) nextOrders(ctx context.Context, in activities.NextOrdersInput) (*activities.NextOrdersResult, error) {
	next, err := w.acts.NextOrders(ctx, in)
	if err == nil {
		next.Orders = nil
	}
	return next, err
}

// standIn is what stands for an order that Magento could not show, or nil.
func (w *readingWorld) standIn(entityID int64) *store.Staged {
	key, err := (&magento.Document{EntityID: entityID}).Key(w.instance)
	w.must(err)
	doc, err := w.db.Get(context.Background(), key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	w.must(err)
	return doc
}

// activityTime is how long a staging may take (StartToCloseTimeout): after that its calls to the store fail.
const activityTime = 5 * time.Minute

// comeLate lets the staging of a worker that was taken for dead come through, unless its time is over.
func (w *readingWorld) comeLate(ctx context.Context) {
	if w.zombie != nil && w.clock().Sub(w.zombieBegan) < activityTime {
		_, err := w.acts.SyncOrder(ctx, *w.zombie)
		w.must(err)
	}
	w.zombie = nil
}

// version is the hash of an order's document as the shop shows it now.
func (w *readingWorld) version(entityID int64) string {
	raw, _ := w.shop.Document(entityID)
	return magento.PayloadHash(raw)
}

// staged is the order as it is staged, or nil.
func (w *readingWorld) staged(p magentosim.Placed) *store.Staged {
	key, err := order.NewKey(w.instance, p.StoreID, p.IncrementID)
	w.must(err)
	doc, err := w.db.Get(context.Background(), key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	w.must(err)
	return doc
}
