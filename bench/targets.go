package main

import "fmt"

// Targets by which DataWald is judged, on two cores without other work.
const (
	wantPerSecond   = 100.0 // posted orders a second, B1 at 0 ms, 16 at once
	wantOfSlow      = 0.95  // of B1's limit at 500 ms, 8 at once
	wantOfQuick     = 0.90  // of B1's limit at 100 ms, 8 at once
	wantEvents      = 10.0  // of Temporal for an order
	wantActions     = 3.1
	wantLinear      = 1.15  // times what a backlog a tenth as large takes, for each order
	wantWorkerMB    = 200.0 // exclusive
	wantHistory     = 4096  // events of the longest history
	wantP50         = 150.0 // ms from visible to B1, at 5 orders a second; exclusive
	wantP99         = 600.0
	judgedFrom      = 2_000  // orders: in smaller backlogs start and end count too much
	judgedLarge     = 20_000 // orders of the large backlog
	judgedSingles   = 300
	judgedPerSecond = 5
)

// target is a figure with what is wanted of it.
type target struct {
	figure, want, seen string
	met                bool
	// others is the share of the machine that other programs took.
	others float64
	// missing is true when nothing was measured that tells.
	missing bool
}

// targetTable sets the targets against what was measured. What is met although other programs took part of the machine is met; what is not met then
// is not shown either way. ok is false when no line says anything of a target.
func targetTable(all lines) (rows [][]string, ok bool) {
	rows = [][]string{{"figure", "target", "seen", "met", "why not"}}
	for _, t := range targets(all) {
		seen, met, why := t.seen, "yes", ""
		switch {
		case t.missing:
			seen, met = "not measured", ""
		case !t.met && t.others > spoiled:
			met, why = "not shown", "other programs took "+percent(t.others)+" of the processors"
		case !t.met:
			met = "**no**"
		}
		ok = ok || !t.missing
		rows = append(rows, []string{t.figure, t.want, seen, met, why})
	}
	return rows, ok
}

func targets(all lines) []target {
	fast, slow, quick, large := all.backlog(judgedFrom, 0, 16), all.backlog(judgedFrom, 500, 8), all.backlog(judgedFrom, 100, 8), all.backlog(judgedLarge, 0, 16)
	rows := []target{
		of(fast, "posting, B1 at 0 ms, 16 at once", "at least 100 orders/s", func(m *posted) (string, bool) {
			return short(m.OrdersPerSecond) + " orders/s", m.OrdersPerSecond >= wantPerSecond
		}),
		of(slow, "posting, B1 at 500 ms, 8 at once", "at least 95 % of B1's limit", ofLimit(wantOfSlow)),
		of(quick, "posting, B1 at 100 ms, 8 at once", "at least 90 % of B1's limit", ofLimit(wantOfQuick)),
		of(fast, "events of an order", "at most 10", func(m *posted) (string, bool) {
			return short(m.Temporal.Events), m.Temporal.Events <= wantEvents
		}),
		of(fast, "billable actions of an order", "at most 3.1", func(m *posted) (string, bool) {
			return fmt.Sprintf("%.2f", m.Temporal.Actions), m.Temporal.Actions <= wantActions
		}),
		linear(fast, large),
		of(large, "worker's memory, 20,000 orders", "below 200 MB", func(m *posted) (string, bool) {
			return short(m.Parts["worker"].PeakMB) + " MB", m.Parts["worker"].PeakMB < wantWorkerMB
		}),
		all.longest(),
	}
	return append(rows, all.delays()...)
}

// backlog is the first line of posting with so many orders, and B1 like that; nil if there is none.
func (all lines) backlog(orders int, perCall float64, atOnce int) *posted {
	want := posted{Case: "posting", PerCallMS: perCall, AtOnce: atOnce, Window: usualWindow}
	for n := range all.backlogs {
		if m := &all.backlogs[n]; m.Orders == orders && m.kind() == want.kind() {
			return m
		}
	}
	return nil
}

// of judges a line, which may be missing.
func of(m *posted, figure, want string, judge func(*posted) (seen string, met bool)) target {
	t := target{figure: figure, want: want, missing: m == nil}
	if m != nil {
		t.others = m.Others
		t.seen, t.met = judge(m)
	}
	return t
}

// ofLimit judges the whole run, start and tail included; in the middle is what a long backlog would do. It is reckoned from the run: the share in the
// line is rounded to a hundredth, which might be what is missing.
func ofLimit(want float64) func(*posted) (string, bool) {
	return func(m *posted) (string, bool) {
		limit := float64(m.AtOnce) / (m.CallsPerOrder * m.PerCallMS / 1000)
		share := float64(m.Posted) / m.Seconds / limit
		return fmt.Sprintf("%.1f %%; in the middle %.1f %%", 100*share, 100*m.MiddlePerSecond/limit), share >= want
	}
}

// linear compares what an order of the large backlog takes with one of the small.
func linear(small, large *posted) target {
	t := target{figure: "time of 20,000 orders against 2,000", want: "at most 1.15 times as much for each order", missing: small == nil || large == nil}
	if !t.missing {
		times := large.Seconds / float64(large.Posted) / (small.Seconds / float64(small.Posted))
		t.seen, t.met, t.others = fmt.Sprintf("%.2f times", times), times <= wantLinear, max(small.Others, large.Others)
	}
	return t
}

// longest is of all histories that were measured; it does not depend on what else the machine does.
func (all lines) longest() target {
	t := target{figure: "longest history, of all backlogs and backfills", want: "at most 4,096 events", missing: true}
	var longest int64
	for _, m := range all.posting() {
		t.missing = t.missing && m.Orders < judgedFrom
		longest = max(longest, m.Temporal.Longest)
	}
	t.seen, t.met = grouped(int(longest))+" events", longest <= wantHistory
	return t
}

// delays judges single orders.
func (all lines) delays() []target {
	p50 := target{figure: "visible to B1, 5 orders a second, p50", want: "below 150 ms", missing: true}
	p99 := target{figure: "visible to B1, 5 orders a second, p99", want: "below 600 ms", missing: true}
	for _, m := range all.singles {
		if m.Orders >= judgedSingles && m.PerSecond == judgedPerSecond && m.PerCallMS == 0 && p50.missing {
			p50.seen, p50.met, p50.others, p50.missing = short(m.P50)+" ms", m.P50 < wantP50, m.Others, false
			p99.seen, p99.met, p99.others, p99.missing = short(m.P99)+" ms", m.P99 < wantP99, m.Others, false
		}
	}
	return []target{p50, p99}
}
