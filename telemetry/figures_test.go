package telemetry

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// A store that does not answer: the scrape ends soon with the figures before, and says that they are old.
// Fails without: the timer in look; and without failed[q.Part]++.
func TestFigures_AStoreThatHangsKeepsNoScrape(t *testing.T) {
	t.Parallel()
	hangs, asked := atomic.Bool{}, make(chan struct{}, 10)
	f := newFigures([]string{"main"}, []Question{{Part: "orders", Ask: func(ctx context.Context, _ string, f *Figures) error {
		f.Orders = map[string]int64{"posted": 7}
		if hangs.Load() {
			asked <- struct{}{}
			f.Orders = map[string]int64{"posted": 9}
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}}})
	f.patience, f.freshFor = 50*time.Millisecond, 0
	if of, failed := f.look(t.Context()); of["main"].Orders["posted"] != 7 || failed["orders"] != 0 {
		t.Fatalf("%v, failed %v: want 7 and none", of, failed)
	}
	hangs.Store(true)
	f.mu.Lock()
	f.next = time.Time{}
	f.mu.Unlock()
	began := time.Now()
	of, _ := f.look(t.Context())
	if took := time.Since(began); took > readLimit/2 {
		t.Errorf("the scrape took %s", took)
	}
	if of["main"].Orders["posted"] != 7 {
		t.Errorf("%v: want the figures before", of)
	}
	<-asked
	of, _ = f.look(t.Context()) // joins the same reading
	if len(asked) != 0 || of["main"].Orders["posted"] != 7 {
		t.Errorf("a second reading began beside the first")
	}
	f.stop() // ends the reading
}

func TestFigures_WhatFailsIsCountedAndTheRestIsShown(t *testing.T) {
	t.Parallel()
	ok := true
	f := newFigures([]string{"main"}, []Question{
		{Part: "reading", Ask: func(_ context.Context, _ string, f *Figures) error {
			f.CutAt = time.Now()
			if !ok {
				f.CutAt = time.Time{}
				return errors.New("no answer")
			}
			return nil
		}},
		{Part: "held", Ask: func(_ context.Context, _ string, f *Figures) error {
			f.Held = map[string]int64{"total_differs": 3}
			return nil
		}}})
	defer f.stop()
	f.freshFor = 0
	f.read()
	ok = false
	f.read()
	f.read()
	of, failed := f.latestNow()
	if of["main"].CutAt.IsZero() || of["main"].Held["total_differs"] != 3 {
		t.Errorf("%+v: want the cut of before, and the held ones", of["main"])
	}
	if failed["reading"] != 2 || failed["held"] != 0 {
		t.Errorf("failed %v, want 2 of the reading alone", failed)
	}
}

func (f *figures) latestNow() (map[string]Figures, map[string]int64) {
	f.mu.Lock()
	f.next = time.Now().Add(time.Hour)
	f.mu.Unlock()
	return f.look(context.Background())
}

// Fails without: f.next, which leaves the store alone between readings.
func TestFigures_ManyScrapesAreOneReading(t *testing.T) {
	t.Parallel()
	var readings atomic.Int64
	f := newFigures([]string{"main"}, []Question{{Part: "orders", Ask: func(context.Context, string, *Figures) error {
		readings.Add(1)
		return nil
	}}})
	defer f.stop()
	for range 20 {
		f.look(t.Context())
	}
	if n := readings.Load(); n != 1 {
		t.Errorf("%d readings for 20 scrapes at once, want 1", n)
	}
	// A reading that took long is followed by a long rest.
	f.mu.Lock()
	rest := time.Until(f.next)
	f.mu.Unlock()
	if rest < freshFor/2 {
		t.Errorf("the next reading may begin in %s", rest)
	}
}

func TestFigures_AfterTheStopNothingIsAsked(t *testing.T) {
	t.Parallel()
	var readings atomic.Int64
	f := newFigures([]string{"main"}, []Question{{Part: "orders", Ask: func(context.Context, string, *Figures) error {
		readings.Add(1)
		return nil
	}}})
	f.stop()
	f.look(t.Context())
	if readings.Load() != 0 {
		t.Error("the store was asked after the stop")
	}
}
