package store_test

import (
	"maps"
	"slices"
	"testing"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// What stands for a window takes the place of findings about its orders alone. Fails without: each of the bounds of placed_at, the run and the kind in Drop.
func TestFindings_OutsideOfTheWindowAreNotDropped(t *testing.T) {
	s := testkit.Store(t)
	saw(t, s, "run1", finding("main:1:4", store.FindMissingInB1, at(2)))
	saw(t, s, "run2", finding("main:1:1", store.FindMissingInB1, at(1)), finding("main:1:2", store.FindMissingInB1, at(2)), finding("main:1:3", store.FindMissingInB1, at(3)),
		finding("main:1:5", store.FindDuplicate, at(2)))
	if err := s.Drop(t.Context(), over("run2", at(2), at(3), 0), store.FindMissingInB1); err != nil {
		t.Fatal(err)
	}
	open := slices.Sorted(maps.Keys(findingsOf(t, s, store.FindingFilter{Open: true})))
	if want := []string{"main:1:1|missing_in_b1", "main:1:3|missing_in_b1", "main:1:4|missing_in_b1", "main:1:5|duplicate"}; !slices.Equal(open, want) {
		t.Errorf("open are %v, want %v", open, want)
	}
}
