package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"time"

	"datawald/activities"
	"datawald/store"
)

const (
	day = 24 * time.Hour
	// retainEvery is the time between two looks for what is old enough.
	retainEvery = time.Minute
	// retainedAtOnce is how many orders one look takes up: some seconds of work. A million orders of an old installation take a day and a half.
	retainedAtOnce = 500
	// retainLease is how long a worker that died keeps the others from it.
	retainLease = 5 * time.Minute
	// findEvery is the time between two questions which instances the store has.
	findEvery = time.Hour
	// auditWords stands for the audit among the instances: no instance has a capital letter in its name.
	auditWords = "AUDIT"
)

// retain erases the personal data of orders that are done and that nobody has changed for age, beside the work, until stop is called. Of several workers
// one does it at a time. An age of zero keeps everything.
func retain(ctx context.Context, db *store.Store, instances []string, age, every time.Duration, log *slog.Logger) (stop func()) {
	if age <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	r := retainer{db: db, instances: instances, age: age, owner: rand.Text(), log: log}
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			r.look(ctx)
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
		r.end(context.WithoutCancel(ctx))
	}
}

type retainer struct {
	db *store.Store
	// instances are those that this worker serves, and those of which the store has orders: one that was taken out of INSTANCES keeps no data for ever.
	instances []string
	asked     time.Time
	age       time.Duration
	owner     string
	log       *slog.Logger
}

// look erases what is old enough of each instance, if it is this worker's turn.
func (r *retainer) look(ctx context.Context) {
	if err := r.findInstances(ctx); err != nil && ctx.Err() == nil {
		r.log.Warn("personal data of instances that are served no more are not looked for yet", "error", err)
	}
	r.lookThroughAudit(ctx)
	for _, instance := range r.instances {
		taken, err := r.db.Lease(ctx, retention(instance), r.owner, retainLease)
		erased := 0
		if err == nil && taken {
			erased, _, err = activities.EraseOld(ctx, r.db, instance, r.age, retainedAtOnce)
		}
		if erased > 0 {
			r.log.Info("personal data of old orders erased", "instance", instance, "orders", erased)
		}
		if err != nil && ctx.Err() == nil {
			r.log.Warn("personal data of old orders are not erased yet", "instance", instance, "error", err)
		}
	}
}

// findInstances adds the instances of the store, once in a while.
func (r *retainer) findInstances(ctx context.Context) error {
	if time.Since(r.asked) < findEvery {
		return nil
	}
	names, err := r.db.OrderInstances(ctx)
	if err != nil {
		return err
	}
	if r.asked.IsZero() { // once for each start: no release leaves any behind since
		if _, err := r.db.DropDocumentsOfStandIns(ctx); err != nil {
			return err
		}
	}
	r.asked = time.Now()
	for _, name := range names {
		if !slices.Contains(r.instances, name) {
			r.instances = append(r.instances[:len(r.instances):len(r.instances)], name)
		}
	}
	return nil
}

// lookThroughAudit erases what people wrote about orders that long ago.
func (r *retainer) lookThroughAudit(ctx context.Context) {
	taken, err := r.db.Lease(ctx, retention(auditWords), r.owner, retainLease)
	erased := 0
	if err == nil && taken {
		erased, err = activities.EraseOldWords(ctx, r.db, r.age, retainedAtOnce)
	}
	if erased > 0 {
		r.log.Info("words about old orders erased in the audit", "entries", erased)
	}
	if err != nil && ctx.Err() == nil {
		r.log.Warn("words about old orders are not erased in the audit yet", "error", err)
	}
}

// end lets another worker do it at once.
func (r *retainer) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, instance := range append(r.instances[:len(r.instances):len(r.instances)], auditWords) {
		if err := r.db.EndLease(ctx, retention(instance), r.owner); err != nil {
			r.log.Warn("not closed cleanly", "what", "retention", "error", err)
		}
	}
}

func retention(instance string) string { return "retention:" + instance }
