package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func keysOf(due []store.Due) (keys []order.Key) {
	for _, d := range due {
		keys = append(keys, d.Key)
	}
	return keys
}

// Fails without: the case for imports in lane; Promoted in Behind; Promoted in settle (an import that a person asked for goes back).
func TestNextDue_GivesManualOrdersFirstThenFreshOnesThenImports(t *testing.T) {
	s := testkit.Store(t)
	for key, change := range map[order.Key]func(*store.Staged){
		"main:1:old":          func(d *store.Staged) { d.PlacedAt = at(1) },
		"main:1:new":          func(d *store.Staged) { d.PlacedAt = at(9) },
		"main:1:twin":         func(d *store.Staged) { d.PlacedAt = at(9) },
		"main:1:manual-new":   func(d *store.Staged) { d.PlacedAt, d.Manual = at(8), true },
		"main:1:manual-old":   func(d *store.Staged) { d.PlacedAt, d.Manual = at(2), true },
		"main:1:zone":         func(d *store.Staged) { d.PlacedAt = at(3).In(time.FixedZone("west", -8*3600)) },
		"main:1:draft":        func(d *store.Staged) { d.PlacedAt, d.Status = at(4), order.Draft },
		"main:1:import-new":   func(d *store.Staged) { d.PlacedAt, d.Import = at(7), "run" },
		"main:1:import-old":   func(d *store.Staged) { d.PlacedAt, d.Import = at(0), "run" },
		"main:1:import-asked": func(d *store.Staged) { d.PlacedAt, d.Import, d.Manual = at(7), "run", true },
		"main:1:import-paid":  func(d *store.Staged) { d.PlacedAt, d.Import, d.Promoted = at(8), "run", true },
		"main:1:past":         func(d *store.Staged) { d.PlacedAt, d.DueAt = at(5), time.Now().Add(-time.Second) },
		"main:1:later":        func(d *store.Staged) { d.DueAt = time.Now().Add(time.Hour) },
		"main:1:posted":       func(d *store.Staged) { d.Status = order.Posted },
		"main:1:held":         func(d *store.Staged) { d.Status, d.Manual = order.Held, true },
		"main:1:excluded":     func(d *store.Staged) { d.Status = order.Excluded },
		"main:1:cancelled":    func(d *store.Staged) { d.Status = order.Cancelled },
		"other:1:old":         func(d *store.Staged) { d.PlacedAt = at(0) },
	} {
		stage(t, s, key, change)
	}
	want := []order.Key{"main:1:manual-old", "main:1:import-asked", "main:1:manual-new", "main:1:old", "main:1:zone", "main:1:draft", "main:1:past", "main:1:import-paid", "main:1:new", "main:1:twin",
		"main:1:import-old", "main:1:import-new"}
	due, err := s.NextDue(t.Context(), "main", "", 100)
	if err != nil || !slices.Equal(keysOf(due), want) {
		t.Errorf("due are %v, %v; want %v", keysOf(due), err, want)
	}
	if due, err := s.NextDue(t.Context(), "main", "", 3); err != nil || !slices.Equal(keysOf(due), want[:3]) {
		t.Errorf("the first three are %v, %v", keysOf(due), err)
	}
	if due, err := s.NextDue(t.Context(), "nobody", "", 3); err != nil || len(due) != 0 {
		t.Errorf("of an unknown instance %v, %v", keysOf(due), err)
	}

	// Whoever takes its precedence from an import that a person asked for does not make it wait behind the fresh ones.
	stage(t, s, "main:1:import-asked", func(d *store.Staged) { d.Manual = false })
	if doc, err := s.Get(t.Context(), "main:1:import-asked"); err != nil || doc.Behind() {
		t.Errorf("an import that a person asked for waits behind the fresh ones, %v", err)
	}
	stage(t, s, "main:1:import-asked", func(d *store.Staged) { d.Manual = true })

	// What is done leaves the queue.
	stage(t, s, "main:1:manual-old", func(d *store.Staged) { d.Status = order.Posted })
	if due, err := s.NextDue(t.Context(), "main", "", 1); err != nil || !slices.Equal(keysOf(due), want[1:2]) {
		t.Errorf("after the first is posted: %v, %v", keysOf(due), err)
	}
}

func TestNextDue_AnOrderThatARuleLeavesOutForATimeComesBack(t *testing.T) {
	s := testkit.Store(t)
	stage(t, s, "main:1:1", func(d *store.Staged) { d.Status, d.DueAt = order.Excluded, time.Now().Add(time.Hour) })
	stage(t, s, "main:1:2", func(d *store.Staged) { d.Status, d.DueAt = order.Excluded, time.Now().Add(-time.Hour) })
	if due, err := s.NextDue(t.Context(), "main", "", 10); err != nil || !slices.Equal(keysOf(due), []order.Key{"main:1:2"}) {
		t.Errorf("due are %v, %v", keysOf(due), err)
	}
}

func TestNextDue_VisitsEachOrderOnceWhateverHappensMeanwhile(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := testkit.Store(t)
		want := map[order.Key]bool{}
		for i := range rapid.IntRange(0, 12).Draw(rt, "orders") {
			key := order.Key(fmt.Sprintf("main:1:%03d", i))
			stage(t, s, key, func(d *store.Staged) {
				d.PlacedAt = at(rapid.IntRange(0, 3).Draw(rt, "placed"))
				d.Manual = rapid.Bool().Draw(rt, "manual")
			})
			want[key] = true
		}
		limit, after, last := rapid.IntRange(1, 5).Draw(rt, "limit"), "", ""
		for {
			due, err := s.NextDue(t.Context(), "main", after, limit)
			if err != nil {
				rt.Fatal(err)
			}
			if len(due) == 0 {
				break
			}
			for _, d := range due {
				if !want[d.Key] || d.Queue <= last {
					rt.Fatalf("%s at %q comes twice, or out of turn behind %q", d.Key, d.Queue, last)
				}
				delete(want, d.Key)
				after, last = d.Queue, d.Queue
				// The order moves on, or stays where it was; neither disturbs the others.
				if rapid.Bool().Draw(rt, "done") {
					stage(t, s, d.Key, func(d *store.Staged) { d.Status = order.Posted })
				}
			}
		}
		if len(want) != 0 {
			rt.Fatalf("never visited: %v", want)
		}
	})
}

func TestCounts_NameEveryState(t *testing.T) {
	s := testkit.Store(t)
	want := map[order.Status]int64{}
	for i, status := range order.Statuses() {
		want[status] = 0
		if status == order.Draft {
			continue // none of these
		}
		for n := range i + 1 {
			stage(t, s, order.Key(fmt.Sprintf("main:%d:%d", i, n)), func(d *store.Staged) { d.Status = status })
			want[status]++
		}
		stage(t, s, order.Key(fmt.Sprintf("other:%d:1", i)), func(d *store.Staged) { d.Status = status })
	}
	got, err := s.Counts(t.Context(), "main")
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counts are %v, %v; want %v", got, err, want)
	}
	if got, err = s.Counts(t.Context(), "nobody"); err != nil || len(got) != 6 || got[order.Pending] != 0 {
		t.Errorf("of an unknown instance %v, %v", got, err)
	}
}
