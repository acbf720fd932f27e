package api_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// Many open pages ask at once, and whenever an order changes: they are told of one count. Fails without: until in tally.of; forget.
func TestBackfill_IsNotCountedForEachWhoAsks(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key(1, "1"), func(d *store.Staged) { d.Import = "run" })
	now := day(1)
	tally := api.NewTally(w.db, func() time.Time { return now }, nil)
	first := tally.Of(t.Context(), w.instance, "run")
	w.staged(w.key(1, "2"), func(d *store.Staged) { d.Import = "run" })
	now = now.Add(2 * time.Second)
	again := tally.Of(t.Context(), w.instance, "run")
	if first == nil || first.Orders[order.Pending] != 1 || first.Waiting != 1 || again != first {
		t.Errorf("first %+v, then %+v", first, again)
	}
	now = now.Add(time.Millisecond)
	if later := tally.Of(t.Context(), w.instance, "run"); later == nil || later.Orders[order.Pending] != 2 {
		t.Errorf("later %+v", later)
	}
	w.staged(w.key(1, "3"), func(d *store.Staged) { d.Import = "run" })
	tally.Forget("run")
	if anew := tally.Of(t.Context(), w.instance, "run"); anew == nil || anew.Orders[order.Pending] != 3 {
		t.Errorf("after it was forgotten: %+v", anew)
	}
}

// A count that takes long takes nobody's page away, and is not made again by each who asks; it goes on when who asked has gone. Fails without: WithoutCancel in
// tally.of; until after a failure; the look at ctx while another counts.
func TestBackfill_ThatIsSlowToCountIsShown(t *testing.T) {
	now, counted := day(1), 0
	begun, goOn := make(chan struct{}), make(chan error, 1)
	tally := api.NewTally(nil, func() time.Time { return now }, func(ctx context.Context) error {
		counted++
		begun <- struct{}{}
		select {
		case err := <-goOn:
			now = now.Add(time.Second)
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	gone, leave := context.WithCancel(t.Context())
	var first *api.BackfillNow
	var asking sync.WaitGroup
	asking.Go(func() { first = tally.Of(gone, "main", "run") })
	<-begun
	leave()
	waiting, tired := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer tired()
	if waited := tally.Of(waiting, "main", "run"); waited != nil {
		t.Errorf("while another counts: %+v", waited)
	}
	goOn <- nil
	if asking.Wait(); first == nil || first.Waiting != 7 {
		t.Fatalf("who went away left %+v", first)
	}
	now = now.Add(time.Minute)
	asking.Go(func() { first = tally.Of(t.Context(), "main", "run") })
	<-begun
	goOn <- errors.New("the store is slow")
	if asking.Wait(); first != nil {
		t.Errorf("what could not be counted is %+v", first)
	}
	now = now.Add(19 * time.Second)
	soon, over := context.WithTimeout(t.Context(), time.Second) // one that counts waits for begun
	defer over()
	asking.Go(func() { first = tally.Of(soon, "main", "run") })
	select {
	case <-begun:
		t.Error("it is counted again at once")
		goOn <- nil
	case <-waited(&asking):
	}
	if counted != 2 {
		t.Errorf("counted %d times", counted)
	}
}

// waited is closed once all are done.
func waited(all *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	return done
}
