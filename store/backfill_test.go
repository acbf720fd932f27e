package store_test

import (
	"fmt"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Imports are left to a backfill for as long as it says that it is there, and only its holder gives them up. Fails without: the
// time in ImportsHeld; the holder in LeaveImports.
func TestImports_AreHeldForATime(t *testing.T) {
	s := testkit.Store(t)
	held := func(want bool, when string) {
		t.Helper()
		if got, err := s.ImportsHeld(t.Context(), "main"); err != nil || got != want {
			t.Errorf("%s: held is %v, %v; want %v", when, got, err, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	held(false, "before")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Now().Add(time.Hour)))
	held(true, "held")
	if other, err := s.ImportsHeld(t.Context(), "eu"); err != nil || other {
		t.Errorf("those of another instance are held too: %v, %v", other, err)
	}
	must(s.LeaveImports(t.Context(), "main", "run 2"))
	held(true, "left by another")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Now().Add(-time.Second)))
	held(false, "its time is over")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Now().Add(time.Hour)))
	must(s.LeaveImports(t.Context(), "main", "run 1"))
	held(false, "left")
}

func TestImports_AreCounted(t *testing.T) {
	s := testkit.Store(t)
	for n, status := range []order.Status{order.Pending, order.Pending, order.Posted, order.Held} {
		for _, name := range []string{"mine", "others", ""} {
			stage(t, s, order.Key(fmt.Sprintf("main:1:%s%d", name, n)), func(d *store.Staged) { d.Status, d.Import = status, name })
		}
	}
	stage(t, s, "eu:1:1", func(d *store.Staged) { d.Import = "mine" })
	stage(t, s, "main:1:later", func(d *store.Staged) { d.Import, d.DueAt = "others", time.Now().Add(time.Hour) })
	stage(t, s, "main:1:asked", func(d *store.Staged) { d.Import, d.Manual = "others", true })
	got, err := s.CountImported(t.Context(), "main", "mine")
	if want := (map[order.Status]int{order.Pending: 2, order.Posted: 1, order.Held: 1}); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("brought %v, %v; want %v", got, err, want)
	}
	if n, err := s.CountWaitingImports(t.Context(), "main"); err != nil || n != 4 {
		t.Errorf("%d wait, %v; want the four that are due", n, err)
	}
}
