package activities_test

import (
	"slices"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// imported places an order of the history that waits for its payment or not, and lets a backfill bring it.
func (r *archive) imported(state string) magentosim.Placed {
	r.t.Helper()
	p, err := r.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		r.t.Fatal(err)
	}
	at := r.now.AddDate(0, 0, -10).Format(time.DateTime)
	if err := r.shop.Update(p.EntityID, func(d map[string]any) {
		d["state"], d["status"], d["created_at"], d["updated_at"] = state, state, at, at
	}); err != nil {
		r.t.Fatal(err)
	}
	if got := r.every(1); got.Imported[order.Pending]+got.Imported[order.Excluded] == 0 {
		r.t.Fatalf("imported %+v", got)
	}
	return p
}

// pay changes an order today.
func (r *archive) pay(p magentosim.Placed) {
	r.t.Helper()
	if err := r.shop.Update(p.EntityID, func(d map[string]any) {
		d["state"], d["status"], d["updated_at"] = "processing", "processing", r.now.Add(-time.Minute).Format(time.DateTime)
	}); err != nil {
		r.t.Fatal(err)
	}
}

// bring stages an order by name, and gives it as it is staged and what is to go to B1 at once.
func (r *archive) bring(p magentosim.Placed, in activities.SyncOrderInput) (doc *store.Staged, open []order.Key) {
	r.t.Helper()
	in.Instance, in.Refs = "main", r.found(p.IncrementID)
	result, err := r.a.SyncOrder(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	doc, err = r.db.Get(r.t.Context(), in.Refs[0].Key)
	if err != nil {
		r.t.Fatal(err)
	}
	return doc, result.Open
}

// An order of the history that is paid today is no import any more, whoever brings it: the next run takes it to B1, although a
// paused backfill holds the imports. It still counts as brought by that. Fails without: Promoted in apply (the run takes none).
func TestPromoted_AnImportThatChangesIsTakenByTheNextRun(t *testing.T) {
	border := time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)
	for name, again := range map[string]func(*archive, magentosim.Placed){
		"Reading": func(r *archive, p magentosim.Placed) {
			r.bring(p, activities.SyncOrderInput{Cut: &order.Cut{UpdatedAt: r.now}})
		},
		"Hint":     func(r *archive, p magentosim.Placed) { r.bring(p, activities.SyncOrderInput{}) },
		"Resync":   func(r *archive, p magentosim.Placed) { r.bring(p, activities.SyncOrderInput{Again: true}) },
		"Backfill": func(r *archive, _ magentosim.Placed) { r.every(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newArchive(t, 0, border)
			p := r.imported("pending_payment")
			if err := r.db.HoldImports(t.Context(), "main", "run", time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if fresh, imports := aRun(t, r.a, 100); fresh+imports != 0 {
				t.Fatalf("a run takes %d and %d before it is paid", fresh, imports)
			}
			r.pay(p)
			again(r, p)
			if fresh, imports := aRun(t, r.a, 100); fresh != 1 || imports != 0 {
				t.Errorf("a run takes %d fresh orders and %d imports, want the paid one as a fresh one", fresh, imports)
			}
			if brought, err := r.db.CountImported(t.Context(), "main", "run"); err != nil || brought[order.Pending] != 1 {
				t.Errorf("the backfill has brought %v, %v; want the order among them", brought, err)
			}
		})
	}
}

// A shop's word about an import that is as it was, such as an action on many orders sends, does not put it before others: a paused
// backfill stays paused. Fails without: Behind in count.
func TestPromoted_AHintStartsNoImportThatIsAsItWas(t *testing.T) {
	r := newArchive(t, 0, time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC))
	p := r.imported("processing")
	if doc, open := r.bring(p, activities.SyncOrderInput{}); len(open) != 0 || !doc.Behind() || doc.Status != order.Pending {
		t.Errorf("unchanged: %v is to be sent at once, behind others %v", open, doc.Behind())
	}
	if err := r.shop.Update(p.EntityID, func(d map[string]any) { d["customer_note"] = "x" }); err != nil {
		t.Fatal(err)
	}
	if doc, open := r.bring(p, activities.SyncOrderInput{}); !slices.Equal(open, []order.Key{doc.Key}) || doc.Behind() {
		t.Errorf("changed: %v is to be sent at once, behind others %v", open, doc.Behind())
	}
	q := r.imported("processing")
	if doc, open := r.bring(q, activities.SyncOrderInput{Again: true}); !slices.Equal(open, []order.Key{doc.Key}) {
		t.Errorf("asked for by a person: %v is to be sent at once", open)
	}
}
