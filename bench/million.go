package main

import "time"

const (
	// million is the backlog that nobody measures.
	million = 1_000_000
	// leastLarge is the backlog from which a million is reckoned at least: in a smaller one the servers still fill their caches, which a line
	// through it would take for what each order costs.
	leastLarge = 10_000
	// leastTimes is how many times the other one it must have: the nearer they are, the more of the line is chance.
	leastTimes = 5
)

// twoBacklogs are the largest backlog and the smallest that was measured in the same way; of several as large the first counts. From one
// alone nothing can be reckoned, nor from small ones or such as are nearly of the same size.
func twoBacklogs(all []posted) (small, large posted, ok bool) {
	for _, m := range all {
		if m.Orders > large.Orders {
			large = m
		}
	}
	small = large
	for _, m := range all {
		if m.kind() == large.kind() && m.Orders < small.Orders {
			small = m
		}
	}
	return small, large, large.Orders >= leastLarge && large.Orders >= leastTimes*small.Orders
}

// between is by how much a figure grew with each order from the small backlog to the large one. What both took to start is in neither.
func between(small, large posted, of func(posted) float64) (perOrder float64) {
	return (of(large) - of(small)) / float64(large.Orders-small.Orders)
}

// within is by how many MB a process grew with each order of the large backlog, once the first quarter of its time was over. Between two backlogs
// the memory does not tell it: the small one has ended before the process has what it needs however many orders there are.
func within(large posted, part string) (perOrder float64) {
	return large.Growth[part] / 1e6 * float64(large.Posted) / float64(large.Orders)
}

// beyond is what a figure is at a million orders, if it goes on to grow like that. What shrank is taken to stay.
func beyond(large posted, seen, perOrder float64) float64 {
	return seen + max(perOrder, 0)*float64(million-large.Orders)
}

func millionTable(small, large posted) [][]string {
	megabytes := func(f float64) string { return short(f) + " MB" }
	rows := [][]string{{small.kind(), grouped(small.Orders) + spoiledMark(small.Others), grouped(large.Orders) + spoiledMark(large.Others),
		"for each order more", grouped(million)}}
	row := func(name string, of func(posted) float64, perOrder float64, text, each func(float64) string) {
		rows = append(rows, []string{name, text(of(small)), text(of(large)), each(perOrder), text(beyond(large, of(large), perOrder))})
	}
	grown := func(name string, of func(posted) float64, text, each func(float64) string) {
		row(name, of, between(small, large, of), text, each)
	}
	grown("time", func(m posted) float64 { return m.Seconds }, span, milliseconds)
	for _, p := range []struct{ part, name string }{{"worker", "worker, peak"}, {"store", "store, peak"}, {"temporal", "Temporal, peak"}} {
		row(p.name, func(m posted) float64 { return m.Parts[p.part].PeakMB }, within(large, p.part), megabytes, eachBytes)
	}
	grown("store, on disk", func(m posted) float64 { return m.Disk.StoreMB }, megabytes, eachBytes)
	grown("Temporal, on disk", func(m posted) float64 { return m.Disk.TemporalMB }, megabytes, eachBytes)
	grown("histories", func(m posted) float64 { return float64(m.Temporal.Histories) }, short, short)
	return append(rows, []string{"longest history", grouped(int(small.Temporal.Longest)) + " events", grouped(int(large.Temporal.Longest)) + " events", "",
		"a run begins anew before it grows"})
}

func milliseconds(perOrder float64) string { return short(1000*perOrder) + " ms" }

// eachBytes is told in MB for each order.
func eachBytes(perOrder float64) string { return grouped(int(perOrder*1e6)) + " bytes" }

// span writes seconds as a person does.
func span(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}
