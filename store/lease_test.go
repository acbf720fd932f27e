package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/testkit"
)

// Of many who take a lease at once one has it, whether nobody had it before or somebody who is gone.
// Fails without: the duplicate that is no error; owner and end in the comparison; the count of what matched.
func TestLease_OneOfManyHasIt(t *testing.T) {
	s := testkit.Store(t)
	for _, what := range []string{"nobody's", "of one who is gone"} {
		if what != "nobody's" {
			if taken, err := s.Lease(t.Context(), what, "gone", -time.Minute); err != nil || !taken {
				t.Fatal(taken, err)
			}
		}
		var all sync.WaitGroup
		var taken atomic.Int32
		for n := range 16 {
			all.Go(func() {
				has, err := s.Lease(t.Context(), what, fmt.Sprint("owner ", n), time.Hour)
				if err != nil {
					t.Error(err)
				}
				if has {
					taken.Add(1)
				}
			})
		}
		if all.Wait(); taken.Load() != 1 {
			t.Errorf("%s: %d have it, want one", what, taken.Load())
		}
	}
}

// Who has it may have it for longer, others wait until it ends, and end none that is not theirs.
// Fails without: the owner in Lease and in EndLease; the end of a lease.
func TestLease_IsItsOwners(t *testing.T) {
	s := testkit.Store(t)
	lease := func(owner string, length time.Duration, want bool) {
		t.Helper()
		if taken, err := s.Lease(t.Context(), "x", owner, length); err != nil || taken != want {
			t.Errorf("%s has it %t, want %t; %v", owner, taken, want, err)
		}
	}
	end := func(owner string) {
		t.Helper()
		if err := s.EndLease(t.Context(), "x", owner); err != nil {
			t.Error(err)
		}
	}
	lease("anna", time.Hour, true)
	lease("anna", 2*time.Hour, true)
	lease("otto", time.Hour, false)
	end("otto")
	lease("otto", time.Hour, false)
	end("anna")
	lease("otto", time.Hour, true)
}

// A lease is kept for as long as its owner is at work and not longer, and who has lost it stops.
// Fails without: the renewal, the loss and the end of keepLease.
func TestKeepLease(t *testing.T) {
	s := testkit.Store(t)
	const length, every = time.Hour, 20 * time.Millisecond
	if taken, err := s.Lease(t.Context(), "x", "anna", -time.Minute); err != nil || !taken { // its first term is over
		t.Fatal(taken, err)
	}
	ctx, stop := s.KeepLease(t.Context(), "x", "anna", length, every)
	for last, renewed, deadline := time.Now().Add(length/2), 0, time.Now().Add(time.Minute); renewed < 3; time.Sleep(every) {
		until, err := s.LeaseUntil(t.Context(), "x")
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("renewed %d times, until %s: %v", renewed, until, err)
		}
		if until.After(last) {
			last = until
			renewed++
		}
	}
	if taken, err := s.Lease(t.Context(), "x", "otto", length); err != nil || taken {
		t.Fatalf("another has it: %v", err)
	}
	if ctx.Err() != nil {
		t.Errorf("it is lost: %v", context.Cause(ctx))
	}
	if stop(); ctx.Err() == nil {
		t.Error("it is kept when the work is over")
	}
	if err := s.EndLease(t.Context(), "x", "anna"); err != nil {
		t.Fatal(err)
	}
	if taken, err := s.Lease(t.Context(), "x", "otto", time.Hour); err != nil || !taken {
		t.Fatal(taken, err)
	}
	ctx, stop = s.KeepLease(t.Context(), "x", "anna", length, every)
	defer stop()
	select {
	case <-ctx.Done():
		if why := context.Cause(ctx); why == nil || !strings.Contains(why.Error(), "another process has taken x over") {
			t.Errorf("it stops because %v", why)
		}
	case <-time.After(time.Minute):
		t.Error("who has lost it goes on")
	}
}
