package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A count that ends within its time nowhere is done in the end: each goes on where the one before ended, up to the orders that have come meanwhile, and what
// was counted before is there until then. Fails without: leaveUsual and resume in CountUsual (each begins anew, and none is done).
func TestCountUsual_GoesOnWhereItEnded(t *testing.T) {
	s := testkit.Store(t)
	latest, placedIn := at(600), map[time.Time]int32{}
	stage := func(n int, placed time.Time) {
		t.Helper()
		doc := store.NewStaged(order.Key(fmt.Sprintf("main:1:%d", n)))
		doc.Status, doc.PlacedAt = order.Posted, placed
		placedIn[placed.Truncate(time.Hour)]++
		if _, err := s.Add(t.Context(), []*store.Staged{doc}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 200 {
		stage(n, latest.Add(-time.Duration(n)*7*time.Hour))
	}
	u, err := s.Usual(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.CountUsual(t.Context(), u, latest); err != nil {
		t.Fatal(err)
	}
	took, before := time.Since(began), u.Hours
	stage(1000, latest.Add(5*time.Hour))
	latest = latest.Add(5 * time.Hour)
	counted := u.CountedAt
	for had, deadline := 0, time.Now().Add(time.Minute); u.CountedAt.Equal(counted); {
		u.BegunAt = time.Time{} // one that ended while it began is not waited for
		ctx, cancel := context.WithTimeout(t.Context(), took/8)
		_ = s.CountUsual(ctx, u, latest) // it is to fail
		cancel()
		if u, err = s.Usual(t.Context(), "main"); err != nil { // as the next one finds it
			t.Fatal(err)
		}
		if u.CountedAt.Equal(counted) && (len(u.SoFar) < had || !slices.Equal(u.Hours, before)) {
			t.Fatalf("%d hours after %d, and of the count before %d", len(u.SoFar), had, len(u.Hours))
		}
		if had == 0 && len(u.SoFar) > 6 { // and orders come meanwhile
			stage(1001, latest.Add(3*time.Hour))
			latest = latest.Add(3 * time.Hour)
			had = len(u.SoFar) - 3 // those are before the weeks by now
		} else {
			had = len(u.SoFar)
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is never done: %d hours by now", had)
		}
	}
	if len(u.Hours) != len(before) || !u.SoFarAt.IsZero() || len(u.SoFar) > 0 || u.Until().Sub(latest) > time.Hour || !u.Until().After(latest) {
		t.Errorf("%d hours until %s, %d left", len(u.Hours), u.Until(), len(u.SoFar))
	}
	for n, got := range u.Hours {
		if hour := u.From.Add(time.Duration(n) * time.Hour); got != placedIn[hour] {
			t.Fatalf("%d orders in the hour of %s, want %d", got, hour, placedIn[hour])
		}
	}
}
