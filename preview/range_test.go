package preview_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/store"
)

func keyOf(s preview.Subject) order.Key { return s.Key }

// listed are the keys of a range as the store lists them.
func listed(t *testing.T, r preview.Range) (keys []order.Key) {
	t.Helper()
	docs, err := r.Store.List(t.Context(), r.Filter)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		keys = append(keys, d.Key)
	}
	return keys
}

// seen are the keys of a range as they come.
func seen(t *testing.T, r preview.Range) (keys []order.Key, next *store.Position) {
	t.Helper()
	next, err := preview.Each(t.Context(), r, keyOf, func(k order.Key) error {
		keys = append(keys, k)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys, next
}

// Three thousand orders come in their order and none is left out.
func TestThousandsOfOrdersComeInOrder(t *testing.T) {
	r := stagedShop(t, 3000, nil)
	want := listed(t, r)
	got, next := seen(t, r)
	if next != nil || len(got) != 3000 || !slices.Equal(got, want) {
		t.Errorf("%d orders, next %v, in the order of the list: %t", len(got), next, slices.Equal(got, want))
	}
}

// While nobody takes what is done, no more than a few orders are begun: a range of any length fits into memory.
func TestFewOrdersAreInMemoryAtOnce(t *testing.T) {
	r := stagedShop(t, 300, nil)
	limit := int64(8 * runtime.GOMAXPROCS(0))
	over := make(chan struct{})
	var begun atomic.Int64
	waited := false
	_, err := preview.Each(t.Context(), r, func(s preview.Subject) order.Key {
		if begun.Add(1) == limit+1 {
			close(over)
		}
		return s.Key
	}, func(order.Key) error {
		if waited {
			return nil
		}
		waited = true
		select {
		case <-over:
			t.Errorf("more than %d orders are begun while the first is not taken", limit)
		case <-time.After(300 * time.Millisecond): // that something does not happen takes its time to see
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A limit ends a range; where it goes on is told, and no order is seen twice or missed.
func TestALimitedRangeGoesOnWhereItEnded(t *testing.T) {
	r := stagedShop(t, 95, nil)
	want := listed(t, r)
	var got []order.Key
	r.Filter.Limit = 20
	for range 10 {
		some, next := seen(t, r)
		got = append(got, some...)
		if next == nil {
			break
		}
		r.Filter.After = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d orders, want the %d of the list", len(got), len(want))
	}
	r.Filter.Limit, r.Filter.After = 95, nil
	if _, next := seen(t, r); next != nil {
		t.Errorf("a range that ends with its limit goes on at %v", next)
	}
}

func TestWhoSawEnoughGoesOnBehindTheLastOne(t *testing.T) {
	r := stagedShop(t, 40, nil)
	want := listed(t, r)
	n := 0
	next, err := preview.Each(t.Context(), r, keyOf, func(order.Key) error {
		if n++; n == 7 {
			return preview.ErrEnough
		}
		return nil
	})
	if err != nil || next == nil || next.Key != want[6] || n != 7 {
		t.Errorf("after %d orders: next %v, error %v; want behind %s", n, next, err, want[6])
	}
}

func TestARangeEndsWithItsContext(t *testing.T) {
	r := stagedShop(t, 200, nil)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := preview.Each(ctx, r, keyOf, func(order.Key) error {
		if n++; n == 5 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n >= 200 {
		t.Errorf("after %d orders: %v, want that it was cancelled on the way", n, err)
	}
	if _, err := preview.Each(ctx, r, keyOf, func(order.Key) error { return nil }); err == nil {
		t.Error("a range begins after its context has ended")
	}
}

func TestAnErrorOfTheReaderEndsTheRange(t *testing.T) {
	r := stagedShop(t, 200, nil)
	full := errors.New("disk full")
	if _, err := preview.Each(t.Context(), r, keyOf, func(order.Key) error { return full }); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
	stacks := make([]byte, 1<<20)
	if text := string(stacks[:runtime.Stack(stacks, true)]); strings.Contains(text, "preview.feed") {
		t.Errorf("the work goes on after the end:\n%s", text)
	}
}

// Rules that break down on an order hold it and do not end the program.
func TestRulesThatBreakDownHoldTheOrder(t *testing.T) {
	var none *mapping.Rules
	o := subjectOf(t, "simple")
	if out := preview.Try(none, o, preview.At(now)); out.Verdict != preview.Held || out.Hold.Code != "rules_failed" || out.Key != o.Key {
		t.Errorf("verdict %s, hold %v", out.Verdict, out.Hold)
	}
}
