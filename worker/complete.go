package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"datawald/store"
)

// completeEvery is the time between two looks.
const completeEvery = time.Minute

// complete gives the orders that an earlier release wrote what people search them by, beside the work, until stop is called: all at first, and what
// changed each time after that, for in a rolling upgrade workers of the earlier release write on. What is left then the next start goes on with.
func complete(ctx context.Context, db *store.Store, instances []string, every time.Duration, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			completeOnce(ctx, db, instances, log)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

func completeOnce(ctx context.Context, db *store.Store, instances []string, log *slog.Logger) {
	for _, instance := range instances {
		n, err := db.CompleteOrders(ctx, instance)
		if n > 0 {
			log.Info("orders of an earlier release can be searched now", "instance", instance, "orders", n)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("not all orders of an earlier release can be searched yet", "instance", instance, "error", err)
		}
	}
}
