package magentosim_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"datawald/sandbox/magentosim"
)

// A condition that says the same in another way, in a group of two, is tested row by row.
func TestConditionsOnSortedColumnsMatchAsIfTestedRowByRow(t *testing.T) {
	for name, uncommitted := range map[string]bool{"all committed": false, "one not committed": true} {
		t.Run(name, func(t *testing.T) { compareSearches(t, uncommitted) })
	}
}

func compareSearches(t *testing.T, uncommitted bool) {
	shop := open(t, magentosim.Config{})
	for id := range 25 {
		updated := fmt.Sprintf("2026-10-01 00:00:%02d", id*7%5)
		if err := shop.Add(document(id+1, map[string]any{"updated_at": updated})); err != nil {
			t.Fatal(err)
		}
	}
	if uncommitted {
		if _, err := shop.Place(magentosim.Placement{Uncommitted: true}); err != nil {
			t.Fatal(err)
		}
	}
	sorts := [][]string{sortBy("entity_id ASC"), sortBy("updated_at ASC", "entity_id ASC"), sortBy("updated_at DESC", "entity_id ASC")}
	values := map[string][]string{
		"entity_id":  {"0", "1", "7", "25", "99", "12abc", "x", "-1"},
		"updated_at": {"2026-10-01 00:00:00", "2026-10-01 00:00:02", "2026-10-01 00:00:09", "2026-10-01", "2025-01-01 00:00:00", "never"},
	}
	rapid.Check(t, func(rt *rapid.T) {
		sort := rapid.SampledFrom(sorts).Draw(rt, "sort")
		once, twice := slices.Clone(sort), slices.Clone(sort)
		for group := range rapid.IntRange(0, 3).Draw(rt, "conditions") {
			field := rapid.SampledFrom([]string{"entity_id", "updated_at"}).Draw(rt, "field")
			condition := rapid.SampledFrom([]string{"gt", "gteq", "from", "lt", "lteq", "to", "eq", "neq", "unknown"}).Draw(rt, "condition")
			value := rapid.SampledFrom(values[field]).Draw(rt, "value")
			once = append(once, where(group, 0, field, condition, value)...)
			twice = append(append(twice, where(group, 0, field, condition, value)...), where(group, 1, field, condition, value)...)
		}
		got, total := ids(t, shop.search(once...))
		want, wantTotal := ids(t, shop.search(twice...))
		if !slices.Equal(got, want) || total != wantTotal {
			rt.Fatalf("got %v of %d, want %v of %d", got, total, want, wantTotal)
		}
	})
}
