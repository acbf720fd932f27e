package main

import (
	"context"
	"fmt"
	"time"

	"datawald/store"
)

// reading is the case: a backlog of orders is read from the shop and staged, page after page, as a run does it.
type reading struct {
	Orders []int `default:"10000" help:"Backlogs to read, one measurement each."`
	Lines  int   `default:"2" help:"Lines of each order: 2 make orders of 8 KB. 0: a shop's usual mixture of orders."`
	Extra  int   `help:"Bytes added to each order, for shops whose modules put much into it."`
	Page   int   `default:"100" help:"Orders of a page, 1 to 300."`
	Runs   int   `default:"1" help:"How often each backlog is read."`
	Again  bool  `help:"Measure reading the same orders once more, when all are staged and none has changed."`
	// Temporal measures the workflow on bin/temporal instead of calling the activities one after the other.
	Temporal bool          `help:"Read through the workflow SyncOrders on bin/temporal."`
	Profile  string        `help:"Folder for CPU profiles of reader and shop." type:"path"`
	Limit    time.Duration `default:"8m" help:"How long one measurement may take."`
}

// Run measures every backlog and prints a line for each.
func (c *reading) Run(ctx context.Context) error {
	return eachBacklog(ctx, "reading", c.Orders, c.Runs, c.measure)
}

// measurement is one line of the result. Sizes are in MB of 1,000,000 bytes, times in seconds.
type measurement struct {
	Case            string           `json:"case"`
	Through         string           `json:"through"`
	Orders          int              `json:"orders"`
	BytesPerOrder   int              `json:"bytes_per_order"`
	Seconds         float64          `json:"seconds"`
	OrdersPerSecond float64          `json:"orders_per_second"`
	CPUPer1000      float64          `json:"cpu_seconds_per_1000"`
	Parts           map[string]usage `json:"parts"`
	// Others is the share of this machine's processors that other programs took meanwhile, the start of the reader included.
	Others float64 `json:"others_share"`
}

func (m *measurement) others() float64 { return m.Others }

// measure reads one backlog with servers of its own.
func (c *reading) measure(ctx context.Context, orders int) (*measurement, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	w, err := newWorkshop(ctx, "")
	if err != nil {
		return nil, err
	}
	defer w.close()
	settings := readerPart{Page: c.Page, Profile: c.Profile}
	if settings.Store, err = w.startStore(ctx); err != nil {
		return nil, err
	}
	var shop opened
	if err := w.startPart(ctx, "shop", shopPart{Orders: orders, Lines: c.Lines, Extra: c.Extra, Profile: c.Profile}.arguments(), &shop); err != nil {
		return nil, err
	}
	settings.Shop = shop.URL
	through := "activities"
	if c.Temporal {
		through = "workflow"
		if settings.Temporal, err = w.startTemporal(ctx); err != nil {
			return nil, err
		}
	}
	if c.Again {
		through += ", again"
		if err := w.startPart(ctx, "reader", settings.arguments(), &staged{}); err != nil {
			return nil, err
		}
		settings.Anew = true
	}
	before, busy, began := w.usages(), machineTime(), time.Now()
	var done staged
	if err := w.startPart(ctx, "reader", settings.arguments(), &done); err != nil {
		return nil, err
	}
	parts := since(before, w.usages())
	parts["reader"] = done.Usage
	others := othersShare(machineTime()-busy, processorTimes(parts), time.Since(began))
	if err := checkStaged(ctx, settings.Store, orders); err != nil {
		return nil, err
	}
	m := summary(through, orders, shop, done, parts)
	m.Others = others
	return m, nil
}

// checkStaged makes sure that the work was done.
func checkStaged(ctx context.Context, uri string, want int) error {
	db, err := store.Open(ctx, uri, database)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	counts, err := db.Counts(ctx, instance)
	if err != nil {
		return err
	}
	staged := 0
	for _, n := range counts {
		staged += int(n)
	}
	if staged != want {
		return fmt.Errorf("%d orders are staged, want %d", staged, want)
	}
	return nil
}

func summary(through string, orders int, shop opened, done staged, parts map[string]usage) *measurement {
	m := &measurement{Case: "reading", Through: through, Orders: orders, BytesPerOrder: shop.Bytes / orders,
		Seconds: round(done.Seconds), OrdersPerSecond: round(float64(orders) / done.Seconds), Parts: parts}
	m.CPUPer1000 = round(processorTimes(parts) * 1000 / float64(orders))
	return m
}
