package activities_test

import (
	"fmt"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// queued puts orders into the queue: so many fresh ones and imports.
func queued(t *testing.T, fresh, imports int) (*store.Store, *activities.Activities) {
	t.Helper()
	db := testkit.Store(t)
	for n := range fresh + imports {
		key := order.Key(fmt.Sprintf("main:1:%03d", n))
		_, err := db.Change(t.Context(), key, func(d *store.Staged) error {
			d.Status, d.PlacedAt = order.Pending, moment(n%60)
			if n >= fresh {
				d.Import, d.PlacedAt = "run", moment(0).AddDate(-1, 0, 0)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return db, activities.New(db, testkit.Silent())
}

// aRun goes through the queue as SyncOrders does with a window, and counts what it starts.
func aRun(t *testing.T, a *activities.Activities, window int) (fresh, imports int) {
	t.Helper()
	for after := ""; ; {
		next, err := a.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", After: after, Limit: 250, Window: window})
		if err != nil {
			t.Fatal(err)
		}
		if len(next.Orders) == 0 {
			return fresh, imports
		}
		for _, due := range next.Orders {
			if after = due.Queue; due.IsImport() {
				imports++
			} else {
				fresh++
			}
		}
	}
}

// However many imports wait, a run takes all fresh orders first and then at most one page of imports: the next one must not wait
// for more. Beside fresh orders it takes a share of the window, and none while a backfill takes them. Fails without: the end behind
// imports in nextDue (500); the share (96); ImportsHeld (24);
// Window in leaveImports (250, 66).
func TestNextOrders_ImportsTakeNoMoreThanOnePageOfARun(t *testing.T) {
	for name, tc := range map[string]struct {
		fresh, imports int
		held           bool
		want           int
	}{
		"OnlyImports":        {0, 500, false, 100},
		"FewImports":         {0, 7, false, 7},
		"BesideFreshOrders":  {4, 500, false, 25},
		"BehindAFullPage":    {250, 500, false, 100},
		"HeldByABackfill":    {4, 500, true, 0},
		"HeldAndNothingElse": {0, 500, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, a := queued(t, tc.fresh, tc.imports)
			if tc.held {
				if err := db.HoldImports(t.Context(), "main", "run", time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			fresh, imports := aRun(t, a, 100)
			if fresh != tc.fresh || imports != tc.want {
				t.Errorf("a run starts %d fresh orders and %d imports, want %d and %d", fresh, imports, tc.fresh, tc.want)
			}
		})
	}
}

// A backfill sees its imports alone, and whether fresh orders wait. Fails without: the way around fresh
// orders in NextImports; its second question, when they fill a page.
func TestNextOrders_OfImports(t *testing.T) {
	for _, fresh := range []int{0, 3, 7} { // 7 fill a page
		_, a := queued(t, fresh, 8)
		seen := 0
		for after := ""; ; {
			next, err := a.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Imports: true, After: after, Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			if next.Fresh != (fresh > 0) || after == "" && next.Waiting != 8 {
				t.Errorf("beside %d fresh ones: fresh %v, %d waiting", fresh, next.Fresh, next.Waiting)
			}
			if next.PutOff != 0 || !next.DueAgain.IsZero() || next.Down != "" {
				t.Errorf("%+v, want none put off and B1 up", next)
			}
			if len(next.Orders) == 0 {
				break
			}
			for _, due := range next.Orders {
				if seen++; !due.IsImport() {
					t.Errorf("%s is no import", due.Key)
				}
				after = due.Queue
			}
		}
		if seen != 8 {
			t.Errorf("%d imports seen, want 8", seen)
		}
	}
}

// At the head of its imports a backfill hears how many an attempt has put off, when the first is due again, and that B1 is down. Fails
// without: PutOffImports; its conditions (those that wait for a person or a rule count too); Down.
func TestNextOrders_TellsABackfillWhatIsPutOff(t *testing.T) {
	db := testkit.Store(t)
	const company = "b1.example.com/SHOP"
	a := activities.New(db, testkit.Silent(), activities.Instance{Name: "main", Rules: exampleRules(t), CompanyID: company, Settle: 10 * time.Second})
	soon := time.Now().Add(20 * time.Second).UTC().Truncate(time.Millisecond)
	for name, change := range map[string]func(*store.Staged){
		"first":    func(d *store.Staged) { d.DueAt = soon },
		"second":   func(d *store.Staged) { d.DueAt = soon.Add(20 * time.Second) },
		"far":      func(d *store.Staged) { d.DueAt = soon.Add(time.Hour) },
		"reason":   func(d *store.Staged) { d.DueAt, d.Reason = soon, &order.Reason{Code: "rate_missing"} },
		"excluded": func(d *store.Staged) { d.DueAt, d.Status = soon, order.Excluded },
		"fresh":    func(d *store.Staged) { d.DueAt, d.Import = soon, "" },
	} {
		_, err := db.Change(t.Context(), order.Key("main:1:"+name), func(d *store.Staged) error {
			d.Status, d.PlacedAt, d.Import = order.Pending, moment(0), "run"
			change(d)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ask := func() *activities.NextOrdersResult {
		t.Helper()
		next, err := a.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Imports: true, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	if next := ask(); next.Waiting != 0 || next.PutOff != 2 || !next.DueAgain.Equal(soon) || next.Down != "" {
		t.Errorf("%+v; want two put off, the first until %s", next, soon)
	}
	if _, _, err := db.NoteDown(t.Context(), company, store.Trouble{Since: time.Now(), Cause: "no_answer", Failure: "no_answer", AlarmAfter: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if next := ask(); next.Down == "" {
		t.Errorf("%+v; want B1 down", next)
	}
}
