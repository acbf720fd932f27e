package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// Lines that were measured, among what a terminal has beside them, become the tables that are in docs/benchmark.md. The million is reckoned by
// hand: of 2,000 and 20,000 orders the time is 20 and 218 s, which is 11 ms for each order more and so 218 + 980,000 x 0.011 = 10,998 s. The store
// grew by 200 bytes with each of 16,500 posted orders of 20,000, while it was measured: 98 MB + 980,000 x 165 bytes. The worker, who shrank, is taken
// to stay. Fails without: any column, the slope of between, within, or max in beyond; twoBacklogs' kind (it would take the slow B1's); the mark of what
// others spoiled.
func TestTables(t *testing.T) {
	const lines = `bench: 1 of 6: posting --orders 2000: about 35s
{"case":"posting","orders":2000,"posted":1650,"per_call_ms":0,"at_once":16,"knee":0,"window":100,"seconds":20,"orders_per_second":82.5,"calls_per_order":3,"b1_limit":null,"efficiency":null,"p50_s":10.04,"p99_s":19.6,"first_s":0.41,"tail_s":0.3,"middle_orders_per_second":88.12,"middle_efficiency":null,"temporal":{"events_per_order":9.81,"bytes_per_order":3140.33,"actions_per_order":3.04,"longest_history":3900,"histories":1652},"disk":{"store_mb":40,"temporal_mb":60},"cpu_seconds_per_1000":22.5,"parts":{"worker":{"peak_mb":70,"cpu_seconds":7},"store":{"peak_mb":80,"cpu_seconds":10.5},"temporal":{"peak_mb":230,"cpu_seconds":19.25},"shop":{"peak_mb":60},"company":{"peak_mb":50,"cpu_seconds":1}},"others_share":0.02}
{"case":"posting","orders":1000,"posted":830,"per_call_ms":500,"at_once":40,"knee":30,"window":50,"seconds":40,"b1_limit":26.67,"efficiency":0.75,"middle_efficiency":0.966,"others_share":0.41}
{"case":"reading","orders":10}
{"case":"backfill","orders":1000,"posted":840,"at_once":16,"window":50,"seconds":20,"temporal":{"events_per_order":10.62,"bytes_per_order":2959.71,"longest_history":1102},"own_events_per_order":0.19,"own_bytes_per_order":140.29,"own_histories":1,"part_events_per_order":4.3,"part_bytes_per_order":1242.05,"parts_begun":12,"longest_part":1102,"fresh":{"orders":20,"posted":19,"p50_ms":554.98,"p99_ms":1109.07},"others_share":0.42}
{"case":"backfill","orders":1000,"posted":840,"per_call_ms":100,"at_once":8,"window":25}
{"case":"steady","orders":300,"per_second":5,"per_call_ms":0,"p50_ms":50.2,"p90_ms":62,"p99_ms":78,"longest_ms":1040,"temporal":{"events_per_order":55,"actions_per_order":10.5},"cpu_seconds_per_1000":110,"others_share":0.1}
{"case":"posting","orders":20000,"posted":16500,"per_call_ms":0,"at_once":16,"knee":0,"window":100,"seconds":218,"orders_per_second":75.7,"temporal":{"longest_history":4000,"histories":16520},"disk":{"store_mb":400,"temporal_mb":420},"parts":{"worker":{"peak_mb":69},"store":{"peak_mb":98},"temporal":{"peak_mb":248}},"growth_bytes_per_order":{"worker":-12,"store":200,"temporal":1000}}
`
	const want = `### Against the targets

| figure | target | seen | met | why not |
|---|---|---|---|---|
| posting, B1 at 0 ms, 16 at once | at least 100 orders/s | 82.5 orders/s | **no** |  |
| posting, B1 at 500 ms, 8 at once | at least 95 % of B1's limit | not measured |  |  |
| posting, B1 at 100 ms, 8 at once | at least 90 % of B1's limit | not measured |  |  |
| events of an order | at most 10 | 9.81 | yes |  |
| billable actions of an order | at most 3.1 | 3.04 | yes |  |
| time of 20,000 orders against 2,000 | at most 1.15 times as much for each order | 1.09 times | yes |  |
| worker's memory, 20,000 orders | below 200 MB | 69 MB | yes |  |
| longest history, of all backlogs and backfills | at most 4,096 events | 4,000 events | yes |  |
| visible to B1, 5 orders a second, p50 | below 150 ms | 50.2 ms | yes |  |
| visible to B1, 5 orders a second, p99 | below 600 ms | 78 ms | yes |  |

### Posting

| B1 | orders | posted | seconds | orders/s | in the middle | B1's limit | efficiency | in the middle | p50 | p99 | first | tail | events | bytes | actions | others' CPU |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
| 0 ms, 16 at once | 2,000 | 1,650 | 20 | 82.5 | 88.1 |  |  |  | 10.0 s | 19.6 s | 0.41 s | 0.30 s | 9.81 | 3,140 | 3.04 | 2 % |
| 500 ms, 40 at once, slower from 30 on, window 50 | 1,000 | 830 | 40 | 0 | 0 | 26.7 | 75 % | 97 % | 0 s | 0 s | 0 s | 0 s | 0 | 0 | 0.00 | **41 %: spoiled** |
| 0 ms, 16 at once | 20,000 | 16,500 | 218 | 75.7 | 0 |  |  |  | 0 s | 0 s | 0 s | 0 s | 0 | 0 | 0.00 | 0 % |
| backfill: 0 ms, 16 at once | 1,000 | 840 | 20 | 0 | 0 |  |  |  | 0 s | 0 s | 0 s | 0 s | 10.6 | 2,959 | 0.00 | **42 %: spoiled** |
| backfill: 100 ms, 8 at once, window 25 | 1,000 | 840 | 0 | 0 | 0 |  |  |  | 0 s | 0 s | 0 s | 0 s | 0 | 0 | 0.00 | 0 % |

### Processes

| B1 | orders | CPU s per 1,000 | worker | store | temporal | shop | company |
|---|---|---|---|---|---|---|---|
| 0 ms, 16 at once | 2,000 | 22.5 | 70 MB, 7 s | 80 MB, 10.5 s | 230 MB, 19.2 s | 60 MB, 0 s | 50 MB, 1 s |
| 500 ms, 40 at once, slower from 30 on, window 50 | 1,000 | 0 | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s |
| 0 ms, 16 at once | 20,000 | 0 | 69 MB, 0 s | 98 MB, 0 s | 248 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s |
| backfill: 0 ms, 16 at once | 1,000 | 0 | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s |
| backfill: 100 ms, 8 at once, window 25 | 1,000 | 0 | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s | 0 MB, 0 s |

### Backfills

| B1 | orders | posted | events | its own | of its parts | bytes | its own | of its parts | histories | parts | longest part | fresh orders | p50 | p99 | others' CPU |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
| backfill: 0 ms, 16 at once | 1,000 | 840 | 10.6 | 0.19 | 4.30 | 2,959 | 140 | 1,242 | 1 | 12 | 1,102 events | 20 | 555 ms | 1,109 ms | **42 %: spoiled** |
| backfill: 100 ms, 8 at once, window 25 | 1,000 | 840 | 0 | 0.00 | 0 | 0 | 0 | 0 | 0 | 0 | 0 events |  |  |  | 0 % |

### Single orders

| orders a second | B1 | orders | p50 | p90 | p99 | longest | events | actions | CPU s per 1,000 | others' CPU |
|---|---|---|---|---|---|---|---|---|---|---|
| 5 | 0 ms | 300 | 50.2 ms | 62 ms | 78 ms | 1,040 ms | 55 | 10.50 | 110 | 10 % |

### A million orders

| 0 ms, 16 at once | 2,000 | 20,000 | for each order more | 1,000,000 |
|---|---|---|---|---|
| time | 20s | 3m38s | 11 ms | 3h3m18s |
| worker, peak | 70 MB | 69 MB | -9 bytes | 69 MB |
| store, peak | 80 MB | 98 MB | 165 bytes | 260 MB |
| Temporal, peak | 230 MB | 248 MB | 825 bytes | 1,057 MB |
| store, on disk | 40 MB | 400 MB | 20,000 bytes | 20,000 MB |
| Temporal, on disk | 60 MB | 420 MB | 20,000 bytes | 20,020 MB |
| histories | 1,652 | 16,520 | 0.83 | 826,000 |
| longest history | 3,900 events | 4,000 events |  | a run begins anew before it grows |

`
	var got strings.Builder
	if err := tables(strings.NewReader(lines), &got); err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got.String(), "\n"), strings.Split(want, "\n")
	for n := range max(len(gotLines), len(wantLines)) {
		if n >= len(gotLines) || n >= len(wantLines) || gotLines[n] != wantLines[n] {
			t.Fatalf("line %d differs; got\n%s\nwant\n%s", n+1, got.String(), want)
		}
	}
}

// Backlogs that say nothing of a million make no table of one: one alone, two that are small, two of nearly one size. Fails without: either bound in
// twoBacklogs.
func TestTables_SmallBacklogsSayNothingOfMore(t *testing.T) {
	for _, sizes := range []struct {
		orders []int
		table  bool
	}{{[]int{20000}, false}, {[]int{200, 300}, false}, {[]int{1000, 9999}, false}, {[]int{2001, 10000}, false}, {[]int{2000, 10000}, true}} {
		var lines, got strings.Builder
		for _, n := range sizes.orders {
			fmt.Fprintf(&lines, `{"case":"posting","orders":%d,"posted":%d,"window":100}`+"\n", n, n)
		}
		if err := tables(strings.NewReader(lines.String()), &got); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got.String(), "1,000,000") != sizes.table {
			t.Errorf("of %v orders it says %s", sizes.orders, got.String())
		}
	}
	if err := tables(strings.NewReader("{broken"), io.Discard); err == nil {
		t.Error("a broken line is taken")
	}
}

// Fails without: the mark of a large backlog that others spoiled.
func TestMillionTable_SaysWhatOthersSpoiled(t *testing.T) {
	head := strings.Join(millionTable(posted{Orders: 2000, Window: 100}, posted{Orders: 20000, Window: 100, Others: 0.7})[0], " | ")
	if want := "0 ms, 0 at once | 2,000 | 20,000 (spoiled: others took 70 %) | for each order more | 1,000,000"; head != want {
		t.Errorf("it begins with %s, want %s", head, want)
	}
}
