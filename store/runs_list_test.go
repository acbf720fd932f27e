package store_test

import (
	"slices"
	"testing"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// The list goes on page by page without a gap or a repetition, though several runs began at one moment. Fails without: the second branch of $or.
func TestRuns_AreListedPageByPage(t *testing.T) {
	s := testkit.Store(t)
	put := func(id, kind, instance string, day int) {
		if err := s.PutRun(t.Context(), store.Run{ID: id, Kind: kind, Instance: instance, StartedAt: at(day)}); err != nil {
			t.Fatal(err)
		}
	}
	put("a", store.KindSync, "main", 1)
	put("b", store.KindResync, "main", 2)
	put("c", store.KindSync, "main", 2)
	put("d", store.KindSync, "main", 2)
	put("e", store.KindBackfill, "main", 3)
	put("f", store.KindSync, "eu", 4)
	for _, c := range []struct {
		name   string
		filter store.RunFilter
		want   []string
	}{
		{"all", store.RunFilter{}, []string{"e", "d", "c", "b", "a"}},
		{"kind", store.RunFilter{Kind: store.KindSync}, []string{"d", "c", "a"}},
		{"from", store.RunFilter{From: at(2)}, []string{"e", "d", "c", "b"}},
		{"to", store.RunFilter{To: at(2)}, []string{"a"}},
		{"both", store.RunFilter{Kind: store.KindSync, From: at(2), To: at(3)}, []string{"d", "c"}},
	} {
		var got []string
		f := c.filter
		for f.Instance, f.Limit = "main", 2; ; {
			page, err := s.Runs(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page {
				got = append(got, r.ID)
			}
			if len(page) < f.Limit {
				break
			}
			f.After = &store.RunPosition{StartedAt: page[1].StartedAt, ID: page[1].ID}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
