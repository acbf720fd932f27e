package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// Each case is measured although the one before it fails, and in the end that is told; whoever ends it ends all of it. Fails without: going on in
// inTurn, the errors that it gathers, the look at ctx.
func TestAll_OneThatFailsDoesNotKeepTheOthers(t *testing.T) {
	var said bytes.Buffer
	var measured []string
	ctx, cancel := context.WithCancel(t.Context())
	err := inTurn(ctx, &said, []trial{{"steady --orders 1", time.Second}, {"reading", 2 * time.Second}, {"posting", time.Minute}}, func(_ context.Context, arguments []string) error {
		if measured = append(measured, strings.Join(arguments, " ")); len(measured) == 1 {
			return errors.New("no shop")
		}
		return nil
	})
	if !slices.Equal(measured, []string{"steady --orders 1", "reading", "posting"}) || err == nil || !strings.Contains(err.Error(), "steady --orders 1: no shop") {
		t.Errorf("measured are %q, and the error is %v", measured, err)
	}
	for _, want := range []string{"1 of 3: steady --orders 1: about 1s; all that is left: about 1m3s\n", "2 of 3: reading: about 2s; all that is left: about 1m2s\n", "no shop"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("said is %q, want %q", said.String(), want)
		}
	}
	measured = nil
	err = inTurn(ctx, &said, []trial{{"steady", time.Second}, {"reading", time.Second}}, func(_ context.Context, arguments []string) error {
		measured = append(measured, arguments[0])
		cancel()
		return ctx.Err()
	})
	if len(measured) != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("after its end are measured %q, and the error is %v", measured, err)
	}
}

// What is to be measured is measured: each rate of B1, with the knee off, both backlogs, a backfill and single orders; the short cases first. Quick cases are
// the same with fewer orders. Fails without: any of the cases, or their order.
func TestAll_HasEveryCase(t *testing.T) {
	type wanted struct {
		perCall       time.Duration
		calls, orders int
	}
	want := []wanted{{0, 16, 2000}, {100 * time.Millisecond, 8, 2000}, {500 * time.Millisecond, 40, 2000}, {0, 16, 20000}, {500 * time.Millisecond, 8, 2000}}
	full, quick := (&all{}).trials(), (&all{Quick: true}).trials()
	if !slices.IsSortedFunc(full, func(a, b trial) int { return int(a.about - b.about) }) {
		t.Errorf("the cases do not begin with the short ones: %v", full)
	}
	if len(full) != len(quick) {
		t.Errorf("%d cases, %d quick ones", len(full), len(quick))
	}
	for name, trials := range map[string][]trial{"full": full, "quick": quick} {
		var got []wanted
		steady, backfills := 0, 0
		for _, one := range trials {
			o := parsed(t, one.arguments)
			if strings.HasPrefix(one.arguments, "steady") {
				if steady++; o.Steady.PerSecond != 5 || o.Steady.PerCall != 0 {
					t.Errorf("%s: single orders %+v", name, o.Steady)
				}
				continue
			}
			if strings.HasPrefix(one.arguments, "backfill") {
				if backfills++; o.Backfill.PerCall != 0 || o.Backfill.Window != usualBackfillWindow || o.Backfill.Fresh != 0 || name == "full" && o.Backfill.Orders[0] != 2000 {
					t.Errorf("%s: a backfill %+v", name, o.Backfill)
				}
				continue
			}
			if o.Posting.Knee != 0 || o.Posting.Window != usualWindow || o.Posting.Runs != 1 || len(o.Posting.Orders) != 1 {
				t.Errorf("%s: %s is %+v", name, one.arguments, o.Posting)
			}
			orders := o.Posting.Orders[0]
			if name == "quick" {
				if orders > 500 {
					t.Errorf("%s is not quick", one.arguments)
				}
				continue
			}
			got = append(got, wanted{o.Posting.PerCall, o.Posting.Calls, orders})
		}
		if steady != 1 || backfills != 1 || name == "full" && !slices.Equal(got, want) {
			t.Errorf("%s: the cases are %v, %d backfills and %d with single orders, want %v, one and one", name, got, backfills, steady, want)
		}
	}
}

func parsed(t *testing.T, arguments string) *options {
	t.Helper()
	var o options
	parser, err := kong.New(&o, kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(strings.Fields(arguments)); err != nil {
		t.Fatal(err)
	}
	return &o
}
