package main

import "time"

// twoBacklogs are the largest backlog and the smallest that was measured in the same way; of several as large the first counts. From one
// alone nothing can be reckoned.
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
	return small, large, small.Orders < large.Orders
}

// million is the backlog that nobody measures.
const million = 1_000_000

// beyond is what a figure is at a million orders, if it goes on to grow as between the two backlogs: large + (large - small) / (orders of large -
// orders of small) x (a million - orders of large). What shrank is taken to stay.
func beyond(small, large posted, of func(posted) float64) float64 {
	perOrder := (of(large) - of(small)) / float64(large.Orders-small.Orders)
	return of(large) + max(perOrder, 0)*float64(million-large.Orders)
}

func millionTable(small, large posted) [][]string {
	megabytes := func(f float64) string { return short(f) + " MB" }
	rows := [][]string{{small.kind(), grouped(small.Orders), grouped(large.Orders), "for each order more", grouped(million)}}
	for _, r := range []struct {
		name string
		of   func(posted) float64
		text func(float64) string
		each func(float64) string
	}{
		{"time", func(m posted) float64 { return m.Seconds }, span, milliseconds},
		{"worker, peak", peakOf("worker"), megabytes, eachBytes},
		{"store, peak", peakOf("store"), megabytes, eachBytes},
		{"Temporal, peak", peakOf("temporal"), megabytes, eachBytes},
		{"store, on disk", func(m posted) float64 { return m.Disk.StoreMB }, megabytes, eachBytes},
		{"Temporal, on disk", func(m posted) float64 { return m.Disk.TemporalMB }, megabytes, eachBytes},
		{"histories", func(m posted) float64 { return float64(m.Temporal.Histories) }, short, short},
	} {
		perOrder := (r.of(large) - r.of(small)) / float64(large.Orders-small.Orders)
		rows = append(rows, []string{r.name, r.text(r.of(small)), r.text(r.of(large)), r.each(perOrder), r.text(beyond(small, large, r.of))})
	}
	rows = append(rows, []string{"worker, growing within the run", "", "", eachBytes(large.WorkerGrowth / 1e6), ""})
	return append(rows, []string{"longest history", grouped(int(small.Temporal.Longest)) + " events", grouped(int(large.Temporal.Longest)) + " events", "",
		"a run begins anew before it grows"})
}

func peakOf(part string) func(posted) float64 {
	return func(m posted) float64 { return m.Parts[part].PeakMB }
}

func milliseconds(perOrder float64) string { return short(1000*perOrder) + " ms" }

// eachBytes is told in MB for each order.
func eachBytes(perOrder float64) string { return grouped(int(perOrder*1e6)) + " bytes" }

// span writes seconds as a person does.
func span(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}
