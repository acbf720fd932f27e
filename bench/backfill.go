package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// backfill is the case: all orders of the shop are its history, which BackfillOrders reads, stages as imports and takes to B1 in parts.
type backfill struct {
	Orders    []int         `default:"2000" help:"Orders of the shop's history, one measurement each."`
	PerCall   time.Duration `default:"0s" help:"How long B1 takes for each call."`
	Calls     int           `default:"16" help:"Orders at B1 at once (B1_MAX_CALLS)."`
	Window    int           `default:"50" help:"Orders in hand of the backfill."`
	Fresh     int           `default:"0" help:"Orders that are placed while imports are posted, each named by the webhook."`
	PerSecond float64       `default:"2" help:"Of these, orders a second."`
	Runs      int           `default:"1" help:"How often each is measured."`
	Rules     string        `default:"rules.example.yaml" help:"Rules file." type:"path"`
	Profile   string        `help:"Folder for CPU profiles of the worker, the store and the simulators." type:"path"`
	Limit     time.Duration `default:"1h" help:"How long one measurement may take."`
}

// Run measures every backlog and prints a line for each.
func (c *backfill) Run(ctx context.Context) error {
	return eachBacklog(ctx, "backfill", c.Orders, c.Runs, c.measure)
}

// backfilled is one line of the result: what a line of posting has, and how the work was shared out. Where fresh orders were placed, those are in
// all figures but the ones here.
type backfilled struct {
	posted
	// OwnEvents and OwnBytes are those of the backfill's own histories for each import that was posted, OwnHistories how many there are.
	OwnEvents    float64 `json:"own_events_per_order"`
	OwnBytes     float64 `json:"own_bytes_per_order"`
	OwnHistories int     `json:"own_histories"`
	// PartEvents and PartBytes are those of its parts together, for each import that was posted. Begun is how many parts there were, LongestPart the
	// events of the longest.
	PartEvents  float64 `json:"part_events_per_order"`
	PartBytes   float64 `json:"part_bytes_per_order"`
	Begun       int     `json:"parts_begun"`
	LongestPart int64   `json:"longest_part"`
	// Fresh is how long the fresh orders took, by the same clock as in steady; nil if none were placed.
	Fresh *besides `json:"fresh,omitempty"`
}

// besides are the orders that were placed while imports were posted. Times are in milliseconds, from visible in Magento to posted, less B1's own time.
type besides struct {
	Orders  int     `json:"orders"`
	Posted  int     `json:"posted"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Longest float64 `json:"longest_ms"`
}

// measure takes one history to B1, with servers of its own.
func (c *backfill) measure(ctx context.Context, orders int) (*backfilled, error) {
	if orders < 1 || c.Fresh < 0 || c.Fresh > 0 && c.PerSecond <= 0 {
		return nil, errors.New("want at least one order, none or some fresh ones, and a rate above 0")
	}
	base := posting{PerCall: c.PerCall, Calls: c.Calls, Window: c.Window, Rules: c.Rules, Profile: c.Profile, Limit: c.Limit}
	m := &backfilled{posted: posted{Case: "backfill", Orders: orders}}
	var hook string
	var sold []sale
	open := func(ctx context.Context, w *workshop) (s *scene, err error) {
		if s, err = base.open(ctx, w, orders); err != nil || c.Fresh == 0 {
			return s, err
		}
		if hook, err = s.startGateway(ctx, w); err != nil {
			s.close(ctx)
		}
		return s, err
	}
	work := func(ctx context.Context, s *scene) (placed int, err error) {
		sold, err = c.work(ctx, s, hook, orders)
		return len(sold), err
	}
	if err := base.measureWork(ctx, &m.posted, open, work); err != nil {
		return nil, err
	}
	m.reckon(sold, time.Duration(m.CallsPerOrder*float64(c.PerCall)))
	return m, nil
}

// work runs the backfill, and places the fresh orders as soon as B1 has imports.
func (c *backfill) work(ctx context.Context, s *scene, hook string, orders int) ([]sale, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type sales struct {
		sold []sale
		err  error
	}
	done := make(chan sales, 1)
	if c.Fresh > 0 {
		go func() {
			sold, err := c.sell(ctx, s, hook)
			done <- sales{sold, err}
		}()
	}
	if err := s.importAll(ctx, c.Window, orders); err != nil || c.Fresh == 0 {
		return nil, err
	}
	ended := time.Now()
	fresh := <-done
	if fresh.err != nil {
		return nil, fmt.Errorf("fresh orders: %w", fresh.err)
	}
	if last := fresh.sold[len(fresh.sold)-1]; last.visible.After(ended) {
		return nil, errors.New("the backfill had ended before all fresh orders were placed: place fewer, or give it more orders")
	}
	return fresh.sold, nil
}

// sell places the fresh orders.
func (c *backfill) sell(ctx context.Context, s *scene, hook string) ([]sale, error) {
	for {
		b1, err := companyState(ctx, s.b1)
		if err != nil {
			return nil, err
		}
		if b1.Count > 0 {
			return (&steady{PerSecond: c.PerSecond}).sell(ctx, s, hook, c.Fresh)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("B1 has no import yet: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond): // it is asked again
		}
	}
}

// importAll runs a backfill of all that was placed until now, as starter begins it, and waits for its end.
func (s *scene) importAll(ctx context.Context, window, orders int) error {
	options := client.StartWorkflowOptions{ID: workflows.BackfillOrdersID(instance), TaskQueue: workflows.DefaultTaskQueue,
		TypedSearchAttributes: workflows.RunAttributes(instance, workflows.SourceBackfill), Priority: temporal.Priority{PriorityKey: workflows.ImportPriority}}
	// The simulated shop's orders are of the last 14 days.
	selected := order.Selection{By: order.ByCreated, From: time.Now().UTC().AddDate(0, -1, 0)}
	run, err := s.temporal.ExecuteWorkflow(ctx, options, workflows.BackfillOrders,
		workflows.BackfillOrdersInput{Instance: instance, Selected: &selected, Window: window, Actor: "bench"})
	if err != nil {
		return err
	}
	var record store.Run
	if err := run.Get(ctx, &record); err != nil {
		return err
	}
	if len(record.Errors) > 0 || record.Counts.Deferred > 0 {
		return fmt.Errorf("the backfill met errors: %q, and left %d orders for later", record.Errors, record.Counts.Deferred)
	}
	imported := 0
	for _, n := range record.Backfill.Imported {
		imported += n
	}
	if imported != orders {
		return fmt.Errorf("of %d orders %d are imports, the others %v", orders, imported, record.Backfill.Others)
	}
	return nil
}

// reckon takes down how the work was shared out, and how long the fresh orders took, of which B1 itself takes own.
func (m *backfilled) reckon(sold []sale, own time.Duration) {
	imports := m.Posted
	if len(sold) > 0 {
		var d delays
		d.reckon(sold, own)
		m.Fresh = &besides{Orders: len(sold), Posted: d.Posted, P50: d.P50, P99: d.P99, Longest: d.Longest}
		imports -= d.Posted
	}
	of := float64(imports)
	each := func(all int64) float64 { return round(float64(all) / of) }
	itself, parts := m.Temporal.of("BackfillOrders"), m.Temporal.of("PostImports")
	m.OwnEvents, m.OwnBytes, m.OwnHistories = each(itself.events), each(itself.bytes), itself.histories
	m.PartEvents, m.PartBytes, m.Begun, m.LongestPart = each(parts.events), each(parts.bytes), parts.histories, parts.longest
}
