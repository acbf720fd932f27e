package api_test

import (
	"context"
	"errors"
	"net/http"
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

// Whoever asks for one number of hours after another is told to wait before the store has no time for orders; who asks for what is being counted already shares it, and
// who has had an answer lately has it once more. Fails without: mostCounts in begin; last beside it; the count that is under way before it.
func TestStatistics_AreCountedForFewNumbersOfHoursAtOnce(t *testing.T) {
	var begun atomic.Int32
	goOn := make(chan struct{})
	figures := api.NewFigures(func(ctx context.Context) (*api.Statistics, error) {
		if begun.Add(1) > 1 {
			<-goOn
		}
		return &api.Statistics{Posted: int64(begun.Load()), CountedAt: time.Now(), Whole: true}, nil
	})
	known, err := figures.AskFor(t.Context(), 24)
	if err != nil {
		t.Fatal(err)
	}
	figures.Expire()
	brief, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for hours := 1; hours <= api.MostCounts; hours++ {
		if _, err := figures.AskFor(brief, hours); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%d hours: %v", hours, err)
		}
	}
	patient, enough := context.WithTimeout(t.Context(), 10*time.Second)
	defer enough()
	for hours := 100; hours < 110; hours++ {
		_, err := figures.AskFor(patient, hours)
		if p, ok := errors.AsType[*api.Problem](err); !ok || p.Status != http.StatusTooManyRequests || p.GetHeaders().Get("Retry-After") == "" {
			t.Fatalf("%d hours: %v", hours, err)
		}
	}
	if last, err := figures.AskFor(patient, 24); err != nil || last != known {
		t.Errorf("what was counted lately: %+v, %v", last, err)
	}
	close(goOn)
	for hours := 1; hours <= api.MostCounts; hours++ {
		if _, err := figures.AskFor(t.Context(), hours); err != nil {
			t.Errorf("%d hours, which were being counted: %v", hours, err)
		}
	}
	if _, err := figures.AskFor(t.Context(), 100); err != nil {
		t.Errorf("once the others are counted: %v", err)
	}
	if n := begun.Load(); n != api.MostCounts+2 {
		t.Errorf("counted %d times, want %d", n, api.MostCounts+2)
	}
}

// A count that panics answers who waits for it, and the next one is made. Fails without: recover in made (the process ends).
func TestStatistics_ThatPanicEndNothingElse(t *testing.T) {
	broken := true
	figures := api.NewFigures(func(context.Context) (*api.Statistics, error) {
		if broken {
			panic("roni@example.com")
		}
		return &api.Statistics{Posted: 7, CountedAt: time.Now(), Whole: true}, nil
	})
	_, err := figures.AskFor(t.Context(), 24)
	if p, ok := errors.AsType[*api.Problem](err); !ok || p.Status != http.StatusInternalServerError {
		t.Fatalf("a count that panics gives %v", err)
	}
	broken = false
	if got, err := figures.AskFor(t.Context(), 24); err != nil || got.Posted != 7 {
		t.Errorf("the next one gives %+v, %v", got, err)
	}
}
