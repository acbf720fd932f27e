package api_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"datawald/gateway/api"
)

// A count goes on when who asked goes away, so that the next one has use of it; while a later one takes long, the last whole answer serves. Fails without:
// context.WithoutCancel in begin (nobody ever has an answer); last in ask (the second wait is in vain); counts (each who asks counts anew).
func TestStatistics_OfASlowStoreComeInTheEnd(t *testing.T) {
	var begun atomic.Int32
	goOn := make(chan struct{})
	figures := api.NewFigures(func(ctx context.Context) (*api.Statistics, error) {
		begun.Add(1)
		select {
		case <-goOn:
			return &api.Statistics{Posted: 7, CountedAt: time.Now(), Whole: true}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	for range 3 { // who waits shortly goes away
		brief, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := figures.Ask(brief); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a count that takes long gave %v", err)
		}
		cancel()
	}
	for end := time.Now().Add(time.Minute); begun.Load() == 0 && time.Now().Before(end); { // it begins beside those who ask
		time.Sleep(time.Millisecond)
	}
	if n := begun.Load(); n != 1 {
		t.Errorf("counted %d times for all who asked", n)
	}
	close(goOn)
	first, err := figures.Ask(t.Context())
	if err != nil || first.Posted != 7 || begun.Load() != 1 {
		t.Fatalf("after %d counts: %+v, %v", begun.Load(), first, err)
	}
	goOn = make(chan struct{})
	figures.Expire()
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if second, err := figures.Ask(patient); err != nil || second != first || begun.Load() != 2 {
		t.Errorf("while it is counted anew, after %d counts: %+v, %v", begun.Load(), second, err)
	}
	close(goOn)
}
