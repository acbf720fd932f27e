package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"datawald/store"
)

// completeAgain is how long to wait after the store did not answer.
const completeAgain = time.Minute

// complete gives the orders that an earlier release wrote what people search them by, beside the work, until stop is called. What is left then the
// next start goes on with.
func complete(ctx context.Context, db *store.Store, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			n, err := db.CompleteOrders(ctx)
			if n > 0 {
				log.Info("orders of an earlier release can be searched now", "orders", n)
			}
			if err == nil || ctx.Err() != nil {
				return
			}
			log.Warn("not all orders of an earlier release can be searched yet", "error", err)
			select {
			case <-time.After(completeAgain):
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
