package main

import (
	"context"
	"log/slog"
	"sync"

	"datawald/activities"
	"datawald/config"
	"datawald/rulebook"
	"datawald/store"
)

// liveRules gives the instances the rules as they are in force, from the beginning and until stop is called, also while this process
// has orders in hand that it finishes.
func liveRules(ctx context.Context, settings *config.Worker, db *store.Store, all []activities.Instance, log *slog.Logger) (stop func(), err error) {
	files := map[string]config.FileRules{}
	for _, i := range settings.All {
		files[i.Name] = i.File
	}
	book := rulebook.New(db, files, log)
	if err := book.Begin(ctx); err != nil {
		return nil, err
	}
	for n := range all {
		all[n].Live = book.Of(all[n].Name).ForActivities()
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var kept sync.WaitGroup
	kept.Go(func() { book.Keep(ctx, settings.RulesPoll) })
	return func() {
		cancel()
		kept.Wait()
	}, nil
}
