package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/testkit"
)

// A small history goes into B1 in parts, with fresh orders beside it, and what it cost is told apart: an order has six events in its own history, three
// and its share of the tasks in its part's, and the backfill hears of parts only. Fails without: any of the figures; the fresh orders in account (the
// store has more than the history); the parts (it would be the backfill's own events).
func TestBackfillIsMeasured(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, built(t), "backfill", "--orders", "120", "--per-call", "20ms", "--calls", "4", "--fresh", "3", "--per-second", "10")
	cmd.Dir, cmd.Stderr = testkit.Root(), &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var m backfilled
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if m.Case != "backfill" || m.Orders != 120 || m.Posted < 60 || m.Posted > 123 || m.Window != usualBackfillWindow || m.Efficiency == nil || m.P50 <= 0 {
		t.Errorf("measured %+v", m)
	}
	if m.OwnHistories != 1 || m.OwnEvents <= 0 || m.OwnEvents > 3 || m.OwnBytes <= 0 {
		t.Errorf("the backfill itself has %d histories, of each order %v events and %v bytes", m.OwnHistories, m.OwnEvents, m.OwnBytes)
	}
	if m.Begun < 1 || m.PartEvents < 3 || m.PartEvents > 9 || m.PartBytes <= 0 || m.LongestPart <= int64(3*m.Posted/m.Begun) || m.LongestPart > m.Temporal.Longest {
		t.Errorf("%d parts have of each order %v events and %v bytes, the longest %d events; the longest of all histories is %d",
			m.Begun, m.PartEvents, m.PartBytes, m.LongestPart, m.Temporal.Longest)
	}
	if f := m.Fresh; f == nil || f.Orders != 3 || f.Posted < 1 || f.P50 <= 0 || f.P99 < f.P50 || f.Longest < f.P99 {
		t.Errorf("of the fresh orders it says %+v", f)
	}
	if u := m.Parts["gateway"]; u.PeakMB <= 0 && linux {
		t.Errorf("of the gateway it says %+v", u)
	}
}

// Fresh orders that were placed when the backfill had ended say nothing. Fails without: the look at when it ended.
func TestBackfill_EndsBeforeTheFreshOrders(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, built(t), "backfill", "--orders", "10", "--fresh", "6", "--per-second", "0.5")
	cmd.Dir, cmd.Stderr = testkit.Root(), &said
	if out, err := cmd.Output(); err == nil || !strings.Contains(said.String(), "had ended before all fresh orders were placed") {
		t.Errorf("it says %s%s", out, said.String())
	}
}

// Fails without: the look at the settings (it would wait for ever for fewer than no orders, or place them without a pause).
func TestBackfill_OfNothing(t *testing.T) {
	for _, c := range []backfill{{Fresh: -1, PerSecond: 1}, {Fresh: 1}, {Fresh: 1, PerSecond: -1}} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.measure(ctx, 10); err == nil || !strings.Contains(err.Error(), "a rate above 0") {
			t.Errorf("of %+v it says %v", c, err)
		}
	}
	if _, err := new(backfill).measure(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "at least one order") {
		t.Errorf("of no orders it says %v", err)
	}
}

// Of 100 posted orders ten are fresh: the backfill's own 45 events, in two histories, are those of 90. Fails without: the fresh orders in reckon, B1's
// own time in theirs.
func TestBackfilled_Reckon(t *testing.T) {
	m := backfilled{posted: posted{Posted: 100, Temporal: cost{kinds: map[string]*kind{
		"BackfillOrders": {histories: 2, events: 45, bytes: 9000, longest: 40}, "PostImports": {histories: 3, events: 360, bytes: 90_000, longest: 200}, "InsertOrder": {events: 600},
	}}}}
	sold := []sale{{visible: began}} // one that the rules leave out
	for n := range 10 {
		sold = append(sold, sale{visible: began, in: began.Add(time.Duration(n+1) * 100 * time.Millisecond)})
	}
	m.reckon(sold, 50*time.Millisecond)
	if m.OwnEvents != 0.5 || m.OwnBytes != 100 || m.OwnHistories != 2 || m.PartEvents != 4 || m.PartBytes != 1000 || m.Begun != 3 || m.LongestPart != 200 {
		t.Errorf("reckoned %+v", m)
	}
	if f := m.Fresh; *f != (besides{Orders: 11, Posted: 10, P50: 550, P99: 950, Longest: 950}) {
		t.Errorf("of the fresh orders it says %+v", f)
	}
}
