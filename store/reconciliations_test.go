package store_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// finding is one about an order of the tests.
func finding(key order.Key, kind store.FindingKind, placed time.Time) store.Finding {
	return store.Finding{Instance: key.Instance(), Kind: kind, Key: key, PlacedAt: placed, Reason: order.Reason{Code: string(kind), Message: "m", Hint: "h"}}
}

func saw(t *testing.T, s *store.Store, run string, findings ...store.Finding) {
	t.Helper()
	if err := s.Saw(t.Context(), run, findings); err != nil {
		t.Fatal(err)
	}
}

// begunLater is a reconciliation that begins after all that the test has seen, over one with a window.
func begunLater(id string) store.Run {
	return store.Run{ID: id, Instance: "main", StartedAt: time.Now().Add(time.Hour), Reconciliation: &store.Reconciliation{}}
}

func over(id string, from, to time.Time, days int) store.Run {
	r := begunLater(id)
	r.Reconciliation.From, r.Reconciliation.To, r.Reconciliation.Days = from, to, days
	return r
}

// findingsOf gives the findings that a filter selects by their IDs.
func findingsOf(t *testing.T, s *store.Store, f store.FindingFilter) map[string]store.Finding {
	t.Helper()
	if f.Instance == "" {
		f.Instance = "main"
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	all, err := s.Findings(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]store.Finding{}
	for _, f := range all {
		byID[f.ID] = f
	}
	return byID
}

// Fails without: keeping FirstSeen of what is open, and beginning anew what was resolved or healed (Saw).
func TestFindings_AreSeenHealedAndResolved(t *testing.T) {
	s := testkit.Store(t)
	ctx := t.Context()
	mine, other := finding("main:1:1", store.FindDuplicate, at(1)), finding("main:1:2", store.FindMissingInB1, at(2))
	mine.Documents, mine.Want, mine.Got = []int64{7, 9}, &order.Money{Amount: num("1.10"), Currency: "EUR"}, &order.Money{Amount: num("2"), Currency: "EUR"}
	saw(t, s, "run1", mine, other, finding("west:1:1", store.FindDuplicate, at(1)))
	first := findingsOf(t, s, store.FindingFilter{Open: true})
	if len(first) != 2 || first["main:1:1|duplicate"].Run != "run1" || !slices.Equal(first["main:1:1|duplicate"].Documents, []int64{7, 9}) ||
		!first["main:1:1|duplicate"].Got.Equal(*mine.Got) || first["main:1:1|duplicate"].Reason != mine.Reason {
		t.Fatalf("seen: %+v", first)
	}
	if err := s.Heal(ctx, "run1", "main:1:2|missing_in_b1"); err != nil {
		t.Fatal(err)
	}
	saw(t, s, "run1", other) // the activity was run again
	open, healed, err := s.CountFindings(ctx, "main")
	if err != nil || open[store.FindDuplicate] != 1 || open[store.FindMissingInB1] != 0 || healed[store.FindMissingInB1] != 1 || len(open) != len(store.FindingKinds()) {
		t.Fatalf("open %v, healed %v, %v", open, healed, err)
	}
	for time.Since(first["main:1:1|duplicate"].LastSeen) < 5*time.Millisecond {
		time.Sleep(time.Millisecond)
	}
	saw(t, s, "run2", mine)
	if n, err := s.Resolve(ctx, over("run2", at(0), at(10), 0)); err != nil || n != 1 {
		t.Fatalf("resolved %d, %v", n, err)
	}
	second := findingsOf(t, s, store.FindingFilter{Open: true})
	got := second["main:1:1|duplicate"]
	if len(second) != 1 || !got.FirstSeen.Equal(first["main:1:1|duplicate"].FirstSeen) || !got.LastSeen.After(got.FirstSeen) || got.Run != "run2" {
		t.Errorf("seen again: %+v", second)
	}
	gone := findingsOf(t, s, store.FindingFilter{Key: "main:1:2"})["main:1:2|missing_in_b1"]
	if gone.ResolvedAt == nil || gone.HealedAt == nil || gone.Run != "run1" {
		t.Errorf("not seen again: %+v", gone)
	}
	saw(t, s, "run3", other)
	if back := findingsOf(t, s, store.FindingFilter{Unhealed: true})["main:1:2|missing_in_b1"]; back.ResolvedAt != nil || back.HealedAt != nil || !back.FirstSeen.After(gone.FirstSeen) {
		t.Errorf("it is back as %+v", back)
	}
	if of := findingsOf(t, s, store.FindingFilter{Instance: "west", Open: true}); len(of) != 1 {
		t.Errorf("of the other instance: %+v", of)
	}
}

// Fails without: the bounds of the window in Resolve, and the condition on key.
func TestFindings_OutsideOfTheWindowStayOpen(t *testing.T) {
	s := testkit.Store(t)
	whole := store.Finding{Instance: "main", Kind: store.FindTooManyMissing, Reason: order.Reason{Code: "x"}, From: at(2), To: at(3)}
	saw(t, s, "run1", finding("main:1:1", store.FindDuplicate, at(1)), finding("main:1:2", store.FindDuplicate, at(2)), finding("main:1:3", store.FindDuplicate, at(3)), whole)
	n, err := s.Resolve(t.Context(), over("run2", at(2), at(3), 0))
	if err != nil || n != 2 {
		t.Fatalf("resolved %d, %v", n, err)
	}
	open := slices.Sorted(maps.Keys(findingsOf(t, s, store.FindingFilter{Open: true})))
	if !slices.Equal(open, []string{"main:1:1|duplicate", "main:1:3|duplicate"}) {
		t.Errorf("open: %v", open)
	}
	if err := s.ResolveOne(t.Context(), begunLater("run2"), "main:1:3|duplicate"); err != nil {
		t.Fatal(err)
	}
	if open := findingsOf(t, s, store.FindingFilter{Open: true}); len(open) != 1 {
		t.Errorf("open: %v", open)
	}
}

// What concerns a window is over when all of it was compared, be it one that moves with the nights: what has moved out of it is in no other finding. Fails without: each of
// the conditions on from and to in Resolve.
func TestFindings_OfAWindowEndWhenItWasCompared(t *testing.T) {
	for name, tc := range map[string]struct {
		days int
		run  store.Run
		over bool
	}{
		"the same window":                  {0, over("run2", at(10), at(20), 0), true},
		"a wider one":                      {0, over("run2", at(9), at(21), 0), true},
		"it begins later":                  {0, over("run2", at(11), at(21), 0), false},
		"it ends earlier":                  {0, over("run2", at(9), at(19), 0), false},
		"the next night":                   {35, over("run2", at(11), at(21), 35), false},
		"the next night, a longer one":     {35, over("run2", at(11), at(21), 40), false},
		"the next night, begun as early":   {35, over("run2", at(10), at(21), 35), true},
		"the next night, a shorter one":    {35, over("run2", at(11), at(21), 1), false},
		"a night after a named window":     {0, over("run2", at(11), at(21), 35), false},
		"a named window after a night":     {35, over("run2", at(11), at(21), 0), false},
		"a named window that has it whole": {35, over("run2", at(10), at(20), 0), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := testkit.Store(t)
			saw(t, s, "run1", store.Finding{Instance: "main", Kind: store.FindTooManyMissing, PlacedAt: at(10), Reason: order.Reason{Code: "x"}, From: at(10), To: at(20), Days: tc.days})
			if n, err := s.Resolve(t.Context(), tc.run); err != nil || n == 1 != tc.over {
				t.Errorf("%d are over, %v", n, err)
			}
		})
	}
}

// What is too much with older orders is over when a reconciliation that mends has judged those again, whatever its window; one of a named window, or one that only tells, judges
// none of them. Fails without: each of the conditions on older, Days and Heal in Resolve.
func TestFindings_OfOlderOrdersEndWhenTheyWereJudged(t *testing.T) {
	mends := func(run store.Run) store.Run { run.Reconciliation.Heal = true; return run }
	for name, tc := range map[string]struct {
		run  store.Run
		over bool
	}{
		"the next night":                     {mends(over("run2", at(11), at(21), 35)), true},
		"a night that only tells":            {over("run2", at(9), at(21), 35), false},
		"a named window that is mended":      {mends(over("run2", at(9), at(21), 0)), false},
		"a named window that is only looked": {over("run2", at(9), at(21), 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := testkit.Store(t)
			saw(t, s, "run1", store.Finding{Instance: "main", Kind: store.FindTooManyMissing, PlacedAt: at(10), Reason: order.Reason{Code: "x"}, From: at(10), To: at(20), Days: 35, Older: true})
			if n, err := s.Resolve(t.Context(), tc.run); err != nil || n == 1 != tc.over {
				t.Errorf("%d are over, %v", n, err)
			}
		})
	}
}

// What another reconciliation has seen since this one began stays open. Fails without: the condition on last_seen in notSeenBy.
func TestFindings_OfAnotherReconciliationAtWorkStay(t *testing.T) {
	s := testkit.Store(t)
	mine := over("run1", at(0), at(10), 0)
	mine.StartedAt = time.Now().Add(-time.Second)
	saw(t, s, "run2", finding("main:1:1", store.FindDuplicate, at(1)))
	if err := s.ResolveOne(t.Context(), mine, "main:1:1|duplicate"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Resolve(t.Context(), mine); err != nil || n != 0 || len(findingsOf(t, s, store.FindingFilter{Open: true})) != 1 {
		t.Errorf("%d are over, %v", n, err)
	}
}

// Fails without: each of the conditions in FindingFilter.query.
func TestFindings_AreListedByFilterAndPage(t *testing.T) {
	s := testkit.Store(t)
	one, two, three := finding("main:1:1", store.FindDuplicate, at(1)), finding("main:1:2", store.FindMissingInB1, at(2)), finding("main:1:3", store.FindMissingInB1, at(3))
	two.Curable = true
	saw(t, s, "run1", three, one, two)
	saw(t, s, "run2", three)
	if err := s.Heal(t.Context(), "run1", "main:1:2|missing_in_b1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Heal(t.Context(), "run1", "main:1:3|missing_in_b1"); err != nil { // not the latest to see it
		t.Fatal(err)
	}
	if err := s.ResolveOne(t.Context(), begunLater("run2"), "main:1:1|duplicate"); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		filter store.FindingFilter
		want   []order.Key
	}{
		"all":      {store.FindingFilter{}, []order.Key{"main:1:1", "main:1:2", "main:1:3"}},
		"open":     {store.FindingFilter{Open: true}, []order.Key{"main:1:2", "main:1:3"}},
		"unhealed": {store.FindingFilter{Unhealed: true}, []order.Key{"main:1:3"}},
		"kind":     {store.FindingFilter{Kind: store.FindDuplicate}, []order.Key{"main:1:1"}},
		"run":      {store.FindingFilter{Run: "run2"}, []order.Key{"main:1:3"}},
		"key":      {store.FindingFilter{Key: "main:1:2"}, []order.Key{"main:1:2"}},
		"curable":  {store.FindingFilter{Curable: true}, []order.Key{"main:1:2"}},
		"before":   {store.FindingFilter{PlacedBefore: at(2)}, []order.Key{"main:1:1"}},
		"limit":    {store.FindingFilter{Limit: 2}, []order.Key{"main:1:1", "main:1:2"}},
		"after":    {store.FindingFilter{After: findingsOf(t, s, store.FindingFilter{})["main:1:2|missing_in_b1"].Place}, []order.Key{"main:1:3"}},
	} {
		tc.filter.Instance = "main"
		if tc.filter.Limit == 0 {
			tc.filter.Limit = 100
		}
		all, err := s.Findings(t.Context(), tc.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []order.Key
		for _, f := range all {
			got = append(got, f.Key)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// Fails without: the condition on resolved_at in ForgetFindings (an open one would go), and that on last_seen.
func TestFindings_OldOnesAreForgottenWhenTheyAreResolved(t *testing.T) {
	s := testkit.Store(t)
	saw(t, s, "run1", finding("main:1:1", store.FindDuplicate, at(1)), finding("main:1:2", store.FindDuplicate, at(2)))
	if err := s.ResolveOne(t.Context(), begunLater("run2"), "main:1:1|duplicate"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.ForgetFindings(t.Context(), "main", time.Now().Add(-time.Hour)); err != nil || n != 0 || len(findingsOf(t, s, store.FindingFilter{})) != 2 {
		t.Errorf("%d of an hour ago are forgotten, %v", n, err)
	}
	if n, err := s.ForgetFindings(t.Context(), "main", time.Now().Add(time.Hour)); err != nil || n != 1 || len(findingsOf(t, s, store.FindingFilter{Open: true})) != 1 {
		t.Errorf("%d are forgotten, %v", n, err)
	}
}

// Fails without: the conditions on the phase and on partial (the one that was broken off, or that of one day, would count), and comparing the starts.
func TestReconciliationOf_IsTheLatestThatCameToItsEnd(t *testing.T) {
	s := testkit.Store(t)
	put := func(id string, begun int, ended bool, phase store.ReconcilePhase) {
		t.Helper()
		r := store.Run{ID: id, Kind: store.KindReconcile, Instance: "main", StartedAt: at(begun),
			Reconciliation: &store.Reconciliation{Phase: phase, From: at(0), To: at(1), Lines: map[store.AccountLine]int64{store.LineInB1: 3}, Total: 3, Orders: 3}}
		if ended {
			r.EndedAt = new(at(begun + 1))
		}
		if err := s.PutRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	none, err := s.ReconciliationOf(t.Context(), "main")
	if err != nil || none.Latest != nil || none.Running != nil {
		t.Fatalf("before the first: %+v, %v", none, err)
	}
	if _, known := none.Age(at(9)); known {
		t.Error("its age is known before the first")
	}
	put("lost", 1, false, store.ReconcileCompares)
	put("whole", 3, true, store.ReconcileEnded)
	put("broken off", 5, true, store.ReconcileCompares)
	put("of one day", 5, true, store.ReconcileEnded)
	if run, err := s.GetRun(t.Context(), "of one day"); err != nil {
		t.Fatal(err)
	} else if run.Reconciliation.Partial = true; s.PutRun(t.Context(), *run) != nil {
		t.Fatal("the partial one cannot be written")
	}
	saw(t, s, "whole", finding("main:1:1", store.FindDuplicate, at(1)))
	status, err := s.ReconciliationOf(t.Context(), "main")
	if err != nil || status.Latest == nil || status.Latest.ID != "whole" || status.Running != nil || status.Open[store.FindDuplicate] != 1 ||
		status.Latest.Reconciliation.Lines[store.LineInB1] != 3 {
		t.Fatalf("%+v, %v", status, err)
	}
	if age, known := status.Age(at(14)); !known || age != 10*time.Second {
		t.Errorf("its age is %v", age)
	}
	put("running", 7, false, store.ReconcileHeals)
	if status, err = s.ReconciliationOf(t.Context(), "main"); err != nil || status.Running == nil || status.Running.ID != "running" || status.Latest.ID != "whole" {
		t.Errorf("%+v, %v", status, err)
	}
}

// Each order is in one line, so that a line must not be there twice.
func TestAccountLines_AreDifferent(t *testing.T) {
	lines := store.AccountLines()
	slices.Sort(lines)
	if len(slices.Compact(lines)) != 19 {
		t.Errorf("lines: %v", lines)
	}
	if slices.Contains(lines, store.AccountLine(store.FindTooManyMissing)) {
		t.Error("a finding about the window is a line of orders")
	}
}

// Older ones are those about orders from before the window that this reconciliation has seen last, and that are open. Fails without: each of the conditions in CountOlder.
func TestFindings_OfOlderOrdersAreCounted(t *testing.T) {
	s := testkit.Store(t)
	run := over("run1", at(10), at(20), 0)
	gone := finding("main:1:4", store.FindDuplicate, at(4))
	saw(t, s, "run1", finding("main:1:1", store.FindDuplicate, at(1)), finding("main:1:2", store.FindMissingInB1, at(9)), finding("main:1:3", store.FindDuplicate, at(10)), gone,
		store.Finding{Instance: "main", Kind: store.FindTooManyMissing, PlacedAt: at(2), Reason: order.Reason{Code: "x"}, From: at(2), To: at(20)}, finding("west:1:1", store.FindDuplicate, at(1)))
	saw(t, s, "run2", finding("main:1:5", store.FindDuplicate, at(5)))
	if err := s.ResolveOne(t.Context(), begunLater("run3"), "main:1:4|duplicate"); err != nil {
		t.Fatal(err)
	}
	older, err := s.CountOlder(t.Context(), run)
	if want := map[store.FindingKind]int64{store.FindDuplicate: 1, store.FindMissingInB1: 1}; err != nil || !maps.Equal(older, want) {
		t.Errorf("%v, %v; want %v", older, err, want)
	}
}
