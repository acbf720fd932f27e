package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"datawald/activities"
	"datawald/config"
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
)

// retain erases the personal data of orders of r's instances that are done and that nobody has changed for r's age, beside the work, until stop is called.
// Of several workers one does it at a time for each instance. An age of zero keeps everything.
func retain(ctx context.Context, r retainer, every time.Duration) (stop func()) {
	if r.age <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	r.owner = rand.Text()
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
	// instances are those that this worker serves, and with others also all of which the store has orders: nothing tells one that was taken out of INSTANCES
	// from one that another worker serves, which may keep its data longer, or for ever.
	instances []string
	others    bool
	// passed are instances of which the store has orders, that are not this worker's, and that it has said so of.
	passed []string
	// known are all of which the store has orders, and this worker's; empty before that was asked for once, which was at asked.
	known []string
	asked time.Time
	age   time.Duration
	owner string
	log   *slog.Logger
}

// retainerOf erases as the settings want it.
func retainerOf(db *store.Store, settings *config.Worker, log *slog.Logger) retainer {
	return retainer{db: db, instances: settings.InstanceNames, others: settings.RetentionOthers, age: time.Duration(settings.RetentionDays) * day, log: log}
}

// look erases what is old enough of each instance, if it is this worker's turn.
func (r *retainer) look(ctx context.Context) {
	if err := r.findInstances(ctx); err != nil && ctx.Err() == nil {
		r.log.Warn("it cannot be told yet which other instances have orders", "error", err)
	}
	for _, instance := range r.instances {
		taken, err := r.db.Lease(ctx, retention(instance), r.owner, retainLease)
		if err == nil && taken {
			if err = r.eraseOrders(ctx, instance); len(r.known) > 0 { // whose words they are tell the names of all
				err = errors.Join(err, r.eraseWords(ctx, instance))
			}
		}
		if err != nil && ctx.Err() == nil {
			r.log.Warn("personal data of old orders are not erased yet", "instance", instance, "error", err)
		}
	}
}

func (r *retainer) eraseOrders(ctx context.Context, instance string) error {
	erased, _, err := activities.EraseOld(ctx, r.db, instance, r.age, retainedAtOnce)
	if erased > 0 {
		r.log.Info("personal data of old orders erased", "instance", instance, "orders", erased)
	}
	return err
}

// eraseWords erases what people wrote in the audit about orders that long ago.
func (r *retainer) eraseWords(ctx context.Context, instance string) error {
	erased, err := activities.EraseOldWords(ctx, r.db, instance, r.known, r.age, retainedAtOnce)
	if erased > 0 {
		r.log.Info("words about old orders erased in the audit", "instance", instance, "entries", erased)
	}
	return err
}

// findInstances looks, once in a while, which other instances the store has.
func (r *retainer) findInstances(ctx context.Context) error {
	if time.Since(r.asked) < findEvery {
		return nil
	}
	names, err := r.db.OrderInstances(ctx)
	if err != nil {
		return err
	}
	r.meet(names)
	r.known = slices.Concat(r.instances, names)
	if r.asked.IsZero() { // once for each start: no release leaves any behind since
		if _, err := r.db.DropDocumentsOfStandIns(ctx, r.instances); err != nil {
			return err
		}
	}
	r.asked = time.Now()
	return nil
}

// meet takes the instances among these that are new into its care, or says that it passes them by: once of each.
func (r *retainer) meet(names []string) {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(r.instances, name) || slices.Contains(r.passed, name) })
	switch {
	case len(names) == 0:
	case r.others:
		r.instances = slices.Concat(r.instances, names)
	default:
		r.passed = append(r.passed, names...)
		r.log.Warn("personal data of instances that this worker does not serve are not erased by it", "instances", names, "setting", "RETENTION_OTHERS")
	}
}

// end lets another worker do it at once.
func (r *retainer) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, instance := range r.instances {
		if err := r.db.EndLease(ctx, retention(instance), r.owner); err != nil {
			r.log.Warn("not closed cleanly", "what", "retention", "error", err)
		}
	}
}

func retention(instance string) string { return "retention:" + instance }
